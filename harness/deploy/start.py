"""Where a rung starts: what forbids it, and the baseline, read while nobody else can move it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.deploy.access import Access, history
from harness.deploy.baseline import Baseline, capture
from harness.deploy.journal import Journal
from harness.deploy.others import identity
from harness.deploy.refuse import (
    refuse_foreign_confirm,
    refuse_open_journal,
    refuse_unfinished_commit,
)
from harness.drivers.history import CommitEntry


@dataclass(frozen=True, slots=True)
class Start:
    """What a rung starts from, read under the lock."""

    baseline: Baseline
    history: tuple[CommitEntry, ...]  # newest first

    @property
    def newest(self) -> str:
        """Return which commit the baseline is, as the journal names it."""
        return identity(self.history[0]) if self.history else ""


def refuse(access: Access, journal: Journal) -> None:
    """Refuse what needs no lock to be seen; raises :class:`~harness.errors.DeviceBusy`."""
    refuse_open_journal(access.device, journal.read())
    _unclaimed(access)


def begin(access: Access) -> Start:
    """Read where the rung starts; the caller holds the lock.

    What forbids it is asked again: somebody may have committed before the lock was ours.
    """
    entries = _unclaimed(access)
    with access.reader() as reader:
        return Start(capture(reader), entries)


def _unclaimed(access: Access) -> tuple[CommitEntry, ...]:
    """Return the commit history, which shows nobody's unfinished business."""
    with access.reader() as reader:
        entries = history(reader)
    refuse_unfinished_commit(access.device, entries)
    refuse_foreign_confirm(access.device, entries, access.clock.now())
    return entries
