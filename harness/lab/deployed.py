"""One deployment in the course of a run: hubs hold their tunnels while waves of sites pass.

What a wave holds is on all of its devices at once, pushed, proven and judged; then it's taken off
and that is proven, device by device. Hubs keep theirs from the first case to the last one.
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from threading import Lock

from harness.deploy.fleet import Ended, Fleet, Policy, Progress
from harness.errors import DeviceError, HarnessError, LabError, RestoreFailed, Unreachable
from harness.lab.bench import Bench
from harness.lab.control import control_of
from harness.lab.lab import Lab
from harness.lab.place import Occupancy, PlaceEnd, attempt_at
from harness.outcome import Outcome
from harness.plan.deployments import Place, Rollout
from harness.plan.model import Kind
from harness.verify.calibration import Calibration
from harness.verify.pairs import Disagreement, Ledger

_LOG = logging.getLogger("harness.fleet")
_SAMPLE = 0.02  # share of a fleet that the CLI is asked of as well
_LEAST_SAMPLED = 3  # devices of a wave
_DEVICE_MINUTES = 2.0  # that a push and its proof may take on a real device
_BEFORE_AND_AFTER = 12  # minutes of the first device's own rung


@dataclass(slots=True)
class _Standing:
    """A device that holds its tunnels, and the way to take them off."""

    bench: Bench
    occupancy: Occupancy
    stack: ExitStack
    end: PlaceEnd


@dataclass(slots=True)
class Passed:
    """What became of some places, and of the pairs that were completed by them."""

    ends: list[PlaceEnd] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    sampled: tuple[str, ...] = ()  # devices that the CLI was asked of too
    seconds: float = 0.0


class Deployed:
    """A deployment under way; one process at a time works on it."""

    def __init__(self, lab: Lab, rollout: Rollout) -> None:
        self._lab = lab
        self.rollout = rollout
        self.ledger = Ledger()
        self.passed: list[Passed] = []
        self.stopped = ""  # why no further wave begins
        self._kind = Kind(rollout.deployment.kind)
        self._controls: dict[tuple[str, str], Calibration] = {}
        self._one_control = Lock()
        self._standing: dict[str, _Standing] = {}
        self._random = random.Random(lab.run.run_id)  # noqa: S311 - a sample, not a secret

    def push_hubs(self) -> Passed:
        """Push every hub's tunnels, and keep them there until :meth:`take_off_hubs`."""
        return self._pushed(self.rollout.hubs, self._hub_minutes())

    def take_off_hubs(self) -> Passed:
        """Put the hubs back, and prove each."""
        return self._taken_off([place.name for place in self.rollout.hubs], Passed())

    def wave(self, places: Sequence[Place]) -> Passed:
        """Push to ``places``, judge all of them together, put all back.

        Where more of them failed than the deployment allows, :attr:`stopped` says so afterwards.
        """
        began = self._lab.run.clock.monotonic()
        try:
            passed = self._pushed(places, self._wave_minutes())
        except BaseException:
            self._taken_off([place.name for place in places], Passed())
            raise
        passed = self._taken_off([place.name for place in places], passed)
        passed.seconds = self._lab.run.clock.monotonic() - began
        self.passed.append(passed)
        failed = sum(end.outcome is not Outcome.PASS for end in passed.ends)
        if failed > self.rollout.deployment.failures_allowed * len(places):
            self.stopped = f"{failed} of {len(places)} sites failed in wave {len(self.passed)}"
        return passed

    def abandon(self) -> None:
        """Put back whatever still stands; what that brings is for the journal to tell."""
        self._taken_off(list(self._standing), Passed())

    def _pushed(self, places: Sequence[Place], minutes: int) -> Passed:
        by_name = {place.name: place for place in places}
        sampled = self._sample(places)
        passed = Passed(sampled=tuple(sorted(sampled)))

        def push(name: str) -> PlaceEnd:
            return self._push(by_name[name], minutes, asked_both=name in sampled)

        run = self._fleet(push, "pushed").run(list(by_name))
        passed.ends = [self._told(end, by_name[end.name]) for end in run.ends]
        self._judge_pairs(passed)
        return passed

    def _push(self, place: Place, minutes: int, *, asked_both: bool) -> PlaceEnd:
        bench = self._lab.bench_of(self.rollout.at(place))
        if not asked_both:
            bench.silent = frozenset({"cli"})
        stack = ExitStack()
        try:
            attempt = attempt_at(bench, self.rollout, place, minutes)
            occupancy = Occupancy(attempt, self._control(bench), self._lab.run.key)
            end = stack.enter_context(occupancy.held())
        except BaseException:
            bench.close()
            raise
        self._standing[place.name] = _Standing(bench, occupancy, stack, end)
        return end

    def _control(self, bench: Bench) -> Calibration:
        """Return the negative control of the device's model and release, run once in a run.

        Raises :class:`LabError` when it leaves too few witnesses, or the device failed it.
        """
        key = (bench.facts.model, bench.facts.version)
        with self._one_control:
            known = self._controls.get(key)
            if known is None:
                silent, bench.silent = bench.silent, frozenset()
                try:
                    control = control_of(bench, self._kind)
                finally:
                    bench.silent = silent
                if isinstance(control, DeviceError):
                    raise control
                if not control.verdict.passed:
                    raise LabError(f"negative control: {control.verdict.reason}")
                known = self._controls[key] = control.calibration
            return known

    def _judge_pairs(self, passed: Passed) -> None:
        """Hold the ends that came against their other ones; a pair that differs fails its sites."""
        before = len(self.ledger.disagreements)
        for end in passed.ends:
            standing = self._standing.get(end.place)
            if standing is not None:
                self.ledger.add(standing.occupancy.ends)
        passed.disagreements = self.ledger.disagreements[before:]
        whose: dict[str, list[str]] = {}
        for found in passed.disagreements:
            for at in found.ends:
                whose.setdefault(at.partition(" ")[0], []).append(str(found))
        passed.ends = [
            replace(end, outcome=Outcome.FAIL, reason=whose[end.place][0], accepted=0)
            if end.place in whose and end.outcome is Outcome.PASS
            else end
            for end in passed.ends
        ]

    def _taken_off(self, names: Iterable[str], passed: Passed) -> Passed:
        """Put back those of ``names`` that hold tunnels; ends of ``passed`` say how it went."""
        names = [name for name in names if name in self._standing]
        run = self._fleet(self._take_off, "put back", tries=1).run(names)
        back = {end.name: end for end in run.ends}
        passed.ends = [
            _after(end, back[end.place]) if end.place in back else end for end in passed.ends
        ] or [_after(end.result, end) for end in run.ends if end.result is not None]
        return passed

    def _take_off(self, name: str) -> PlaceEnd:
        standing = self._standing.pop(name)
        try:
            standing.stack.close()
        except HarnessError as exc:
            why = f"{type(exc).__name__}: {exc}"
            return replace(standing.end, outcome=Outcome.ERROR, reason=why)
        finally:
            standing.bench.close()
        return replace(standing.end, restored="proven")

    def _fleet(self, work: object, doing: str, tries: int = 3) -> Fleet[PlaceEnd]:
        deployment = self.rollout.deployment

        def told(_: Ended[PlaceEnd], progress: Progress) -> None:
            left = progress.seconds_left
            _LOG.info(
                "%s: %d of %d %s, %d failed, %.1f/s, %s left",
                deployment.name,
                progress.ended,
                progress.total,
                doing,
                progress.failed,
                progress.rate,
                f"{left:.0f} s" if left is not None else "?",
            )

        return Fleet(
            work,  # type: ignore[arg-type]
            Policy(wave=max(1, deployment.wave), at_once=deployment.at_once, tries=tries),
            self._lab.run.clock,
            failed=lambda end: end.outcome is not Outcome.PASS,
            safe=self._safe,
            ended=told,
        )

    def _safe(self, name: str, error: HarnessError) -> bool:
        """Say whether nothing was sent yet: the device wasn't reached, its journal isn't open."""
        if not isinstance(error, Unreachable):
            return False
        place = self.rollout.place(self.rollout.topology.index(name))
        return self._lab.bench_of(self.rollout.at(place)).journal.read().open_entry is None

    def _told(self, end: Ended[PlaceEnd], place: Place) -> PlaceEnd:
        if end.result is not None:
            return end.result
        return PlaceEnd(
            place=place.name,
            device=place.device.name,
            outcome=Outcome.ERROR,
            reason=f"{type(end.error).__name__}: {end.error}",
            requested=self.rollout.topology.degree(place.index),
            accepted=0,
        )

    def _sample(self, places: Sequence[Place]) -> frozenset[str]:
        """Choose whom the CLI is asked of too: all hubs and single devices, some of a fleet.

        GRE alone has one table, so that NETCONF is one witness of two: there it's everybody.
        """
        if self._kind is Kind.GRE:
            return frozenset(place.name for place in places)
        fleet = [place.name for place in places if not place.hub and place.device.underlay is None]
        number = min(len(fleet), max(_LEAST_SAMPLED, math.ceil(len(fleet) * _SAMPLE)))
        others = (place.name for place in places if place.hub or place.device.underlay is not None)
        return frozenset((*others, *self._random.sample(fleet, number)))

    def _wave_minutes(self) -> int:
        deployment = self.rollout.deployment
        size = min(deployment.wave, deployment.all_sites)
        return _BEFORE_AND_AFTER + math.ceil(_DEVICE_MINUTES * 2 * size / deployment.at_once)

    def _hub_minutes(self) -> int:
        deployment = self.rollout.deployment
        waves = math.ceil(deployment.all_sites / deployment.wave)
        return min(65_535, _BEFORE_AND_AFTER + waves * self._wave_minutes())


def _after(end: PlaceEnd, back: Ended[PlaceEnd]) -> PlaceEnd:
    """Return an end with how putting back went; a device that isn't proven outweighs all."""
    if back.result is None:
        return replace(end, outcome=Outcome.ERROR, reason=f"{RestoreFailed.__name__}: {back.error}")
    if not back.result.restored:
        return replace(end, outcome=Outcome.ERROR, reason=back.result.reason)
    return replace(end, restored=back.result.restored)
