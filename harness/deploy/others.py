"""Who committed since a push of ours: the device's commit history, told apart. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.deploy.mark import Phase, parse_mark
from harness.drivers.history import CommitEntry


@dataclass(frozen=True, slots=True)
class Since:
    """Where in a history a run began: the log of its push, and the commit that was newest before.

    Either may be missing: a run may die before its commit, and a journal may be older.
    """

    runs: frozenset[str]  # whose marks are ours: the run that pushed, and the one that restores
    push: str = ""
    newest: str = ""  # see :func:`identity`


def identity(entry: CommitEntry) -> str:
    """Name a commit so that it's found again when its number has moved; a person can read it."""
    return f"{entry.user} via {entry.client} at {entry.seconds} '{entry.log}' '{entry.comment}'"


def told(entry: CommitEntry) -> str:
    """Name a commit for a person."""
    words = entry.log or entry.comment
    return f"'{words}' by {entry.user} via {entry.client}"


def ours(entry: CommitEntry, runs: frozenset[str]) -> bool:
    """Say whether we made a commit: one of these runs, or whoever put a device back."""
    mark = parse_mark(entry.log or entry.comment)
    return mark is not None and (mark.run_id in runs or mark.phase is Phase.RESTORED)


def automatic(entry: CommitEntry) -> bool:
    """Say whether a commit looks like the device's own rollback on time-out."""
    return (entry.user, entry.client, entry.log) == ("root", "other", "")


def others(
    history: Sequence[CommitEntry], since: Since, *, timer: bool = False
) -> tuple[CommitEntry, ...] | None:
    """Return what neither we nor the device's timer committed since the run began, newest first.

    ``timer``: with what looks like the timer's, for a rollback that left something else behind.
    None when the history doesn't reach back so far, or isn't the one that the run began with.
    """
    newer = _newer(history, since)
    if newer is None:
        return None
    return tuple(e for e in newer if not ours(e, since.runs) and (timer or not automatic(e)))


def rolled_back(history: Sequence[CommitEntry]) -> bool:
    """Say whether the newest commit is the device's own rollback of a push of ours."""
    by_time = sorted(history, key=lambda entry: entry.sequence)
    if len(by_time) < 2 or not automatic(by_time[0]):
        return False
    mark = parse_mark(by_time[1].log or by_time[1].comment)
    return mark is not None and mark.phase is Phase.PUSH


def _newer(history: Sequence[CommitEntry], since: Since) -> tuple[CommitEntry, ...] | None:
    """Return what is above the commit that was newest before ours, else above our push.

    Somebody may have committed between the two: what our push is on top of stays theirs.
    """
    by_time = sorted(history, key=lambda entry: entry.sequence)
    for index, entry in enumerate(by_time):
        if identity(entry) == since.newest:
            return tuple(by_time[:index])
    for index, entry in enumerate(by_time):
        if since.push and since.push == (entry.log or entry.comment):
            return tuple(by_time[:index])
    return None
