"""What a run says about the documented numbers: a table, and how many rows are qualified."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.outcome import Grade, Outcome
from harness.reporting.junit import headline, standing
from harness.reporting.record import Case, ClaimSource, Event
from harness.reporting.text import one_line
from harness.reporting.view import CaseView, RunView, view

_COLOURS: Final = (  # by how the standing begins
    ("qualified on", "cyan"),  # a lower grade
    ("qualified", "green"),
    ("sampled", "yellow"),
    ("measured", "yellow"),
    ("unhealthy", "bold red"),
    ("not accepted", "bold red"),
)
WITHOUT_DEADMAN: Final = "NO DEAD-MAN'S SWITCH"
_PLAIN_WIDTH: Final = 1100  # wider than any line


@dataclass(frozen=True, slots=True)
class Row:
    """The highest rung of a claim on one device and kind, or a lower one that went wrong."""

    claim: str
    claimed: int | None
    claim_source: ClaimSource | None
    device: str
    kind: str
    grade: str
    requested: int
    accepted: int | None
    margin: int | None  # highest accepted, above the claim too, less the claim; None: not tried
    commit_seconds: float | None
    standing: str  # "qualified on simulated", "sampled at 750", "unhealthy", "not accepted"
    restored: bool | None  # None: nothing known


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which rows of the catalogue this run answers; claim ids, sorted.

    Only ``qualified`` counts. ``contradicted`` rows were accepted in one case on hardware and
    not in another, so they don't.
    """

    total: int  # rows with a value, documented or the operator's
    qualified: tuple[str, ...]
    contradicted: tuple[str, ...]
    lower_grade: Mapping[str, str]  # qualified, but on this grade
    sampled: tuple[str, ...]
    operator: tuple[str, ...]  # rows whose value is the operator's own

    @property
    def last_line(self) -> str:
        """Return the line that ends every summary."""
        return f"{len(self.qualified)} of {self.total} rows qualified on hardware"


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a terminal shows of a run."""

    run_id: str
    rows: tuple[Row, ...]
    outcomes: Mapping[str, int]
    problems: tuple[str, ...]
    coverage: Coverage
    health: tuple[str, ...] = ()  # what devices didn't tell of theirs
    deadman: tuple[str, ...] = ()  # of each model and release; first what was pushed without it

    def as_json(self) -> dict[str, object]:
        """Return plain JSON types, for ``--json``."""
        return asdict(self) | {"last_line": self.coverage.last_line}


def summarise(events: Iterable[Event]) -> Summary:
    """Sum up one run; pure."""
    run = view(events)
    counts = Counter(shown.outcome.value for shown in run.cases)
    return Summary(
        run_id=run.started.run_id if run.started else "",
        rows=tuple(_rows(run)),
        outcomes={outcome.value: counts[outcome.value] for outcome in Outcome},
        problems=tuple(
            one_line(f"{shown.outcome}: {shown.case.name}: {headline(shown)}")
            for shown in run.cases
            if shown.outcome not in {Outcome.PASS, Outcome.SKIP}
        ),
        coverage=coverage(run),
        health=tuple(map(one_line, _health(run))),
        deadman=tuple(map(one_line, _deadman(run))),
    )


def _health(run: RunView) -> Iterator[str]:
    """Say what couldn't be read of a device's health: nobody knows whether it was well there."""
    gaps: dict[str, list[str]] = {}  # parts → devices
    for shown in run.cases:
        parts = shown.case.properties.get("health.not_readable")
        devices = gaps.setdefault(str(parts), []) if parts else []
        if shown.case.device and shown.case.device not in devices:
            devices.append(shown.case.device)
    for parts, devices in gaps.items():
        yield f"health of {', '.join(devices)}: not readable: {parts}"


def _deadman(run: RunView) -> Iterator[str]:
    """Say which devices were left without their dead-man's switch, and what is known of each."""
    without = {
        shown.case.device
        for shown in run.cases
        if shown.case.device and shown.case.properties.get("deadman") == "off"
    }
    if without:
        yield (
            f"{WITHOUT_DEADMAN} on {', '.join(sorted(without))}: had this run died, "
            "only 'harness restore' would have taken the tunnels off"
        )
    yield from _together(sorted({d.deadman for d in run.devices.values() if d.deadman}))


def _together(lines: Sequence[str]) -> Iterator[str]:
    """Say once what's the same of several: "dead-man's switch on A, B: …"."""
    places: dict[str, list[str]] = {}
    for line in lines:
        place, _, what = line.partition(": ")
        places.setdefault(what, []).append(place)
    for what, (first, *others) in places.items():
        start = first[: first.find(" on ") + len(" on ")]
        names = ", ".join([first, *(other.removeprefix(start) for other in others)])
        yield f"{names}: {what}"


def coverage(run: RunView) -> Coverage:
    """Count what's qualified, by the numbers of the cases and the grade of their devices."""
    best: dict[str, Grade] = {}
    sampled: set[str] = set()
    refused: set[str] = set()
    for shown in run.cases:
        claim = run.claims.get(shown.case.claim_id or "")
        if claim is None or claim.value is None:
            continue
        match standing_against(claim.value, shown.case):
            case "qualified":
                best[claim.id] = max(shown.grade, best.get(claim.id, shown.grade))
            case "sampled":
                sampled.add(claim.id)
            case "not accepted" | "unhealthy" if _contradicts(shown):
                refused.add(claim.id)
    on_hardware = {claim for claim, grade in best.items() if grade is Grade.HARDWARE}
    return Coverage(
        total=sum(claim.value is not None for claim in run.claims.values()),
        qualified=tuple(sorted(on_hardware - refused)),
        contradicted=tuple(sorted(on_hardware & refused)),
        lower_grade={c: str(g) for c, g in sorted(best.items()) if c not in on_hardware},
        sampled=tuple(sorted(sampled - set(best))),
        operator=tuple(sorted(c.id for c in run.claims.values() if c.source == "operator")),
    )


