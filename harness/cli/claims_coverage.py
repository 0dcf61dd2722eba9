"""``harness claims coverage``: what the runs of a folder say of every documented number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from harness.cli.operator_values import catalogue_with
from harness.cli.output import print_json, print_table
from harness.errors import UsageError
from harness.outcome import Grade
from harness.reporting.coverage import Row, closing_lines, cover
from harness.reporting.past_runs import past_runs
from harness.system_clock import SystemClock

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LONGEST = 5  # digits: nobody has runs of three centuries


@click.command(
    epilog="""\b
Examples:
  harness claims coverage
  harness claims coverage --require-grade hardware --since 30d
  harness claims coverage --reports /srv/nightly/reports --json
""",
)
@click.option(
    "--reports",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where the folders of the runs are.",
)
@click.option(
    "--require-grade",
    type=click.Choice([str(grade) for grade in Grade]),
    default=str(Grade.UNVERIFIED),
    help="Leave out results below this grade of evidence.",
)
@click.option("--since", metavar="AGE", help="Leave out runs older than 12h, 30d or 8w.")
@click.option(
    "--testbed",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Take the operator's values for blank rows from this file, not from the runs.",
)
@click.option("--claim", "given", metavar="ID=VALUE", multiple=True, help="The same, from here.")
@click.option("--json", "as_json", is_flag=True, help="Every row with its result, as JSON.")
def coverage(
    *,
    reports: Path,
    require_grade: str,
    since: str | None,
    testbed: Path | None,
    given: Sequence[str],
    as_json: bool,
) -> None:
    """Show the last result of every row: grade, when and where; rows without one stand out.

    A row shows the results of the highest grade that it has. One device or kind of tunnel that
    didn't hold the number weighs more than others that did.
    """
    least = Grade[require_grade.upper()]
    catalogue = catalogue_with(testbed, given)
    found = past_runs(reports, _begin(since))
    for note in found.notes:
        click.echo(note, err=True)
    rows = cover(catalogue, found.runs, least)
    closing = list(closing_lines(rows))
    if as_json:
        print_json(
            {
                "runs": len(found.runs),
                "rows": [row.as_json() for row in rows],
                "last_line": closing[-1],
            }
        )
        return
    print_table(("claim", "value", "result", "grade", "when", "where"), [_cells(r) for r in rows])
    click.echo()
    for line in closing:
        click.echo(line)


def _begin(since: str | None) -> datetime | None:
    if since is None:
        return None
    age = re.fullmatch(rf"(\d{{1,{_LONGEST}}})([{''.join(_UNITS)}])", since, re.ASCII)
    if age is None:
        raise UsageError(f"--since {since!a}: allowed: hours, days or weeks, as in 12h, 30d, 8w")
    return SystemClock().now().astimezone(UTC) - int(age[1]) * _UNITS[age[2]]


def _cells(row: Row) -> tuple[str, ...]:
    value = "blank" if row.claim.value is None else str(row.claim.value)
    if row.claim.source == "operator":
        value += f" (operator's, {row.claim.given_in})"
    result = row.result
    if result is None:
        return row.claim.id, value, row.words, "", "", ""
    what = " ".join(part for part in (result.device, result.kind) if part)
    return (
        row.claim.id,
        value,
        row.words,
        str(result.grade),
        f"{result.when:%Y-%m-%d %H:%M}",
        f"{what} in {result.testbed}, {result.folder}",
    )
