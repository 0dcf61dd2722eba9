"""One rung from plan to verdict: where deploy and verify, which don't know each other, meet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from harness.deploy.rung import Pushed
from harness.errors import (
    DeviceError,
    DeviceMessage,
    HarnessError,
    LabError,
    NoConfirmedCommit,
    RestoreFailed,
    SecondWriter,
    TimerNotRunning,
)
from harness.lab.attempt import Attempt
from harness.lab.bench import Bench, Control
from harness.lab.control import CONTROL, control_of
from harness.lab.health import Watch
from harness.lab.ladder import Rung
from harness.outcome import Grade, Outcome, Verdict
from harness.reporting.record import Case, Property
from harness.verify.calibration import Calibration
from harness.verify.expect import expectation
from harness.verify.grade import other_platform
from harness.verify.judge import accepted, judge

OUT = (RestoreFailed, NoConfirmedCommit, TimerNotRunning, SecondWriter)  # for the rest of the run


@dataclass(frozen=True, slots=True)
class _Probed:
    verdict: Verdict
    accepted: int
    sha256: str


def qualify(bench: Bench, rung: Rung) -> Case:
    """Push ``rung``, judge what the device shows, put it back, and say all of it in a case.

    A device that fell ill under an earlier rung of this run isn't touched: that's a skip.

    Raises from :mod:`harness.errors` when lab or harness are at fault; the device is restored
    first, and :class:`RestoreFailed` marks it as out for the rest of the run. So do what every
    further rung would meet again (:class:`NoConfirmedCommit`, :class:`TimerNotRunning`) and
    :class:`SecondWriter`: somebody else is at work there.
    """
    return guarded(bench, rung.id, partial(_qualified, bench, rung), partial(_case, bench, rung))


def guarded(
    bench: Bench,
    what: str,
    act: Callable[[Watch], Case],
    case_of_end: Callable[[Outcome, str], Case],
) -> Case:
    """Let ``act`` push to the device: alone, while its health is looked after.

    ``what`` names the case where it's spoken of later; ``case_of_end`` makes one of an outcome and
    a reason. Raises as :func:`qualify` does.
    """
    refuse(bench)
    if bench.seen.ill:
        return case_of_end(Outcome.SKIP, f"not pushed: {bench.seen.ill}")
    began = bench.run.clock.monotonic()
    try:
        with bench.lease():
            case = _watched(bench, what, act, case_of_end)
    except OUT as exc:
        bench.seen.broken = str(exc)
        raise
    return replace(case, seconds=round(bench.run.clock.monotonic() - began, 3))


def rehearsal(bench: Bench, rung: Rung) -> Case:
    """Lock, load, diff, check, discard; proves nothing about acceptance, so it's a skip."""
    refuse(bench)
    attempt = Attempt(bench, rung.kind, rung.count)
    with bench.lease():
        return _case(bench, rung, Outcome.SKIP, rehearsed(*attempt.rehearse()))


def rehearsed(statements: int, messages: Iterable[DeviceMessage]) -> str:
    """Say what a rehearsal came to, from the device's own diff and its words."""
    words = "; ".join(str(message) for message in messages) or "nothing"
    return (
        f"rehearsed only: {statements} statements in the device's own diff, its check said "
        f"{words}; nothing was committed"
    )


def refuse(bench: Bench) -> None:
    """Refuse a device that is out for this run, and one that isn't the one the testbed means."""
    bench.refuse_broken()
    bench.refuse_lost()
    other = other_platform(bench.device, bench.facts)
    if other:
        raise LabError(f"{bench.device.name}: {other}: nothing is pushed to another device")


def _watched(
    bench: Bench,
    what: str,
    act: Callable[[Watch], Case],
    case_of_end: Callable[[Outcome, str], Case],
) -> Case:
    """Push while the device's health is looked after.

    An exception is told as a case only where illness explains it: a device that reboots under its
    tunnels is unreachable for a while. Not those after which the device isn't ours to judge.
    """
    watch, rungs = Watch(bench), bench.seen.rungs
    try:
        case = act(watch)
        watch.look("after its tunnels were taken off")
    except RestoreFailed as exc:
        if not watch.ill:
            raise
        raise type(exc)(f"{exc}; before that it fell ill: {watch.verdict.reason}") from exc
    except HarnessError as exc:
        if isinstance(exc, OUT) or bench.seen.rungs == rungs:  # nothing was pushed
            raise
        if not watch.look("after its tunnels were taken off"):
            raise
        case = case_of_end(Outcome.ERROR, f"{type(exc).__name__}: {exc}")
    if watch.ill:
        bench.seen.ill = f"{bench.device.name} fell ill under {what}: {watch.verdict.reason}"
    return watch.told(case)


def _qualified(bench: Bench, rung: Rung, watch: Watch) -> Case:
    return _observed(_tried(bench, rung, watch))


