"""A device as it speaks, to people who want to see that: raw NETCONF messages, raw CLI output.

Nothing is judged, repaired or parsed here; the drivers do that. Every call is bounded in time and
size. Host keys and credentials are handled as for every driver (:mod:`harness.drivers.ssh`).
"""

from __future__ import annotations

import contextlib

import paramiko

from harness.clock import Clock, Deadline
from harness.drivers.framing import Deframer, FramingError, frame
from harness.drivers.protocol import Endpoint
from harness.drivers.ssh import SSH_RULES, close_client, connect_seconds, connected_client
from harness.drivers.translate import Rule, border
from harness.errors import Unreachable

_BASE_1_0 = "urn:ietf:params:netconf:base:1.0"
_HELLO = (
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">'
    f"<capabilities><capability>{_BASE_1_0}</capability></capabilities></hello>"
)
_READ_BYTES = 64 * 1024
_MAX_OUTPUT = 64 * 1024 * 1024
_CLOSE_SECONDS = 5.0

_RULES = (
    Rule(FramingError, Unreachable, "the answer isn't framed"),
    *SSH_RULES,
)


class RawNetconf:
    """One NETCONF session by the delimiter of base:1.0; ``hello`` is the device's greeting.

    Raises :class:`~harness.errors.Unreachable` when an answer doesn't come in time or the device
    ends the session, and what :func:`~harness.drivers.ssh.connected_client` raises.
    """

    def __init__(self, endpoint: Endpoint, clock: Clock) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._deframer = Deframer(_MAX_OUTPUT)
        self._waiting: list[bytes] = []
        self._client = connected_client(endpoint)
        try:
            with border(endpoint.device, "starting NETCONF", _RULES):
                self._channel = self._subsystem()
                self.hello = self._receive()
                self._send(_HELLO)
        except BaseException:
            close_client(self._client)
            raise

    def ask(self, message: str) -> str:
        """Send one message and return the next one that the device sends."""
        with border(self._endpoint.device, "asking", _RULES):
            self._send(message)
            return self._receive()

    def close(self) -> None:
        """End the session politely, then the connection; never raises."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.settimeout(_CLOSE_SECONDS)
            self._send('<rpc message-id="0"><close-session/></rpc>')
        self.drop()

    def drop(self) -> None:
        """End the connection without a word; never raises."""
        close_client(self._client)

    def _subsystem(self) -> paramiko.Channel:
        transport = self._client.get_transport()
        if transport is None:
            raise EOFError
        channel = transport.open_session(timeout=connect_seconds(self._endpoint))
        channel.settimeout(connect_seconds(self._endpoint))
        channel.invoke_subsystem("netconf")
        return channel

    def _send(self, message: str) -> None:
        self._channel.sendall(frame(message.encode(), chunked=False))

    def _receive(self) -> str:
        deadline = Deadline.after(self._endpoint.timeout, self._clock)
        while not self._waiting:
            left = deadline.remaining(self._clock)
            if not left:
                raise TimeoutError
            self._channel.settimeout(left)
            data = self._channel.recv(_READ_BYTES)
            if not data:
                raise EOFError
            self._waiting += self._deframer.feed(data, chunked=False)
        return self._waiting.pop(0).decode(errors="replace").strip()


def run_command(endpoint: Endpoint, command: str, clock: Clock) -> str:
    """Return what ``ssh HOST COMMAND`` prints, errors included; raises as :class:`RawNetconf`."""
    client = connected_client(endpoint)
    deadline = Deadline.after(endpoint.timeout, clock)
    printed = bytearray()
    try:
        with border(endpoint.device, command, _RULES):
            transport = client.get_transport()
            if transport is None:
                raise EOFError
            channel = transport.open_session(timeout=connect_seconds(endpoint))
            channel.set_combine_stderr(True)
            channel.exec_command(command)
            while len(printed) < _MAX_OUTPUT:
                left = deadline.remaining(clock)
                if not left:
                    raise TimeoutError
                channel.settimeout(left)
                data = channel.recv(_READ_BYTES)
                if not data:
                    break
                printed += data
    finally:
        close_client(client)
    return printed.decode(errors="replace").replace("\r\n", "\n")
