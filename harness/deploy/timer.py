"""Whether the device's own history says that its timer runs for our push, as long as asked.

Pure. Sources: releases from 12.1 to 24.4 print "commit confirmed, rollback in Nmins" as the comment
of such a commit; none is known that leaves it out. Some print the operator's log where others print
that comment, and the mark "rollback pending" is printed by some alone: what isn't told is no
finding.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.drivers.history import CommitEntry, find_log


def wrong_timer(history: Sequence[CommitEntry], log: str, minutes: int) -> str:
    """Say what speaks against a confirm timer of ``minutes`` for the commit with ``log``.

    "" when nothing does, which is also when the history doesn't show the commit at all. Of a
    cluster every node is read.
    """
    for node in dict.fromkeys(entry.node for entry in history):
        entry = find_log([each for each in history if each.node == node], log)
        words = _against(entry, minutes) if entry is not None else ""
        if words:
            return f"{node}: {words}" if node else words
    return ""


def _against(entry: CommitEntry, minutes: int) -> str:
    told = entry.confirm_minutes
    if told is not None:
        return "" if told == minutes else f"{minutes} minutes were asked for, it says {told}"
    if entry.pending or not entry.log:  # our log stands where its own comment would
        return ""
    return f"its history shows a plain commit ('{entry.comment}'), no rollback in {minutes} minutes"
