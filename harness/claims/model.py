"""What a claim is, and what an accepted count means for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Source = Literal["document", "operator"]

NO_REFERENCE = "no reference value"
QUALIFIED = "qualified"


@dataclass(frozen=True, slots=True)
class Citation:
    """Where the number stands, so that anybody can look."""

    document: str
    release: str
    table: str
    row: str
    column: str  # "" in a table of two columns
    address: str

    def __str__(self) -> str:
        """Write document, table and row on one line."""
        cell = f"{self.row}, {self.column}" if self.column else self.row
        return f"{self.document}, {self.table}, {cell}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One documented number; ``value`` is None where the document leaves it blank."""

    id: str
    value: int | None
    unit: str
    platform: str | None  # None: a number of the installation, not of a device
    meaning: str
    doubt: str
    citation: Citation
    factors: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    source: Source = "document"  # of the value
    given_in: str = ""  # where the operator gave it: file and line, or option

    @property
    def blank(self) -> bool:
        """Say whether there's no number, neither documented nor the operator's."""
        return self.value is None


def standing(claim: Claim, requested: int, accepted: int) -> str:
    """Return what ``accepted`` of ``requested`` means for the claim, in the words of reports.

    "qualified": at least the claimed number was requested, and all that was requested was
    accepted. "sampled at n": anything less; it never counts as coverage. "no reference value":
    nobody gave a number.
    """
    if claim.value is None:
        return NO_REFERENCE
    if accepted >= requested >= claim.value:
        return QUALIFIED
    return f"sampled at {accepted}"
