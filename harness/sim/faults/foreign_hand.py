"""Somebody else at work on the device: a lock, uncommitted edits, a commit yet to be confirmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.errors import UsageError
from harness.sim.faults.named import Fault
from harness.sim.messages import Complaint, refused
from harness.sim.store.datastore import ConfigSession, Datastore

_EDIT = 'set system login message "changed by hand"\n'


class ForeignHand:
    """Does what the faults of that kind say, as a CLI session of another user would."""

    def __init__(self, store: Datastore) -> None:
        self._store = store
        self._sessions: dict[str, ConfigSession] = {}
        self._deeds: dict[str, Callable[[ConfigSession, Fault], None]] = {
            "lock-held": _take_lock,
            "dirty-candidate": _edit,
            "foreign-confirm": _commit_confirmed,
        }

    def begin(self, fault: Fault) -> None:
        """Do the deed of ``fault``, if it's one of this kind, in a session that stays.

        Raises :class:`UsageError` when the store doesn't let it, as while a client holds the lock.
        """
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
        session = self._sessions.pop(name, None)
        if session is None:
            return
        if name == "dirty-candidate":
            session.discard()
        session.close()


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
