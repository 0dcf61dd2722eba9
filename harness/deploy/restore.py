"""Put a device back to its baseline and prove it, by another session than the one that did it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from harness.deploy.access import Access, history, lock_after_another, unlock_or_close
from harness.deploy.baseline import Baseline, difference
from harness.deploy.mark import Mark, unfinished
from harness.deploy.resolve import was_committed
from harness.drivers.history import CommitEntry, find_log
from harness.drivers.protocol import Database, Reader, Writer
from harness.errors import (
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


@dataclass(frozen=True, slots=True)
class RestoreProof:
    """How a device came back: ``fingerprint`` is what another session read afterwards."""

    device: str
    how: str  # "untouched", "candidate discarded", "rollback 1", "load update", "load override"
    fingerprint: str
    commits: int  # configuration slots used on the device by restoring
    seconds: float
    notes: tuple[str, ...] = ()


def restore(
    baseline: Baseline,
    access: Access,
    mark: Mark,
    *,
    writer: Writer | None = None,
    in_flight: bool = False,
) -> RestoreProof:
    """Bring the device to ``baseline`` and prove it by the fingerprint of what is committed.

    ``mark`` must be new on this device: the history is searched for it afterwards.
    ``writer`` is an open session that holds the lock; without one a session is opened, unless the
    baseline is what runs. ``in_flight`` says that a commit of a dead session may still be at work:
    then what runs proves nothing before the lock is ours. The ways are tried in order of how little
    they change: nothing, rollback, load update, load override.
    Raises :class:`RestoreFailed` with the first cause when none leads to the baseline.
    """
    began = access.clock.monotonic()
    attempt = _Attempt(baseline, access, mark)
    try:
        how = attempt.without_touching() if writer is None and not in_flight else ""
        how = how or attempt.with_session(writer)
    except RestoreFailed:
        raise
    except HarnessError as exc:
        raise RestoreFailed(f"{baseline.device}: not proven to be at its baseline: {exc}") from exc
    seconds = access.clock.monotonic() - began
    return RestoreProof(
        baseline.device, how, baseline.fingerprint, attempt.commits, seconds, tuple(attempt.notes)
    )


class _Attempt:
    """One restore: what was tried, what it cost, what was noticed."""

    def __init__(self, baseline: Baseline, access: Access, mark: Mark) -> None:
        self._baseline = baseline
        self._access = access
        self._mark = mark
        self.commits = 0
        self.notes: list[str] = []

    def without_touching(self) -> str:
        """Return "untouched" when the baseline is what runs and no push of ours is pending."""
        with self._access.reader() as reader:
            if not self._runs_baseline(reader):
                return ""
            if not self._is_baseline(reader, "candidate"):
                self.notes.append("the candidate holds uncommitted changes, left as they are")
        return "untouched"

    def with_session(self, writer: Writer | None) -> str:
        """Discard the candidate, commit the baseline if it isn't what runs, and return how.

        A fresh session gets the lock only when no commit of a lost one is still at work.
        """
        if writer is not None:
            try:
                writer.rollback(0)
                return self._settle(writer)
            except (OutcomeUnknown, Unreachable) as exc:
                self.notes.append(f"the session that pushed was lost: {exc}")
                writer.close()
        with self._access.writer() as fresh:
            lock_after_another(self._access, fresh)
            how = self._settle(fresh)
            unlock_or_close(fresh)
            return how

    def _settle(self, writer: Writer) -> str:
        with self._access.reader() as reader:
            if self._runs_baseline(reader):
                return "candidate discarded"
        return self._by_any_way(writer)

    def _runs_baseline(self, reader: Reader) -> bool:
        entries = self._history(reader)
        return entries is not None and unfinished(entries) is None and self._is_baseline(reader)

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
                if not self._is_baseline(writer, "candidate"):
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
            f"{self._left()}; tried {'; '.join(self.notes)}"
        )

    def _left(self) -> str:
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
            if not was_committed(self._access, self._mark):
                raise

    def _proven(self) -> bool:
        with self._access.reader() as reader:
            if not self._is_baseline(reader):
                return False
            entries = self._history(reader)
            if entries is not None and find_log(entries, str(self._mark)) is None:
                self.notes.append("the commit history doesn't show the restoring commit")
        return True

    def _is_baseline(self, reader: Reader, database: Database = "committed") -> bool:
        return fingerprint(reader.configuration(database, "xml")) == self._baseline.fingerprint


def _ways(baseline: Baseline, writer: Writer) -> Iterator[tuple[str, Callable[[], object]]]:
    for index in range(1, _ROLLBACKS_TRIED + 1):
        yield f"rollback {index}", partial(writer.rollback, index)
    payload = loadable(baseline.xml)
    yield "load update", partial(writer.load, payload, "xml", "update")
    yield "load override", partial(writer.load, payload, "xml", "override")
