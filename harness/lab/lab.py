"""The lab of one run: testbed in, benches out; opened in the controller, joined by the workers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from harness.claims.catalogue import Catalogue
from harness.drivers.protocol import Endpoint
from harness.errors import LabError, UsageError
from harness.lab import simulation
from harness.lab.bench import Bench
from harness.lab.fleet_serving import fleet_specs, serving_fleets
from harness.lab.fleet_ways import NONE, FleetWays
from harness.lab.garbage import collect_rarely
from harness.lab.leasing import Held, lease_directory, leases_of, to_wire, why_lost
from harness.lab.leftovers import private_state
from harness.lab.open_files import allow_open_files
from harness.lab.run import Run
from harness.lab.ways import Prompt, Ways, from_wire, ways_to
from harness.lab.ways import to_wire as ways_to_wire
from harness.lease import Waiting
from harness.reporting.runfolder import RunFolder
from harness.sim.server import Address
from harness.testbed.model import Device, Testbed

Wire = dict[str, object]


class Lab:
    """The devices of a testbed within reach, each behind its bench."""

    def __init__(
        self,
        testbed: Testbed,
        run: Run,
        ways: Mapping[str, Ways],
        embedded: frozenset[str] = frozenset(),
        fleets: FleetWays = NONE,
    ) -> None:
        self.testbed = testbed
        self.run = run
        self._ways = ways
        self._fleets = fleets
        self.embedded = embedded  # simulated inside this run
        self.folder: RunFolder | None = None  # where a run's reports are; evidence goes there
        self.leased: Wire = {}  # what shows whether the leases among machines hold
        self._benches: dict[str, Bench] = {}

    @property
    def reached(self) -> tuple[str, ...]:
        """Return the names of the devices that are within reach, in the order of the file."""
        return tuple(self._ways)

    @property
    def serves_fleets(self) -> bool:
        """Say whether some fleet is simulated inside this run."""
        return bool(self._fleets.ports)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return every way to every device that isn't simulated inside this run."""
        single = (ways for name, ways in self._ways.items() if name not in self.embedded)
        fleets = (self._fleets.of(device) for device in self.of_lasting_fleets())
        return tuple(way for ways in (*single, *fleets) for way in ways.values())

    def of_lasting_fleets(self) -> Iterator[Device]:
        """Yield the devices of fleets within reach that aren't simulated inside this run."""
        for fleet in self.testbed.fleets:
            if fleet.address is not None and fleet.name in self._fleets.alike:
                yield from fleet.members()

    def bench(self, name: str) -> Bench:
        """Return the bench of the device ``name``, the same one every time."""
        device = self.testbed.device(name)
        if device.name not in self._benches:
            self._benches[device.name] = Bench(
                device,
                self._ways[device.name],
                self.run,
                embedded=device.name in self.embedded,
                jdm=self._jdm_of(device),
                why_lost=partial(self._why_lost, device.name),
            )
        return self._benches[device.name]

    def bench_of(self, device: Device, *, heard: bool = True) -> Bench:
        """Return a bench of one device: a new one, the caller's to close, if it's a fleet's.

        What is said to a fleet's is kept for a bundle of evidence if it's to be ``heard``.
        """
        if device.name in self._ways:
            return self.bench(device.name)
        return Bench(
            device,
            self._fleets.of(device),
            self.run,
            embedded=not device.connections,
            why_lost=partial(self._why_lost, device.name),
            heard=heard,
        )

    def unfinished_of_fleets(self) -> list[Bench]:
        """Return benches of the fleets' devices on which this run left something open.

        A device whose wave went as it should was proven by it, and isn't asked again.
        """
        benches = (self.bench_of(d) for fleet in self.testbed.fleets for d in fleet.members())
        return [bench for bench in benches if _may_be_open(bench)]

    def _why_lost(self, device: str) -> str:
        return why_lost(self.leased, device, self.run.clock)

    def _jdm_of(self, device: Device) -> Bench | None:
        for mate in self.testbed.chassis_of(device):
            if mate.role == "jdm" and mate.name != device.name and mate.name in self._ways:
                return self.bench(mate.name)
        return None

    def close(self) -> None:
        """Close every kept session."""
        for bench in self._benches.values():
            bench.close()

    def wire(self) -> Wire:
        """Return what a worker process needs to join, as plain values for its pipe."""
        return {
            "run_id": self.run.run_id,
            "key": self.run.key.hex(),
            "state": str(self.run.state),
            "driver": self.run.driver,
            "restore_wait": self.run.restore_wait,
            "confirm_minutes": self.run.confirm_minutes,
            "deadman": self.run.deadman,
            "embedded": sorted(self.embedded),
            "fleets": self._fleets.wire(),
            "folder": str(self.folder.path) if self.folder is not None else None,
            "leases": self.leased,
            "ways": {name: ways_to_wire(ways) for name, ways in self._ways.items()},
        }


