"""A NETCONF session of ncclient that sends from the calling thread and keeps raw replies.

ncclient 0.7.0 hands every request to a thread that looks at its queue ten times a second, so
each RPC waits up to 100 ms; its 1.0 parser decodes partial reads, so a UTF-8 character split
between two reads ends the session; and it judges replies before their text can be kept. Here the
caller writes to the channel itself, a thread only reads, and a reply is handed over unjudged.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import paramiko
from lxml import etree
from ncclient import NCClientError
from ncclient.devices.junos import JunosDeviceHandler
from ncclient.manager import Manager
from ncclient.operations import TimeoutExpiredError
from ncclient.operations.rpc import RaiseMode, RPCReply
from ncclient.transport.errors import SessionCloseError, TransportError
from ncclient.transport.session import NetconfBase
from ncclient.transport.ssh import SSHSession

from harness.clock import Clock, Deadline
from harness.drivers.framing import Deframer, FramingError, frame
from harness.drivers.protocol import Endpoint
from harness.drivers.replies import XML_DECLARATION
from harness.drivers.ssh import SSH_RULES, close_client, connect_seconds, connected_client
from harness.drivers.translate import Rule, border
from harness.errors import Unreachable

CLOSE_SECONDS = 5.0  # how long a polite <close-session/> may take
_HEAD_BYTES = 4096
_READ_BYTES = 64 * 1024
_WRITE_BYTES = 32 * 1024  # a channel sends no more than one packet at once

SESSION_RULES = (
    Rule(TimeoutExpiredError, Unreachable, "no answer in time"),
    Rule(SessionCloseError, Unreachable, "the device closed the session"),
    Rule(TransportError, Unreachable, "the session was lost", quote=True),
    Rule(NCClientError, Unreachable, "the session failed", quote=True),
    *SSH_RULES,
)


class RawReply(RPCReply):  # type: ignore[misc]  # ncclient has no types
    """A reply as received (``xml``); nothing is parsed, so nothing can be misjudged."""

    def parse(self) -> None:
        """Leave the text alone; ncclient then sees no errors."""
        self._parsed = True


class RawDeviceHandler(JunosDeviceHandler):  # type: ignore[misc]  # ncclient has no types
    """Junos as ncclient knows it, without the rewriting of every reply by a stylesheet."""

    def transform_reply(self) -> None:
        """Skip the rewriting: it takes 131 of 200 ms for 1500 tunnels."""


class RawManager(Manager):  # type: ignore[misc]  # ncclient has no types
    """Runs ncclient's own operations, each of which returns a :class:`RawReply`."""

    @property
    def sent(self) -> str:
        """Return the message that was sent last, as it went out; it may hold keys."""
        return str(self._session.sent)

    def execute(self, cls: Any, *args: Any, **kwds: Any) -> Any:
        """Run one operation; raises only when no reply came."""
        operation = cls(
            self._session,
            device_handler=self._device_handler,
            timeout=self._timeout,
            raise_mode=RaiseMode.NONE,
            huge_tree=True,
        )
        operation.REPLY_CLS = RawReply
        self._session.deadline = Deadline.after(self._timeout, self._session.clock)
        return operation.request(*args, **kwds)

    def hang_up(self, *, silent: bool = False) -> None:
        """End the session, politely unless it's known to be silent; never raises."""
        self._timeout = CLOSE_SECONDS
        if self._session.connected and not silent:
            # The device may be gone or silent: then closing the transport is all that's left.
            with contextlib.suppress(NCClientError, paramiko.SSHException, OSError, EOFError):
                self.close_session()
        self._session.close()


