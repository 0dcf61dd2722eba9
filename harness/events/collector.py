"""A collector of structured syslog: UDP and TCP on one port, counted as it comes in."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self

from harness.clock import Clock
from harness.errors import LabError
from harness.events.message import Heading, MalformedEvent, heading_of
from harness.events.stream import Stream
from harness.events.tally import Counted, Tally

PORT: Final = 3514  # of CSO's collector, TCP and UDP (contrail-collector.conf, tf-analytics)

_READ: Final = 262_144  # bytes of one read from a connection
_DATAGRAM: Final = 65_536
_TURN: Final = 256  # datagrams read before the connections have their turn
_BUFFER: Final = 64 * 1024 * 1024  # bytes asked of the kernel for datagrams that wait
_CONNECTIONS: Final = 10_000  # a fleet's, each with one
_FULL: Final = frozenset({errno.EMFILE, errno.ENFILE})  # no room for one more open file
_BACKLOG: Final = 4096
# linux/sock_diag.h and asm-generic/socket.h, which Python doesn't name: of a socket's memory
# information the ninth number is how many datagrams the kernel dropped.
_SO_RCVBUFFORCE: Final = 33
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("9I")


@dataclass(frozen=True, slots=True)
class Wire:
    """What was wrong below the messages, since the last reset."""

    torn: int  # pieces of a stream that became no message; part of "malformed" too
    wrong_lengths: int
    thrown_away: int  # bytes
    kernel_drops: int | None  # datagrams; None where the kernel doesn't tell
    refused_connections: int


class Collector:
    """Listens on one address; :meth:`poll` takes what is there. For one thread.

    What it keeps of a sender is bounded, whatever comes.
    """

    def __init__(self, host: str, port: int, clock: Clock, *, late_seconds: float = 1.0) -> None:
        """Bind both sockets; port 0 lets the kernel choose. Raises :class:`LabError`."""
        self._clock = clock
        self._late_seconds = late_seconds
        self._selector = selectors.DefaultSelector()
        self._streams: dict[socket.socket, Stream] = {}
        try:
            self._tcp, self._udp = _bound(host, port)
        except (OSError, OverflowError) as exc:
            raise LabError(f"{host}:{port}: can't listen there: {exc}") from exc
        self._spare = os.open(os.devnull, os.O_RDONLY)
        self._selector.register(self._tcp, selectors.EVENT_READ, self._accept)
        self._selector.register(self._udp, selectors.EVENT_READ, self._datagrams)
        self.reset()

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port."""
        host, port = self._tcp.getsockname()[:2]
        return str(host), int(port)

    def reset(self) -> None:
        """Count from zero; connections stay open."""
        self.tally = Tally(self._late_seconds)
        self._torn = self._wrong_lengths = self._thrown_away = self._refused = 0
        for sock in self._streams:
            self._streams[sock] = Stream()
        self._drops_before = _kernel_drops(self._udp) or 0

    def wire(self) -> Wire:
        """Return what was wrong below the messages."""
        open_ones = self._streams.values()
        drops = _kernel_drops(self._udp)
        return Wire(
            torn=self._torn + sum(s.torn for s in open_ones),
            wrong_lengths=self._wrong_lengths + sum(s.wrong_lengths for s in open_ones),
            thrown_away=self._thrown_away + sum(s.thrown_away for s in open_ones),
            kernel_drops=None if drops is None else drops - self._drops_before,
            refused_connections=self._refused,
        )

    def counted(self, sent: Mapping[bytes, int] | None = None) -> Counted:
        """Return the counts, torn pieces among the malformed; ``sent`` as :class:`Tally` has it."""
        counted = self.tally.counted(sent)
        return replace(counted, malformed=counted.malformed + self.wire().torn)

    def poll(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds, take what came, and say whether anything did.

        A piece of a message is something: more of it is under way.
        """
        ready = self._selector.select(timeout)
        for key, _ in ready:
            key.data(key.fileobj)
        return bool(ready)

    def close(self) -> None:
        """Close every socket; harmless a second time."""
        registered = list((self._selector.get_map() or {}).values())
        if not registered:
            return
        for key in registered:
            self._forget(key.fileobj)  # type: ignore[arg-type]  # only sockets were registered
        self._selector.close()
        os.close(self._spare)

    def __enter__(self) -> Self:
        """Return the collector."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _accept(self, listener: socket.socket) -> None:
        try:
            sock, _ = listener.accept()
        except OSError as exc:  # one that hung up meanwhile is none
            if exc.errno in _FULL:
                self._turn_away(listener)
            return
        if len(self._streams) >= _CONNECTIONS:
            self._refused += 1
            sock.close()
            return
        sock.setblocking(False)  # noqa: FBT003 - the method takes it by position alone
        self._streams[sock] = Stream()
        self._selector.register(sock, selectors.EVENT_READ, self._connection)

    def _turn_away(self, listener: socket.socket) -> None:
        """Hang up on who waits: as long as he does, the listener is ready and nothing rests."""
        os.close(self._spare)
        with suppress(OSError):
            listener.accept()[0].close()
            self._refused += 1
        self._spare = os.open(os.devnull, os.O_RDONLY)

    def _connection(self, sock: socket.socket) -> None:
        try:
            data = sock.recv(_READ)
        except BlockingIOError:
            return
        except OSError:  # reset by the other end
            data = b""
        stream = self._streams[sock]
        arrived = self._clock.now().timestamp()
        for message in stream.feed(data) if data else stream.finish():
            self._count(message, arrived)
        if not data:
            self._torn += stream.torn
            self._wrong_lengths += stream.wrong_lengths
            self._thrown_away += stream.thrown_away
            del self._streams[sock]
            self._forget(sock)

    def _datagrams(self, sock: socket.socket) -> None:
        arrived = self._clock.now().timestamp()
        for _ in range(_TURN):
            try:
                data = sock.recv(_DATAGRAM)
            except BlockingIOError:
                return
            self._count(data, arrived)

    def _count(self, message: bytes, arrived: float) -> None:
        heading = _heading(message)
        if heading is None:
            self.tally.malformed += 1
        else:
            self.tally.add(heading, arrived)

    def _forget(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)
        sock.close()


def _heading(message: bytes) -> Heading | None:
    try:
        return heading_of(message)
    except MalformedEvent:
        return None


def _bound(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    tcp = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    tcp.setblocking(False)  # noqa: FBT003 - the method takes it by position alone
    udp = socket.socket(tcp.family, socket.SOCK_DGRAM)
    try:
        udp.bind(tcp.getsockname())
    except OSError:
        tcp.close()
        udp.close()
        raise
    udp.setblocking(False)  # noqa: FBT003 - the method takes it by position alone
    _widen(udp)
    return tcp, udp


def _widen(udp: socket.socket) -> None:
    """Ask for room for the datagrams of a second; as root the kernel's own limit gives way."""
    for option in (_SO_RCVBUFFORCE, socket.SO_RCVBUF):
        try:
            udp.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        except OSError:
            continue
        return


def _kernel_drops(udp: socket.socket) -> int | None:
    try:
        answer = udp.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        return int(_MEMINFO.unpack(answer)[8])
    except (OSError, struct.error):  # another kernel than Linux
        return None
