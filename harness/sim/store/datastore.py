"""The configuration datastore of one device: candidate, committed, history, lock, confirm.

Nothing here reads a clock, a socket or a random source; all come in as arguments. The server
calls :meth:`Datastore.tick` before every request, which is when a due rollback happens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from lxml import etree

from harness.clock import Clock
from harness.errors import TestbedError
from harness.sim.config import diff
from harness.sim.config.loading import load
from harness.sim.config.rendering import RenderFormat, Stamp, render
from harness.sim.config.schema import Schema
from harness.sim.config.secret9 import Salts
from harness.sim.config.subtree import select
from harness.sim.config.tree import Node, effective
from harness.sim.config.words import ValueReader
from harness.sim.messages import Complaint, error
from harness.sim.rules.engine import Check, CommitRule, run
from harness.sim.rules.indexes import Indexes
from harness.sim.store.commit import (
    ROLLBACK_SLOTS,
    TRANSITIONS,
    Client,
    CommitRecord,
    Event,
    FollowupTarget,
    LockHolder,
    PendingConfirm,
    Phase,
    Step,
)
from harness.sim.store.config_session import ConfigSession

__all__ = ["ConfigSession", "Datastore", "LockHolder", "Mangle", "PendingConfirm"]

Mangle = Callable[[Node, Node], Node]

_KEPT_RENDERINGS = 6  # committed and candidate, in the forms that clients alternate between


@dataclass(frozen=True, slots=True)
class _Slot:
    """One configuration that can be rolled back to; trees share what they have in common."""

    tree: Node
    record: CommitRecord


class Datastore:
    """Committed and candidate configuration of one device, shared by all its sessions."""

    def __init__(
        self,
        schema: Schema,
        base: str,
        clock: Clock,
        *,
        hostname: str,
        version: str,
        rules: Sequence[CommitRule],
        mangle: Mangle | None = None,
        tunnel_limit: int | None = None,
        followup_confirm_target: FollowupTarget = "previous",
        secret_seed: bytes = b"",
    ) -> None:
        """Commit ``base`` (set format) as user root at the clock's time.

        ``hostname`` and ``version`` are set in it. ``mangle(committed, checked)`` returns what
        becomes committed instead of what was checked. ``secret_seed`` fixes the salts of stored
        keys. Raises :class:`~harness.errors.TestbedError` when ``base`` doesn't load or check.
        """
        self.schema = schema
        self.clock = clock
        self.reader = ValueReader(Salts(secret_seed))
        self._rules = tuple(rules)
        self._indexes = Indexes()
        self._limit = tunnel_limit
        self._mangle = mangle
        self._followup = followup_confirm_target
        self._lock: tuple[ConfigSession, LockHolder] | None = None
        self._pending: PendingConfirm | None = None
        self._slots: deque[_Slot] = deque(maxlen=ROLLBACK_SLOTS)
        self._rendered: dict[tuple[object, ...], tuple[Node, str]] = {}
        self._version = version
        self._changed = clock.now()
        self._editor: LockHolder | None = None
        first = self._first(base, hostname)
        self._candidate = first
        self._slots.append(_Slot(first, CommitRecord(0, "root", "other", clock.now())))

    def _first(self, base: str, hostname: str) -> Node:
        """Return the configuration that the device starts with."""
        lines = f"{base}\nset system host-name {hostname}\n"
        loaded = load(Node(), lines, self.schema, self.reader, fmt="set", action="set")
        tree = self._with_version(loaded.tree)
        complaints = loaded.complaints or run(self._rules, Check(Node(), effective(tree)))
        if complaints:
            what = f"starting configuration of {hostname}"
            raise TestbedError(
                [f"{what}: {one.path} {one.bad_element}: {one.text}" for one in complaints]
            )
        return tree

    def _with_version(self, tree: Node) -> Node:
        """Put the release that runs into a configuration; what a payload says is ignored."""
        if tree.get("version") == self._version:
            return tree
        result = tree.copy()
        result["version"] = self._version
        return result

    # -- what it holds

    @property
    def committed(self) -> Node:
        """The committed configuration, deactivated statements included."""
        return self._slots[0].tree

    @property
    def effective(self) -> Node:
        """The committed configuration without what is deactivated: what the device acts on."""
        return effective(self.committed)

    @property
    def candidate(self) -> Node:
        """The shared candidate."""
        return self._candidate

    @property
    def commit_seconds(self) -> int:
        """Epoch seconds of the last commit."""
        return int(self._slots[0].record.when.timestamp())

    @property
    def history(self) -> tuple[CommitRecord, ...]:
        """Up to 50 commits, newest first."""
        return tuple(replace(slot.record, sequence=index) for index, slot in enumerate(self._slots))

    @property
    def dirty(self) -> bool:
        """Whether the candidate has uncommitted changes."""
        return self._candidate is not self.committed

    @property
    def lock_holder(self) -> LockHolder | None:
        """Who holds the configuration lock."""
        return self._lock[1] if self._lock else None

    @property
    def editor(self) -> LockHolder | None:
        """Who made the uncommitted changes last; None while there are none."""
        return self._editor if self.dirty else None

    @property
    def pending(self) -> PendingConfirm | None:
        """The confirmed commit that nothing has confirmed yet."""
        return self._pending

    def rollback_tree(self, index: int) -> Node | None:
        """Return configuration ``rollback index``; None when there is no such slot."""
        return self._slots[index].tree if 0 <= index < len(self._slots) else None

    # -- what sessions and the server ask

    def session(self, user: str, client: Client, pid: int, terminal: str = "") -> ConfigSession:
        """Open a configuration session; ``pid`` is what a lock refusal names."""
        return ConfigSession(self, user, client, pid, terminal)

    def tick(self) -> None:
        """Roll back a confirmed commit whose deadline has passed.

        The rollback is a commit of its own, by root through "other", and stands in the history.
        """
        if self._pending is not None and self.clock.now() >= self._pending.deadline:
            self.happen(Event.DEADLINE)

    def render(
        self,
        node: Node,
        fmt: RenderFormat,
        *,
        subtree: etree._Element | None = None,
        hide_secrets: bool = False,
    ) -> str:
        """Write a configuration as Junos prints it.

        ``xml`` is a ``<configuration>`` element whose ``junos:`` attributes rely on a prefix
        declared around it; ``set`` has no header, ``text`` begins with ``## Last commit: …`` or
        ``## Last changed: …``. ``subtree`` is a ``<configuration>`` element that names what to
        keep. ``hide_secrets`` shows ``/* SECRET-DATA */`` in place of secrets, as to a login
        without the permission ``secret``.
        """
        stamp = self._stamp(node)
        if subtree is not None:
            part = select(node, subtree, self.schema)
            return render(part, fmt, self.schema, stamp, hide_secrets=hide_secrets)
        key = (id(node), fmt, stamp, hide_secrets)
        kept = self._rendered.get(key)
        if kept is None or kept[0] is not node:
            while len(self._rendered) >= _KEPT_RENDERINGS:
                del self._rendered[next(iter(self._rendered))]
            text = render(node, fmt, self.schema, stamp, hide_secrets=hide_secrets)
            kept = self._rendered[key] = (node, text)
        return kept[1]

    def _stamp(self, node: Node) -> Stamp:
        for slot in self._slots:
            if slot.tree is node:
                return Stamp(slot.record.when, slot.record.user)
        return Stamp(self._changed)

    def compare(self, old: Node, new: Node) -> str:
        """Return Junos patch text from ``old`` to ``new``; "" when they are the same."""
        return diff.compare(old, new, self.schema)

    # -- what sessions do; each checks first who may

    def locked_against(self, session: ConfigSession) -> list[Complaint]:
        """Complain when a session other than ``session`` holds the lock."""
        if self._lock is None or self._lock[0] is session:
            return []
        owner, holder = self._lock
        idle = self.clock.now() - owner.last_active
        text = (
            f"configuration database locked by: {holder.user} terminal {holder.terminal} "
            f"(pid {holder.pid}) on since {holder.since.strftime('%Y-%m-%d %H:%M:%S UTC')}, "
            f"idle {_hours(idle)} exclusive"
        )
        return [error(text)]

    def take_lock(self, session: ConfigSession, holder: LockHolder) -> None:
        """Give the lock to a session that may have it."""
        self._lock = (session, holder)

    def drop_lock(self, session: ConfigSession) -> bool:
        """Take the lock back; say whether ``session`` had it."""
        held = self._lock is not None and self._lock[0] is session
        if held:
            self._lock = None
        return held

    def change(self, tree: Node, editor: LockHolder | None = None) -> None:
        """Make ``tree`` the candidate; ``editor`` is whose session does it."""
        tree = self._with_version(tree)
        if _same_top(tree, self.committed):
            self._candidate = self.committed
        elif not _same_top(tree, self._candidate):
            self._candidate = tree
            self._changed = self.clock.now()
            self._editor = editor

    def check(self) -> tuple[Complaint, ...]:
        """Run the commit rules over the candidate."""
        check = Check(self.effective, effective(self._candidate), self._limit, self._indexes)
        return run(self._rules, check)

    def commit(self, record: CommitRecord) -> None:
        """Commit the candidate, checked before, as ``record`` says; takes a slot even if empty."""
        tree = self._candidate
        if self._mangle is not None:
            tree = self._mangle(self.committed, tree)
        self._slots.appendleft(_Slot(tree, record))
        self._candidate = tree

    def happen(self, event: Event, pending: PendingConfirm | None = None) -> None:
        """Move the confirmed-commit state machine; ``pending`` is what a confirmed commit asks."""
        _, step = TRANSITIONS[self._phase(), event]
        if step is Step.ROLL_BACK and self._pending is not None:
            self._roll_back(self._pending, late=event is Event.DEADLINE)
        elif step is Step.REARM and self._pending is not None and pending is not None:
            first = self._followup == "first"
            target = self._pending.target if first else pending.target
            self._pending = replace(pending, target=target)
        elif step is Step.ARM:
            self._pending = pending
        elif step is Step.SETTLE:
            self._pending = None

    def _phase(self) -> Phase:
        if self._pending is None:
            return Phase.SETTLED
        return Phase.NATIVE if self._pending.owner is None else Phase.SESSION

    def _roll_back(self, pending: PendingConfirm, *, late: bool) -> None:
        """Commit the target of a pending confirm; what else was in the candidate is lost.

        ``late``: the clock is seen only between requests, the device acts at the deadline.
        """
        self._pending = None
        self._candidate = pending.target
        when = pending.deadline if late else self.clock.now()
        self.commit(CommitRecord(0, "root", "other", when))


def _same_top(one: Node, other: Node) -> bool:
    """Say whether two trees hold the same nodes, so that neither is a change of the other."""
    if one.marks != other.marks or one.keys() != other.keys():
        return False
    return all(
        value is other[key] or (not isinstance(value, Node) and value == other[key])
        for key, value in one.items()
    )


def _hours(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
