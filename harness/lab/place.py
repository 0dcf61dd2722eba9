"""One place of a deployment: its device pushed to, looked at, and held until somebody lets go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from harness.deploy.baseline import Baseline
from harness.deploy.push import held_rung
from harness.deploy.rung import Held, Payload, Pushed
from harness.errors import DeviceError, HarnessBug, LabError
from harness.lab.attempt import Attempt
from harness.lab.bench import Bench, Control
from harness.lab.control import CONTROL, Controlled
from harness.lab.editors import naming_editors
from harness.lab.health import Watch
from harness.lab.qualify import OUT, refuse
from harness.lab.timer_size import Timed
from harness.outcome import Evidence, Grade, Outcome
from harness.plan.deployments import Place, Rollout
from harness.plan.model import Kind, Plan
from harness.plan.occupied import occupied
from harness.render.readback import Statements, statements
from harness.verify.calibration import Calibration, taken_over
from harness.verify.expect import Expectation
from harness.verify.facts import Unreadable
from harness.verify.judge import accepted, judge
from harness.verify.observe import observe
from harness.verify.pairs import EndSeen, ends_of
from harness.verify.witnesses import Observation

ControlOf = Callable[[Bench], Control | DeviceError]  # refused: in the device's words


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
    restored: str = ""  # "proven", "untouched"; "" while tunnels are on it, or if it isn't proven

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

    def payload(self, baseline: Baseline) -> Payload:
        """Render the plan, held for as long as the wave takes: longer than a rung is."""
        payload = Attempt.payload(self, baseline)
        if payload.confirm_minutes is None:
            return payload
        return replace(payload, confirm_minutes=max(payload.confirm_minutes, self.minutes))

    def ends(self, baseline: Baseline, read: Statements, digest_key: bytes) -> tuple[EndSeen, ...]:
        """Return the ends of its tunnels as they were read back."""
        at = f"{self.place.name} ({self.bench.device.name})"
        return tuple(ends_of(self.plan(baseline), read, at, digest_key))


class AtPlace(Controlled, Protocol):
    """What goes to one place: the tunnels of :class:`PlaceAttempt`, or VNFs."""

    @property
    def count(self) -> int: ...

    @property
    def place(self) -> Place: ...

    def payload(self, baseline: Baseline) -> Payload: ...

    def ends(
        self, baseline: Baseline, read: Statements, digest_key: bytes
    ) -> tuple[EndSeen, ...]: ...


@contextmanager
def _hold(attempt: AtPlace) -> Iterator[Held]:
    """Push, and put back at the end; see :func:`harness.deploy.push.held_rung`."""
    bench = attempt.bench
    with (
        naming_editors(bench),
        held_rung(bench.access, bench.journal, bench.run.owner, attempt.payload) as held,
    ):
        if held.pushed is not None:
            bench.seen.timed.append(Timed(attempt.count, held.pushed.commit_seconds))
        yield held


class Occupancy:
    """What a place has on its device, from the push until it's taken off and that's proven."""

    def __init__(self, attempt: AtPlace, control_of: ControlOf, digest_key: bytes) -> None:
        """Take the way to the negative control of a device of the same model and release."""
        self._attempt = attempt
        self._control_of = control_of
        self._digest_key = digest_key
        self._again: Callable[[], PlaceEnd] | None = None
        self.ends: tuple[EndSeen, ...] = ()
        self.expected: Expectation | None = None  # what was pushed; None: nothing was
        self.before: tuple[Observation, ...] = ()

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
        bench = self._attempt.bench
        refuse(bench)
        if bench.seen.ill:
            raise LabError(f"not pushed: {bench.seen.ill}")
        try:
            with bench.lease():
                yield from self._held()
        except OUT as exc:
            bench.seen.broken = str(exc)
            raise
        finally:
            self._again = None  # it leads back to here, and would keep all of it in memory

    def again(self) -> PlaceEnd:
        """Judge anew what stands: nobody touched it since, so all of it has to be there still."""
        if self._again is None:
            raise HarnessBug("only what stands can be judged again")
        return self._again()

    def _held(self) -> Iterator[PlaceEnd]:
        attempt, bench = self._attempt, self._attempt.bench
        watch = Watch(bench)
        control = self._control_of(bench)
        if isinstance(control, DeviceError):
            words = f"refused the negative control with {CONTROL}: {control}"
            yield self._ended(Outcome.FAIL, words)
            return
        if not control.verdict.passed:
            words = f"negative control: {control.verdict.reason}"
            yield self._ended(control.verdict.outcome, words)
            return
        with bench.witnesses() as readers:
            before = observe(attempt.kind, readers)
        with _hold(attempt) as held:
            if held.pushed is None:
                yield self._ended(Outcome.FAIL, f"refused: {held.refused}")
            else:
                yield self._judged(held.pushed, control.calibration, before, watch)

    def _ended(self, outcome: Outcome, reason: str) -> PlaceEnd:
        return replace(self._end(), outcome=outcome, reason=reason)

    def _judged(
        self,
        pushed: Pushed,
        control: Calibration,
        before: tuple[Observation, ...],
        watch: Watch,
    ) -> PlaceEnd:
        attempt = self._attempt
        expected = attempt.expected(pushed.baseline)
        self.expected, self.before = expected, before
        self._again = partial(self._judged, pushed, control, before, watch)
        calibration = taken_over(control, expected, before)
        seen = {name: reference.baseline for name, reference in calibration.usable.items()}
        bundle = attempt.evidence(expected, pushed, seen)
        verdict = judge(expected, bundle, calibration, str(pushed.mark))
        if not isinstance(bundle.readback, Unreadable):
            read = statements(bundle.readback)
            self.ends = attempt.ends(pushed.baseline, read, self._digest_key)
        ill = watch.look(f"with {expected.what}")
        if ill:
            fell_ill = f"fell ill in {attempt.place.name}: {watch.verdict.reason}"
            self.bench.seen.ill = f"{self.bench.device.name} {fell_ill}"
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
