"""The configuration lock, and the journal's lines around it: a lost session must not keep it.

A device may not notice for hours that the link of a session is gone, and all that time the session
keeps the lock. Before the first change nothing else tells that we were there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress

from harness.deploy.access import (
    Access,
    end_stale_session,
    lock_after_another,
    still_locked,
    unlock_or_close,
)
from harness.deploy.beside import Left
from harness.deploy.journal import Journal, instant
from harness.deploy.others import Since
from harness.deploy.rung import Owner
from harness.deploy.stale import end_stale
from harness.drivers.protocol import Writer
from harness.errors import DeviceBusy, HarnessError, LabError, RestoreFailed


class Lock:
    """The lock of one device for one piece of work, by one session of ours after another."""

    def __init__(self, access: Access, journal: Journal, owner: Owner) -> None:
        self._access = access
        self._journal = journal
        self._owner = owner
        self._pids: list[str] = []

    def take(self, writer: Writer) -> None:
        """Announce the session in the journal, then lock.

        Raises :class:`~harness.errors.LabError` when the journal can't be written: nothing was
        asked of the device then; :class:`DeviceBusy` naming the holder.
        """
        self._announce(writer)
        try:
            writer.lock()
        except DeviceBusy:  # then it's not ours
            self._journal.unlocked()
            raise
        except HarnessError:
            self.give_back(writer)
            raise

    @contextmanager
    def taken_to_begin(self, writer: Writer) -> Iterator[None]:
        """Take the lock to begin a piece of work, and give it back if that fails.

        A signal leaves the lock to the end of the session, and the journal says so.
        """
        self.take(writer)
        try:
            yield
        except HarnessError:
            self.give_back(writer)
            raise

    def take_again(self, writer: Writer) -> None:
        """Lock by another session while ours is on the device, waiting for one that was lost.

        A full disk must not hinder it. Raises :class:`DeviceBusy` naming the holder.
        """
        with suppress(LabError):
            self._announce(writer)
        lock_after_another(self._access, writer)

    def give_back(self, writer: Writer, known: Iterable[str] = ()) -> None:
        """Give the lock back; end our sessions that may keep it, ``known`` by their pids besides.

        Where the device doesn't show that none of them has it, the journal goes on saying so. Only
        for when nothing of ours is at work: a session that is ended might take its commit along.
        """
        if unlock_or_close(writer) or self._surely_free(frozenset(known) or self._pids):
            self._journal.unlocked()

    def _announce(self, writer: Writer) -> None:
        pid = str(writer.session_id or "")
        self._pids.append(pid)
        self._journal.locking(
            run_id=self._owner.run_id,
            owner=self._owner.name,
            url=self._owner.url,
            device=self._access.device,
            session_id=pid,
        )

    def _surely_free(self, pids: Collection[str]) -> bool:
        for pid in pids:
            end_stale_session(self._access, pid)
        return all(pids) and _free_of(self._access, pids)


def free_lock_left(access: Access, journal: Journal, owner: Owner, user: str) -> None:
    """End what the journal names as sessions of ours that may have the lock, and prove it free.

    It's free when the device shows that none of them has it; where it doesn't tell, when the lock
    can be had. ``user`` is as whom the sessions had logged in; nothing of theirs may be at work.
    Raises :class:`RestoreFailed` naming the holder otherwise, other :class:`HarnessError` when the
    device can't be asked.
    """
    left = journal.read().lock_left
    pids = tuple(str(entry.get("session_id") or "") for entry in left)
    for entry, pid in zip(left, pids, strict=True):
        end_stale(access, Left(Since(frozenset()), None, pid, user, instant(entry.get("time"))))
    if all(pids) and _free_of(access, pids):
        journal.unlocked()
        return
    lock = Lock(access, journal, owner)
    with access.writer() as writer:
        try:
            lock.take_again(writer)
        except DeviceBusy as busy:
            raise RestoreFailed(
                f"{access.device}: a lost session of ours may still have its configuration "
                f"locked: {busy}"
            ) from busy
        lock.give_back(writer)


def _free_of(access: Access, pids: Collection[str]) -> bool:
    """Say whether the device shows that none of these sessions has the lock."""
    try:
        return not any(still_locked(access, pid) for pid in pids)
    except HarnessError:
        return False
