"""One SSH channel to a simulated device: which session it carries, and that session's wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import asyncssh

from harness.sim.device import SimulatedDevice
from harness.sim.effects import Session
from harness.sim.server.pump import Pump
from harness.sim.sessions import open_command, open_netconf, open_shell


class Channel(asyncssh.SSHServerSession[bytes]):
    """One SSH channel: finds out which session it carries, and is that session's wire."""

    def __init__(self, device: SimulatedDevice, connection: asyncssh.SSHServerConnection) -> None:
        self._device = device
        self._connection = connection
        self._user = str(connection.get_extra_info("username"))
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._pump: Pump | None = None
        self._terminal = False

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def pty_requested(
        self,
        _term_type: str,
        _term_size: tuple[int, int, int, int],
        _term_modes: Mapping[int, int],
    ) -> bool:
        self._terminal = True
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        if subsystem != "netconf":
            return False
        return self._carry(open_netconf(self._device, self._user, self._killed))

    def shell_requested(self) -> bool:
        return self._carry(open_shell(self._device, self._user, self._killed, echo=self._terminal))

    def exec_requested(self, command: str) -> bool:
        return self._carry(open_command(self._device, self._user, command, self._killed))

    def session_started(self) -> None:
        if self._pump is not None:
            self._pump.run()

    def data_received(self, data: bytes, _datatype: int | None) -> None:
        if self._pump is not None:
            self._pump.feed(data)

    def eof_received(self) -> bool:
        if self._pump is not None:
            self._pump.end_of_input()
        return True  # keeps our half open: what is still being worked on may be answered

    def connection_lost(self, _exc: Exception | None) -> None:
        self._channel = None
        if self._pump is not None:
            self._pump.closed()

    def send(self, data: bytes) -> None:
        if self._channel is not None:
            self._channel.write(data)

    def end(self, *, abrupt: bool) -> None:
        if abrupt:
            self._connection.abort()
        elif self._channel is not None:
            self._channel.exit(0)

    def later(self, seconds: float, resume: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, resume)

    def _carry(self, session: Session) -> bool:
        self._pump = Pump(self._device.spec.name, session, self)
        return True

    def _killed(self) -> None:
        """End this channel because another session asked for it (kill-session)."""
        if self._pump is not None:
            self._pump.hang_up()
