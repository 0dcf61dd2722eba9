"""One deployment in the course of a run: hubs hold their tunnels while waves of sites pass.

What a wave holds is on all of its devices at once, pushed, proven and judged; then it's taken off
and that is proven, device by device. Hubs keep theirs from the first case to the last one.
"""

from __future__ import annotations

import gc
import logging
import math
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Generic, TypeVar

from harness.deploy.fleet import Ended, Fleet, Policy, Progress
from harness.errors import (
    CommitRefused,
    DeviceError,
    HarnessError,
    LoadRefused,
    Unreachable,
)
from harness.lab.bench import Bench, Control
from harness.lab.control import controlled
from harness.lab.lab import Lab
from harness.lab.place import Occupancy, PlaceEnd
from harness.lab.restoring import touched
from harness.lab.vnf_place import attempt_for, control_at
from harness.outcome import Grade, Outcome
from harness.plan.deployments import Place, Rollout
from harness.plan.model import Kind
from harness.plan.vnf_sites import VnfRollout
from harness.plan.vnfs import VNF, Subject
from harness.testbed.model import Deployment
from harness.verify.pairs import Disagreement, Ledger

_LOG = logging.getLogger("harness.fleet")
_SAMPLE = 0.02  # share of a fleet that the CLI is asked of as well
_LEAST_SAMPLED = 3  # devices of a wave
_MANY = 100  # devices whose sessions are worth a search for garbage, which takes a moment
_DEVICE_MINUTES = 2.0  # that a push and its proof may take on a real device
_BEFORE_AND_AFTER = 12  # minutes of the first device's own rung
_PAIRS_SHOWN = 10  # of one place
_PROVEN, _UNTOUCHED = "proven", "untouched"


R = TypeVar("R", bound=Rollout | VnfRollout)


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


