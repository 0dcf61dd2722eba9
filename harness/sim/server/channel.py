"""One SSH channel to a simulated device: which session it carries, and that session's wire."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import asyncssh

from harness.sim.effects import Session
from harness.sim.faults.replies import pieces
from harness.sim.server.pump import Pump
from harness.sim.server.transfer import transfer_session
from harness.sim.sessions import open_command, open_netconf, open_shell

if TYPE_CHECKING:
    from harness.sim.server.login import Login

_log = logging.getLogger(__name__)

_MOST_ROWS = 10_000  # of a terminal; a client may say anything


class Channel(asyncssh.SSHServerSession[bytes]):
    """Finds out what its client wants, and then is the wire of that session."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._device = login.device
        self._limits = login.limits
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._pump: Pump | None = None
        self._transfer: asyncssh.SSHServerSession[bytes] | None = None  # of files, asyncssh's own
        self._terminal = False
        self._rows = 0
        self._full = False  # this channel's own buffer is
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def pty_requested(
        self,
        _term_type: str,
        term_size: tuple[int, int, int, int],
        _term_modes: Mapping[int, int],
    ) -> bool:
        self._terminal = True
        self._rows = min(term_size[1], _MOST_ROWS)
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        if subsystem == "sftp":
            return self._carry_files()
        if subsystem != "netconf" or self._device.platform.shell_alone:
            return False
        return self._carry(open_netconf(self._device, self._login.user, self._killed))

    def shell_requested(self) -> bool:
        user = self._login.user
        session = open_shell(self._device, user, self._killed, echo=self._terminal, rows=self._rows)
        return self._carry(session)

    def exec_requested(self, command: str) -> bool:
        if command.startswith("scp "):
            return self._carry_files()
        return self._carry(open_command(self._device, self._login.user, command, self._killed))

    def session_started(self) -> None:
        if self._transfer is not None:
            self._transfer.session_started()
        if self._pump is not None:
            self._pump.run()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self._transfer is not None:
            self._transfer.data_received(data, datatype)
        if self._pump is not None:
            self._pump.feed(data)

    def eof_received(self) -> bool:
        if self._transfer is not None:
            return bool(self._transfer.eof_received())
        if self._pump is not None:
            self._pump.end_of_input()
        return True  # keeps our half open: what is still being worked on may be answered

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transfer is not None:
            self._transfer.connection_lost(exc)
        self._channel = None
        self._login.left(self)
        self._set_stall_timer(running=False)
        if self._pump is not None:
            self._pump.closed()

    def pause_writing(self) -> None:
        if self._transfer is not None:
            self._transfer.pause_writing()
        self._full = True
        self.settle()

    def resume_writing(self) -> None:
        if self._transfer is not None:
            self._transfer.resume_writing()
        self._full = False
        self.settle()

    def settle(self) -> None:
        """Stop or go on making output, as this channel and the connection under it stand."""
        if self._pump is None:
            return
        if self._full or self._login.full:
            self._pump.choke()
            self._set_stall_timer(running=True)
        else:
            self._set_stall_timer(running=False)
            self._pump.flow()

    def send(self, data: bytes) -> None:
        if self._channel is not None:
            for piece in pieces(self._device.faults, data):
                self._channel.write(piece)

    def end(self, *, abrupt: bool) -> None:
        if abrupt:
            self._login.abort()
        elif self._channel is not None:
            channel, self._channel = self._channel, None
            channel.exit(0)

    def later(self, seconds: float, resume: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, resume)

    def hold(self, *, held: bool) -> None:
        if self._channel is None:
            return
        if held:
            self._channel.pause_reading()
        else:
            self._channel.resume_reading()

    def _carry(self, session: Session) -> bool:
        limit = self._limits.waiting_input
        self._pump = Pump(self._device.spec.name, session, self, waiting_limit=limit)
        return True

    def _carry_files(self) -> bool:
        if self._channel is None:
            return False
        self._transfer = transfer_session(self._device, self._login.user)
        self._transfer.connection_made(self._channel)
        return True

    def _killed(self) -> None:
        """End this channel because another session asked for it (kill-session)."""
        if self._pump is not None:
            self._pump.hang_up()

    def _set_stall_timer(self, *, running: bool) -> None:
        if running is (self._stalled is not None):
            return
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        else:
            loop = asyncio.get_running_loop()
            self._stalled = loop.call_later(self._limits.stalled_seconds, self._give_up)

    def _give_up(self) -> None:
        _log.debug("%s: a client reads nothing, its connection ends", self._device.spec.name)
        self._login.abort()
