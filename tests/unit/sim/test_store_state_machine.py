"""Interleaved sessions on one store, held against a model that knows one statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from harness.clock import ManualClock
from harness.sim.config.tree import leaf
from harness.sim.messages import refused
from harness.sim.store.datastore import Datastore
from harness.sim.store.profiles import profile

NAMES = ("a", "b", "c")
WHO = st.sampled_from((0, 1, 2))
PROFILE = profile("srx4100")
SLOTS = 50


@dataclass
class Copy:
    """A private copy: the name it started from and the name it has."""

    base: str
    name: str


@dataclass
class Model:
    """What a device does, told of its host name alone."""

    candidate: str
    history: list[tuple[str, str]]  # (name, user), newest first
    locked: int | None = None
    copies: dict[int, Copy] = field(default_factory=dict)
    # target, deadline, session it's bound to, session that made it
    pending: tuple[str, float, int | None, int] | None = None
    scheduled: tuple[str, float, int] | None = None
    editor: int | None = None  # session whose load was the last into the shared candidate

    @property
    def dirty(self) -> bool:
        return self.candidate != self.committed

    @property
    def committed(self) -> str:
        return self.history[0][0]

    def locked_against(self, who: int) -> bool:
        return self.locked not in (None, who)

    def may_edit(self, who: int) -> bool:
        if who in self.copies:
            return True
        others = any(other != who for other in self.copies)
        free = self.locked == who or not others
        return not self.locked_against(who) and self.scheduled is None and free

    def edit(self, who: int, name: str) -> None:
        if who in self.copies:
            self.copies[who].name = name
            return
        if name != self.candidate:
            self.editor = who
        self.candidate = name

    def commit(self, name: str, user: str) -> None:
        self.history.insert(0, (name, user))
        del self.history[SLOTS:]
        self.candidate = name

    def roll_back(self) -> None:
        assert self.pending is not None
        target, self.pending = self.pending[0], None
        self.commit(target, "root")


class Sessions(RuleBasedStateMachine):
    """Three sessions that come and go, and the clock."""

    @initialize(followup=st.sampled_from(("previous", "first")))
    def start(self, followup):
        self.clock = ManualClock()
        self.now = 0.0
        self.followup = followup
        self.store = Datastore(
            PROFILE.schema,
            PROFILE.base,
            self.clock,
            hostname="start",
            version="18.4R3.3",
            rules=PROFILE.rules,
            followup_confirm_target=followup,
        )
        self.pids = 0
        self.sessions = [self.opened(who) for who in range(3)]
        self.model = Model("start", [("start", "root")])

    def opened(self, who):
        self.pids += 1
        return self.store.session(f"u{who}", "netconf", self.pids)

    @rule(who=WHO, name=st.sampled_from(NAMES))
    def load(self, who, name):
        allowed = self.model.may_edit(who)
        complaints = self.sessions[who].load(f"set system host-name {name}", "set", "set")
        assert refused(complaints) is not allowed
        if allowed:
            self.model.edit(who, name)

    @rule(who=WHO, index=st.integers(0, 4))
    def rollback(self, who, index):
        allowed = self.model.may_edit(who) and index < len(self.model.history)
        assert refused(self.sessions[who].rollback(index)) is not allowed
        if allowed:
            self.model.edit(who, self.model.history[index][0])
            if who in self.model.copies and index == 0:
                self.model.copies[who].base = self.model.committed

    @rule(who=WHO)
    def lock(self, who):
        model = self.model
        allowed = model.locked is None and who not in model.copies and not model.dirty
        assert refused(self.sessions[who].lock()) is not allowed
        if allowed:
            model.locked = who

    @rule(who=WHO)
    def unlock(self, who):
        assert refused(self.sessions[who].unlock()) is (self.model.locked != who)
        if self.model.locked == who:
            self.model.locked = None

    @rule(who=WHO)
    def open_private(self, who):
        model = self.model
        allowed = who not in model.copies and model.locked != who and not model.dirty
        assert refused(self.sessions[who].open("private")) is not allowed
        if allowed:
            model.copies[who] = Copy(model.committed, model.committed)

    @rule(who=WHO)
    def close_configuration(self, who):
        self.sessions[who].close_configuration()
        self.model.copies.pop(who, None)
        if self.model.locked == who:
            self.model.locked = None

    @rule(who=WHO)
    def update(self, who):
        copy = self.model.copies.get(who)
        complaints = self.sessions[who].update()
        assert refused(complaints) is (copy is None or self.merged(copy) is None)
        if copy is not None and not refused(complaints):
            name = self.merged(copy)
            assert name is not None
            self.model.copies[who] = Copy(self.model.committed, name)

    def merged(self, copy: Copy) -> str | None:
        """Return the name after a merge of three; None: a conflict."""
        theirs = self.model.committed
        if copy.name in (copy.base, theirs):
            return theirs
        return copy.name if theirs == copy.base else None

    @rule(
        who=WHO,
        how=st.sampled_from(("commit", "check", "confirmed", "rfc", "at")),
        minutes=st.integers(1, 9),
    )
    def commit(self, who, how, minutes):
        model, session = self.model, self.sessions[who]
        copy = model.copies.get(who)
        name = model.candidate if copy is None else self.merged(copy)
        allowed = not model.locked_against(who) and model.scheduled is None and name is not None
        if copy is not None:
            allowed = allowed and not model.dirty and how not in {"confirmed", "rfc"}
        at = self.clock.now() + timedelta(minutes=minutes)
        result = {
            "commit": session.commit,
            "check": lambda: session.commit(check=True),
            "confirmed": lambda: session.commit(confirm_minutes=minutes),
            "rfc": lambda: session.commit(rfc_confirm_seconds=minutes * 60),
            "at": lambda: session.commit(at=at),
        }[how]()
        assert refused(result.complaints) is not allowed
        if not allowed:
            return
        assert name is not None
        before, pending = model.committed, model.pending
        deadline = self.now + minutes * 60
        model.pending = None
        if how == "at":
            model.scheduled = (name, deadline, who)
        if how in {"check", "at"} or (copy is not None and name == before):
            return
        model.commit(name, f"u{who}")
        if copy is not None:
            model.copies[who] = Copy(name, name)
        if how in {"confirmed", "rfc"}:
            first = pending is not None and self.followup == "first"
            target = pending[0] if first and pending is not None else before
            bound = session.pid if how == "rfc" else None
            model.pending = (target, deadline, bound, session.pid)

    @rule(who=WHO, killed=st.booleans())
    def reconnect(self, who, killed):
        """End a session, or have it killed; then open another one."""
        model, session = self.model, self.sessions[who]
        session.close(killed=killed)
        model.copies.pop(who, None)
        if model.locked == who:
            model.locked = None
            model.candidate = model.committed
        if killed and model.dirty and model.editor == who:
            model.candidate = model.committed
        if model.pending is not None and model.pending[3 if killed else 2] == session.pid:
            model.roll_back()
        self.sessions[who] = self.opened(who)
        model.editor = None if model.editor == who else model.editor

    @rule(seconds=st.sampled_from((1, 60, 300)))
    def tick(self, seconds):
        model = self.model
        self.clock.advance(seconds)
        self.now += seconds
        self.store.tick()
        if model.pending is not None and model.pending[1] <= self.now:
            model.roll_back()
        if model.scheduled is not None and model.scheduled[1] <= self.now:
            (name, _, who), model.scheduled = model.scheduled, None
            model.commit(name, f"u{who}")

    @precondition(lambda self: self.model.scheduled is not None)
    @rule()
    def clear(self):
        assert self.store.clear_scheduled()
        self.model.scheduled = None

    @invariant()
    def agrees(self):
        store, model = self.store, self.model
        assert leaf(store.candidate, "system", "host-name") == model.candidate
        assert store.dirty is model.dirty
        rows = [
            (leaf(store.rollback_tree(record.sequence), "system", "host-name"), record.user)
            for record in store.history
        ]
        assert rows == model.history
        assert (store.lock_holder is None) is (model.locked is None)
        assert (store.pending is None) is (model.pending is None)
        for who, session in enumerate(self.sessions):
            copy = model.copies.get(who)
            expected = model.candidate if copy is None else copy.name
            assert leaf(session.candidate, "system", "host-name") == expected


Sessions.TestCase.settings = settings(
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestInterleavedSessions = Sessions.TestCase
