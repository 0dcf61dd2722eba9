"""``harness report``: rebuild the reports of a run from its record, or show its summary."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from harness.cli.output import print_json
from harness.errors import UsageError
from harness.reporting.junit import junit
from harness.reporting.record import Event, read_events
from harness.reporting.runfolder import RunFolder, write_whole
from harness.reporting.summary import plain, render, summarise
from harness.reporting.text import one_line

_FOLDER = click.argument("rundir", type=click.Path(path_type=Path))


@click.group()
def report() -> None:
    """Rebuild or show the reports of a run; its events.jsonl is all that's needed."""


@report.command(epilog="Example: harness report build reports/latest")
@_FOLDER
def build(rundir: Path) -> None:
    """Write junit.xml anew from RUNDIR/events.jsonl, after any death of the run."""
    folder, events = _read(rundir)
    try:
        write_whole(folder.junit, junit(events))
    except OSError as error:
        raise UsageError(f"{folder.junit}: can't be written ({error.strerror})") from error
    click.echo(f"{folder.junit}: written from {len(events)} events")


@report.command(epilog="Example: harness report show reports/latest --json | jq .coverage")
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def show(rundir: Path, *, as_json: bool) -> None:
    """Print the summary of RUNDIR: what each documented number rests on."""
    _, events = _read(rundir)
    summary = summarise(events)
    if as_json:
        print_json(summary.as_json())
        return
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(render(summary))
    else:  # a pipe has no width to fold a table at
        click.echo(plain(summary), nl=False)


def _read(rundir: Path) -> tuple[RunFolder, tuple[Event, ...]]:
    folder = RunFolder(rundir)
    if not rundir.is_dir():
        raise UsageError(f"{rundir}: no such run folder")
    if not folder.events.is_file():
        raise UsageError(f"{rundir}: not a run folder, it has no {folder.events.name}")
    events, notes = read_events(folder.events)
    for note in notes:
        click.echo(one_line(f"{folder.events}: {note}"), err=True)
    return folder, events
