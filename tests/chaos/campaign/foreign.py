"""Somebody else at the device: alice, who commits, locks or edits as soon as she can."""

from __future__ import annotations

from collections.abc import Sequence

from campaign.kinds import Death, Kind
from harness.sim.device import SimulatedDevice
from harness.sim.messages import Complaint, refused
from harness.sim.store.datastore import ConfigSession

USER, PID = "alice", 4242
_MINUTES = 10  # of her confirmed commit


class Hand:
    """One deed of hers, tried at each occasion until nobody is in her way."""

    def __init__(self, death: Death) -> None:
        self._kind = death.kind
        self.lines = str(death.options.get("lines", ""))
        self._keeps = bool(death.options.get("keeps", True))
        self.stays = bool(death.options.get("stays", False))  # at work when we try to restore
        self._session: ConfigSession | None = None
        self.did: str | None = None  # what she did, once she could
        self.stands = False  # her lines are committed for good, as far as she's concerned
        self.refused = ""  # why she couldn't the last time

    def act(self, device: SimulatedDevice) -> bool:
        """Do it if it can be done now."""
        store = device.store
        if self.did is not None or store.lock_holder is not None or store.dirty or device.away:
            return False
        if self._kind is Kind.THEY_ENTANGLE and "hil-" not in store.render(store.committed, "set"):
            return False
        session = store.session(USER, "cli", PID, terminal="p0")
        if not self._done(session):
            session.discard()
            session.close()
            return False
        return True

    def _done(self, session: ConfigSession) -> bool:
        match self._kind:
            case Kind.THEY_LOCK:
                done, self.did = self._takes(session.lock()), "holds the lock"
                self._session = session
            case Kind.THEY_EDIT:
                done, self.did = self._takes(self._load(session)), "edits the candidate"
                self._session = session
            case Kind.THEY_CONFIRM:
                done = self._takes(self._load(session)) and self._commits(session, _MINUTES)
                self.did = "commits, to be confirmed"
                self._session = session
            case _:
                done = self._takes(self._load(session)) and self._commits(session)
                self.did, self.stands = "commits", done
                if done:
                    session.close()
        if not done:
            self.did = self._session = None
        return done

    def finish(self, device: SimulatedDevice) -> str:
        """Bring to an end what she began: keep it or not, and go home."""
        session, self._session = self._session, None
        if session is None:
            return ""
        words = "goes home"
        if self._kind is Kind.THEY_EDIT:
            words = self._end_of_edit(session, device)
        elif self._kind is Kind.THEY_CONFIRM and self._keeps and device.store.pending is not None:
            self.stands = self._commits(session)
            words = "confirms her commit"
        elif self._kind is Kind.THEY_CONFIRM:
            words = "doesn't confirm"
        session.unlock()
        session.close()
        return words

    def _end_of_edit(self, session: ConfigSession, device: SimulatedDevice) -> str:
        if self._keeps and device.store.dirty:
            self.stands = self._commits(session)
            return "commits her edit" if self.stands else f"can't commit: {self.refused}"
        session.discard()
        return "drops her edit"

    def _load(self, session: ConfigSession) -> list[Complaint]:
        return session.load(self.lines + "\n", "set", "set")

    def _commits(self, session: ConfigSession, minutes: int | None = None) -> bool:
        result = session.commit(confirm_minutes=minutes)
        self._takes(result.complaints)
        return result.committed

    def _takes(self, complaints: Sequence[Complaint]) -> bool:
        self.refused = "; ".join(each.text for each in complaints)
        return not refused(complaints)
