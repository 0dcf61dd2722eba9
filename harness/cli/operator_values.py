"""The operator's values for blank rows, as options and a testbed file give them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.claims.catalogue import Catalogue
from harness.errors import ClaimError
from harness.testbed.load import load_testbed
from harness.testbed.model import Testbed


def catalogue_with(testbed: Path | None, given: Sequence[str]) -> Catalogue:
    """Return the rows with the operator's values: the testbed file's, then those of --claim."""
    catalogue = Catalogue.load()
    if testbed is not None:
        catalogue = with_testbed_values(catalogue, load_testbed(testbed))
    return catalogue.with_operator_values(_parse(given), "--claim") if given else catalogue


def with_testbed_values(catalogue: Catalogue, testbed: Testbed) -> Catalogue:
    """Return the catalogue with the testbed's claims; an error names the file's line."""
    return catalogue.with_operator_values(
        testbed.claims, lambda claim: f"{testbed.path}:{testbed.claim_lines[claim]}"
    )


def _parse(given: Sequence[str]) -> dict[str, int]:
    values: dict[str, int] = {}
    for text in given:
        claim, equals, number = text.partition("=")
        if not (claim and equals and number.isascii() and number.isdigit() and len(number) < 19):
            raise ClaimError(f"--claim {text!a}: allowed: ID=VALUE, a whole number, 1 or more")
        if claim in values:
            raise ClaimError(f"--claim {claim}: given twice")
        values[claim] = int(number)
    return values
