"""One place of a deployment: its device pushed to, looked at, and held until somebody lets go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from harness.deploy.baseline import Baseline
from harness.deploy.push import held_rung
from harness.deploy.rung import Held, Pushed
from harness.errors import LabError
from harness.lab.attempt import Attempt
from harness.lab.bench import Bench
from harness.lab.editors import naming_editors
from harness.lab.health import Watch
from harness.lab.timer_size import Timed
from harness.outcome import Evidence, Grade, Outcome
from harness.plan.deployments import Place, Rollout
from harness.plan.model import Kind, Plan
from harness.plan.occupied import occupied
from harness.render.readback import statements
from harness.verify.calibration import Calibration, taken_over
from harness.verify.expect import expectation
from harness.verify.facts import Unreadable
from harness.verify.grade import other_platform
from harness.verify.judge import accepted, judge
from harness.verify.observe import observe
from harness.verify.pairs import EndSeen, ends_of
from harness.verify.witnesses import Observation


@dataclass(frozen=True, slots=True)
class PlaceEnd:
    """What became of one place."""

    place: str  # "site-17"
    device: str
    outcome: Outcome
    reason: str
    requested: int  # tunnels
    accepted: int
    grade: Grade = Grade.UNVERIFIED
    evidence: Evidence = Evidence.NONE
    witnesses: tuple[str, ...] = ()
    commit_seconds: float | None = None
    restored: str = ""  # how; "" while its tunnels are on it, or when that isn't proven

    def __str__(self) -> str:
        """Write one phrase for a failure message."""
        return f"{self.place} ({self.device}): {self.outcome}: {self.reason}"


@dataclass(frozen=True, slots=True)
class PlaceAttempt(Attempt):
    """The tunnels of one place on their way to its device, planned as both ends must have them."""

    rollout: Rollout
    place: Place
    minutes: int  # of the confirmed commit: the whole wave passes under it

    def check(self) -> None:
        """Raise :class:`PlanError` for what no baseline can make possible; asks no device."""
        self.rollout.check(self.place)

    def plan(self, baseline: Baseline) -> Plan:
        """Plan beside what the baseline holds."""
        return self.rollout.plan(self.place, occupied(baseline.xml))

    def _minutes(self) -> int | None:
        return self.minutes if self.bench.run.deadman else None

    @contextmanager
    def hold(self) -> Iterator[Held]:
        """Push, and put back at the end; see :func:`harness.deploy.push.held_rung`."""
        bench = self.bench
        with (
            naming_editors(bench),
            held_rung(bench.access, bench.journal, bench.run.owner, self.payload) as held,
        ):
            if held.pushed is not None:
                bench.seen.timed.append(Timed(self.count, held.pushed.commit_seconds))
            yield held


class Occupancy:
    """A place's tunnels on its device, from the push until they're taken off and that's proven."""

    def __init__(self, attempt: PlaceAttempt, control: Calibration, digest_key: bytes) -> None:
        """Take the negative control of a device of the same platform, release and kind."""
        self._attempt = attempt
        self._control = control
        self._digest_key = digest_key
        self.ends: tuple[EndSeen, ...] = ()

    @property
    def bench(self) -> Bench:
        """Return the device's bench."""
        return self._attempt.bench

    @contextmanager
    def held(self) -> Iterator[PlaceEnd]:
        """Push, judge, and lend what was found; take the tunnels off at the end, and prove it.

        Raises from :mod:`harness.errors` as :func:`harness.lab.qualify.qualify` does, the device
        restored first.
        """
        attempt, bench = self._attempt, self._attempt.bench
        bench.refuse_lost()
        other = other_platform(bench.device, bench.facts)
        if other:
            raise LabError(f"{bench.device.name}: {other}: nothing is pushed to another device")
        with bench.lease():
            watch = Watch(bench)
            with bench.witnesses() as readers:
                before = observe(attempt.kind, readers)
            with attempt.hold() as held:
                if held.pushed is None:
                    yield self._refused(str(held.refused))
                else:
                    yield self._judged(held.pushed, before, watch)

    def _refused(self, words: str) -> PlaceEnd:
        return replace(self._end(), outcome=Outcome.FAIL, reason=f"refused: {words}")

    def _judged(self, pushed: Pushed, before: tuple[Observation, ...], watch: Watch) -> PlaceEnd:
        attempt = self._attempt
        plan = attempt.plan(pushed.baseline)
        expected = expectation(plan, pushed.baseline.xml)
        calibration = taken_over(self._control, expected, before)
        seen = {name: reference.baseline for name, reference in calibration.usable.items()}
        bundle = attempt.evidence(expected, pushed, seen)
        verdict = judge(expected, bundle, calibration, str(pushed.mark))
        if not isinstance(bundle.readback, Unreadable):
            at = f"{attempt.place.name} ({self.bench.device.name})"
            read = statements(bundle.readback)
            self.ends = tuple(ends_of(plan, read, at, self._digest_key))
        ill = watch.look(f"with {attempt.count} tunnels")
        whole = verdict.passed
        return replace(
            self._end(),
            outcome=Outcome.UNHEALTHY if ill and whole else verdict.outcome,
            reason=watch.verdict.reason if ill and whole else verdict.reason,
            accepted=attempt.count if whole else accepted(expected, bundle, calibration),
            evidence=verdict.evidence,
            witnesses=tuple(calibration.usable),
            commit_seconds=round(pushed.commit_seconds, 3),
        )

    def _end(self) -> PlaceEnd:
        attempt = self._attempt
        return PlaceEnd(
            place=attempt.place.name,
            device=self.bench.device.name,
            outcome=Outcome.ERROR,
            reason="",
            requested=attempt.count,
            accepted=0,
            grade=self.bench.identity.grade,
        )


def attempt_at(bench: Bench, rollout: Rollout, place: Place, minutes: int) -> PlaceAttempt:
    """Return the attempt of a place with all of its tunnels."""
    count = rollout.topology.degree(place.index)
    return PlaceAttempt(bench, Kind(rollout.deployment.kind), count, rollout, place, minutes)
