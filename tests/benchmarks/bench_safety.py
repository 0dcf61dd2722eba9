"""What safety costs a rung: the journal, and the looks at health; prints, asserts no time.

The device is a process of its own whose commits take 60 s of its own time: its clock is moved by as
much instead of waiting, and what it was moved by counts as the device's part of a rung. A check and
the way back take as long as the commit, as on a real device.
``python tests/benchmarks/bench_safety.py [seconds of a commit] [repetitions]``.
"""

import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.clock import ManualClock
from harness.deploy.journal import Journal
from harness.lab.bench import Bench
from harness.lab.lab import within_reach
from harness.lab.ladder import Rung
from harness.lab.qualify import qualify
from harness.lab.run import Run
from harness.outcome import Outcome
from harness.plan.model import Kind
from harness.sim.server import SimulatorServer
from harness.sim.server.channel import Channel
from harness.sim.spec import DeviceSpec
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed_text
from harness.testbed.model import Testbed

COMMIT_SECONDS = 60.0
REPETITIONS = 5
COUNTS = (60, 600, 1500)
DEVICE = "srx4100"
ALLOWED = 2.0  # percent of a rung
TIMED = ("open", "note", "close", "read")  # of the journal


class TimedJournal(Journal):
    """A journal that knows how long it kept others waiting, in seconds."""

    def __init__(self, kept: Journal) -> None:
        self.__dict__.update(kept.__dict__)
        self.seconds = 0.0

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        return self._timed(found) if name in TIMED else found

    def _timed(self, act: Callable[..., object]) -> Callable[..., object]:
        def timed(*given: object, **named: object) -> object:
            began = time.perf_counter()
            try:
                return act(*given, **named)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


@dataclass(frozen=True)
class Cost:
    """What one rung took: ours and the device's time in seconds, and what safety took of ours."""

    ours: float
    device: float
    journal: float
    health: float

    @property
    def safety(self) -> float:
        return self.journal + self.health

    @property
    def percent(self) -> float:
        return 100 * self.safety / (self.ours + self.device)


def main() -> None:
    """Run the rungs and print their table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else COMMIT_SECONDS
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else REPETITIONS
    with device(seconds) as (lines, elapsed), tempfile.TemporaryDirectory() as folder:
        run = Run("bench", b"k" * 32, Path(folder), SystemClock())
        with within_reach(testbed(lines, Path(folder)), run, str) as lab:
            bench = lab.bench(DEVICE)
            journal = bench.journal = TimedJournal(bench.journal)
            one(bench, journal, elapsed, 2)  # control and first look, once a device
            costs = {
                count: [one(bench, journal, elapsed, count) for _ in range(repetitions)]
                for count in COUNTS
            }
    _print(costs, seconds, repetitions)


def one(bench: Bench, journal: TimedJournal, elapsed: Callable[[], float], count: int) -> Cost:
    """Qualify one rung."""
    journal.seconds, before, began = 0.0, elapsed(), time.perf_counter()
    case = qualify(bench, Rung(DEVICE, Kind.IPSEC, count))
    ours = time.perf_counter() - began
    if case.outcome is not Outcome.PASS:
        raise SystemExit(f"{count} tunnels ended as {case.outcome}: {case.reason}")
    health = float(case.properties["health.seconds"])
    return Cost(ours, elapsed() - before, journal.seconds, health)


@contextmanager
def device(seconds: float) -> Iterator[tuple[dict[str, str], Callable[[], float]]]:
    """Serve one device from another process; give its address, and a way to ask for its time."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, seconds))
    process.start()

    def elapsed() -> float:
        ours.send("time")
        return float(ours.recv())

    try:
        yield json.loads(ours.recv()), elapsed
    finally:
        ours.send(None)
        process.join()


def _serve(theirs: Connection, seconds: float) -> None:
    clock = ManualClock()

    def move_on(_channel: Channel, seconds: float, resume: Callable[[], None]) -> None:
        clock.advance(seconds)
        asyncio.get_running_loop().call_soon(resume)

    Channel.later = move_on  # type: ignore[method-assign]  # instead of waiting for a minute
    server = SimulatorServer([DeviceSpec(DEVICE, DEVICE, commit_seconds=seconds)], clock)
    address = server.start()[DEVICE]
    given = ("host", "port", "username", "password", "host_key")
    theirs.send(json.dumps({name: str(getattr(address, name)) for name in given}))
    while theirs.recv() is not None:
        theirs.send(clock.monotonic())
    server.stop()


def testbed(address: dict[str, str], folder: Path) -> Testbed:
    """Describe the device as one that is found running."""
    known_hosts = folder / "known_hosts"
    known_hosts.write_text(f"[{address['host']}]:{address['port']} {address['host_key']}\n")
    where = {"host": address["host"], "port": int(address["port"])}
    login = {"username": address["username"], "password": address["password"]}
    entry = {
        "platform": DEVICE,
        "simulated": True,
        "connections": {"netconf": where, "cli": where},
        "credentials": {"default": login},
        "underlay": {
            "external_interface": "xe-0/0/0.0",
            "external_zone": "untrust",
            "local_address": "192.0.2.1",
            "peers": "198.18.0.0/15",
            "inner": "100.64.0.0/10",
        },
    }
    head = {"name": "safety", "known_hosts": str(known_hosts)}
    return load_testbed_text(json.dumps({"testbed": head, "devices": {DEVICE: entry}}), "bench")


def _print(costs: dict[int, list[Cost]], seconds: float, repetitions: int) -> None:
    title = f"a rung whose commit takes {seconds:g} s, {repetitions} times; medians"
    table = Table(title=title)
    for column in (
        "tunnels",
        "journal, ms",
        "health, ms",
        "both, ms",
        "rung: ours, s",
        "rung: device, s",
        "of the rung",
        "of one commit",
    ):
        table.add_column(column, justify="right")
    for count, many in costs.items():
        alone = 100 * _median(many, "safety") / seconds if seconds else 0.0
        table.add_row(
            str(count),
            *(f"{1000 * _median(many, of):.1f}" for of in ("journal", "health", "safety")),
            *(f"{_median(many, of):.2f}" for of in ("ours", "device")),
            f"{_median(many, 'percent'):.3f} %",
            f"{alone:.3f} %",
        )
    worst = max(_median(many, "percent") for many in costs.values())
    console = Console(width=120)
    console.print(table)
    console.print(f"at most {worst:.3f} % of a rung; asked for: {ALLOWED:g} %")


def _median(many: list[Cost], of: str) -> float:
    return statistics.median(float(getattr(cost, of)) for cost in many)


if __name__ == "__main__":
    main()
