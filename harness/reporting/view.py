"""A stream of events put in order: one entry per case and device, and what never came to an end.

Pure. Both JUnit and the summary are written from it, so they can't disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from harness.outcome import Grade, Outcome
from harness.reporting.record import (
    Case,
    CaseStarted,
    Claim,
    Device,
    Event,
    Planned,
    Property,
    Restore,
    RunFinished,
    RunStarted,
    split_nodeid,
)

RESTORE_FILE = "suites/restore/test_restore.py"
RUN_FINISHED = "harness/run.py::test_run_finished"

_NOT_REACHED = "not reached"
_CUT_OFF = "the case began and never ended: the run was interrupted"
_NO_END = "the record has no end: the run was killed, or is still going on"
_NOT_PROVEN = (
    "the record ends without proof that {device} is at its baseline; run `harness restore`"
)


@dataclass(frozen=True, slots=True)
class CaseView:
    """The last event of one case, with the grade it may claim and how often it had ended."""

    case: Case
    grade: Grade
    attempts: int = 1

    @property
    def outcome(self) -> Outcome:
        """Return the outcome to show: what's above the claim is observed, it can't fail."""
        if self.case.observation and self.case.outcome is Outcome.FAIL:
            return Outcome.PASS
        return self.case.outcome


@dataclass(frozen=True, slots=True)
class RunView:
    """One run: ``cases`` in the order they were planned, restores included.

    ``restores`` has an unproven entry for each device that a killed run left without one.
    """

    started: RunStarted | None
    finished: RunFinished | None
    devices: Mapping[str, Device]
    claims: Mapping[str, Claim]
    restores: Mapping[str, Restore]
    cases: tuple[CaseView, ...]


@dataclass(slots=True)
class _Sorted:
    """Events by type; the last one of a key holds."""

    started: RunStarted | None
    finished: RunFinished | None
    devices: dict[str, Device]
    claims: dict[str, Claim]
    restores: dict[str, Restore]
    planned: dict[tuple[str, str], str]  # (suite, name) → nodeid
    begun: dict[tuple[str, str], CaseStarted]
    ended: dict[tuple[str, str], Case]
    attempts: dict[tuple[str, str], int]


def view(events: Iterable[Event]) -> RunView:
    """Put ``events`` in order; see :class:`RunView`."""
    seen = _sort(events)
    cases = dict(_all_cases(seen))
    return RunView(
        started=seen.started,
        finished=seen.finished,
        devices=seen.devices,
        claims=seen.claims,
        restores={restore.device: restore for restore in _restores(seen)},
        cases=tuple(_graded(case, seen) for case in cases.values()),
    )


def _sort(events: Iterable[Event]) -> _Sorted:
    seen = _Sorted(None, None, {}, {}, {}, {}, {}, {}, {})
    for event in events:
        match event:
            case RunStarted():
                seen.started = event
            case RunFinished():
                seen.finished = event
            case Device():
                seen.devices[event.name] = event
            case Claim():
                seen.claims[event.id] = event
            case Restore():
                seen.restores[event.device] = event
            case Planned():
                seen.planned |= {split_nodeid(nodeid): nodeid for nodeid in event.nodeids}
            case CaseStarted():
                seen.begun[split_nodeid(event.nodeid)] = event
            case Case():
                key = (event.suite, event.name)
                seen.ended[key] = event
                seen.attempts[key] = seen.attempts.get(key, 0) + 1
    return seen


def _all_cases(seen: _Sorted) -> Iterator[tuple[tuple[str, str], Case]]:
    """Yield every case by key: the first of a key gives its place, the last one holds."""
    for key, nodeid in seen.planned.items():
        yield key, Case(nodeid=nodeid, outcome=Outcome.SKIP, reason=_NOT_REACHED)
    for key, begun in seen.begun.items():
        cut_off = Case(
            nodeid=begun.nodeid, outcome=Outcome.ERROR, reason=_CUT_OFF, device=begun.device
        )
        yield key, cut_off
    yield from seen.ended.items()
    for restore in _restores(seen):
        case = restore_case(restore)
        yield (case.suite, case.name), case
    if seen.finished is None:
        killed = Case(nodeid=RUN_FINISHED, outcome=Outcome.ERROR, reason=_NO_END)
        yield (killed.suite, killed.name), killed


def _restores(seen: _Sorted) -> Iterator[Restore]:
    yield from seen.restores.values()
    if seen.finished is None:
        touched = {begun.device for begun in seen.begun.values()}
        touched |= {case.device for case in seen.ended.values()}
        for device in sorted(name for name in touched if name and name not in seen.restores):
            yield Restore(device=device, proven=False, reason=_NOT_PROVEN.format(device=device))


def restore_case(restore: Restore) -> Case:
    """Return the case that a restore is shown as."""
    facts: dict[str, Property] = {
        "restore.how": restore.how,
        "restore.fingerprint_before": restore.fingerprint_before or "",
        "restore.fingerprint_after": restore.fingerprint_after or "",
        "restore.commits": restore.commits,
        **({"restore.kept": restore.kept} if restore.kept else {}),
    }
    reason = restore.reason or "the baseline is not proven"
    return Case(
        nodeid=f"{RESTORE_FILE}::test_restored[{restore.device}]",
        outcome=Outcome.PASS if restore.proven else Outcome.ERROR,
        reason=restore.reason if restore.proven else reason,
        seconds=restore.seconds,
        device=restore.device,
        attachments=restore.attachments,
        rerun=restore.rerun,
        properties={name: value for name, value in facts.items() if value != ""},
    )


def _graded(case: Case, seen: _Sorted) -> CaseView:
    name = case.device or _device_in(case.name, seen.devices)
    if case.nodeid == RUN_FINISHED:
        lowest = min((device.grade for device in seen.devices.values()), default=Grade.UNVERIFIED)
        return CaseView(case, lowest)
    device = seen.devices.get(name) if name else None
    grade = device.grade if device else Grade.UNVERIFIED
    if case.grade is not None:
        grade = min(grade, case.grade)
    attempts = seen.attempts.get((case.suite, case.name), 1)
    return CaseView(replace(case, device=name), grade, attempts)


def _device_in(case_name: str, devices: Iterable[str]) -> str | None:
    """Find the device of ``test_x[device-kind-count]``; the longest known name that fits."""
    parameters = case_name.partition("[")[2].removesuffix("]")
    fits = [name for name in devices if parameters == name or parameters.startswith(f"{name}-")]
    return max(fits, key=len, default=None)
