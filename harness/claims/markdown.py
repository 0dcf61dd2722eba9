"""The claims as a Markdown table, for docs/claims.md."""

from __future__ import annotations

from harness.claims.catalogue import Catalogue
from harness.claims.model import NO_REFERENCE, Claim


def markdown(catalogue: Catalogue) -> str:
    """Return one table per table of the document, with a final newline."""
    lines: list[str] = []
    for title in dict.fromkeys(claim.citation.table for claim in catalogue):
        rows = [claim for claim in catalogue if claim.citation.table == title]
        lines += [f"### {title}", "", "| id | value | meaning | doubt | cell |"]
        lines += ["| --- | ---: | --- | --- | --- |", *map(_row, rows), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(claim: Claim) -> str:
    value = f"{claim.value} {claim.unit}" if claim.value is not None else f"blank: {NO_REFERENCE}"
    cell = claim.citation.row
    if claim.citation.column:
        cell += f", {claim.citation.column}"
    parts = (f"`{claim.id}`", value, claim.meaning, claim.doubt, cell)
    return "| " + " | ".join(part.replace("|", "\\|") for part in parts) + " |"
