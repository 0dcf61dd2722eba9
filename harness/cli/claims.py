"""``harness claims``: the documented numbers, and the operator's where a cell is blank."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harness.claims.markdown import markdown
from harness.claims.model import NO_REFERENCE, Claim
from harness.cli.claims_coverage import coverage
from harness.cli.operator_values import catalogue_with
from harness.cli.output import print_json, print_table


@click.group()
def claims() -> None:
    """Show the documented numbers, with citation, meaning and doubt."""


@claims.command(
    "list",
    epilog="""\b
Examples:
  harness claims list
  harness claims list --testbed testbeds/lab.yaml --json
  harness claims list --claim log-events-per-second=5000
""",
)
@click.option("--json", "as_json", is_flag=True, help="Everything known of each row, as JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="The tables of docs/claims.md.")
@click.option(
    "--testbed",
    "testbed_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Take the operator's values from this file's claims.",
)
@click.option(
    "--claim",
    "given",
    metavar="ID=VALUE",
    multiple=True,
    help="Give a value for a blank row; replaces the testbed's.",
)
def list_(
    *, as_json: bool, as_markdown: bool, testbed_path: Path | None, given: Sequence[str]
) -> None:
    """List every row of the document.

    A value given by --testbed or --claim is marked as the operator's. A documented value can't
    be replaced.
    """
    catalogue = catalogue_with(testbed_path, given)
    if as_json:
        print_json([as_data(claim) for claim in catalogue])
    elif as_markdown:
        click.echo(markdown(catalogue), nl=False)
    else:
        print_table(
            ("id", "value", "unit", "source", "meaning"),
            [
                (claim.id, _value(claim), claim.unit, _source(claim), claim.meaning)
                for claim in catalogue
            ],
        )


claims.add_command(coverage)


def as_data(claim: Claim) -> dict[str, object]:
    """Return the claim as plain data for JSON."""
    return {
        "id": claim.id,
        "value": claim.value,
        "unit": claim.unit,
        "platform": claim.platform,
        "factors": dict(claim.factors),
        "source": claim.source,
        "given_in": claim.given_in or None,
        "meaning": claim.meaning,
        "doubt": claim.doubt,
        "citation": {
            "document": claim.citation.document,
            "release": claim.citation.release,
            "table": claim.citation.table,
            "row": claim.citation.row,
            "column": claim.citation.column or None,
            "address": claim.citation.address,
        },
    }


def _value(claim: Claim) -> str:
    return NO_REFERENCE if claim.value is None else str(claim.value)


def _source(claim: Claim) -> str:
    if claim.source == "operator":
        return f"operator ({claim.given_in})"
    return "blank in the document" if claim.blank else "document"
