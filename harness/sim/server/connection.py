"""One SSH connection to a simulated device, as asyncio sees it: a protocol on a transport."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, cast

import asyncssh
from asyncssh.constants import MSG_IGNORE, MSG_SERVICE_ACCEPT, MSG_SERVICE_REQUEST
from asyncssh.packet import SSHPacket, SSHPacketLogger, String

from harness.sim.device import SimulatedDevice
from harness.sim.server.limits import Limits
from harness.sim.server.login import Login

if TYPE_CHECKING:
    from harness.sim.server.port import Port

_USERAUTH = b"ssh-userauth"


class Connection(asyncssh.SSHServerConnection):
    """asyncssh's connection, which knows its port and what its transport can take.

    asyncssh itself leaves the transport's flow control aside: a client that grants a large window
    and then doesn't read would have everything it asks for kept in memory.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: asyncssh.SSHServerConnectionOptions,
        port: Port,
        limits: Limits,
    ) -> None:
        super().__init__(loop, options)
        self._port = port
        self._silent = True  # nobody has logged in
        self._asked = False  # for authentication
        self.limits = limits

    @property
    def device(self) -> SimulatedDevice:
        """The device on whose port the client is."""
        return self._port.device

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast("asyncio.WriteTransport", transport)
        stream.set_write_buffer_limits(self.limits.unsent_output)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        self._tell(full=True)

    def resume_writing(self) -> None:
        self._tell(full=False)

    def send_packet(
        self, pkttype: int, *args: bytes, handler: SSHPacketLogger | None = None
    ) -> None:
        """Leave out the ignored packet that asyncssh puts before each other one.

        It protects ciphers in CBC mode (RFC 4253, 9.3.1), which aren't offered here, and would be
        every second packet that both sides work on.
        """
        if pkttype != MSG_IGNORE:
            super().send_packet(pkttype, *args, handler=handler)

    def process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> bool | Awaitable[None]:
        """Accept a repeated request for authentication, as sshd does and asyncssh does not.

        paramiko sends one before each key and each password that it tries.
        """
        if pkttype == MSG_SERVICE_REQUEST and self._asked and self._silent:
            self.send_packet(MSG_SERVICE_ACCEPT, String(_USERAUTH))
            return True
        self._asked |= pkttype == MSG_SERVICE_REQUEST
        return super().process_packet(pkttype, pktid, packet)

    async def reload_config(self) -> None:
        """Leave the options alone: none of ours depends on who logs in."""

    def begun(self) -> None:
        """Note that the connection exists."""
        self._port.entered(self)

    def logged_in(self) -> None:
        """Note that its client is known."""
        self._silent = False
        self._port.logged_in()

    def ended(self) -> None:
        """Note that the connection is gone."""
        self._port.left(self, silent=self._silent)

    def _tell(self, *, full: bool) -> None:
        owner = self.get_owner()
        if isinstance(owner, Login):
            owner.set_full(full=full)