@contextmanager
def open_lab(
    testbed: Testbed,
    run: Run,
    prompt: Prompt,
    only: frozenset[str] | None = None,
    waiting: Waiting | None = None,
) -> Iterator[Lab]:
    """Bring the devices within reach and take the leases of each for this run.

    ``only`` names the devices that are wanted; the others stay out of reach. ``waiting`` says how
    long somebody else's lease is waited for; not at all without. Raises
    :class:`~harness.errors.UsageError`, :class:`~harness.errors.LabError` with nothing left
    running.
    """
    shared, held = lease_directory(testbed, os.environ), Held()
    waiting = waiting or Waiting.at_most(0.0, run.clock)
    with within_reach(testbed, run, prompt, only) as lab, ExitStack() as stack:
        if lab.embedded or lab.serves_fleets:
            stack.enter_context(private_state(run))
        benches = [lab.bench(name) for name in lab.reached if name not in lab.embedded]
        benches += [
            lab.bench_of(device)
            for device in lab.of_lasting_fleets()
            if only is None or device.name in only
        ]
        stack.enter_context(leases_of(run, benches, shared, waiting, held))
        lab.leased = to_wire(held, shared)
        yield lab


@contextmanager
def within_reach(
    testbed: Testbed, run: Run, prompt: Prompt, only: frozenset[str] | None = None
) -> Iterator[Lab]:
    """Start simulated devices and resolve credentials; takes no lease, so nobody may write.

    Raises :class:`~harness.errors.UsageError` with nothing left running.
    """
    with ExitStack() as stack:
        addresses: Mapping[str, Address] = {}
        if simulation.embedded(testbed):
            server, addresses = simulation.start(testbed)
            stack.callback(server.stop)
        wanted = [d for d in testbed.devices if only is None or d.name in only]
        ways = {d.name: ways_to(testbed, d, addresses, prompt) for d in wanted}
        fleets = NONE
        if only is None and testbed.fleets:
            allow_open_files(testbed)
            collect_rarely()
            served = stack.enter_context(serving_fleets(fleet_specs(testbed)))
            fleets = FleetWays.to(testbed.fleets, testbed, served, prompt)
        elif only is not None:
            named = [f for f in testbed.fleets if f.address is not None and any(map(f.named, only))]
            fleets = FleetWays.to(named, testbed, {}, prompt)
        lab = Lab(testbed, run, ways, frozenset(addresses), fleets)
        stack.callback(lab.close)
        yield lab


def _may_be_open(bench: Bench) -> bool:
    try:
        return bench.journal.path.exists() and bench.journal.read().pending is not None
    except LabError:  # whatever it says, nothing of it is proven
        return True


def join_lab(testbed: Testbed, wire: Wire, run: Run) -> Lab:
    """Return the controller's lab as seen from a worker of ``run``."""
    ways, embedded, leased = wire["ways"], wire["embedded"], wire["leases"]
    if not (isinstance(ways, dict) and isinstance(embedded, list) and isinstance(leased, dict)):
        raise UsageError("this worker was not started by a harness controller")
    allow_open_files(testbed)
    if testbed.fleets:
        collect_rarely()
    lab = Lab(
        testbed,
        run,
        {name: from_wire(fields) for name, fields in ways.items()},
        frozenset(embedded),
        FleetWays.from_wire(wire["fleets"]),
    )
    lab.leased = leased
    lab.folder = RunFolder(Path(str(wire["folder"]))) if wire["folder"] else None
    return lab


def catalogue_for(testbed: Testbed, claims: Mapping[str, int]) -> Catalogue:
    """Return the claims with the operator's values: the testbed's, then the command line's."""
    catalogue = Catalogue.load()
    if testbed.claims:
        catalogue = catalogue.with_operator_values(
            testbed.claims, lambda claim: f"{testbed.path}:{testbed.claim_lines[claim]}"
        )
    if claims:
        catalogue = catalogue.with_operator_values(claims, "--claim")
    return catalogue
