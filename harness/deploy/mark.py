"""The mark in every commit log of ours: run id and phase, so that the device is a second journal.

A log reads ``hil-harness run=<id> phase=<phase> <note>``; Junos keeps up to 512 characters of it
in the commit history.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.drivers.history import CommitEntry, newest

_PATTERN = re.compile(r"^hil-harness run=(?P<run>[0-9a-z-]{4,40}) phase=(?P<phase>[a-z]+)(?: |$)")
_LOG_LIMIT = 512  # characters; ceiling of a Junos commit comment


class Phase(StrEnum):
    """What a commit of ours was for."""

    PUSH = "push"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of one commit; ``str`` is the log text."""

    run_id: str
    phase: Phase
    note: str = ""

    def __str__(self) -> str:
        """Write the commit log text."""
        return f"hil-harness run={self.run_id} phase={self.phase} {self.note}".rstrip()[:_LOG_LIMIT]


def parse_mark(log: str) -> Mark | None:
    """Return the mark in a commit log, or None when the commit isn't ours."""
    found = _PATTERN.match(log.strip())
    if found is None or found["phase"] not in set(Phase):
        return None
    return Mark(found["run"], Phase(found["phase"]), log.strip()[found.end() :])


def unfinished(history: Sequence[CommitEntry]) -> Mark | None:
    """Return the mark of the newest commit, of any node, if it's a push of ours, else None.

    A commit above our push, ours or the device's own rollback, means that the push no longer is
    what runs; whether the baseline is back, the fingerprint tells.
    """
    for entry in newest(history):
        mark = parse_mark(entry.log or entry.comment)
        if mark is not None and mark.phase is Phase.PUSH:
            return mark
    return None
