"""What one login does to the datastore: lock, load, compare, check, commit, roll back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lxml import etree

from harness.sim.config.loading import LoadAction, LoadFormat, load
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.store.commit import (
    MAX_CONFIRM_MINUTES,
    MAX_LOG,
    Client,
    CommitRecord,
    CommitResult,
    Event,
    LockHolder,
    PendingConfirm,
)

if TYPE_CHECKING:
    from harness.sim.store.datastore import Datastore


class ConfigSession:
    """What one login does to the datastore; made by :meth:`Datastore.session`."""

    def __init__(
        self, store: Datastore, user: str, client: Client, pid: int, terminal: str
    ) -> None:
        self._store = store
        self.user = user
        self.client = client
        self.pid = pid
        self._terminal = terminal or "pts/0"
        self.last_active = store.clock.now()

    def _may_change(self) -> list[Complaint]:
        self.last_active = self._store.clock.now()
        return self._store.locked_against(self)

    def lock(self) -> list[Complaint]:
        """Take the lock; refused while another holds it or the candidate is dirty."""
        complaints = self._may_change()
        if complaints:
            return complaints
        if self._store.dirty and self._store.lock_holder is None:
            return [error("configuration database modified")]
        holder = self._store.lock_holder
        self._store.take_lock(self, holder or self._here())
        return []

    def _here(self) -> LockHolder:
        return LockHolder(self.user, self._terminal, self.pid, self._store.clock.now())

    def unlock(self) -> list[Complaint]:
        """Release the lock; uncommitted changes stay."""
        self.last_active = self._store.clock.now()
        if not self._store.drop_lock(self):
            return [error(f"configuration database is not locked by this session {SIMULATED}")]
        return []

    def load(
        self, payload: str | etree._Element, fmt: LoadFormat, action: LoadAction = "merge"
    ) -> list[Complaint]:
        """Change the candidate; on any error it stays as it was.

        ``payload`` is the text, or for ``xml`` the parsed ``<configuration>`` element.
        """
        complaints = self._may_change()
        if complaints:
            return complaints
        store = self._store
        loaded = load(store.candidate, payload, store.schema, store.reader, fmt=fmt, action=action)
        store.change(loaded.tree, self._here())
        return list(loaded.complaints)

    def rollback(self, index: int) -> list[Complaint]:
        """Make the candidate the configuration of slot ``index`` (0..49)."""
        complaints = self._may_change()
        if complaints:
            return complaints
        tree = self._store.rollback_tree(index)
        if tree is None:
            return [error(f"no rollback configuration {index} {SIMULATED}", bad_element="rollback")]
        self._store.change(tree, self._here())
        return []

    def discard(self) -> list[Complaint]:
        """Make the candidate the committed configuration."""
        return self.rollback(0)

    def compare(self, index: int | None = None) -> str:
        """Return Junos patch text from slot ``index`` (None: 0) to the candidate.

        "" as well when there is no such slot.
        """
        self.last_active = self._store.clock.now()
        old = self._store.rollback_tree(index or 0)
        return "" if old is None else self._store.compare(old, self._store.candidate)

    def check(self) -> list[Complaint]:
        """Check the candidate, as ``commit check``; success confirms a pending commit."""
        return list(self.commit(check=True).complaints)

    def commit(
        self,
        *,
        log: str = "",
        confirm_minutes: int | None = None,
        rfc_confirm_seconds: int | None = None,
        check: bool = False,
    ) -> CommitResult:
        """Check and commit the candidate; with ``check`` only check it."""
        complaints = tuple(self._may_change()) or _out_of_range(log, confirm_minutes)
        if not refused(complaints):
            complaints = self._store.check()
        if refused(complaints):
            return CommitResult(complaints)
        if check:
            self._store.happen(Event.CHECK)
            return CommitResult(complaints)
        event, pending, comment = self._confirm(confirm_minutes, rfc_confirm_seconds)
        now = self._store.clock.now()
        self._store.commit(CommitRecord(0, self.user, self.client, now, log, comment))
        self._store.happen(event, pending)
        return CommitResult(complaints, committed=True, confirmed_minutes=confirm_minutes)

    def _confirm(
        self, minutes: int | None, seconds: int | None
    ) -> tuple[Event, PendingConfirm | None, str]:
        """Return what a commit is to the state machine, what it leaves pending, its comment."""
        store = self._store
        if minutes is not None:
            deadline = store.clock.now() + timedelta(minutes=minutes)
            pending = PendingConfirm(deadline, store.committed, minutes)
            return Event.CONFIRMED, pending, f"commit confirmed, rollback in {minutes}mins"
        if seconds is not None:
            deadline = store.clock.now() + timedelta(seconds=seconds)
            pending = PendingConfirm(deadline, store.committed, None, owner=self.pid)
            comment = f"commit confirmed, rollback in {max(1, seconds // 60)}mins"
            return Event.RFC_CONFIRMED, pending, comment
        return Event.COMMIT, None, ""

    def close(self) -> None:
        """End the session.

        Releases its lock and then discards the candidate; an RFC confirmed commit of this
        session rolls back.
        """
        if self._store.drop_lock(self):
            self._store.change(self._store.committed)
        pending = self._store.pending
        if pending is not None and pending.owner == self.pid:
            self._store.happen(Event.OWNER_CLOSED)


def _out_of_range(log: str, minutes: int | None) -> tuple[Complaint, ...]:
    """Refuse a comment or a timeout that Junos doesn't take."""
    if len(log) > MAX_LOG:
        return (error(f"comment is longer than {MAX_LOG} characters {SIMULATED}", "", "log"),)
    if minutes is not None and not 1 <= minutes <= MAX_CONFIRM_MINUTES:
        text = f"{minutes} is not within 1..{MAX_CONFIRM_MINUTES} {SIMULATED}"
        return (error(text, "", "confirm-timeout"),)
    return ()
