"""Load the documented numbers, look them up, and take the operator's where a cell is blank."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from types import MappingProxyType

from pydantic import ValidationError

from harness.claims.model import Citation, Claim
from harness.claims.shape import WORDING, ClaimsFile, ClaimShape
from harness.document.parse import Document, parse
from harness.document.problems import Path, Problem, render_all
from harness.errors import ClaimError

DATA = "cso-4.1.0.yaml"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All claims, in the order of the document."""

    claims: tuple[Claim, ...]

    @classmethod
    def load(cls) -> Catalogue:
        """Read the rows that ship with the package."""
        text = files("harness.claims").joinpath("data", DATA).read_text(encoding="utf-8")
        return cls.from_text(text, DATA)

    @classmethod
    def from_text(cls, text: str, source: str) -> Catalogue:
        """Read rows from ``text``; ``source`` names it in messages.

        Raises :class:`~harness.errors.ClaimError` with every mistake, one line each: among
        others a row without citation, and an id given twice.
        """
        document = parse(text)
        problems = list(document.problems)
        shape: ClaimsFile | None = None
        if document.data is not None:
            try:
                shape = ClaimsFile.model_validate(document.data)
            except ValidationError as error:
                problems += WORDING.problems_of(error, document)
        if shape is not None:
            problems += _dangling(shape, document)
        if problems or shape is None:
            raise ClaimError("\n".join(render_all(problems, source)))
        return cls(tuple(_claim(row, shape) for row in shape.claims))

    def __iter__(self) -> Iterator[Claim]:
        """Go through the claims in the order of the document."""
        return iter(self.claims)

    def get(self, claim_id: str) -> Claim:
        """Return the claim; :class:`~harness.errors.ClaimError` lists the known ids."""
        for claim in self.claims:
            if claim.id == claim_id:
                return claim
        raise ClaimError(self._unknown(claim_id))

    def for_platform(self, platform: str) -> tuple[Claim, ...]:
        """Return the claims about one device of the platform; empty when there's none."""
        return tuple(claim for claim in self.claims if claim.platform == platform)

    def with_operator_values(
        self, values: Mapping[str, int], source: str | Callable[[str], str]
    ) -> Catalogue:
        """Return a catalogue whose blank rows hold the operator's values, marked as his.

        ``source`` says where he gave them ("--claim", "lab.yaml"), or returns it for an id. A
        value given earlier is replaced; a documented one can't be. Raises
        :class:`~harness.errors.ClaimError` with every refused value, one line each.
        """
        where = {key: source if isinstance(source, str) else source(key) for key in values}
        problems = [
            f"{where[key]}: {reason}"
            for key, value in values.items()
            if (reason := self._refusal(key, value))
        ]
        if problems:
            raise ClaimError("\n".join(problems))
        return Catalogue(
            tuple(
                replace(c, value=values[c.id], source="operator", given_in=where[c.id])
                if c.id in values
                else c
                for c in self.claims
            )
        )

    def _refusal(self, claim_id: str, value: int) -> str:
        known = {claim.id: claim for claim in self.claims}
        if claim_id not in known:
            return self._unknown(claim_id)
        claim = known[claim_id]
        if claim.source == "document" and claim.value is not None:
            return (
                f"{claim_id}: the document says {claim.value}; allowed: values for blank rows, "
                f"{', '.join(self._blank_ids())}"
            )
        if isinstance(value, bool) or value < 1:
            return f"{claim_id}: is {value}; allowed: a whole number, 1 or more"
        return ""

    def _blank_ids(self) -> tuple[str, ...]:
        return tuple(c.id for c in self.claims if c.value is None or c.source == "operator")

    def _unknown(self, claim_id: str) -> str:
        ids = [claim.id for claim in self.claims]
        near = difflib.get_close_matches(claim_id, ids, n=1)
        hint = f", did you mean {near[0]}?" if near else ""
        return f"unknown claim {claim_id!a}{hint}; known: {', '.join(ids)}"


def _dangling(shape: ClaimsFile, document: Document) -> Iterator[Problem]:
    """Find ids given twice, and references to tables and documents that aren't there."""
    seen: set[str] = set()
    for index, row in enumerate(shape.claims):
        if row.id in seen:
            path: Path = ("claims", index, "id")
            yield Problem(document.line(path), path, f"{row.id} is given twice")
        seen.add(row.id)
        if row.citation.table not in shape.tables:
            path = ("claims", index, "citation", "table")
            allowed = ", ".join(shape.tables)
            yield Problem(document.line(path), path, f"unknown table; allowed: {allowed}")
    for name, table in shape.tables.items():
        if table.document not in shape.documents:
            where = ("tables", name, "document")
            allowed = ", ".join(shape.documents)
            yield Problem(document.line(where), where, f"unknown document; allowed: {allowed}")


def _claim(row: ClaimShape, shape: ClaimsFile) -> Claim:
    table = shape.tables[row.citation.table]
    document = shape.documents[table.document]
    return Claim(
        id=row.id,
        value=row.value,
        unit=row.unit,
        platform=row.platform,
        meaning=row.meaning,
        doubt=row.doubt,
        citation=Citation(
            document=document.document,
            release=document.release,
            table=table.table,
            row=row.citation.row,
            column=row.citation.column or "",
            address=document.address,
        ),
        factors=MappingProxyType(dict(row.factors)),
    )