class Deployed(Generic[R]):
    """A deployment under way; one process at a time works on it."""

    def __init__(self, lab: Lab, rollout: R) -> None:
        self._lab = lab
        self.rollout: R = rollout
        self.ledger = Ledger()
        self.passed: list[Passed] = []
        self.under_way = Passed()  # what is known so far of those that are pushed to now
        self.stopped = ""  # why no further wave begins
        self._kind: Subject = subject_of(rollout.deployment)
        self._controls: dict[tuple[str, str, Grade], Control] = {}
        self._one_control = Lock()
        self._standing: dict[str, _Standing] = {}
        self._random = random.Random(lab.run.run_id)  # noqa: S311 - a sample, not a secret

    def push_hubs(self) -> Passed:
        """Push every hub's tunnels, and keep them there until :meth:`take_off_hubs`."""
        began = self._lab.run.clock.monotonic()
        passed = self._pushed(self.rollout.hubs, self._hub_minutes())
        passed.seconds = self._lab.run.clock.monotonic() - began
        return passed

    def take_off_hubs(self, pushed: Passed) -> None:
        """Put the hubs back, and prove each; the ends of ``pushed`` say how it went."""
        self._taken_off([place.name for place in self.rollout.hubs], pushed)

    def wave(self, places: Sequence[Place]) -> Passed:
        """Push to ``places``, judge all of them together, put all back.

        Where more of them failed than the deployment allows, :attr:`stopped` says so afterwards.
        """
        began = self._lab.run.clock.monotonic()
        names = [place.name for place in places]
        try:
            passed = self._pushed(places, self._wave_minutes())
        except BaseException:
            self._taken_off(names, self.under_way)
            raise
        self._taken_off(names, passed)
        passed.seconds = self._lab.run.clock.monotonic() - began
        self.passed.append(passed)
        failed = sum(end.outcome is not Outcome.PASS for end in passed.ends)
        if failed > self.rollout.deployment.failures_allowed * len(places):
            self.stopped = f"{failed} of {len(places)} sites failed in wave {len(self.passed)}"
        return passed

    @property
    def stands(self) -> bool:
        """Say whether some device holds its tunnels."""
        return bool(self._standing)

    def abandon(self) -> None:
        """Put back whatever still stands; what that brings is for the journal to tell."""
        if self._standing:
            self._taken_off(list(self._standing), Passed())
            self.stopped = self.stopped or "its tunnels were taken off before it was over"

    def _pushed(self, places: Sequence[Place], minutes: int) -> Passed:
        passed = self._sent(places, minutes)
        self._judge_pairs(passed)
        return passed

    def _sent(self, places: Sequence[Place], minutes: int) -> Passed:
        by_name = {place.name: place for place in places}
        sampled = self._sample(places)
        passed = self.under_way = Passed(sampled=tuple(sorted(sampled)))

        def push(name: str) -> PlaceEnd:
            return self._push(by_name[name], minutes, asked_both=name in sampled)

        def ended(end: Ended[PlaceEnd]) -> None:
            passed.ends.append(self._told(end, by_name[end.name]))

        self._fleet(push, "pushed", len(places), ended=ended).run(list(by_name))
        return passed

    def _push(self, place: Place, minutes: int, *, asked_both: bool) -> PlaceEnd:
        bench = self._lab.bench_of(self.rollout.at(place), heard=False)
        if not asked_both:
            bench.silent = frozenset({"cli"})
        stack = ExitStack()
        try:
            attempt = attempt_for(bench, self.rollout, place, minutes)
            occupancy = Occupancy(attempt, self._control, self._lab.run.key)
            end = stack.enter_context(occupancy.held())
        except BaseException:
            bench.close()
            raise
        self._standing[place.name] = _Standing(bench, occupancy, stack, end)
        return end

    def _control(self, bench: Bench) -> Control | DeviceError:
        """Return the negative control of the device's model, release and grade.

        It's run on the first of them that passes it: one that doesn't speaks for itself alone.
        """
        key = (bench.facts.model, bench.facts.version, bench.identity.grade)
        with self._one_control:
            known = self._controls.get(key)
            if known is not None:
                return known
            silent, bench.silent = bench.silent, frozenset()
            try:
                control = controlled(control_at(bench, self.rollout))
            finally:
                bench.silent = silent
            if isinstance(control, Control) and control.verdict.passed:
                self._controls[key] = control
            return control

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
            _differing(end, whose[end.place])
            if end.place in whose and end.outcome is Outcome.PASS
            else end
            for end in passed.ends
        ]

    def _taken_off(self, names: Iterable[str], passed: Passed) -> None:
        """Put back those of ``names`` that hold tunnels; ends of ``passed`` say how it went."""
        names = [name for name in names if name in self._standing]
        at = {end.place: index for index, end in enumerate(passed.ends)}

        def ended(back: Ended[PlaceEnd]) -> None:
            if back.name in at:
                index = at[back.name]
                passed.ends[index] = self._after(passed.ends[index], back)

        self._fleet(self._take_off, "put back", len(names), tries=1, ended=ended).run(names)
        if len(names) >= _MANY:
            gc.collect()  # sessions that ended lead back to themselves, each with its buffers

    def _take_off(self, name: str) -> PlaceEnd:
        standing = self._standing.pop(name)
        try:
            standing.stack.close()
        finally:
            standing.bench.close()
        return standing.end

    def _after(self, end: PlaceEnd, back: Ended[PlaceEnd]) -> PlaceEnd:
        """Return an end with how putting back went, which outweighs all that was before."""
        if back.error is None:
            return replace(end, restored=_PROVEN)
        reason = f"{type(back.error).__name__}: {back.error}"
        if end.outcome is not Outcome.PASS:
            reason += f"; before that: {end.reason}"
        restored = _restored(self._bench_of(end.place))
        return replace(end, outcome=Outcome.ERROR, reason=reason, restored=restored)

    def _fleet(
        self,
        work: Callable[[str], PlaceEnd],
        doing: str,
        size: int,
        *,
        tries: int = 3,
        ended: Callable[[Ended[PlaceEnd]], None],
    ) -> Fleet[PlaceEnd]:
        """Return the engine for one pass over ``size`` devices, whatever becomes of each.

        They're one wave of it: putting back must reach them all, and judging waits for all.
        """
        deployment = self.rollout.deployment

        def told(end: Ended[PlaceEnd], progress: Progress) -> None:
            ended(end)
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
            work,
            Policy(wave=max(1, size), at_once=deployment.at_once, tries=tries),
            self._lab.run.clock,
            failed=lambda end: end.outcome is not Outcome.PASS,
            safe=self._safe,
            ended=told,
        )

    def _safe(self, name: str, error: HarnessError) -> bool:
        """Say whether nothing was sent yet: the device wasn't reached, its journal isn't open."""
        if not isinstance(error, Unreachable):
            return False
        return self._bench_of(name).journal.read().pending is None

    def _bench_of(self, name: str) -> Bench:
        place = self.rollout.place(self.rollout.index(name))
        return self._lab.bench_of(self.rollout.at(place))

    def _told(self, end: Ended[PlaceEnd], place: Place) -> PlaceEnd:
        if end.result is not None:
            return end.result
        refused = isinstance(end.error, LoadRefused | CommitRefused)
        return PlaceEnd(
            place=place.name,
            device=place.device.name,
            outcome=Outcome.FAIL if refused else Outcome.ERROR,
            reason=f"{type(end.error).__name__}: {end.error}",
            requested=self.rollout.asked(place),
            accepted=0,
            restored=_restored(self._bench_of(place.name)),
        )

    def _sample(self, places: Sequence[Place]) -> frozenset[str]:
        """Choose whom the CLI is asked of too: all hubs and single devices, some of a fleet.

        GRE alone has one table, so that NETCONF is one witness of two: there it's everybody.
        """
        if self._kind == Kind.GRE:
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


AnyDeployed = Deployed[Rollout] | Deployed[VnfRollout]


def subject_of(deployment: Deployment) -> Subject:
    """Return what a deployment pushes: tunnels of a kind, or VNFs."""
    return VNF if deployment.kind == VNF else Kind(deployment.kind)


def _differing(end: PlaceEnd, pairs: Sequence[str]) -> PlaceEnd:
    """Return an end that was accepted by itself and doesn't fit some of its other ends."""
    accepted = max(0, end.accepted - len(pairs))
    reason = "; ".join(pairs[:_PAIRS_SHOWN])
    return replace(end, outcome=Outcome.FAIL, reason=reason, accepted=accepted)


def _restored(bench: Bench) -> str:
    """Return what the journal tells of a device that no end tells about."""
    if bench.journal.read().pending:
        return ""
    return _PROVEN if touched(bench) else _UNTOUCHED
