"""What a rung does with what it sees between its steps: tells the journal, and stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harness.deploy.access import Access
from harness.deploy.deadman import Action
from harness.deploy.journal import NOTICED, Journal
from harness.deploy.others import Since
from harness.deploy.timer import wrong_timer
from harness.deploy.watch import Footing, Moment, Watch, unlike
from harness.drivers.history import CommitEntry
from harness.errors import DeviceBusy, HarnessError, Rebooted, SecondWriter, TimerNotRunning

_REASON = 500  # characters of a reason that the journal keeps

_Seen = TypeVar("_Seen", bound=HarnessError)


class Lookout:
    """Looks for others, reboots and the device's timer; ``happened`` hears what it means."""

    def __init__(
        self,
        access: Access,
        journal: Journal,
        since: Since,
        footing: Footing,
        *,
        happened: Callable[[Action], None],
    ) -> None:
        self._device = access.device
        self._journal = journal
        self._happened = happened
        self._watch = Watch(access, since, footing)

    def look(self, moment: Moment) -> tuple[CommitEntry, ...]:
        """Return the commit history, unless somebody else was at work or the device rebooted.

        Raises :class:`SecondWriter`, :class:`Rebooted`, and other
        :class:`~harness.errors.LabError` when the device can't be asked.
        """
        try:
            return self._watch.look(moment)
        except (SecondWriter, Rebooted) as seen:
            rebooted = isinstance(seen, Rebooted)
            self._happened(Action.REBOOTED if rebooted else Action.CONFIRMED)
            self._note(moment, seen)
            raise

    def candidate(self, moment: Moment, now: str, loaded: str) -> None:
        """Raise :class:`SecondWriter` when the device's own diff isn't that of what we loaded."""
        if now != loaded:
            raise self._noted(moment, self._watch.candidate(moment, unlike(now, loaded)))

    def commit(self, log: str, minutes: int | None, *, loaded: str, now: Callable[[], str]) -> None:
        """Look after our commit: who else was there, what the candidate holds, what timer runs.

        ``now`` asks for the candidate's diff. What the commit didn't carry out of ours is no sign
        of somebody else: the evidence tells that. Raises :class:`TimerNotRunning` too.
        """
        entries = self.look(Moment.COMMITTED)
        left = now()
        if left:
            self.candidate(Moment.COMMITTED, left, loaded)
        wrong = "" if minutes is None else wrong_timer(entries, log, minutes)
        if wrong:
            found = TimerNotRunning(
                f"{self._device} doesn't hold our commit as confirmed-type: {wrong}; nothing would "
                "take the tunnels off if everything here died, so we do it now"
            )
            raise self._noted(Moment.COMMITTED, found)

    def kept_out(self, busy: DeviceBusy) -> SecondWriter:
        """Return what to raise when somebody took the configuration while our session was lost."""
        words = f"has the configuration since our session was lost: {busy}"
        return self._noted(Moment.COMMITTED, self._watch.found(Moment.COMMITTED, words))

    def relocked(self) -> Footing:
        """Note that another session of ours holds the lock now."""
        return self._watch.relocked()

    @property
    def own(self) -> frozenset[str]:
        """Return the pids of our sessions that had the lock, as far as the device told them."""
        return self._watch.own

    def _noted(self, moment: Moment, seen: _Seen) -> _Seen:
        self._note(moment, seen)
        return seen

    def _note(self, moment: Moment, seen: HarnessError) -> None:
        reason = str(seen)[:_REASON]
        self._journal.note_if_possible(
            NOTICED, moment=moment, what=type(seen).__name__, reason=reason
        )
