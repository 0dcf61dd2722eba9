"""Put a device back to its baseline and prove it, by another session than the one that did it.

Where somebody else committed since, the way back is to what is there without ours, and that is
what is proven (:mod:`harness.deploy.beside`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from harness.deploy.access import Access, history, lock_after_another, unlock_or_close
from harness.deploy.backoff import Backoff
from harness.deploy.baseline import Baseline, difference
from harness.deploy.beside import Beside, Left, beside
from harness.deploy.mark import Mark, unfinished
from harness.deploy.others import rolled_back
from harness.deploy.resolve import was_committed
from harness.deploy.stale import end_stale, holds_lock
from harness.drivers.history import CommitEntry, find_log
from harness.drivers.protocol import Database, Reader, Writer
from harness.errors import (
    DeviceBusy,
    DeviceError,
    HarnessError,
    OutcomeUnknown,
    RestoreFailed,
    Unreachable,
    UsageError,
)
from harness.render.readback import fingerprint
from harness.render.removal import loadable

_ROLLBACKS_TRIED = 4  # ours is 1 right after a push; foreign commits in between move it

ITSELF = "the device rolled itself back"


@dataclass(frozen=True, slots=True)
class RestoreProof:
    """How a device came back: ``fingerprint`` is what another session read afterwards."""

    device: str
    how: str  # "untouched", "candidate discarded", "rollback 1", "load update", "load override"
    fingerprint: str
    commits: int  # configuration slots used on the device by restoring
    seconds: float
    notes: tuple[str, ...] = ()
    kept: str = ""  # whose commits are on top of the baseline; "" where nobody's are


def restore(
    baseline: Baseline,
    access: Access,
    mark: Mark,
    *,
    writer: Writer | None = None,
    in_flight: bool = False,
    left: Left | None = None,
) -> RestoreProof:
    """Bring the device to ``baseline`` and prove it by the fingerprint of what is committed.

    ``mark`` must be new on this device: the history is searched for it afterwards.
    ``writer`` is an open session that holds the lock; without one a session is opened, unless the
    baseline is what runs. ``in_flight`` says that a commit of a dead session may still be at work:
    then what runs proves nothing before the lock is ours. The ways are tried in order of how little
    they change: nothing, rollback, load update, load override. ``left`` tells ours from what others
    committed since, which stays; without it, the baseline is all there may be.
    A device that is away is waited for, and so is somebody's confirmed commit, which one of ours
    would confirm: both as long as the access is patient.
    Raises :class:`RestoreFailed` with the first cause when none leads to the baseline,
    :class:`~harness.errors.Quarantined` when ours and others' can't be told apart.
    """
    began = access.clock.monotonic()
    attempt = _Attempt(baseline, access, mark, left)
    try:
        _patiently(attempt, Backoff(access.clock, access.patience()), writer, in_flight=in_flight)
    except RestoreFailed:
        raise
    except HarnessError as exc:
        raise RestoreFailed(f"{baseline.device}: not proven to be at its baseline: {exc}") from exc
    return RestoreProof(
        baseline.device,
        attempt.how,
        attempt.proven,
        attempt.commits,
        access.clock.monotonic() - began,
        tuple(attempt.notes),
        attempt.kept,
    )


class _TheirConfirm(DeviceBusy):
    """Somebody else's confirmed commit may be pending: any commit of ours would confirm it."""


def _patiently(
    attempt: _Attempt, backoff: Backoff, writer: Writer | None, *, in_flight: bool
) -> None:
    """Try until it's proven or refused; again only where waiting can help."""
    done = False
    while not done:
        try:
            done = writer is None and not in_flight and attempt.without_touching()
            if not done:
                attempt.with_session(writer)
                done = True
        except (Unreachable, OutcomeUnknown, _TheirConfirm) as exc:
            if not backoff.pause():
                raise
            attempt.notes.append(f"tried again after: {exc}")
            in_flight = in_flight or isinstance(exc, OutcomeUnknown)
            writer = None


