"""Send the events of simulated CPEs at a steady rate, over TCP or UDP."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from typing import Final, Protocol

from harness.clock import Clock
from harness.errors import LabError
from harness.events.cpes import Cpes

_TICK: Final = 0.001  # seconds between two looks at what is due
_BATCH: Final = 1000  # events handed to the kernel at once, of a connection
_TIMEOUT: Final = 30.0  # seconds that a connection may take nothing


class Transport(StrEnum):
    """How events travel."""

    TCP = "tcp"  # octet-counted, RFC 6587
    UDP = "udp"  # one message a datagram, RFC 5426


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on purpose, to see that it's told: so many events, from the second on."""

    lost: int = 0
    garbled: int = 0  # they arrive, and are no messages


@dataclass(frozen=True, slots=True)
class Sent:
    """What was made and handed to the kernel, and how long that took."""

    events: int
    seconds: float
    by_host: dict[bytes, int]

    @property
    def rate(self) -> float:
        """Return events per second."""
        return self.events / self.seconds if self.seconds else 0.0


class _Line(Protocol):
    def __call__(self, messages: list[bytes]) -> None: ...


def send(
    cpes: Sequence[bytes],
    to: tuple[str, int],
    *,
    rate: float,
    seconds: float,
    clock: Clock,
    transport: Transport = Transport.TCP,
    connections: int = 1,
    faults: Faults | None = None,
) -> Sent:
    """Send ``rate`` events a second for ``seconds``, never more than are due.

    ``cpes`` are the host names of those that take turns. Each of the ``connections`` carries CPEs
    of its own, so that their events stay in order; over UDP there is one socket. A receiver that is
    too slow holds a TCP sender back: :attr:`Sent.rate` then is below ``rate``. Raises
    :class:`LabError` when nobody listens.
    """
    shares = _shares(cpes, connections if transport is Transport.TCP else 1)
    flawed = _Flaws(faults or Faults())
    with _lines(to, transport, len(shares)) as lines:
        total = max(1, round(rate * seconds))
        began, made = clock.monotonic(), 0
        try:
            for share, line in cycle(zip(shares, lines, strict=True)):
                if made >= total:
                    break
                due = min(total, int((clock.monotonic() - began) * rate)) - made
                if due <= 0:
                    clock.sleep(_TICK)
                    continue
                messages = list(share.take(min(due, _BATCH), clock.now()))
                made += len(messages)
                line(flawed(messages))
        except OSError as exc:
            host, port = to
            raise LabError(f"{host}:{port}: the collector takes no more: {exc}") from exc
        took = max(clock.monotonic() - began, seconds)
    return Sent(made, took, {host: n for share in shares for host, n in share.sent.items()})


class _Flaws:
    """Takes away every second message while there are some to lose, then garbles as many."""

    def __init__(self, faults: Faults) -> None:
        self._lost, self._garbled = faults.lost, faults.garbled
        self._seen = 0

    def __call__(self, messages: list[bytes]) -> list[bytes]:
        if not self._lost and not self._garbled:
            return messages
        kept: list[bytes] = []
        for message in messages:
            self._seen += 1
            if self._seen % 2:
                kept.append(message)
            elif self._lost:
                self._lost -= 1
            elif self._garbled:
                self._garbled -= 1
                kept.append(message.replace(b">1 ", b">x ", 1))
            else:
                kept.append(message)
        return kept


def _shares(cpes: Sequence[bytes], connections: int) -> list[Cpes]:
    """Divide the CPEs among connections, as evenly as they go."""
    return [Cpes(cpes[place::connections]) for place in range(min(len(cpes), connections))]


@contextmanager
def _lines(to: tuple[str, int], transport: Transport, connections: int) -> Iterator[list[_Line]]:
    with ExitStack() as stack:
        lines: list[_Line] = []
        for _ in range(connections if transport is Transport.TCP else 1):
            sock = stack.enter_context(_connected(to, transport))
            lines.append(_Counted(sock) if transport is Transport.TCP else _Datagrams(sock))
        yield lines


def _connected(to: tuple[str, int], transport: Transport) -> socket.socket:
    host, port = to
    try:
        if transport is Transport.TCP:
            sock = socket.create_connection(to, timeout=_TIMEOUT)
            # Without it a batch waits for the acknowledgement of the one before: 40 ms on Linux.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[
            0
        ]
        sock = socket.socket(family, kind, protocol)
        sock.connect(address)
    except (OSError, OverflowError) as exc:
        raise LabError(f"{host}:{port}: no collector there: {exc}") from exc
    return sock


class _Counted:
    """A connection with octet counts in front of the messages."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __call__(self, messages: list[bytes]) -> None:
        self._sock.sendall(b"".join([b"%d %s" % (len(each), each) for each in messages]))


class _Datagrams:
    """A socket for one message at a time; a full kernel queue makes it wait, not lose."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __call__(self, messages: list[bytes]) -> None:
        send_one = self._sock.send
        for each in messages:
            send_one(each)
