"""Who logs in on one SSH connection, by password or key, and which channels are then opened."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

import asyncssh

from harness.errors import HarnessBug
from harness.sim.config.tree import entries, get, leaf
from harness.sim.server.channel import Channel

if TYPE_CHECKING:
    from harness.sim.device import SimulatedDevice
    from harness.sim.server.connection import Connection
    from harness.sim.server.limits import Limits

_KEY_LISTS = ("ssh-rsa", "ssh-ecdsa", "ssh-ed25519")
_ALIVE_COUNT = 3  # published models: client-alive-count-max; client-alive-interval is 0, off


class Login(asyncssh.SSHServer):
    """One SSH connection to one device, from the first byte to the last channel."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._channels: set[Channel] = set()
        self._tries = 0
        self._greeted = False
        self.full = False  # the connection holds as much unsent output as it may

    @property
    def connection(self) -> Connection:
        """The connection; asyncssh makes it known before anything else."""
        if self._connection is None:
            raise HarnessBug("a login was used before its connection")
        return self._connection

    @property
    def device(self) -> SimulatedDevice:
        """The device that is logged in to."""
        return self.connection.device

    @property
    def limits(self) -> Limits:
        """What this client may cost."""
        return self.connection.limits

    @property
    def user(self) -> str:
        """Who logged in."""
        return str(self.connection.get_extra_info("username"))

    def abort(self) -> None:
        """Drop the connection without a word."""
        self.connection.abort()

    def left(self, channel: Channel) -> None:
        """Forget a channel that is closed."""
        self._channels.discard(channel)

    def set_full(self, *, full: bool) -> None:
        """Tell every channel whether the connection takes more output."""
        self.full = full
        for channel in tuple(self._channels):
            channel.settle()

    # -- what asyncssh asks

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn  # type: ignore[assignment]  # only Connection has this owner
        self.connection.begun()

    def connection_lost(self, _exc: Exception | None) -> None:
        self.connection.ended()

    def begin_auth(self, _username: str) -> bool:
        message = leaf(self.device.store.effective, "system", "login", "message")
        if message and not self._greeted:
            self._greeted = True
            self.connection.send_auth_banner(message.replace("\\n", "\n"))
        return True

    def auth_completed(self) -> None:
        self.connection.logged_in()
        ssh = get(self.device.store.effective, "system", "services", "ssh")
        interval = int(leaf(ssh, "client-alive-interval") or 0)
        if interval:
            count = int(leaf(ssh, "client-alive-count-max") or _ALIVE_COUNT)
            self.connection.set_keepalive(interval, count)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._count_try()
        if self._nobody:
            return False
        wanted = self.device.password_of(username)
        return wanted is not None and hmac.compare_digest(password.encode(), wanted.encode())

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Accept the keys that the committed configuration has for the user."""
        self._count_try()
        if self._nobody:
            return False
        system = get(self.device.store.effective, "system")
        if username == "root":
            authentication = get(system, "root-authentication")
        else:
            authentication = get(system, "login", "user", username, "authentication")
        offered = base64.b64encode(key.public_data).decode()
        return any(
            offered in name.split()
            for algorithm in _KEY_LISTS
            for name, _ in entries(authentication, algorithm)
        )

    def session_requested(
        self,
    ) -> bool | tuple[asyncssh.SSHServerChannel[bytes], asyncssh.SSHServerSession[bytes]]:
        if len(self._channels) >= self.limits.channels:
            return False
        channel = Channel(self)
        self._channels.add(channel)
        return self.connection.create_server_channel(encoding=None), channel

    @property
    def _nobody(self) -> bool:
        return self.device.faults.get("refuse-login") is not None

    def _count_try(self) -> None:
        self._tries += 1
        if self._tries > self.limits.login_tries:
            raise asyncssh.DisconnectError(
                asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many authentication failures"
            )