def _contradicts(shown: CaseView) -> bool:
    """Say whether a case that isn't a pass speaks against the row: by the device's own fault."""
    theirs = shown.outcome in {Outcome.FAIL, Outcome.UNHEALTHY}
    return theirs and shown.grade is Grade.HARDWARE


def standing_against(value: int, case: Case) -> str:
    """Hold the case against the catalogue's value: its own idea of the claim must not be lower."""
    if case.standing == "qualified" and (case.accepted or 0) < value:
        return "sampled"
    return case.standing


def render(summary: Summary) -> RenderableType:
    """Return the summary for a rich console; device text in it can't act as markup."""
    parts: list[RenderableType] = [_table(summary.rows)] if summary.rows else []
    parts += [Text(problem, style="red") for problem in summary.problems]
    parts += [Text(line, style="yellow") for line in summary.health]
    parts += [
        Text(line, style="bold red" if line.startswith(WITHOUT_DEADMAN) else "")
        for line in summary.deadman
    ]
    parts += [Text(line) for line in _lines(summary)]
    return Group(*parts)


def plain(summary: Summary) -> str:
    """Return the summary as text without colours, for logs and pipes."""
    buffer = io.StringIO()
    Console(file=buffer, width=_PLAIN_WIDTH, color_system=None, force_terminal=False).print(
        render(summary), soft_wrap=False
    )
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def _lines(summary: Summary) -> Iterator[str]:
    counted = ", ".join(f"{count} {outcome}" for outcome, count in summary.outcomes.items())
    yield f"cases: {counted}"
    cover = summary.coverage
    parts = [f"{len(cover.sampled)} sampled"]
    for grade in sorted(set(cover.lower_grade.values())):
        count = sum(1 for each in cover.lower_grade.values() if each == grade)
        parts.append(f"{count} qualified on {grade} only")
    if cover.contradicted:
        parts.append(f"{len(cover.contradicted)} contradicted ({', '.join(cover.contradicted)})")
    if cover.operator:
        parts.append(f"values of the operator, not of the document: {', '.join(cover.operator)}")
    yield one_line("; ".join(parts))
    yield cover.last_line


def _rows(run: RunView) -> Iterator[Row]:
    groups: dict[tuple[str, str, str], list[CaseView]] = {}
    for shown in run.cases:
        case = shown.case
        if case.claim_id is not None and case.requested is not None:
            key = (case.claim_id, case.device or "", case.kind or "")
            groups.setdefault(key, []).append(shown)
    for rungs in groups.values():
        tried = [r for r in rungs if not r.case.observation and r.outcome is not Outcome.SKIP]
        top = max(tried, key=_requested, default=None)
        for rung in sorted(tried, key=_requested):
            if rung is top or rung.outcome is not Outcome.PASS:
                yield _row(rung, rungs, run)


def _requested(shown: CaseView) -> int:
    return shown.case.requested or 0


def _row(rung: CaseView, rungs: Sequence[CaseView], run: RunView) -> Row:
    case = rung.case
    restore = run.restores.get(case.device or "")
    return Row(
        claim=one_line(case.claim_id or ""),
        claimed=case.claimed,
        claim_source=case.claim_source,
        device=one_line(case.device or ""),
        kind=one_line(case.kind or ""),
        grade=str(rung.grade),
        requested=case.requested or 0,
        accepted=case.accepted,
        margin=_margin(case, rungs),
        commit_seconds=case.commit_seconds,
        standing=_standing_on(rung),
        restored=restore.proven if restore else None,
    )


def _standing_on(shown: CaseView) -> str:
    """Name the grade beside the word, so that the line can be quoted alone."""
    words = standing(shown.case)
    on_hardware = shown.grade is Grade.HARDWARE
    return words if words != "qualified" or on_hardware else f"{words} on {shown.grade}"


def _margin(case: Case, rungs: Sequence[CaseView]) -> int | None:
    if case.claimed is None or case.accepted is None or (case.requested or 0) < case.claimed:
        return None
    if case.standing != "qualified":
        return case.accepted - case.claimed
    accepted = [
        above.case.accepted or 0
        for above in rungs
        if above.case.observation and above.case.outcome is Outcome.PASS
    ]
    return max([case.accepted, *accepted]) - case.claimed


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, numeric in _COLUMNS:
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        colour = next(colour for word, colour in _COLOURS if row.standing.startswith(word))
        table.add_row(*(Text(cell) for cell in _cells(row)), style=colour)
    return table


_COLUMNS: Final = (
    ("claim", False),
    ("value", True),
    ("device", False),
    ("kind", False),
    ("grade", False),
    ("requested", True),
    ("accepted", True),
    ("margin", True),
    ("commit", True),
    ("standing", False),
    ("restored", False),
)


def _cells(row: Row) -> tuple[str, ...]:
    value = "no value" if row.claimed is None else str(row.claimed)
    return (
        row.claim,
        f"{value} (operator's)" if row.claim_source == "operator" else value,
        row.device,
        row.kind,
        row.grade,
        str(row.requested),
        "?" if row.accepted is None else str(row.accepted),
        "" if row.margin is None else f"{row.margin:+d}",
        "" if row.commit_seconds is None else f"{row.commit_seconds:.2f} s",
        row.standing,
        {True: "yes", False: "NO", None: "unknown"}[row.restored],
    )
