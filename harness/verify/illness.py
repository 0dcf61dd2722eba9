"""Judge a device's health against what it was before the first push. Pure.

Only what is new counts: what a device brought along is named and is preflight's business. A part
that could be read before and can't be any more isn't good health: refused, it's the device's own
complaint; unreadable, it's a gap in the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.outcome import Finding, Outcome, Verdict
from harness.testbed.model import HealthLimits
from harness.verify.facts import Refusal, named
from harness.verify.health import (
    CHASSIS_ALARMS,
    CORES,
    CPU,
    DISK,
    DISKS,
    ENGINES,
    MEMORY,
    SYSTEM_ALARMS,
    UNITS,
    Alarm,
    Figure,
    Health,
    Part,
)

SOURCE = "health"
NOT_READABLE = "not readable"

_CLOCK_SECONDS = 60  # by which uptimes may lag behind our clock; a reboot takes longer
_FIGURES_OF = {CPU: (ENGINES, UNITS), MEMORY: (ENGINES, UNITS), DISK: (DISKS,)}


@dataclass(frozen=True, slots=True)
class _Judged:
    """A finding, and what it means when it isn't ok."""

    finding: Finding
    otherwise: Outcome = Outcome.UNHEALTHY


def judge_health(before: Health, now: Health, limits: HealthLimits) -> Verdict:
    """Say whether the device fell ill since ``before``: PASS, UNHEALTHY or ERROR.

    The findings name what was, what is and what is allowed; the reason names the worst of them.
    """
    judged = (
        _cores(before, now, limits),
        _alarms(before, now, limits),
        _restarts(before, now, limits),
        *(_figures(sort, before, now, limits) for sort in (CPU, MEMORY, DISK)),
        *_gaps(before, now),
    )
    findings = tuple(each.finding for each in judged)
    for worst in (Outcome.UNHEALTHY, Outcome.ERROR):
        wrong = [e.finding for e in judged if not e.finding.ok and e.otherwise is worst]
        if wrong:
            return Verdict(
                worst, "; ".join(f"{f.what}: {f.seen}" for f in wrong), findings=findings
            )
    return Verdict(Outcome.PASS, "nothing new", findings=findings)


def state_of_health(now: Health, limits: HealthLimits) -> tuple[Finding, ...]:
    """Say how a device is before anything is pushed: only a figure above its limit is wrong.

    Alarms and core files that are there already are named: they're no obstacle, but whoever reads
    a verdict should know of them.
    """
    alarms = sorted(now.alarms, key=lambda alarm: (not alarm.major, str(alarm)))
    shown = (
        (CORES, "any", map(str, sorted(now.cores, key=str)), (CORES,)),
        ("alarms", "any", map(str, alarms), (CHASSIS_ALARMS, SYSTEM_ALARMS)),
    )
    findings = [
        _finding(what, expected, _with_gaps(named(seen) or "none", now, parts))
        for what, expected, seen, parts in shown
    ]
    for sort, parts in _FIGURES_OF.items():
        figures = {figure: used for figure, used in now.figures.items() if figure.sort == sort}
        above = _above(figures, _allowed(sort, limits))
        seen = _with_gaps(_listed(figures), now, parts)
        findings.append(_finding(sort, _at_most(sort, limits), seen, ok=not above))
    return tuple(findings)


def unreadable_parts(health: Health) -> tuple[Part, ...]:
    """Return what this device doesn't tell."""
    return tuple(health.gaps)


def _finding(what: str, expected: str, seen: str, *, ok: bool = True) -> Finding:
    return Finding(what, expected, seen, ok=ok, source=SOURCE)


def _with_gaps(seen: str, now: Health, parts: Iterable[Part]) -> str:
    gaps = [f"{part} {NOT_READABLE}: {_words(now, part)}" for part in parts if part in now.gaps]
    return "; ".join([*([seen] if seen != "none" or not gaps else []), *gaps])


def _words(health: Health, part: Part) -> str:
    gap = health.gaps[part]
    return f"refused: {gap.words}" if isinstance(gap, Refusal) else gap.reason


# -- what counts because it's new


def _cores(before: Health, now: Health, limits: HealthLimits) -> _Judged:
    if limits.cores == "ignore" or CORES in before.gaps:
        why = "ignored" if limits.cores == "ignore" else "not readable before the first push"
        words = named(map(str, sorted(now.cores, key=str))) or "none"
        return _Judged(_finding(CORES, "any", f"{words} ({why})"))
    new = sorted(now.cores - before.cores, key=str)
    seen = f"new: {named(map(str, new))}" if new else _none_new(len(now.cores))
    return _Judged(_finding(CORES, "no new one", seen, ok=not new))