class _Attempt:
    """One restore: what was tried, what it cost, what was noticed, and what was proven."""

    def __init__(self, baseline: Baseline, access: Access, mark: Mark, left: Left | None) -> None:
        self._baseline = baseline
        self._access = access
        self._mark = mark
        self._left = left
        self.commits = 0
        self.notes: list[str] = []
        self.how = ""
        self.proven = baseline.fingerprint
        self.kept = ""

    def without_touching(self) -> bool:
        """Say whether the baseline is what runs, or that with what others committed since."""
        if self._left is not None and holds_lock(self._access, self._left):
            return False  # a lock that stays would be left behind, too
        with self._access.reader() as reader:
            how = self._already(reader, "untouched", self._history(reader))
            if how and not self._same_in(reader, "candidate"):
                self.notes.append("the candidate holds uncommitted changes, left as they are")
        self.how = how
        return bool(how)

    def with_session(self, writer: Writer | None) -> None:
        """Discard the candidate, and commit the baseline if it isn't what runs.

        A fresh session gets the lock only when no commit of a lost one is still at work.
        """
        if writer is not None:
            try:
                writer.rollback(0)
                self._settle(writer)
            except (OutcomeUnknown, Unreachable, _TheirConfirm) as exc:
                self.notes.append(f"the session that pushed was given up: {exc}")
                writer.close()
            else:
                return
        with self._access.writer() as fresh:
            self._lock(fresh)
            self._writing_by(fresh)
            self._settle(fresh)
            self._unlock(fresh)

    def _unlock(self, writer: Writer) -> None:
        """Give the lock back, or try again: what is left locked isn't put back."""
        if unlock_or_close(writer) or self._left is None:
            return
        if end_stale(self._access, self._left) or not holds_lock(self._access, self._left):
            return
        raise Unreachable(
            f"{self._baseline.device}: our session was lost before it gave the lock back"
        )

    def _writing_by(self, writer: Writer) -> None:
        """Know the session again, should it be lost: nobody else's has the lock from here on."""
        if self._left is not None and writer.session_id is not None:
            self._left = replace(
                self._left,
                session=str(writer.session_id),
                opened=self._access.clock.now(),
                in_flight=False,
            )

    def _lock(self, writer: Writer) -> None:
        try:
            writer.lock()
        except DeviceBusy:
            if self._left is not None and end_stale(self._access, self._left):
                self.notes.append("a stale session of ours that held the lock was ended")
            lock_after_another(self._access, writer)

    def _settle(self, writer: Writer) -> None:
        with self._access.reader() as reader:
            entries = self._history(reader)
            self.how = self._already(reader, "candidate discarded", entries)
            others = None if self.how else self._others(reader, entries)
        if self.how:
            return
        if others is None:
            self.how = self._by_any_way(writer)
            return
        others.take_out(writer, self._commit)
        self._settle_for(others)
        if not self._proven():
            raise RestoreFailed(
                f"{self._baseline.device}: ours was deleted beside others' commits "
                f"({others.names}), but the device shows another configuration than that leaves"
            )
        self.how = "ours deleted, theirs kept" if self.kept else "ours deleted"

    def _settle_for(self, others: Beside) -> None:
        """Prove what others left, from here on; they may have left the baseline itself."""
        self.proven = others.target
        self.kept = others.names if others.target != self._baseline.fingerprint else ""

    def _already(self, reader: Reader, how: str, entries: tuple[CommitEntry, ...] | None) -> str:
        """Return how the device came to where it belongs without us; "" when it isn't there."""
        if entries is None:
            return ""
        others = self._others(reader, entries)
        if others is None:
            at_baseline = unfinished(entries) is None and self._same_in(reader)
            return (ITSELF if rolled_back(entries) else how) if at_baseline else ""
        if others.removal.removed or unfinished(entries) is not None:
            return ""
        self._settle_for(others)
        return f"{how}, theirs kept" if self.kept else how

    def _others(self, reader: Reader, entries: tuple[CommitEntry, ...] | None) -> Beside | None:
        """Return what others committed since; waits for nobody, and says for whom to wait."""
        if self._left is None:
            return None
        foreign = self._left.foreign(entries)
        try:
            now = reader.configuration("committed", "xml")
            at_baseline = fingerprint(now) == self._baseline.fingerprint
        except DeviceError as exc:
            if entries is None or foreign:
                raise
            self.notes.append(f"what is committed can't be read: {exc}")
            return None
        if at_baseline and not foreign:
            return None
        found = beside(self._baseline, self._left, entries, now)
        seconds = found.confirm_pending(self._access.clock.now()) if found else 0.0
        if found and seconds > 0:
            raise _TheirConfirm(
                f"{self._baseline.device}: a confirmed commit of somebody else may be pending for "
                f"up to {seconds:.0f} s more ({found.names}), and any commit of ours would confirm "
                f"it; 'harness restore {self._baseline.device}' goes on when they are through"
            )
        return found

    def _history(self, reader: Reader) -> tuple[CommitEntry, ...] | None:
        """Return the history, or None when the device doesn't tell it: no reason to stay dirty."""
        try:
            return history(reader)
        except DeviceError as exc:
            self.notes.append(f"the commit history can't be read: {exc}")
            return None

    def _by_any_way(self, writer: Writer) -> str:
        for how, load in _ways(self._baseline, writer):
            try:
                load()
                if not self._same_in(writer, "candidate"):
                    self.notes.append(f"{how}: doesn't give the baseline")
                    continue
                self._commit(writer)
            except (DeviceError, UsageError) as exc:  # the device, or the driver, can't do it
                self.notes.append(f"{how}: {exc}")
                continue
            if self._proven():
                return how
            self.notes.append(f"{how}: committed, but the device shows another configuration")
        writer.rollback(0)
        raise RestoreFailed(
            f"{self._baseline.device}: no way back to the baseline, from which it differs by "
            f"{self._still_there()}; tried {'; '.join(self.notes)}"
        )

    def _still_there(self) -> str:
        try:
            with self._access.reader() as reader:
                now = reader.configuration("committed", "xml")
            return difference(self._baseline, now) or "nothing that can be seen"
        except HarnessError as exc:  # the first cause is what was tried; it must not be lost
            return f"what can't be read now ({exc})"

    def _commit(self, writer: Writer) -> None:
        self.commits += 1
        try:
            writer.commit(str(self._mark))
        except OutcomeUnknown:
            writer.close()  # its lock must not stand in the way of asking
            if self._left is not None:
                self._left = replace(self._left, in_flight=True, awaited=str(self._mark))
            if not was_committed(self._access, self._mark):
                raise

    def _proven(self) -> bool:
        with self._access.reader() as reader:
            if not self._same_in(reader):
                return False
            entries = self._history(reader)
            if entries is not None and find_log(entries, str(self._mark)) is None:
                self.notes.append("the commit history doesn't show the restoring commit")
        return True

    def _same_in(self, reader: Reader, database: Database = "committed") -> bool:
        """Say whether the device shows what is to be proven."""
        return fingerprint(reader.configuration(database, "xml")) == self.proven


def _ways(baseline: Baseline, writer: Writer) -> Iterator[tuple[str, Callable[[], object]]]:
    for index in range(1, _ROLLBACKS_TRIED + 1):
        yield f"rollback {index}", partial(writer.rollback, index)
    payload = loadable(baseline.xml)
    yield "load update", partial(writer.load, payload, "xml", "update")
    yield "load override", partial(writer.load, payload, "xml", "override")
