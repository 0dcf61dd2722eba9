"""Take ours from a device beside somebody else's commits, as a difference, and leave the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from harness.deploy.baseline import Baseline
from harness.deploy.others import Since, others
from harness.deploy.reconcile import check_removal, check_taken, explained, named, reconcile
from harness.deploy.refuse import pending_seconds
from harness.drivers.history import CommitEntry, find_log, newest
from harness.drivers.protocol import Writer
from harness.drivers.requests import ROLLBACK_MAX
from harness.errors import (
    CommitRefused,
    DeviceError,
    LoadRefused,
    Quarantined,
    RestoreFailed,
    UsageError,
)
from harness.render.readback import Path, fingerprint
from harness.render.removal import Removal


@dataclass(frozen=True, slots=True)
class Left:
    """What a run may have left on a device, as the run itself or its journal knows it."""

    since: Since
    ours: frozenset[Path] | None  # what it adds; None: not known any more
    session: str = ""  # by which number a lock refusal calls the session that wrote
    user: str = ""  # as whom it had logged in
    opened: datetime | None = None  # when, by our clock; None: the session isn't to be ended
    in_flight: bool = False  # it died before it knew what became of its commit
    awaited: str = ""  # the log of that commit; that of the push without
    unmarked: str = ""  # as whom it also commits over NETCONF without our mark; "": it never does

    def foreign(self, history: Sequence[CommitEntry] | None) -> bool:
        """Say whether the history shows commits of others since."""
        return bool(history is not None and others(history, self.since))


@dataclass(frozen=True, slots=True)
class Beside:
    """Others' commits on top of ours, what is committed now, and what of it may go."""

    baseline: Baseline
    left: Left
    history: tuple[CommitEntry, ...]
    commits: tuple[CommitEntry, ...]  # those of others, newest first
    now: str = field(repr=False)
    removal: Removal = field(repr=False)

    @property
    def names(self) -> str:
        """Name who committed."""
        return named(self.commits)

    @property
    def target(self) -> str:
        """Return the fingerprint of what is committed now without ours."""
        return fingerprint(self.removal.target)

    def confirm_pending(self, at: datetime) -> float:
        """Return for how many seconds a confirmed commit of theirs may be pending, 0 for none."""
        theirs = (e for e in newest(self.history) if e in self.commits and not self._unmarked(e))
        return max((pending_seconds(entry, at) for entry in theirs), default=0.0)

    def _unmarked(self, entry: CommitEntry) -> bool:
        """Say whether a commit may be ours without a mark, and nothing of theirs is there to lose.

        A log isn't proof, and no more is its absence: what goes is told by content alone. This only
        spares the wait for a timer of our own.
        """
        return (
            entry.client == "netconf"
            and entry.user == self.left.unmarked
            and self.target == self.baseline.fingerprint
        )

    def take_out(self, writer: Writer, commit: Callable[[Writer], None]) -> None:
        """Commit what is there without ours, as a difference.

        The writer holds the lock, and its candidate is what is committed. Raises
        :class:`Quarantined` where the two changes can't be told apart, :class:`RestoreFailed` where
        the device makes something else of it; the candidate is discarded then.
        """
        try:
            self._check_against_push(writer)
            self._delete(writer, commit)
        except (Quarantined, RestoreFailed):
            writer.rollback(0)
            raise

    def _delete(self, writer: Writer, commit: Callable[[Writer], None]) -> None:
        device = self.baseline.device
        try:
            writer.load(self.removal.patch, "xml", "merge")
            if fingerprint(writer.configuration("candidate", "xml")) != self.target:
                raise RestoreFailed(
                    f"{device}: deleting ours beside others' commits ({self.names}) gives another "
                    "configuration than it should; nothing was committed"
                )
            check_removal(device, writer.diff(), self.removal)
            commit(writer)
        except (LoadRefused, CommitRefused) as refused:
            raise Quarantined(
                f"{device}: it refuses to lose ours, on top of which others committed "
                f"({self.names}): {refused}"
            ) from refused
        except UsageError as cannot:  # a command line takes no XML
            raise RestoreFailed(
                f"{device}: others committed on top of ours ({self.names}); this driver can't "
                f"delete ours beside theirs: {cannot}; 'harness restore {device}' does it over "
                "NETCONF"
            ) from cannot

    def _check_against_push(self, writer: Writer) -> None:
        """Hold ours against what the device remembers of our push, where it still does."""
        push = self.left.since.push
        entry = find_log(self.history, push) if push else None
        if entry is None or not 0 < entry.sequence <= ROLLBACK_MAX or self.left.ours is None:
            return
        try:
            writer.rollback(entry.sequence)
            pushed = writer.configuration("candidate", "xml")
        except DeviceError:
            return  # it doesn't remember; what is ours is known from the journal
        finally:
            writer.rollback(0)
        check_taken(self.baseline, self.left.ours, pushed, self.now)


def beside(
    baseline: Baseline, left: Left, history: tuple[CommitEntry, ...] | None, now: str
) -> Beside | None:
    """Say what others committed since the run began; None where nobody did.

    Raises :class:`Quarantined` where that, or what of it may go, can't be told.
    """
    commits = _theirs(baseline, left, history, now)
    if not commits:
        return None
    if left.ours is None:
        raise Quarantined(
            f"{baseline.device}: others committed since ({named(commits)}), and what is ours isn't "
            "known any more: the journal's list of it is gone or damaged"
        )
    removal = reconcile(baseline, left.ours, now)
    return Beside(baseline, left, history or (), commits, now, removal)


def _theirs(
    baseline: Baseline, left: Left, history: Sequence[CommitEntry] | None, now: str
) -> tuple[CommitEntry, ...]:
    """Return the commits of others.

    What runs may explain itself where the history can't: the baseline and ours, and nothing else.
    A rollback by the device's timer explains no more than that either.
    """
    found = None if history is None else others(history, left.since)
    if found or (left.ours is not None and explained(baseline, left.ours, now)):
        return found or ()
    if found is None:
        raise Quarantined(
            f"{baseline.device}: it differs from the baseline by more than ours, and its commit "
            "history doesn't tell whose that is"
        )
    return others(history or (), left.since, timer=True) or ()
