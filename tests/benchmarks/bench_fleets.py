"""Measure runs of whole deployments, from the command line to the report; asserts no time.

Each row is ``pytest suites/`` on a testbed of its own: simulated sites with a tunnel each,
and a hub for every 1500 of them. CPU and peaks are those of the run and of the process that serves
its devices, each. The exponents say how they grow with the sites: 1 is linear.

``python tests/benchmarks/bench_fleets.py [sites …]``; ``full`` stands for 500 1500 3500 6000.
Linux alone: peaks are read from /proc.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

CHECKOUT = Path(__file__).parents[2]
SMALL = (50, 150, 350, 600)
FULL = (500, 1500, 3500, 6000)
HUB = 1500  # tunnels
WAVE = 500
LOOK_SECONDS = 0.2
TICKS = os.sysconf("SC_CLK_TCK")

TESTBED = """\
testbed: {{name: bench}}
fleets:
  branch:
    count: {sites}
    platform: nfx250
    simulated: true
    underlay: {{external_interface: ge-0/0/0.0, external_zone: untrust}}
  hub:
    count: {hubs}
    platform: srx4200
    simulated: true
    underlay: {{external_interface: xe-0/0/0.0, external_zone: untrust}}
deployments:
  bench:
    topology: hub-and-spoke
    claim: large-hub-and-spoke-sites
    sites: {sites}
    hubs: {hubs}
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
    hubs_played_by: [hub]
    wave: {wave}
    at_once: 4
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process used so far."""

    cpu: float = 0.0  # seconds
    peak: float = 0.0  # MB


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured."""

    sites: int
    wall: float
    run: Spent = Spent()
    served: Spent = Spent()

    @property
    def cpu(self) -> float:
        """Return the seconds of both."""
        return self.run.cpu + self.served.cpu

    @property
    def peak(self) -> float:
        """Return the megabytes of both."""
        return self.run.peak + self.served.peak


def measure(sites: int) -> Figures:
    """Qualify a deployment of that many sites; raises RuntimeError when it isn't accepted."""
    with tempfile.TemporaryDirectory() as folder:
        testbed = Path(folder, "bench.yaml")
        wave = min(WAVE, sites)
        testbed.write_text(TESTBED.format(sites=sites, hubs=-(-sites // HUB), wave=wave))
        command = [
            str(Path(sys.executable).with_name("pytest")),
            str(CHECKOUT / "suites"),
            *("--testbed", str(testbed), "--rundir", folder, "-q", "-n", "0"),
            *("-p", "no:cacheprovider"),
        ]
        began = time.monotonic()
        with Path(folder, "output").open("w+") as output:
            process = subprocess.Popen(command, cwd=CHECKOUT, stdout=output, stderr=output)
            seen = Figures(sites, 0.0)
            while not ended(process):
                seen = looked(seen, process.pid)
            if process.returncode:
                output.seek(0)
                raise RuntimeError(f"{sites} sites: exit {process.returncode}\n{output.read()}")
        return replace(seen, wall=time.monotonic() - began)


def ended(process: subprocess.Popen[str]) -> bool:
    """Wait until it's time to look again, and say whether there's anything left to look at."""
    try:
        process.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def looked(seen: Figures, pid: int) -> Figures:
    """Return what was used until now; a process that ended keeps what it had."""
    with suppress(OSError):  # it ended between two looks
        run = spent(pid)
        run = replace(run, peak=max(run.peak, seen.run.peak))  # one that is ending tells none
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        served = [seen.served, *(spent(int(child)) for child in children)]
        return replace(seen, run=run, served=max(served, key=lambda one: one.peak))
    return seen


def spent(pid: int) -> Spent:
    """Read what the kernel counted of a process."""
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
    return Spent((int(times[11]) + int(times[12])) / TICKS, peak / 1024)


def exponent(figures: Sequence[Figures], value: Callable[[Figures], float]) -> float:
    """Return b of value = a·sites^b, fitted in logarithms."""
    x = [math.log(one.sites) for one in figures]
    return statistics.linear_regression(x, [math.log(value(one)) for one in figures]).slope


def main() -> None:
    """Print a row for each size, and the exponents."""
    words = sys.argv[1:]
    sizes = FULL if words == ["full"] else tuple(map(int, words)) or SMALL
    table = Table(
        *("sites", "wall s", "CPU s, run", "served", "ms per site", "MB, run", "served"),
        title="runs of hub-and-spoke deployments",
    )
    found = [measure(sites) for sites in sizes]
    for one in found:
        table.add_row(
            str(one.sites),
            f"{one.wall:.0f}",
            f"{one.run.cpu:.1f}",
            f"{one.served.cpu:.1f}",
            f"{one.cpu / one.sites * 1000:.0f}",
            f"{one.run.peak:.0f}",
            f"{one.served.peak:.0f}",
        )
    console = Console()
    console.print(table)
    if len(found) > 1:
        console.print(
            f"exponents: CPU {exponent(found, lambda one: one.cpu):.2f}, "
            f"memory {exponent(found, lambda one: one.peak):.2f}"
        )


if __name__ == "__main__":
    main()
