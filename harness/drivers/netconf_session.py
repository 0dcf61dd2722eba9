"""A NETCONF session of ncclient that works in the calling thread and keeps raw replies.

ncclient 0.7.0 hands every request to a thread that looks at its queue ten times a second, so
each RPC waits up to 100 ms; its 1.0 parser decodes partial reads, so a UTF-8 character split
between two reads ends the session; and it judges replies before their text can be kept. Here the
caller writes to the channel and reads from it itself, and a reply is handed over unjudged. There
is no thread to wake: with hundreds of sessions in one process that was a third of the work.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any
from xml.parsers import expat

import paramiko
from ncclient import NCClientError
from ncclient.devices.junos import JunosDeviceHandler
from ncclient.manager import Manager
from ncclient.operations import TimeoutExpiredError
from ncclient.operations.rpc import RaiseMode, RPCReply, RPCReplyListener
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
        if self._session.connected and not silent and not self._session.busy:
            # The device may be gone or silent: then closing the transport is all that's left.
            with contextlib.suppress(NCClientError, paramiko.SSHException, OSError, EOFError):
                self.close_session()
        self._session.close()


class DirectSession(SSHSession):  # type: ignore[misc]  # ncclient has no types
    """A session over a connection that's already made and logged in.

    ``send`` writes and reads the answer in the thread that calls it; the thread that ncclient
    makes of a session is never started. What ends the reading is delivered to the waiting request
    as a ``TransportError``.
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
        self._greeted = False
        self.sent = ""

    def start_netconf(self, seconds: float) -> None:
        """Start the subsystem and exchange hellos."""
        self._channel = self._open_channel(seconds)
        self._channel.settimeout(self._timeout)
        self._connected = True
        self.deadline = Deadline.after(seconds, self.clock)
        self._post_connect(0.0)  # who is still waiting then has waited for all of ``seconds``

    def start(self) -> None:
        """Start no thread: ``send`` reads."""

    @property
    def connected(self) -> bool:
        """Say whether a request can be sent, as far as the connection tells."""
        return bool(self._connected and not (self._channel.closed or self._channel.eof_received))

    @property
    def busy(self) -> bool:
        """Say whether another thread waits for an answer: whoever is polite would wait for it."""
        return self._send_lock.locked()

    def send(self, message: str) -> None:
        """Frame and write one message and read its answer, at most until the deadline.

        Raises ``TransportError`` when the session is over, before a byte is sent; whatever ends
        the writing half-way, after which the session is closed: the device holds half a message;
        and ``TimeoutExpiredError`` without an answer.
        """
        data = frame(message.encode(), chunked=self._base == NetconfBase.BASE_11)
        self.sent = message
        with self._send_lock:
            if not self.connected:
                raise TransportError("the session is closed")
            try:
                self._write(data)
            except (OSError, EOFError, paramiko.SSHException) as error:
                self.close()
                raise TransportError(f"sending failed ({type(error).__name__})") from error
            except BaseException:  # Ctrl-C half-way: the device holds half a message
                self.close()
                raise
            self._read_answer()

    def _read_answer(self) -> None:
        try:
            if self._answered_by_deadline():
                return
        except TimeoutError:
            raise TimeoutExpiredError("no reply in time") from None
        except Exception as error:  # noqa: BLE001 - the waiting request gets it, whatever it is
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
        """Close channel and connection; may be called twice, and while another thread reads."""
        self._closing.set()
        self._connected = False
        if self._channel is not None:
            # Saying goodbye fails where the device, or another thread, has just hung up.
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                self._channel.close()
        close_client(self._client)

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

    def _answered_by_deadline(self) -> bool:
        """Read until nobody waits any more; False when the device hung up before."""
        while self._awaited():
            left = self.deadline.remaining(self.clock)
            if not left:
                raise TimeoutError
            self._channel.settimeout(left)
            data = self._channel.recv(_READ_BYTES)
            if not data:
                return False
            chunked = self._base == NetconfBase.BASE_11
            for message in self._deframer.feed(data, chunked=chunked):
                self._dispatch_message(message.decode().strip())
        return True

    def _awaited(self) -> bool:
        """Say whether a request waits for its reply, or our greeting for the device's."""
        listener = self.get_listener_instance(RPCReplyListener)
        if listener is None:
            return not self._greeted
        return bool(listener._id2rpc)  # noqa: SLF001 - the session delivers to it

    def _dispatch_message(self, raw: str) -> None:
        self._greeted = True
        root = _start_tag(raw)
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.callback(root, raw)


class _StartTag(Exception):
    """The root of a message: its name, with the name space in front, and its attributes."""


def _start_tag(raw: str) -> tuple[str, dict[str, str]]:
    """Return the name and attributes of the root without parsing the rest.

    What's wrong further down is read by the caller (:func:`harness.drivers.replies.document`).
    lxml would make elements of everything that it was fed, and garbage in cycles of them.
    """
    if "<!DOCTYPE" in raw:
        raise FramingError("a message declares a document type")

    def found(name: str, attributes: dict[str, str]) -> None:
        raise _StartTag(f"{{{name}" if "}" in name else name, attributes)

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = found
    try:
        parser.Parse(XML_DECLARATION.sub("", raw, count=1).encode())
    except _StartTag as start:
        name, attributes = start.args
        return name, attributes
    except expat.ExpatError as error:
        raise FramingError(f"a message without an element: {error}") from error
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
