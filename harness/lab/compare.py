"""Ask a device and a simulated one of its kind the same questions, and tell the differences."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from harness.clock import Clock
from harness.compare import fixtures
from harness.compare.catalogue import PROBES
from harness.compare.catalogue.statements import COMMITTABLE, COMPARE, DISCARD
from harness.compare.fixtures import Recorded, scrubbed
from harness.compare.judge import Difference, compare
from harness.compare.play import play, rpc
from harness.compare.probe import Observation, Probe, Reach, within
from harness.compare.shape import unchanged
from harness.deploy.access import history
from harness.deploy.others import identity
from harness.deploy.refuse import (
    refuse_foreign_confirm,
    refuse_open_journal,
    refuse_unfinished_commit,
)
from harness.drivers.protocol import Endpoint
from harness.drivers.raw_wire import RawNetconf, run_command
from harness.errors import DeviceBusy, RestoreFailed, UsageError
from harness.lab.bench import Bench
from harness.lab.lab import open_lab, within_reach
from harness.lab.restoring import finish
from harness.lab.run import Run
from harness.lab.simulation import embedded, spec_of
from harness.lab.ways import Prompt, simulated_way
from harness.render.readback import fingerprint
from harness.sim.platforms import platform as simulated_platform
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec
from harness.testbed.model import Device, Simulation, Testbed

_NO_LIMITS = {"session-limits": "off"}
_PER_MINUTE = 60
_MINUTE = 60.0  # seconds
Told = Callable[[Probe], None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found: ``asked`` probes and every difference, in the order of the catalogue."""

    about: Recorded
    asked: tuple[Probe, ...]
    differences: tuple[Difference, ...]


