"""One SSH connection to one simulated device: who logs in, and which channels it opens."""

from __future__ import annotations

import hmac

import asyncssh

from harness.errors import HarnessBug
from harness.sim.device import SimulatedDevice
from harness.sim.server.channel import Channel


class Connection(asyncssh.SSHServer):
    """One SSH connection to one device: password authentication, then any number of channels."""

    def __init__(
        self, device: SimulatedDevice, connections: set[asyncssh.SSHServerConnection]
    ) -> None:
        self._device = device
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)

    def begin_auth(self, _username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        spec = self._device.spec
        given, wanted = f"{username}\0{password}", f"{spec.username}\0{spec.password}"
        return hmac.compare_digest(given.encode(), wanted.encode())

    def session_requested(
        self,
    ) -> tuple[asyncssh.SSHServerChannel[bytes], asyncssh.SSHServerSession[bytes]]:
        if self._connection is None:
            raise HarnessBug("a channel was opened before its connection")
        channel = self._connection.create_server_channel(encoding=None)
        return channel, Channel(self._device, self._connection)
