"""What one login does to the datastore: open, lock, load, compare, check, commit, roll back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from lxml import etree

from harness.sim.config.changes import same
from harness.sim.config.loading import LoadAction, LoadFormat, load
from harness.sim.config.tree import Node
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.store.candidates import PrivateCopy, merge
from harness.sim.store.commit import (
    Client,
    CommitRecord,
    CommitResult,
    Editing,
    Event,
    Kind,
    LockHolder,
    PendingConfirm,
    ScheduledCommit,
    out_of_range,
)

if TYPE_CHECKING:
    from harness.sim.store.datastore import Datastore

_DISCARDED = Complaint("warning", "uncommitted changes will be discarded on exit", tag="")
_NO_COMMIT = Complaint(
    "warning", "changes cannot be committed while 'configure exclusive' is active", tag=""
)
_ALREADY_OPEN = error("Configuration database is already open")
_NOT_OPEN = error("Configuration database is not open")
_PRIVATE_CONFIRM = (21, 2)  # the first release on which a private copy was seen to take it


class ConfigSession:
    """What one login does to the datastore; made by :meth:`Datastore.session`."""

    __slots__ = (
        "_copy",
        "_since",
        "_store",
        "_terminal",
        "client",
        "edit_path",
        "kind",
        "last_active",
        "pid",
        "user",
    )

    def __init__(
        self, store: Datastore, user: str, client: Client, pid: int, terminal: str
    ) -> None:
        self._store = store
        self.user = user
        self.client = client
        self.pid = pid
        self._terminal = terminal
        self.kind: Kind = "shared"
        self.edit_path: tuple[str, ...] = ()  # where a CLI user is
        self.last_active = self._since = store.clock.now()
        self._copy: PrivateCopy | None = None

    # -- opening and locking

    @property
    def candidate(self) -> Node:
        """What this session edits: its private copy, or the shared candidate."""
        return self._store.candidate if self._copy is None else self._copy.tree

    @property
    def dirty(self) -> bool:
        """Whether :attr:`candidate` has uncommitted changes."""
        if self._copy is None:
            return self._store.dirty
        return self._copy.dirty and bool(self._store.compare(self._copy.base, self._copy.tree))

    @property
    def is_private(self) -> bool:
        """Whether this session edits a copy of its own."""
        return self._copy is not None

    @property
    def changed(self) -> datetime | None:
        """When a private copy was changed last; None for the shared candidate."""
        return None if self._copy is None else self._copy.changed

    def open(self, kind: Kind) -> list[Complaint]:
        """Open the configuration; beside errors there may be warnings that refuse nothing.

        ``private`` and ``batch`` copy the committed configuration, ``exclusive`` locks.
        """
        self._touch()
        if self.kind != "shared" or self._store.access.holds_lock(self):
            return [_ALREADY_OPEN]
        if kind == "shared":
            self._enter()
            return []
        if kind == "exclusive":
            complaints = self.lock()
            if complaints:
                return complaints
        elif self._store.dirty:
            return [error("shared configuration database modified")]
        else:
            committed = self._store.committed
            self._copy = PrivateCopy(committed, committed, self.last_active)
        self.kind = kind
        self._enter()
        locked = self._copy is not None and self._store.lock_holder is not None
        return [_NO_COMMIT, _DISCARDED] if locked else [_DISCARDED]

    def close_configuration(self) -> list[Complaint]:
        """Leave the configuration: a private copy is dropped, what was exclusive discarded."""
        self._touch()
        if self.kind == "exclusive":
            self._store.change(self._store.committed)
        self._store.access.drop_lock(self)
        self._copy = None
        self.kind = "shared"
        self.edit_path = ()
        self._store.access.leave(self)
        return []

    def lock(self) -> list[Complaint]:
        """Take the lock; refused while anybody holds it or the candidate is dirty."""
        self._touch()
        complaints = self._store.access.locked_against(self)
        if complaints:
            return complaints
        if self._copy is not None or self._store.access.holds_lock(self):
            return [_ALREADY_OPEN]
        if self._store.dirty:
            return [error("configuration database modified")]
        self._enter()
        self._store.access.take_lock(self, self._here())
        return []

    def unlock(self) -> list[Complaint]:
        """Release the lock; uncommitted changes stay."""
        self._touch()
        if not self._store.access.drop_lock(self):
            return [_NOT_OPEN]
        self.kind = "shared"
        return []

    def editing(self, now: datetime) -> Editing:
        """Describe this session to those who ask who is in the configuration."""
        kind: Kind = "exclusive" if self._store.access.holds_lock(self) else self.kind
        idle = now - self.last_active
        return Editing(self.user, self._terminal, self.pid, self._since, idle, kind, self.edit_path)

    # -- changing the candidate

    def load(
        self,
        payload: str | etree._Element,
        fmt: LoadFormat,
        action: LoadAction = "merge",
        *,
        level: Sequence[str] = (),
    ) -> list[Complaint]:
        """Change the candidate; on any error it stays as it was.

        ``payload`` is the text, or for ``xml`` the parsed ``<configuration>`` element. ``level``:
        the edit level that text or set lines are relative to.
        """
        complaints = self._may_change()
        if complaints:
            return complaints
        store = self._store
        loaded = load(
            self.candidate,
            payload,
            store.schema,
            store.reader,
            fmt=fmt,
            action=action,
            level=level,
        )
        self._change(loaded.tree)
        return list(loaded.complaints)

    def rollback(self, index: int | Literal["rescue"]) -> list[Complaint]:
        """Make the candidate the configuration of slot ``index`` (0..49), or the rescue one."""
        complaints = self._may_change()
        if complaints:
            return complaints
        if index == "rescue":
            tree = self._store.rescue
            missing = "rescue configuration is not available"
        else:
            tree = self._store.rollback_tree(index)
            missing = f"no rollback configuration {index}"
        if tree is None:
            return [error(f"{missing} {SIMULATED}", bad_element="rollback")]
        if self._copy is not None and index == 0:
            self._copy.base = tree  # also takes over what others committed (CLI user guide)
        base = self._store.committed if self._copy is None else self._copy.base
        self._change(base if same(tree, base) else tree)
        return []

    def discard(self) -> list[Complaint]:
        """Make the candidate the committed configuration."""
        return self.rollback(0)

    def put(self, tree: Node) -> list[Complaint]:
        """Make ``tree``, which is known to fit the model, the candidate."""
        complaints = self._may_change()
        if not complaints:
            self._change(tree)
        return complaints

    def delete_all(self) -> list[Complaint]:
        """Empty the candidate (``delete-config``)."""
        return self.put(Node())

    def update(self) -> list[Complaint]:
        """Take what others committed into the private copy; on a conflict it stays as it is."""
        self._touch()
        if self._copy is None:
            return [error(f"not a private configuration {SIMULATED}", bad_element="update")]
        committed = self._store.committed
        merged = merge(self._copy, committed, self._store.schema)
        if not merged.conflicts:
            self._copy = PrivateCopy(committed, merged.tree, self.last_active)
        return list(merged.conflicts)

    def compare(self, index: int | None = None) -> str:
        """Return Junos patch text from slot ``index`` (None: 0) to the candidate.

        "" as well when there is no such slot. A private copy is compared with what it was
        copied from.
        """
        self._touch()
        old = self.compared_with(index or 0)
        return "" if old is None else self._store.compare(old, self.candidate)

    def compared_with(self, index: int) -> Node | None:
        """Return what ``rollback index`` means in a comparison; None when there is no such slot."""
        if self._copy is not None and index == 0:
            return self._copy.base
        return self._store.rollback_tree(index)

    # -- rescue configuration

    def rescue_save(self) -> list[Complaint]:
        """Keep the committed configuration as the rescue configuration."""
        self._touch()
        self._store.rescue = self._store.committed
        return []

    def rescue_delete(self) -> list[Complaint]:
        """Forget the rescue configuration; that there is none is no error."""
        self._touch()
        self._store.rescue = None
        return []

    # -- committing

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
        at: datetime | Literal["reboot"] | None = None,
    ) -> CommitResult:
        """Check and commit the candidate; with ``check`` only check it, with ``at`` later."""
        self._touch()
        store = self._store
        confirmed = confirm_minutes is not None or rfc_confirm_seconds is not None
        complaints = (
            *(store.access.locked_against(self) or store.read_only()),
            *out_of_range(log, confirm_minutes),
            *self._refuse_private(confirmed=confirmed, scheduled=at is not None),
        )
        if complaints:
            return CommitResult(complaints)
        tree, merged = store.candidate, False
        if self._copy is not None:
            combined = merge(self._copy, store.committed, store.schema)
            if combined.conflicts:
                return CommitResult(combined.conflicts, conflicts=len(combined.conflicts))
            tree, merged = combined.tree, True
        complaints = store.check(tree)
        if refused(complaints):
            return CommitResult(complaints)
        if check or at is not None:
            store.happen(Event.CHECK)
            return CommitResult(complaints, scheduled=self._schedule(tree, log, at))
        if merged and not confirmed and same(tree, store.committed):
            store.happen(Event.COMMIT)
            return CommitResult(complaints, committed=True, merged=True, unchanged=True)
        event, pending, comment = self._confirm(confirm_minutes, rfc_confirm_seconds)
        now = store.clock.now()
        store.commit(CommitRecord(0, self.user, self.client, now, log, comment), tree)
        store.happen(event, pending)
        if self._copy is not None:
            self._copy = PrivateCopy(store.committed, store.committed, now)
        return CommitResult(
            complaints, committed=True, confirmed_minutes=confirm_minutes, merged=merged
        )

    def cancel(self) -> list[Complaint]:
        """Undo the RFC confirmed commit of this session that is pending."""
        self._touch()
        pending = self._store.pending
        if pending is None or pending.owner != self.pid:
            return [error(f"no confirmed commit of this session is pending {SIMULATED}")]
        self._store.happen(Event.CANCELLED)
        return []

    def _refuse_private(self, *, confirmed: bool, scheduled: bool) -> Sequence[Complaint]:
        """Refuse what a private copy can't be committed with."""
        if confirmed and scheduled:
            return (error(f"'at' and 'confirmed' exclude each other {SIMULATED}"),)
        if self._copy is None:
            return ()
        if self._store.dirty:
            return (error("shared configuration database modified"),)
        if confirmed and self._store.release < _PRIVATE_CONFIRM:
            return (error("commit confirmed not supported for private configuration"),)
        return ()

    def _schedule(
        self, tree: Node, log: str, at: datetime | Literal["reboot"] | None
    ) -> ScheduledCommit | None:
        if at is None:
            return None
        when = None if at == "reboot" else at
        now = self._store.clock.now()
        return self._store.schedule(ScheduledCommit(self.user, self.client, now, when, tree, log))

    def _confirm(
        self, minutes: int | None, seconds: int | None
    ) -> tuple[Event, PendingConfirm | None, str]:
        """Return what a commit is to the state machine, what it leaves pending, its comment."""
        store = self._store
        if minutes is not None:
            deadline = store.clock.now() + timedelta(minutes=minutes)
            pending = PendingConfirm(deadline, store.committed, minutes, by=self.pid)
            return Event.CONFIRMED, pending, f"commit confirmed, rollback in {minutes}mins"
        if seconds is not None:
            deadline = store.clock.now() + timedelta(seconds=seconds)
            pending = PendingConfirm(deadline, store.committed, None, self.pid, self.pid)
            comment = f"commit confirmed, rollback in {max(1, seconds // 60)}mins"
            return Event.RFC_CONFIRMED, pending, comment
        return Event.COMMIT, None, ""

    # -- the end

    def close(self, *, vanished: bool = False, killed: bool = False) -> None:
        """End the session.

        Releases its lock and then discards the candidate; a private copy is lost; an RFC
        confirmed commit of this session rolls back. Of a client that ``vanished`` the device
        learns only when its keep-alive gives up: until then all of it stays. One that another
        session ``killed`` takes its uncommitted changes to the shared candidate with it, and any
        confirmed commit of its own that is pending (NETCONF guide, session termination).
        """
        store = self._store
        if vanished:
            store.linger(self)
            return
        self._copy = None
        self.kind = "shared"
        store.access.leave(self)
        if store.access.drop_lock(self):
            store.change(store.committed)
        pending = store.pending
        if killed:
            if store.editor is not None and store.editor.pid == self.pid:
                store.change(store.committed)
            if pending is not None and pending.by == self.pid:
                store.happen(Event.KILLED)
        elif pending is not None and pending.owner == self.pid:
            store.happen(Event.OWNER_CLOSED)

    def _touch(self) -> None:
        self.last_active = self._store.clock.now()

    def _enter(self) -> None:
        self._since = self._store.access.enter(self, self._since)

    def _may_change(self) -> list[Complaint]:
        self._touch()
        if self._copy is not None:
            return []
        refusal = self._store.closed_to_shared(self)
        if not refusal:
            self._enter()
        return refusal

    def _change(self, tree: Node) -> None:
        if self._copy is not None:
            tree = self._store.settled(tree, self._copy.base)
            if tree is not self._copy.tree:
                self._copy.tree = tree
                self._copy.changed = self.last_active
        else:
            self._store.change(tree, self._here())

    def _here(self) -> LockHolder:
        return LockHolder(self.user, self._terminal, self.pid, self._store.clock.now())