class _Pace:
    """Keeps connections below Junos' default rate limit, of 150 a minute from all clients.

    Restoring has to get in whenever it wants to, so a part of the minute is left to it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._opened: deque[float] = deque(maxlen=_PER_MINUTE)

    def wait(self) -> None:
        """Let time pass until one more connection is fair."""
        now = self._clock.monotonic()
        if len(self._opened) == _PER_MINUTE and now - self._opened[0] < _MINUTE:
            self._clock.sleep(_MINUTE - (now - self._opened[0]))
        self._opened.append(self._clock.monotonic())


@dataclass(frozen=True, slots=True)
class _Asked:
    """An endpoint as the probes see it."""

    endpoint: Endpoint
    clock: Clock
    host: str
    pace: _Pace | None = None  # None: simulated, and without limits

    @property
    def user(self) -> str:
        return self.endpoint.username

    def netconf(self) -> RawNetconf:
        if self.pace is not None:
            self.pace.wait()
        return RawNetconf(self.endpoint, self.clock)

    def command(self, text: str) -> str:
        if self.pace is not None:
            self.pace.wait()
        return run_command(self.endpoint, text, self.clock)


def compare_device(
    testbed: Testbed,
    name: str,
    run: Run,
    prompt: Prompt,
    *,
    reach: Reach,
    only: frozenset[str] = frozenset(),
    save: Path | None = None,
    told: Told = lambda _: None,
) -> Comparison:
    """Ask the device ``name`` and its simulated counterpart; ``told`` hears of each probe.

    ``only`` names the probes that are wanted; none means all that its model and ``reach`` allow.
    With a ``reach`` beyond reading the device is leased, its journal is written before each probe
    that commits, and its baseline is put back and proven after it. Raises
    :class:`~harness.errors.LabError` when it can't be asked, :class:`RestoreFailed` when it isn't
    proven to be as it was.
    """
    _require_known(only)
    device = testbed.device(name)
    platform = spec_of(device).platform
    family = simulated_platform(platform).schema
    probes = tuple(each for each in within(PROBES, reach, family) if _wanted(each, only))
    testbed = _without_limits(testbed)
    reached = within_reach if reach is Reach.READS else open_lab
    with reached(testbed, run, prompt, frozenset((device.name,))) as lab:
        bench = lab.bench(device.name)
        pace = None if bench.embedded else _Pace(run.clock)
        asked = _Asked(bench.netconf_endpoint, run.clock, bench.facts.hostname, pace)
        about = _about(asked, bench, platform)
        seen = tuple(_observe(probe, asked, bench, told) for probe in probes)
    if save is not None:
        addresses = (asked.endpoint.host,)
        fixtures.save(save, about, tuple(scrubbed(each, addresses) for each in seen))
    return Comparison(about, probes, _against_simulated(about, probes, seen, run.clock))


def _wanted(probe: Probe, only: frozenset[str]) -> bool:
    return not only or probe.name in only


def _require_known(names: Iterable[str]) -> None:
    known = [probe.name for probe in PROBES]
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f", did you mean '{close[0]}'?" if close else ""
            raise UsageError(f"unknown probe '{name}'{hint}; known: {', '.join(known)}")


def _without_limits(testbed: Testbed) -> Testbed:
    """Lift the session limits of the simulated devices that this process starts for a while."""

    def lifted(device: Device) -> Device:
        simulation = device.simulation or Simulation()
        switches = {**simulation.switches, **_NO_LIMITS}
        return replace(device, simulation=replace(simulation, switches=switches))

    started = embedded(testbed)
    devices = tuple(lifted(each) if each in started else each for each in testbed.devices)
    return replace(testbed, devices=devices)


def compare_recorded(folder: Path, clock: Clock) -> Comparison:
    """Hold the answers that ``--save`` kept in ``folder`` against a simulated device of today."""
    about, seen = fixtures.load(folder)
    _require_known(each.probe for each in seen)
    known = {probe.name: probe for probe in PROBES}
    probes = tuple(known[each.probe] for each in seen)
    return Comparison(about, probes, _against_simulated(about, probes, seen, clock))


def _against_simulated(
    about: Recorded, probes: Sequence[Probe], seen: Sequence[Observation], clock: Clock
) -> tuple[Difference, ...]:
    """Ask simulated devices of the same kind, release and dialect, a new one for each probe."""
    dialect = "rfc-compliant" if about.rfc_compliant else "default"
    specs = [
        DeviceSpec(
            name=f"stand-in-{number}",
            platform=about.platform,
            version=about.version,
            switches={"netconf-dialect": dialect, **_NO_LIMITS},
        )
        for number in range(len(probes))
    ]
    found: list[Difference] = []
    server = SimulatorServer(specs, clock)
    addresses = server.start()
    try:
        for spec, probe, real in zip(specs, probes, seen, strict=True):
            way = simulated_way(spec.name, addresses[spec.name])
            simulated = play(probe, _Asked(way, clock, spec.name))
            found += compare(probe, real, simulated)
    finally:
        server.stop()
    return tuple(found)


def _about(asked: _Asked, bench: Bench, platform: str) -> Recorded:
    wire = asked.netconf()
    wire.close()
    facts = bench.facts
    return Recorded(facts.model, facts.version, platform, "<nc:hello" in wire.hello)


def _observe(probe: Probe, asked: _Asked, bench: Bench, told: Told) -> Observation:
    told(probe)
    if probe.reach is Reach.READS:
        return play(probe, asked)
    newest = _refuse(bench)
    if probe.reach is Reach.EDITS:
        return _edit(probe, asked)
    return _commit(probe, asked, bench, newest)


def _refuse(bench: Bench) -> str:
    """Refuse a device on which somebody's business would be confirmed, kept or lost.

    Returns which commit is the newest, as the journal names it.
    """
    name = bench.device.name
    refuse_open_journal(name, bench.journal.read())
    with bench.reader() as reader:
        entries = history(reader)
        if fingerprint(reader.configuration("candidate")) != fingerprint(reader.configuration()):
            raise DeviceBusy(
                f"{name}: its candidate isn't what is committed: somebody's uncommitted changes"
            )
    refuse_unfinished_commit(name, entries)
    refuse_foreign_confirm(name, entries, bench.run.clock.now())
    return identity(entries[0]) if entries else ""


def _edit(probe: Probe, asked: _Asked) -> Observation:
    """Play a probe that changes the candidate; see that nothing of it stays."""
    try:
        return play(probe, asked)
    finally:
        _discard(probe, asked)


def _discard(probe: Probe, asked: _Asked) -> None:
    wire = asked.netconf()
    wire.ask(rpc(DISCARD))
    left = wire.ask(rpc(COMPARE))
    wire.close()
    if not unchanged(left):
        raise RestoreFailed(
            f"{asked.endpoint.device}: the candidate keeps changes after {probe.name}; "
            "discard them by hand"
        )


def _commit(probe: Probe, asked: _Asked, bench: Bench, newest: str) -> Observation:
    """Play a probe that commits, under a journal; put the baseline back and prove it.

    Its commits are words to compare, and bear no mark of ours: the history shows them as somebody
    else's. What is ours of them the journal tells, by the statements that a probe can leave.
    """
    run = bench.run
    with bench.lease():
        bench.journal.open(
            bench.baseline(),
            COMMITTABLE,
            run_id=run.run_id,
            owner=run.owner.name,
            note=f"probe={probe.name}",
            newest=newest,
            unmarked=asked.user,
        )
    try:
        return play(probe, asked)
    finally:
        try:
            _discard(probe, asked)
        finally:
            _put_back(probe, bench)


def _put_back(probe: Probe, bench: Bench) -> None:
    back = finish(bench)
    if not back.proven:
        raise RestoreFailed(
            f"{bench.device.name}: not proven to be at its baseline after {probe.name}: "
            f"{back.reason}; run 'harness restore {bench.device.name}'"
        )
