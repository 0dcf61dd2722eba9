"""The configuration datastore of one device: candidate, committed, history, lock, what is due.

Nothing here reads a clock, a socket or a random source; all come in as arguments. The server
calls :meth:`Datastore.tick` before every request, which is when what is due happens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from lxml import etree

from harness.clock import Clock
from harness.sim.config import diff
from harness.sim.config.changes import carry_clean, same_nodes
from harness.sim.config.groups import in_effect
from harness.sim.config.rendering import RenderFormat, Stamp
from harness.sim.config.schema import Schema
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node, leaf
from harness.sim.config.words import ValueReader
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.release import Release, release_of
from harness.sim.rules.engine import Check, CommitRule, run
from harness.sim.rules.indexes import Indexes
from harness.sim.store.access import Access
from harness.sim.store.commit import (
    TRANSITIONS,
    AtReboot,
    Client,
    CommitRecord,
    Editing,
    Event,
    FollowupTarget,
    LockHolder,
    PendingConfirm,
    Phase,
    ScheduledCommit,
    Step,
)
from harness.sim.store.config_session import ConfigSession
from harness.sim.store.renderings import Renderings
from harness.sim.store.slots import Slots
from harness.sim.store.starting import starting_tree

__all__ = ["ConfigSession", "Datastore", "LockHolder", "Mangle", "PendingConfirm"]

Mangle = Callable[[Node, Node], Node]

KEEP_ALIVE_SECONDS = 7800.0  # FreeBSD's TCP keep-alive: 2 hours, then 8 probes 75 s apart


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
        pending_at_reboot: AtReboot = "lost",
        keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
        on_commit: Callable[[CommitRecord], None] | None = None,
        secret_seed: bytes = b"",
        own: str = "",
    ) -> None:
        """Commit ``base`` (set format) as user root at the clock's time.

        ``hostname``, ``version`` and the set lines ``own`` are set in it.
        ``mangle(committed, checked)`` returns what becomes committed instead of what was checked.
        ``keep_alive_seconds`` is how long the session of a client that vanished goes on, unless
        the configuration says. ``on_commit`` hears of every commit afterwards, automatic rollbacks
        included. ``secret_seed`` fixes the salts of stored keys. Raises
        :class:`~harness.errors.TestbedError` when ``base`` doesn't load or check.
        """
        self.schema = schema
        self.clock = clock
        self.reader = ValueReader(Salts(secret_seed))
        self._rules = tuple(rules)
        self._indexes = Indexes()
        self._limit = tunnel_limit
        self._mangle = mangle
        self._followup = followup_confirm_target
        self._pending_at_reboot = pending_at_reboot
        self._keep_alive = keep_alive_seconds
        self._on_commit = on_commit
        self.access = Access(clock)
        self._pending: PendingConfirm | None = None
        self._scheduled: ScheduledCommit | None = None
        self._renderings = Renderings(schema)
        self._version = version
        self._changed = clock.now()
        self._editor: LockHolder | None = None
        self._judged: tuple[Node, Node, bool] | None = None  # which candidate differs, once seen
        self._commits = 0
        self.rescue: Node | None = None
        first = starting_tree(
            base, schema, self._rules, hostname=hostname, version=version, own=own
        )
        self._candidate = first
        record = CommitRecord(0, "root", "other", clock.now())
        self._slots = Slots(first, self._numbered(record))

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
        return self._slots.committed

    @property
    def effective(self) -> Node:
        """The committed configuration as the device acts on it.

        Without what is deactivated, and with what groups give.
        """
        return in_effect(self.committed, self.schema)

    @property
    def candidate(self) -> Node:
        """The shared candidate."""
        return self._candidate

    @property
    def commit_seconds(self) -> int:
        """Epoch seconds of the last commit."""
        return int(self._slots.newest.when.timestamp())

    @property
    def history(self) -> tuple[CommitRecord, ...]:
        """Up to 50 commits, newest first."""
        return self._slots.history

    @property
    def dirty(self) -> bool:
        """Whether a comparison shows uncommitted changes; what's deleted and restated is none."""
        active, candidate = self.committed, self._candidate
        if candidate is active:
            self._judged = None
            return False
        judged = self._judged
        if judged is None or judged[0] is not active or judged[1] is not candidate:
            judged = (active, candidate, bool(diff.compare(active, candidate, self.schema)))
            self._judged = judged
        return judged[2]

    @property
    def lock_holder(self) -> LockHolder | None:
        """Who holds the configuration lock."""
        return self.access.lock_holder

    @property
    def editor(self) -> LockHolder | None:
        """Who made the uncommitted changes last; None while there are none."""
        return self._editor if self.dirty else None

    @property
    def pending(self) -> PendingConfirm | None:
        """The confirmed commit that nothing has confirmed yet."""
        return self._pending

    @property
    def scheduled(self) -> ScheduledCommit | None:
        """The commit that waits for its time."""
        return self._scheduled

    @property
    def editing(self) -> tuple[Editing, ...]:
        """Everybody who has the configuration open, in the order in which they opened it."""
        return self.access.editing

    @property
    def release(self) -> Release:
        """The release that runs, as it's compared."""
        return release_of(self._version)

    def rollback_tree(self, index: int) -> Node | None:
        """Return configuration ``rollback index``; None when there is no such slot."""
        return self._slots.tree(index)

    # -- what sessions and the server ask

    def session(self, user: str, client: Client, pid: int, terminal: str = "") -> ConfigSession:
        """Open a configuration session; ``pid`` is what a lock refusal names."""
        return ConfigSession(self, user, client, pid, terminal)

    def tick(self) -> None:
        """Let happen what is due, in the order of its time.

        A confirmed commit that nobody confirmed rolls back (a commit of its own, by root through
        "other"), a scheduled commit is carried out, the session of a client that vanished ends.
        """
        while (due := self._next_due()) is not None and due[0] <= self.clock.now():
            due[1]()

    def _next_due(self) -> tuple[datetime, Callable[[], None]] | None:
        due: list[tuple[datetime, Callable[[], None]]] = []
        if self._pending is not None:
            due.append((self._pending.deadline, lambda: self.happen(Event.DEADLINE)))
        if self._scheduled is not None and self._scheduled.when is not None:
            due.append((self._scheduled.when, self._carry_out))
        if self.access.next_end is not None:
            due.append((self.access.next_end, self.access.end_next))
        return min(due, key=lambda one: one[0]) if due else None

    def _carry_out(self) -> None:
        """Commit what was scheduled."""
        scheduled, self._scheduled = self._scheduled, None
        if scheduled is None:
            return
        when = scheduled.when or self.clock.now()
        record = CommitRecord(0, scheduled.user, scheduled.client, when, scheduled.log)
        self.commit(record, scheduled.tree)
        self.happen(Event.COMMIT)

    def reboot(self) -> None:
        """Lose what a device loses with its memory; the caller ends the sessions.

        Gone are the lock, private copies, uncommitted changes and a commit scheduled for a time;
        one scheduled for the reboot is carried out. Whether a pending rollback survives is
        ``pending_at_reboot``.
        """
        self.access.forget()
        if self._pending_at_reboot == "lost":
            self._pending = None
        self._candidate = self.committed
        if self._scheduled is not None and self._scheduled.when is None:
            self._carry_out()
        self._scheduled = None

    def render(
        self,
        node: Node,
        fmt: RenderFormat,
        *,
        subtree: etree._Element | None = None,
        hide_secrets: bool = False,
        changed: datetime | None = None,
        groups: bool = False,
        before: Node | None = None,
    ) -> str:
        """Write a configuration as Junos prints it.

        ``xml`` is a ``<configuration>`` element whose ``junos:`` attributes rely on a prefix
        declared around it; ``set`` has no header, ``text`` begins with ``## Last commit: …`` or
        ``## Last changed: …``. ``subtree`` is a ``<configuration>`` element that names what to
        keep. ``hide_secrets`` shows ``/* SECRET-DATA */`` in place of secrets, as to a login
        without the permission ``secret``. ``changed`` is when a private copy was changed last.
        ``groups`` says in XML which group something is from, ``before`` is the configuration
        against which changes are marked there.
        """
        stamp = self._stamp(node, changed or self._changed)
        if subtree is None and before is None and not groups:
            return self._renderings.whole(node, fmt, stamp, hide_secrets=hide_secrets)
        return self._renderings.part(
            node,
            fmt,
            stamp,
            subtree=subtree,
            hide_secrets=hide_secrets,
            groups=groups,
            before=before,
        )

    def _stamp(self, node: Node, changed: datetime) -> Stamp:
        record = self._slots.record_of(node)
        return Stamp(changed) if record is None else Stamp(record.when, record.user)

    def compare(self, old: Node, new: Node, *, hide_secrets: bool = False) -> str:
        """Return Junos patch text from ``old`` to ``new``; "" when they are the same."""
        return diff.compare(old, new, self.schema, hide_secrets=hide_secrets)

    # -- what sessions do; each checks first who may

    def read_only(self) -> list[Complaint]:
        """Complain while a commit is scheduled: nobody may change or commit anything then."""
        if self._scheduled is None:
            return []
        return [error(f"a commit is scheduled, the configuration is read-only {SIMULATED}")]

    def closed_to_shared(self, session: ConfigSession) -> list[Complaint]:
        """Complain when ``session`` may not change the shared candidate."""
        return (
            self.access.locked_against(session)
            or self.read_only()
            or self.access.closed_to(session)
        )

    def linger(self, session: ConfigSession) -> None:
        """Keep a session whose client vanished until its keep-alive gives up."""
        seconds = self._keep_alive
        services = ("system", "services", "ssh")
        interval = leaf(self.effective, *services, "client-alive-interval") or "0"
        if interval != "0":
            probes = leaf(self.effective, *services, "client-alive-count-max") or "3"
            seconds = float(interval) * float(probes)
        self.access.linger(session, seconds)

    def settled(self, tree: Node, base: Node) -> Node:
        """Return what a load made as it's kept: with our release, or ``base`` if it is that."""
        tree = self._with_version(tree)
        return base if same_nodes(tree, base) else tree

    def change(self, tree: Node, editor: LockHolder | None = None) -> None:
        """Make ``tree`` the candidate; ``editor`` is whose session does it."""
        tree = self.settled(tree, self.committed)
        if not same_nodes(tree, self._candidate):
            self._changed = self.clock.now()
            self._editor = editor
        elif tree is not self.committed:
            return
        self._candidate = tree

    def check(self, tree: Node) -> tuple[Complaint, ...]:
        """Run the commit rules over ``tree``."""
        before = self.effective
        self._indexes.comparisons.forget()
        if self._indexes.incomplete:  # learn first what stands, then what comes: that's blamed
            run(self._rules, Check(Node(), before, self._limit, self._indexes, learning=True))
            self._indexes.comparisons.forget()
            self._indexes.incomplete = False
        carry_clean(self.committed, tree, self._indexes.comparisons)
        check = Check(before, in_effect(tree, self.schema), self._limit, self._indexes)
        complaints = run(self._rules, check)
        if complaints:
            self._indexes.comparisons.forget()  # what was refused is nobody's any more
        return complaints

    def schedule(self, scheduled: ScheduledCommit) -> ScheduledCommit:
        """Keep a commit, checked before, for its time."""
        self._scheduled = scheduled
        return scheduled

    def clear_scheduled(self) -> bool:
        """Forget the scheduled commit (``clear system commit``); False when there is none."""
        was = self._scheduled is not None
        self._scheduled = None
        return was

    def commit(self, record: CommitRecord, tree: Node | None = None) -> None:
        """Commit ``tree`` (None: the candidate), checked before; takes a slot even if empty."""
        if tree is None:
            tree = self._candidate
        if self._mangle is not None:
            tree = self._mangle(self.committed, tree)
        numbered = self._numbered(record)
        self._slots.push(tree, numbered, self._indexes.comparisons)
        self._indexes.rest()
        self._candidate = tree
        if self._on_commit is not None:
            self._on_commit(numbered)

    def _numbered(self, record: CommitRecord) -> CommitRecord:
        self._commits += 1
        seconds = int(record.when.timestamp())
        return replace(record, revision=f"re0-{seconds}-{self._commits}")

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
        when = pending.deadline if late else self.clock.now()
        self.commit(CommitRecord(0, "root", "other", when), pending.target)
