"""``harness report``: rebuild the reports of a run from its record, or show its summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from harness.cli.output import print_json
from harness.errors import UsageError
from harness.reporting.project import write_junit
from harness.reporting.record import read_events
from harness.reporting.runfolder import RunFolder
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
    folder = _folder(rundir)
    done = write_junit(folder)
    _tell(folder, done.notes)
    if done.replaced_sha256 not in {None, done.sha256}:
        click.echo(
            f"{folder.junit}: the one it replaces was made from another {folder.events.name} "
            f"(SHA-256 {one_line(str(done.replaced_sha256), 80)}): the record changed since",
            err=True,
        )
    click.echo(f"{folder.junit}: written from {len(done.events)} events, SHA-256 {done.sha256}")


@report.command(epilog="Example: harness report show reports/latest --json | jq .coverage")
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def show(rundir: Path, *, as_json: bool) -> None:
    """Print the summary of RUNDIR: what each documented number rests on."""
    folder = _folder(rundir)
    events, notes = read_events(folder.events)
    _tell(folder, notes)
    summary = summarise(events)
    if as_json:
        print_json(summary.as_json())
        return
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(render(summary))
    else:  # a pipe has no width to fold a table at
        click.echo(plain(summary), nl=False)


def _folder(rundir: Path) -> RunFolder:
    folder = RunFolder(rundir)
    if not rundir.is_dir():
        raise UsageError(f"{rundir}: no such run folder")
    if not folder.events.is_file():
        raise UsageError(f"{rundir}: not a run folder, it has no {folder.events.name}")
    return folder


def _tell(folder: RunFolder, notes: Sequence[str]) -> None:
    for note in notes:
        click.echo(one_line(f"{folder.events}: {note}"), err=True)
