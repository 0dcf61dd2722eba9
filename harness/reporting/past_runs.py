"""The runs whose records lie in a folder of reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.errors import UsageError
from harness.reporting.record import STREAM_NAME, read_events
from harness.reporting.view import RunView, view


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run that began; whether it ended well is for its cases to say."""

    folder: Path
    started: datetime  # UTC
    run: RunView


@dataclass(frozen=True, slots=True)
class PastRuns:
    """The runs of a folder, oldest first, and what couldn't be read of it."""

    runs: tuple[PastRun, ...]
    notes: tuple[str, ...] = ()


def past_runs(reports: Path, since: datetime | None = None) -> PastRuns:
    """Read every record below ``reports`` of a run that began at ``since`` or later.

    Links, such as ``latest``, aren't followed. A folder without a record is none of ours; a record
    that can't be read, or doesn't say when it began, is a note. Raises
    :class:`~harness.errors.UsageError` when there is no such folder.
    """
    found: list[PastRun] = []
    notes: list[str] = []
    for path in _records(reports):
        try:
            events, torn = read_events(path)
        except UsageError as error:
            notes.append(str(error))
            continue
        notes += [f"{path}: {note}" for note in torn]
        run = view(events)
        if run.started is None:
            notes.append(f"{path}: doesn't say when it began; left out")
        elif since is None or run.started.started >= since:
            found.append(PastRun(path.parent, run.started.started, run))
    return PastRuns(tuple(sorted(found, key=lambda one: one.started)), tuple(notes))


def _records(reports: Path) -> Iterator[Path]:
    try:
        folders = sorted(reports.iterdir())
    except OSError as error:
        raise UsageError(f"{reports}: no folder of reports ({error.strerror})") from error
    for folder in folders:
        record = folder / STREAM_NAME
        if not folder.is_symlink() and record.is_file():
            yield record
