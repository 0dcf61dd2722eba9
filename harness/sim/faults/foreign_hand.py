"""Somebody else at work on the device: a lock, uncommitted edits, a commit yet to be confirmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.errors import UsageError
from harness.sim.faults.named import Fault
from harness.sim.messages import Complaint, refused
from harness.sim.store.datastore import ConfigSession, Datastore

_WRITER = "second-writer"
_EDIT = 'set system login message "changed by hand"\n'


class ForeignHand:
    """Does what the faults of that kind say, as a CLI session of another user would."""

    def __init__(self, store: Datastore) -> None:
        self._store = store
        self._sessions: dict[str, ConfigSession] = {}
        self._waiting: dict[str, tuple[Fault, str]] = {}  # a second writer, and the newest commit
        self._deeds: dict[str, Callable[[ConfigSession, Fault], None]] = {
            "lock-held": _take_lock,
            "dirty-candidate": _edit,
            "foreign-confirm": _commit_confirmed,
        }

    def begin(self, fault: Fault) -> None:
        """Do the deed of ``fault``, if it's one of this kind, in a session that stays.

        Raises :class:`UsageError` when the store doesn't let it, as while a client holds the lock.
        """
        if fault.name == _WRITER:
            self._waiting[_WRITER] = (fault, self._newest())
            self.tick()
            return
        deed = self._deeds.get(fault.name)
        if deed is None:
            return
        self.end(fault.name)
        user, pid = fault.word("user"), fault.count("pid")
        session = self._store.session(user, "cli", pid, terminal="p0")
        self._sessions[fault.name] = session
        deed(session, fault)

    def end(self, name: str) -> None:
        """Close the session of that fault; its edits and its lock go with it."""
        self._waiting.pop(name, None)
        session = self._sessions.pop(name, None)
        if session is None:
            return
        if name == "dirty-candidate":
            session.discard()
        session.close()

    def tick(self) -> None:
        """Let a second writer commit who waits for his moment: once, while nobody has the lock."""
        for name, (fault, before) in tuple(self._waiting.items()):
            too_early = fault.word("when") == "after-commit" and self._newest() == before
            if too_early or self._store.lock_holder is not None:
                continue
            del self._waiting[name]
            user, pid = fault.word("user"), fault.count("pid")
            session = self._store.session(user, "cli", pid, terminal="p0")
            _edit(session, fault)
            _require(session.commit().complaints)
            session.close()

    def _newest(self) -> str:
        return self._store.history[0].revision


def _take_lock(session: ConfigSession, _fault: Fault) -> None:
    _require(session.lock())


def _edit(session: ConfigSession, _fault: Fault) -> None:
    _require(session.load(_EDIT, "set", "set"))


def _commit_confirmed(session: ConfigSession, fault: Fault) -> None:
    _edit(session, fault)
    _require(session.commit(confirm_minutes=fault.count("minutes")).complaints)


def _require(complaints: Sequence[Complaint]) -> None:
    if refused(complaints):
        words = "; ".join(" ".join(complaint.text.split()) for complaint in complaints)
        raise UsageError(f"the fault can't be armed now: {words}")
