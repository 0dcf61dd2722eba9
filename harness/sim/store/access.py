"""Who has the configuration of a device open, who holds its lock, and who is kept out by that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from harness.clock import Clock
from harness.sim.messages import Complaint, error
from harness.sim.store.commit import Editing, LockHolder
from harness.sim.times import clock_time, timestamp

if TYPE_CHECKING:
    from harness.sim.store.config_session import ConfigSession

_PRIVATE_EDITS = "private edits in use. Try 'configure private' or 'configure exclusive'"


class Access:
    """The sessions that have the configuration open, at most one of them with the lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock: tuple[ConfigSession, LockHolder] | None = None
        self._inside: dict[int, tuple[ConfigSession, datetime]] = {}  # by pid: since when
        self._vanished: list[tuple[datetime, ConfigSession]] = []

    @property
    def lock_holder(self) -> LockHolder | None:
        """Who holds the lock."""
        return self._lock[1] if self._lock else None

    @property
    def editing(self) -> tuple[Editing, ...]:
        """Everybody who has the configuration open, in the order in which they opened it."""
        now = self._clock.now()
        return tuple(session.editing(now) for session, _ in self._inside.values())

    @property
    def next_end(self) -> datetime | None:
        """When the next session of a client that vanished ends."""
        return self._vanished[0][0] if self._vanished else None

    def locked_against(self, session: ConfigSession) -> list[Complaint]:
        """Complain when a session other than ``session`` holds the lock."""
        if self._lock is None or self._lock[0] is session:
            return []
        owner, holder = self._lock
        idle = self._clock.now() - owner.last_active
        where = " [edit]" if owner.client == "cli" else ""
        text = (
            f"configuration database locked by:\n  {holder.user} terminal {holder.terminal} "
            f"(pid {holder.pid}) on since {timestamp(holder.since)}, "
            f"idle {clock_time(idle)}\n      exclusive{where}"
        )
        return [Complaint("error", text, tag="")]

    def closed_to(self, session: ConfigSession) -> list[Complaint]:
        """Complain when others keep ``session`` from changing the shared candidate."""
        refusal = self.locked_against(session)
        if refusal or self.holds_lock(session):
            return refusal
        others = (other for other, _ in self._inside.values() if other is not session)
        return [error(_PRIVATE_EDITS)] if any(other.is_private for other in others) else []

    def holds_lock(self, session: ConfigSession) -> bool:
        """Say whether the lock is that of ``session``."""
        return self._lock is not None and self._lock[0] is session

    def take_lock(self, session: ConfigSession, holder: LockHolder) -> None:
        """Give the lock to a session that may have it."""
        self._lock = (session, holder)

    def drop_lock(self, session: ConfigSession) -> bool:
        """Take the lock back; say whether ``session`` had it."""
        held = self.holds_lock(session)
        if held:
            self._lock = None
        return held

    def enter(self, session: ConfigSession, since: datetime) -> datetime:
        """Note that ``session`` has the configuration open; say since when."""
        if session.pid in self._inside:
            return since
        now = self._clock.now()
        self._inside[session.pid] = (session, now)
        return now

    def leave(self, session: ConfigSession) -> None:
        """Note that ``session`` has closed the configuration."""
        self._inside.pop(session.pid, None)

    def linger(self, session: ConfigSession, seconds: float) -> None:
        """Keep a session whose client vanished that long."""
        self._vanished.append((self._clock.now() + timedelta(seconds=seconds), session))
        self._vanished.sort(key=lambda one: one[0])

    def end_next(self) -> None:
        """End the session whose keep-alive gives up first."""
        self._vanished.pop(0)[1].close()

    def forget(self) -> None:
        """Forget everybody, as a reboot does."""
        self._lock = None
        self._inside.clear()
        self._vanished.clear()
