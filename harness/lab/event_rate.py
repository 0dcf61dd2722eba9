"""Measure a rate of log events with both ends on this machine, the collector in its own process."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Final

from harness.clock import Deadline
from harness.errors import HarnessError
from harness.events.collector import Collector, Wire
from harness.events.cpes import cpe_names
from harness.events.search import Found, highest_rate
from harness.events.sender import Faults, Sent, Transport, send
from harness.events.tally import Counted
from harness.lab.child import answer_of, child
from harness.system_clock import SystemClock

LOOPBACK: Final = "127.0.0.1"
_KEPT_UP: Final = 0.99  # of the rate that was asked for: a sender that was held back is no proof
_GRACE: Final = 0.1  # seconds; a process that waited for its turn at the end wasn't held back
_QUIET: Final = 0.2  # seconds without a message after which nothing more is under way
_QUIET_AT_LAST: Final = 30.0  # seconds after which it's counted, whoever else sends
_TURN: Final = 0.05  # seconds between two looks at what the parent says
_ENDED: Final = "the collector's process ended by itself"


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent, whatever the rate."""

    transport: Transport = Transport.TCP
    cpes: int = 1000
    connections: int = 10
    seconds: float = 10.0
    late_seconds: float = 1.0
    loss_allowed: float = 0.0  # share of the events sent
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True, slots=True)
class Measured:
    """One rate, tried; ``why`` is empty where it held."""

    asked: float  # events per second
    sent: int
    achieved: float  # events per second
    counted: Counted
    wire: Wire
    why: str

    @property
    def loss(self) -> float:
        """Return the lost share of what was sent."""
        return self.counted.lost / self.sent if self.sent else 0.0


Measure = Callable[[float], Measured]


@contextmanager
def measuring(load: Load) -> Iterator[Measure]:
    """Lend a function that tries one rate; the collector's process ends with the context.

    Raises :class:`LabError` when it can't be started or ends by itself.
    """
    with child(_collect, load.late_seconds) as pipe:
        address = answer_of(pipe, _ENDED)

        def measure(rate: float) -> Measured:
            pipe.send(None)
            answer_of(pipe, _ENDED)  # before that, what is sent would be forgotten again
            sent = send(
                cpe_names(load.cpes),
                address,
                rate=rate,
                seconds=load.seconds,
                clock=SystemClock(),
                transport=load.transport,
                connections=load.connections,
                faults=load.faults,
            )
            pipe.send(sent.by_host)
            counted, wire = answer_of(pipe, _ENDED)
            return _measured(rate, sent, counted, wire, load)

        yield measure


def search(measure: Measure, start: float, ceiling: float) -> tuple[Found, tuple[Measured, ...]]:
    """Return the highest rate that holds, and every try in order."""
    tries: list[Measured] = []

    def passes(rate: float) -> bool:
        tries.append(measure(rate))
        return not tries[-1].why

    return highest_rate(passes, start, ceiling), tuple(tries)


def _measured(rate: float, sent: Sent, counted: Counted, wire: Wire, load: Load) -> Measured:
    reasons = [
        f"{counted.lost} of {sent.events} lost"
        if counted.lost > load.loss_allowed * sent.events
        else "",
        f"{counted.malformed} malformed" if counted.malformed else "",
        f"held back to {sent.rate:.0f}/s"
        if sent.seconds > load.seconds / _KEPT_UP + _GRACE
        else "",
    ]
    why = "; ".join(filter(None, reasons))
    return Measured(rate, sent.events, sent.rate, counted, wire, why)


def _collect(pipe: Connection, late_seconds: float) -> None:
    """Collect until the parent hangs up; None begins a count, what was sent ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's
    try:
        with Collector(LOOPBACK, 0, SystemClock(), late_seconds=late_seconds) as collector:
            pipe.send(collector.address)
            while True:
                collector.poll(_TURN)
                if pipe.poll():
                    _obey(collector, pipe, pipe.recv())
    except (EOFError, ConnectionError):
        pass  # the parent ended, and so do we
    except HarnessError as exc:
        pipe.send(exc)


def _obey(collector: Collector, pipe: Connection, sent: dict[bytes, int] | None) -> None:
    if sent is None:
        collector.reset()
        pipe.send(None)
        return
    clock = SystemClock()
    deadline = Deadline.after(_QUIET_AT_LAST, clock)
    while collector.poll(_QUIET) and not deadline.passed(clock):
        pass  # the sender is through: what is under way comes to an end
    pipe.send((collector.counted(sent), collector.wire()))