class DirectSession(SSHSession):  # type: ignore[misc]  # ncclient has no types
    """A session over a connection that's already made and logged in.

    ``send`` writes in the thread that calls it; the session's own thread only reads. What ends
    the reading is delivered to every waiting request as a ``TransportError``.
    """

    def __init__(self, client: paramiko.SSHClient, clock: Clock, timeout: float) -> None:
        super().__init__(RawDeviceHandler({"name": "junos"}))
        self.clock = clock
        self.deadline = Deadline.after(timeout, clock)  # of the request being sent
        self._client = client
        self._transport: Any = client.get_transport()
        self._timeout = timeout
        self._send_lock = threading.Lock()
        self._deframer = Deframer()
        self.sent = ""

    def start_netconf(self, seconds: float) -> None:
        """Start the subsystem and exchange hellos."""
        self._channel = self._open_channel(seconds)
        self._channel.settimeout(self._timeout)
        self._connected = True
        self._post_connect(seconds)

    def send(self, message: str) -> None:
        """Frame and write one message, at most until the deadline.

        Raises ``TransportError`` when the session is over, before a byte is sent; and whatever
        ends the writing half-way, after which the session is closed: the device holds half a
        message.
        """
        data = frame(message.encode(), chunked=self._base == NetconfBase.BASE_11)
        self.sent = message
        with self._send_lock:
            if not self._connected:
                raise TransportError("the session is closed")
            try:
                self._write(data)
            except (OSError, EOFError, paramiko.SSHException) as error:
                self.close()
                raise TransportError(f"sending failed ({type(error).__name__})") from error
            except BaseException:  # Ctrl-C half-way: the device holds half a message
                self.close()
                raise

    def run(self) -> None:
        """Read until the session ends; called by ``start``."""
        try:
            self._read_messages()
        except Exception as error:  # noqa: BLE001 - a waiting caller gets it, whatever it is
            cause: Exception = error
        else:
            cause = SessionCloseError(b"")
        if not isinstance(cause, TransportError):
            words = f": {cause}" if isinstance(cause, FramingError) else ""
            wrapped = TransportError(f"{type(cause).__name__} while reading{words}")
            wrapped.__cause__ = cause
            cause = wrapped
        # First closed, then told: a request that registers in between finds the session closed.
        self._connected = False
        self._dispatch_error(cause)

    def close(self) -> None:
        """Close channel and connection and wait for the reading thread; may be called twice."""
        self._closing.set()
        self._connected = False
        if self._channel is not None:
            # Saying goodbye fails where the device, or another thread, has just hung up.
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                self._channel.close()
        close_client(self._client)
        if self.is_alive() and self is not threading.current_thread():
            self.join()

    def _open_channel(self, seconds: float) -> paramiko.Channel:
        channel = self._new_channel(seconds)
        try:
            channel.invoke_subsystem("netconf")
        except paramiko.SSHException:
            # Junos speaks the same protocol after this command where the subsystem is refused.
            channel = self._new_channel(seconds)
            channel.exec_command("xml-mode netconf need-trailer")
        return channel

    def _new_channel(self, seconds: float) -> paramiko.Channel:
        channel: paramiko.Channel = self._transport.open_session(timeout=seconds)
        channel.settimeout(seconds)
        return channel

    def _write(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            left = self.deadline.remaining(self.clock)
            if not left:
                raise TimeoutError
            self._channel.settimeout(left)
            sent = self._channel.send(data[position : position + _WRITE_BYTES])
            if not sent:
                raise EOFError
            position += sent
        self._channel.settimeout(self._timeout)

    def _read_messages(self) -> None:
        while True:
            try:
                data = self._channel.recv(_READ_BYTES)
            except TimeoutError:
                continue  # nothing was said for a while; each request has a deadline of its own
            if not data:
                return
            chunked = self._base == NetconfBase.BASE_11
            for message in self._deframer.feed(data, chunked=chunked):
                self._dispatch_message(message.decode().strip())

    def _dispatch_message(self, raw: str) -> None:
        root = _start_tag(raw)
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.callback(root, raw)


def _start_tag(raw: str) -> tuple[str, dict[str, str]]:
    """Return the name and attributes of the root without parsing the rest."""
    if "<!DOCTYPE" in raw:
        raise FramingError("a message declares a document type")
    parser = etree.XMLPullParser(
        events=("start",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        recover=True,  # what's wrong further down is read by the caller (replies.document)
    )
    text = XML_DECLARATION.sub("", raw, count=1).encode()
    for position in range(0, len(text), _HEAD_BYTES):
        parser.feed(text[position : position + _HEAD_BYTES])
        for _event, element in parser.read_events():
            if isinstance(element, etree._Element):  # noqa: SLF001 - lxml's only name for the type
                return str(element.tag), {str(k): str(v) for k, v in element.items()}
    raise FramingError("a message without an element")


def connect(endpoint: Endpoint, clock: Clock) -> RawManager:
    """Open a NETCONF session.

    Raises :class:`~harness.errors.Unreachable` and what
    :func:`~harness.drivers.ssh.connected_client` raises.
    """
    seconds = connect_seconds(endpoint)
    client = connected_client(endpoint)
    session = DirectSession(client, clock, endpoint.timeout)
    try:
        with border(endpoint.device, "starting NETCONF", SESSION_RULES):
            session.start_netconf(seconds)
    except BaseException:
        session.close()
        raise
    return RawManager(session, session._device_handler, timeout=endpoint.timeout)  # noqa: SLF001 - ncclient's own managers take it from there
