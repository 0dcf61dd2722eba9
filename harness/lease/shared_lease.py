"""A run's lease on a device that other machines use too, and a person's reservation of one.

Who may pass whose record:

* A run holds its record while it lives and renews it. Where one was left behind, its time decides
  for others: before it's over the device is held, after it the device is *dirty*, never free.
* On the machine that has the run's journals the kernel's lock tells more than any time: the caller
  holds it already, so a record of the same ``home`` is of a dead run, and it's taken over. What
  that run left on the device its journal knows, and the next push asks that.
* A reservation keeps everybody else's runs off; those of its owner (user@host), and those that
  name its id, go on. They exclude each other all the same.
"""

from __future__ import annotations

from datetime import timedelta

from harness.clock import Clock
from harness.errors import DeviceBusy
from harness.lease.holder import Holder
from harness.lease.records import LeaseDirectory, Record, Use
from harness.lease.waiting import Waiting

TERM = timedelta(minutes=15)  # what a renewal gives; a machine may be out of reach that long
RENEW_SECONDS = TERM.total_seconds() / 5
_RETRY_SECONDS = 5.0


class SharedLease:
    """An exclusive right to one device among all machines that share a lease directory.

    The caller holds the device's :class:`~harness.lease.file_lease.FileLease` before and after.
    """

    def __init__(
        self, directory: LeaseDirectory, key: str, device: str, me: Holder, reservation: str = ""
    ) -> None:
        self._directory = directory
        self._key = key
        self._device = device
        self._me = me
        self._reservation = reservation  # id of somebody's reservation that this run is part of
        self._record: Record | None = None

    @property
    def record(self) -> Record | None:
        """Return the record that is held, None when there is none."""
        return self._record

    def acquire(self, clock: Clock, waiting: Waiting) -> None:
        """Take the device, waiting as long as ``waiting`` says.

        Raises :class:`DeviceBusy` naming the holder; at once where a record has expired, because
        waiting doesn't put a device back. :class:`~harness.errors.LabError` when the directory
        can't be used.
        """
        waiting.wait(
            self._device,
            self._attempt,
            clock,
            _RETRY_SECONDS,
            "wait for it to end (--wait SECONDS), or ask its holder",
        )

    def _attempt(self) -> str:
        reserved = self._reserved()
        if reserved:
            return reserved
        standing = self._directory.newest(self._key, Use.RUN)
        if standing is not None:
            if not self._left_behind(standing):
                return self._held(standing)
            self._directory.free(standing, self._me.owner, "its run is dead; its journal is here")
        taken = self._directory.take(self._key, Use.RUN, self._me, TERM)
        if taken is None:
            raced = self._directory.newest(self._key, Use.RUN)
            return self._held(raced) if raced else "somebody who was faster"
        # Whoever reserved it meanwhile looks for our record after writing his, as we do for his:
        # one of the two sees the other, so that never both go on.
        reserved = self._reserved()
        if reserved:
            self._directory.free(taken, self._me.owner, "the device is reserved")
            return reserved
        self._record = taken
        return ""

    def _reserved(self) -> str:
        standing = self._directory.newest(self._key, Use.RESERVATION)
        if standing is None or may_pass(standing, self._me, self._reservation):
            return ""
        return self._held(standing)

    def _left_behind(self, standing: Record) -> bool:
        return bool(
            standing.holder is not None and self._me.home and standing.holder.home == self._me.home
        )

    def _held(self, standing: Record) -> str:
        if standing.expired(self._directory.clock.now()):
            raise DeviceBusy(f"{self._device}: {dirty(standing, self._device)}")
        return str(standing)

    def renew(self) -> None:
        """Make it last for another term, also when the last one is over and nobody freed it.

        Raises :class:`~harness.errors.LabError` when the directory can't be written.
        """
        if self._record is not None and self._directory.freed(self._record) is None:
            self._record = self._directory.renew(self._record, TERM)

    def lost(self) -> str:
        """Say why the device isn't ours any more, "" while it is."""
        return lost(self._directory, self._record) if self._record is not None else ""

    def release(self, *, clean: bool) -> None:
        """Give the device back; one that isn't ``clean`` stays ours until its time is over.

        Others then find it expired, which is what they have to know. Harmless when nothing is held.
        Raises :class:`~harness.errors.LabError` when the directory can't be written.
        """
        record, self._record = self._record, None
        if record is not None and clean:
            self._directory.free(record, self._me.owner, "its run ended")


def lost(directory: LeaseDirectory, record: Record) -> str:
    """Say why ``record``, once held, gives no right any more; "" while it does."""
    freed = directory.freed(record)
    if freed is not None:
        return f"{freed.by} freed our lease at {freed.at}: {freed.reason}"
    until = directory.until(record)
    if until is None or directory.clock.now() > until:
        return f"our lease ran out at {until}: {directory.path} couldn't be written"
    return ""


def may_pass(reservation: Record, me: Holder, named: str) -> bool:
    """Say whether a run of ``me`` may use a device in spite of ``reservation``.

    ``named`` is the id of the reservation that the run says it's part of.
    """
    holder = reservation.holder
    return holder is not None and (
        holder.owner == me.owner or (named != "" and holder.run_id == named)
    )


def dirty(record: Record, device: str) -> str:
    """Say what an expired record means, and what to do about it."""
    where = f"'harness restore {device}' where it ran" if record.use is Use.RUN else "ask its owner"
    return (
        f"the lease of {record} has expired: the device may hold what was left on it; {where}, or, "
        f"once you know that it's clean, 'harness lease free {device} --reason TEXT'"
    )