def _tried(bench: Bench, rung: Rung, watch: Watch) -> Case:
    attempt = Attempt(bench, rung.kind, rung.count)
    attempt.check()
    controlled = rung.kind in bench.seen.controls
    control = control_of(bench, rung.kind)
    if not controlled and watch.look(f"after the negative control with {CONTROL} tunnels"):
        return _case(bench, rung, Outcome.BLOCKED, "not pushed")
    if isinstance(control, DeviceError):
        return _refused(bench, rung, control, f"the negative control with {CONTROL} tunnels")
    if control.verdict.outcome in {Outcome.FAIL, Outcome.BLOCKED}:
        return _not_tried(bench, rung, control)
    result = attempt.run(lambda pushed: _probe(attempt, pushed, control.calibration, watch))
    if result.conclusion is None or result.pushed is None:
        refused = result.refused or DeviceError("the device refused")
        return _refused(bench, rung, refused, f"{rung.count} {rung.kind} tunnels")
    return _judged(bench, rung, result.conclusion, result.pushed, control.calibration)


def _probe(attempt: Attempt, pushed: Pushed, calibration: Calibration, watch: Watch) -> _Probed:
    expected = expectation(attempt.plan(pushed.baseline), pushed.baseline.xml)
    seen = {name: reference.baseline for name, reference in calibration.usable.items()}
    bundle = attempt.evidence(expected, pushed, seen)
    verdict = judge(expected, bundle, calibration, str(pushed.mark))
    watch.look(f"with {attempt.count} tunnels")
    count = attempt.count if verdict.passed else accepted(expected, bundle, calibration)
    digest = hashlib.sha256(repr(sorted(expected.planned.members)).encode()).hexdigest()
    return _Probed(verdict, count, digest)


def _judged(
    bench: Bench, rung: Rung, probed: _Probed, pushed: Pushed, calibration: Calibration
) -> Case:
    verdict = probed.verdict
    lost = ("the answer to the commit was lost; the history shows it",) * pushed.answer_lost
    beside = (f"{who} had the configuration open as well" for who in pushed.beside)
    return replace(
        _case(bench, rung, verdict.outcome, "; ".join((verdict.reason, *lost))),
        accepted=probed.accepted,
        evidence=verdict.evidence,
        negotiated_by=None,
        commit_seconds=round(pushed.commit_seconds, 3),
        config_sha256=probed.sha256,
        witnesses=tuple(calibration.usable),
        unusable_witnesses=dict(calibration.unusable),
        warnings=(*lost, *beside, *(str(m) for m in pushed.messages if m.severity == "warning")),
        findings=verdict.findings,
        properties={
            **deadman_properties(pushed.confirm_minutes),
            **({"commit.outcome": pushed.outcome} if pushed.outcome else {}),
        },
    )


def deadman_properties(minutes: int | None) -> dict[str, Property]:
    """Return what a case says of the timer that its push was under; None: there was none."""
    if minutes is None:
        return {"deadman": "off"}
    return {"deadman": "on", "deadman.minutes": minutes}


def _not_tried(bench: Bench, rung: Rung, control: Control) -> Case:
    """Say why the rung wasn't pushed: two tunnels went wrong, or nobody could vouch for them."""
    verdict, calibration = control.verdict, control.calibration
    return replace(
        _case(bench, rung, verdict.outcome, f"negative control: {verdict.reason}"),
        witnesses=tuple(calibration.usable),
        unusable_witnesses=dict(calibration.unusable),
        findings=verdict.findings,
    )


def _refused(bench: Bench, rung: Rung, refused: DeviceError, what: str) -> Case:
    """Say in the device's own words that it refused."""
    reason = f"{bench.device.name} refused {what}: {refused}"
    return replace(_case(bench, rung, Outcome.FAIL, reason), accepted=0)


def _observed(case: Case) -> Case:
    """Turn a failure above the claim into an observation: "supported" isn't "maximum"."""
    if not case.observation or case.outcome is not Outcome.FAIL:
        return case
    return replace(
        case, outcome=Outcome.PASS, reason=f"observed above the claim, not judged: {case.reason}"
    )


def case_of(rung: Rung, outcome: Outcome, reason: str = "", grade: Grade | None = None) -> Case:
    """Return the case of ``rung`` with what was asked, and nothing yet of what was found."""
    return Case(
        nodeid="",
        outcome=outcome,
        reason=reason,
        device=rung.device,
        kind=str(rung.kind),
        grade=grade,
        requested=rung.count,
        claim_id=rung.claim_id,
        claimed=rung.claimed,
        claim_source=rung.claim_source,
        observation=rung.observation,
    )


def _case(bench: Bench, rung: Rung, outcome: Outcome, reason: str) -> Case:
    case = case_of(rung, outcome, reason, bench.identity.grade)
    return case if bench.run.deadman else replace(case, properties=deadman_properties(None))
