"""Measure plans of whole deployments, made device by device; prints, asserts no time.

Each row is a process of its own, so that time and memory are its own: seconds of its CPU, and the
peak above what the imports need. The exponents say how they grow with the sites: 1 is linear.
``python tests/benchmarks/bench_plans.py [repetitions]``.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from rich.console import Console
from rich.table import Table

from harness.plan.full_mesh import FullMesh
from harness.plan.hub_and_spoke import HubAndSpoke
from harness.plan.model import Kind, Site
from harness.plan.overlay import Overlay
from harness.plan.pools import Addresses, Pools
from harness.plan.tenants import Tenants
from harness.plan.topology import Topology

REPETITIONS = 3
SITES = (500, 1500, 3500, 6000)
LIMIT = 1500  # tunnels of a hub
POOLS = Pools(outer=IPv4Network("198.18.0.0/15"), inner=IPv4Network("100.64.0.0/10"))
DEVICE = Site(
    device="any",
    platform="srx4200",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=POOLS.outer,
    inner=POOLS.inner,
)


def hub_and_spoke(sites: int) -> HubAndSpoke:
    """Return two links to each of two hubs and OAM, on as many hubs as that needs."""
    return HubAndSpoke(sites, 2, max(2, -(-sites * 5 // LIMIT)), hubs_per_site=2, oam=True)


DEPLOYMENTS: Mapping[str, Callable[[], Topology]] = {
    **{f"{sites} sites": lambda sites=sites: hub_and_spoke(sites) for sites in SITES},
    **{f"mesh of 250, k = {k}": lambda k=k: FullMesh(250, k) for k in (1, 2, 3)},
    "200 tenants of 10": lambda: Tenants(200, 10),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one row measured."""

    sites: int
    ends: int
    seconds: float
    megabytes: float


def measure(name: str, kind: Kind, repetitions: int) -> Figures:
    """Make the plan of every device in turn, and let it go."""
    before = peak()
    best, ends, topology = math.inf, 0, DEPLOYMENTS[name]()
    for _ in range(repetitions):
        gc.collect()
        began = time.process_time()
        topology = DEPLOYMENTS[name]()
        overlay = Overlay.of(Addresses(topology, POOLS), kind, run_key=bytes(32))
        ends = sum(overlay.plan(site, DEVICE).count for site in range(topology.size))
        best = min(best, time.process_time() - began)
    if ends != 2 * topology.count:
        raise RuntimeError(f"{name}: {ends} ends of {topology.count} tunnels")
    return Figures(topology.size, ends, best, peak() - before)


def peak() -> float:
    """Return the most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def exponent(figures: list[Figures], value: Callable[[Figures], float]) -> float:
    """Return b of value = a·sites^b, fitted in logarithms."""
    x = [math.log(one.sites) for one in figures]
    return statistics.linear_regression(x, [math.log(value(one)) for one in figures]).slope


def main() -> None:
    """Print a table for each of two kinds, and the exponents."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    console = Console()
    for kind in (Kind.IPSEC, Kind.GRE_OVER_IPSEC):
        table = Table(
            "deployment", "devices", "ends", "CPU seconds", "µs per end", "MB", title=kind
        )
        grown = []
        for name in DEPLOYMENTS:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                found = pool.apply(measure, (name, kind, repetitions))
            grown += [found] if name.endswith(" sites") else []
            table.add_row(
                name,
                str(found.sites),
                str(found.ends),
                f"{found.seconds:.2f}",
                f"{found.seconds / found.ends * 1e6:.1f}",
                f"{found.megabytes:.1f}",
            )
        console.print(table)
        console.print(
            f"{SITES[0]} to {SITES[-1]} sites: CPU seconds grow with sites to the power of "
            f"{exponent(grown, lambda one: one.seconds):.2f}, megabytes "
            f"{exponent(grown, lambda one: max(one.megabytes, 0.1)):.2f}"
        )


if __name__ == "__main__":
    main()
