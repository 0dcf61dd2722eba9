"""Measure log events with both ends on this machine: the rates that have to hold, or the highest.

Prints what was sent, received and lost, and how busy the machine was before; asserts nothing.
``python tests/benchmarks/bench_events.py [seconds] [--search]``.
"""

import os
import sys

from rich.console import Console
from rich.table import Table

from harness.events.sender import Transport
from harness.lab.event_rate import Load, Measured, measuring, search

RATES = ((Transport.TCP, 50_000, 0.0), (Transport.UDP, 30_000, 0.0001))  # loss that's allowed
CEILING = 1_000_000.0


def main(seconds: float, *, searching: bool) -> None:
    """Print the figures."""
    told = Table(title=f"log events, {seconds:g} s each, load average {os.getloadavg()[0]:.1f}")
    for column in ("transport", "events/s", "sent", "received", "lost", "p50", "p99", "held"):
        told.add_column(column)
    for transport, rate, loss in RATES:
        with measuring(Load(transport, seconds=seconds, loss_allowed=loss)) as measure:
            if searching:
                found, tries = search(measure, 1000.0, CEILING)
                measured = [each for each in tries if each.asked == (found.best or tries[-1].asked)]
                told.add_row(*row(transport, measured[-1]))
            else:
                told.add_row(*row(transport, measure(rate)))
    Console(width=110).print(told)


def row(transport: Transport, measured: Measured) -> tuple[str, ...]:
    """Return the cells of one measured rate."""
    counted = measured.counted
    return (
        transport,
        f"{measured.asked:.0f}",
        str(measured.sent),
        str(counted.received),
        f"{counted.lost} ({measured.loss:.4%})",
        *(f"{counted.latency.get(percent, 0.0) * 1000:.2f} ms" for percent in (50.0, 99.0)),
        measured.why or "yes",
    )


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--search"]
    main(float(words[0]) if words else 10.0, searching="--search" in sys.argv[1:])
