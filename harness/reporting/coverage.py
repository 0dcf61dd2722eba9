"""Every documented number and what the last runs say of it: result, grade, when and where.

Pure. A row's results are the last ones of each device and kind of tunnel, on the highest grade
that has any: a run on simulated devices last night doesn't hide one on hardware, a new failure
isn't outweighed by an old pass, and a quick sample unsays neither. Errors, skips and observations
above a claim are no results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from harness.claims.catalogue import Catalogue
from harness.claims.model import NO_REFERENCE, QUALIFIED, Claim
from harness.outcome import Grade, Outcome
from harness.reporting.past_runs import PastRun
from harness.reporting.summary import standing_against
from harness.reporting.view import CaseView, RunView

NO_RESULT: Final = "NO RESULT"
_REFUSED: Final = frozenset({Outcome.FAIL, Outcome.UNHEALTHY})  # by the device's own fault


@dataclass(frozen=True, slots=True)
class Result:
    """What one case of one run says of a row."""

    standing: str  # "qualified", "sampled", "not accepted", "unhealthy"
    grade: Grade
    requested: int
    accepted: int | None
    device: str
    kind: str
    testbed: str
    when: datetime
    folder: str

    @property
    def words(self) -> str:
        """Return the standing so that it can be quoted alone: with grade and number."""
        if self.standing == QUALIFIED:
            return QUALIFIED if self.grade is Grade.HARDWARE else f"{QUALIFIED} on {self.grade}"
        if self.standing == "sampled":
            return f"sampled at {self.requested}"
        return f"{self.standing.upper()}: {_or_unknown(self.accepted)} of {self.requested}"


@dataclass(frozen=True, slots=True)
class Row:
    """One documented number with the result that decides about it."""

    claim: Claim  # with the operator's value, where the document has none
    result: Result | None

    @property
    def qualified(self) -> bool:
        """Say whether the row is covered."""
        return self.result is not None and self.result.standing == QUALIFIED

    @property
    def words(self) -> str:
        """Return the result in words; a row without one stands out."""
        if self.result is None:
            return NO_RESULT
        without = f", {NO_REFERENCE}" if self.claim.blank else ""
        return f"{self.result.words}{without}"

    def as_json(self) -> dict[str, object]:
        """Return plain JSON types."""
        result = None
        if self.result is not None:
            result = asdict(self.result) | {
                "grade": str(self.result.grade),
                "when": self.result.when.isoformat(),
            }
        return {
            "id": self.claim.id,
            "value": self.claim.value,
            "unit": self.claim.unit,
            "source": self.claim.source,
            "given_in": self.claim.given_in or None,
            "table": self.claim.citation.table,
            "standing": self.words,
            "result": result,
        }


def cover(catalogue: Catalogue, runs: Iterable[PastRun], least: Grade) -> tuple[Row, ...]:
    """Return every row of the catalogue, in its order; results below ``least`` don't count.

    A blank row takes the operator's value from the newest run that had one, unless the catalogue
    has his value already.
    """
    ordered = sorted(runs, key=lambda one: one.started)
    known = _with_values_of(catalogue, ordered)
    results: dict[str, dict[tuple[Grade, str, str], Result]] = {}
    for past in ordered:
        for (claim, device, kind), result in _results(past, known).items():
            kept = results.setdefault(claim, {})
            key = result.grade, device, kind
            if key not in kept or _supersedes(result, kept[key]):
                kept[key] = result
    return tuple(
        Row(claim, _deciding(results.get(claim.id, {}).values(), least)) for claim in known.values()
    )


def _with_values_of(catalogue: Catalogue, runs: Iterable[PastRun]) -> Mapping[str, Claim]:
    given: dict[str, tuple[int, str]] = {}
    for past in runs:
        for row in past.run.claims.values():
            if row.source == "operator" and row.value is not None:
                given[row.id] = row.value, past.folder.name
    blank = {claim.id for claim in catalogue if claim.blank}
    values = {row: value for row, (value, _) in given.items() if row in blank}
    known = catalogue.with_operator_values(values, lambda row: given[row][1])
    return {claim.id: claim for claim in known}


def _results(past: PastRun, claims: Mapping[str, Claim]) -> dict[tuple[str, str, str], Result]:
    """Return what decides of each row, device and kind of one run."""
    found: dict[tuple[str, str, str], list[Result]] = {}
    for shown in past.run.cases:
        claim = claims.get(shown.case.claim_id or "")
        result = _result(past, shown, claim) if claim is not None else None
        if claim is not None and result is not None:
            key = claim.id, _identity(result.device, past.run), result.kind
            found.setdefault(key, []).append(result)
    return {key: max(results, key=_weight) for key, results in found.items()}


def _result(past: PastRun, shown: CaseView, claim: Claim) -> Result | None:
    case = shown.case
    if case.observation or case.requested is None:
        return None
    standing = case.standing if claim.value is None else standing_against(claim.value, case)
    if standing not in {QUALIFIED, "sampled"} and shown.outcome not in _REFUSED:
        return None
    return Result(
        standing=standing,
        grade=shown.grade,
        requested=case.requested,
        accepted=case.accepted,
        device=case.device or "",
        kind=case.kind or "",
        testbed=past.run.started.testbed if past.run.started else "",
        when=past.started,
        folder=past.folder.name,
    )


def _supersedes(new: Result, old: Result) -> bool:
    """Say whether a later result takes the place of an earlier one.

    A sample unsays neither the full number nor a refusal at a higher count.
    """
    if new.standing != "sampled" or old.standing == "sampled":
        return True
    return old.standing != QUALIFIED and new.requested >= old.requested


def _identity(device: str, run: RunView) -> str:
    """Return the serial number, which two testbeds agree about, or else the name."""
    known = run.devices.get(device)
    return known.serial if known is not None and known.serial else device


def _deciding(results: Iterable[Result], least: Grade) -> Result | None:
    """Return the weightiest result of the highest grade that has any."""
    counted = [result for result in results if result.grade >= least]
    best = max((result.grade for result in counted), default=None)
    return max((result for result in counted if result.grade == best), key=_weight, default=None)


def _weight(result: Result) -> tuple[int, int, datetime]:
    """Order results: one that speaks against the row, then one that covers it, then samples."""
    rank = {QUALIFIED: 1, "sampled": 0}.get(result.standing, 2)
    return rank, result.requested, result.when


def _or_unknown(accepted: int | None) -> str:
    return "unknown" if accepted is None else str(accepted)


def closing_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield what ends the table: the rows that nobody tried, and how many are covered."""
    every = tuple(rows)
    missing = [row.claim.id for row in every if row.result is None]
    if missing:
        yield f"{NO_RESULT}: {', '.join(missing)}"
    grades = Counter(row.result.grade for row in every if row.result and row.qualified)
    for grade in sorted(grades, reverse=True):
        if grade is not Grade.HARDWARE:
            yield f"{grades[grade]} qualified on {grade} only"
    total = sum(not row.claim.blank for row in every)
    yield f"{grades[Grade.HARDWARE]} of {total} rows qualified on hardware"
