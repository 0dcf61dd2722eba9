"""Reasons not to touch a device: found before the first change, told with the holder's name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from harness.deploy.journal import JournalState
from harness.deploy.mark import parse_mark, unfinished
from harness.drivers.history import CommitEntry, newest
from harness.errors import DeviceBusy

_SKEW_SECONDS = 60  # how far a device clock may be behind ours before a pending confirm is missed


def refuse_open_journal(device: str, state: JournalState) -> None:
    """Refuse a device on which an earlier run didn't prove its restore, or lost its session."""
    opened = state.open_entry
    if opened is None and state.lock_left:
        lost = state.lock_left[0]
        raise DeviceBusy(
            f"{device}: run {lost.get('run')} by {lost.get('owner')} lost the session by which it "
            f"locked the configuration at {lost.get('time')}, and left nothing else there; run "
            f"'harness restore {device}' first, which ends it"
        )
    if opened is not None:
        run = f"run {opened.get('run')} by {opened.get('owner')}"
        if state.beginning_lost:
            run = "a run of which nothing more is known"
        raise DeviceBusy(
            f"{device}: {run} began at {opened.get('time')} and its restore isn't "
            f"proven{_first_cause(state)}; run 'harness restore {device}' first"
        )


def _first_cause(state: JournalState) -> str:
    return f" (the first cause: {state.failure})" if state.failure else ""


def refuse_unfinished_commit(device: str, history: Sequence[CommitEntry]) -> None:
    """Refuse a device whose newest commit is a push of ours: another runner's unfinished run."""
    mark = unfinished(history)
    if mark is not None:
        raise DeviceBusy(
            f"{device}: its newest commit is the test push of run {mark.run_id} "
            f"({mark.note or 'no note'}), not restored; wait for its rollback, or run "
            f"'harness restore {device}' on the machine that made it"
        )


def refuse_scheduled_commit(device: str, scheduled: Sequence[str]) -> None:
    """Refuse a device on which a commit waits for its time (``commit at``).

    If its time came during a rung, it would commit what was the candidate then, and confirm ours.
    """
    if scheduled:
        raise DeviceBusy(
            f"{device}: a commit is scheduled by {', '.join(scheduled)}; wait until it's over, or "
            "let its owner take it back ('clear system commit')"
        )


def refuse_foreign_confirm(device: str, history: Sequence[CommitEntry], now: datetime) -> None:
    """Refuse a device on which somebody else's confirmed commit may still be pending.

    Any commit of ours would confirm theirs. The history comment stays after confirmation, so
    "maybe" is all that can be read; the refusal ends when their minutes are over.
    """
    for entry in newest(history):
        if parse_mark(entry.log or entry.comment) is not None:
            continue
        left = pending_seconds(entry, now)
        if left > 0:
            raise DeviceBusy(
                f"{device}: {entry.user}'s commit confirmed may be pending for up to {left:.0f} s "
                f"more and any commit of ours would confirm it (made via {entry.client}, "
                f"'{entry.log}'); wait, or let them confirm it"
            )


def pending_seconds(entry: CommitEntry, now: datetime) -> float:
    """Return for how many seconds a commit may still be taken back by its timer, 0 for never."""
    minutes = entry.confirm_minutes
    if minutes is None:
        return math.inf if entry.pending else 0.0
    if entry.seconds is None:  # the release prints local time: its end can't be told from here
        return minutes * 60.0
    return entry.seconds + minutes * 60 + _SKEW_SECONDS - now.timestamp()