def _alarms(before: Health, now: Health, limits: HealthLimits) -> _Judged:
    ordered = sorted(now.alarms - before.alarms, key=lambda alarm: (not alarm.major, str(alarm)))
    new = [alarm for alarm in ordered if _comparable(alarm, before)]
    ill = [alarm for alarm in new if _counts(alarm, limits)]
    expected = {"major": "no new major one", "minor": "no new one", "ignore": "any"}
    seen = f"new: {named(map(str, new))}" if new else _none_new(len(now.alarms))
    return _Judged(_finding("alarms", expected[limits.alarms], seen, ok=not ill))


def _comparable(alarm: Alarm, before: Health) -> bool:
    """Say whether it's known that the alarm wasn't there before."""
    return before.readable(CHASSIS_ALARMS if alarm.kind == "chassis" else SYSTEM_ALARMS)


def _counts(alarm: Alarm, limits: HealthLimits) -> bool:
    return limits.alarms == "minor" or (limits.alarms == "major" and alarm.major)


def _restarts(before: Health, now: Health, limits: HealthLimits) -> _Judged:
    """Find what runs for a shorter time than it would if it hadn't been started anew."""
    passed = now.asked - before.asked
    anew = [
        f"{what} started anew {seconds} s ago"
        for what, seconds in now.up.items()
        if what in before.up and seconds + _CLOCK_SECONDS < before.up[what] + passed
    ]
    ignored = limits.restarts == "ignore"
    seen = named(anew) or "none"
    return _Judged(_finding("restarts", "any" if ignored else "none", seen, ok=ignored or not anew))


def _none_new(there: int) -> str:
    return f"none new, {there} from before the first push" if there else "none"


# -- what counts because it's above what is allowed


def _figures(sort: str, before: Health, now: Health, limits: HealthLimits) -> _Judged:
    figures = {figure: used for figure, used in now.figures.items() if figure.sort == sort}
    allowed = _allowed(sort, limits)
    above = [
        f"{figure}: {figures[figure]} percent, {_earlier(figure, before)}, {allowed} allowed"
        for figure in _above(figures, allowed)
        if figure not in _above(before.figures, allowed)
    ]
    gone = _gone(sort, before, now)
    seen = "; ".join([*above, *gone]) or _listed(figures)
    return _Judged(_finding(sort, _at_most(sort, limits), seen, ok=not (above or gone)))


def _allowed(sort: str, limits: HealthLimits) -> int | None:
    return {
        CPU: limits.cpu_percent,
        MEMORY: limits.memory_percent,
        DISK: limits.disk_percent,
    }[sort]


def _at_most(sort: str, limits: HealthLimits) -> str:
    allowed = _allowed(sort, limits)
    return "any" if allowed is None else f"at most {allowed} percent"


def _above(figures: Mapping[Figure, int], allowed: int | None) -> list[Figure]:
    return [figure for figure, used in figures.items() if allowed is not None and used > allowed]


def _earlier(figure: Figure, before: Health) -> str:
    was = before.figures.get(figure)
    return "unknown before" if was is None else f"was {was}"


def _gone(sort: str, before: Health, now: Health) -> list[str]:
    """Name the processors that aren't shown any more; file systems come and go."""
    if sort != MEMORY or not now.readable(ENGINES, UNITS):
        return []
    lost = [f for f in before.figures if f.sort == MEMORY and f not in now.figures]
    return [f"{figure.of} isn't shown any more" for figure in lost]


def _listed(figures: Mapping[Figure, int]) -> str:
    return named(f"{figure.of}: {used} percent" for figure, used in figures.items()) or "none"


# -- what can't be read


def _gaps(before: Health, now: Health) -> Iterator[_Judged]:
    for part, gap in now.gaps.items():
        words = f"{NOT_READABLE}: {_words(now, part)}"
        if part in before.gaps:  # what a release doesn't tell
            yield _Judged(_finding(part, "readable", words))
            continue
        refused = isinstance(gap, Refusal)
        finding = _finding(part, "readable, as before", words, ok=False)
        yield _Judged(finding, Outcome.UNHEALTHY if refused else Outcome.ERROR)
