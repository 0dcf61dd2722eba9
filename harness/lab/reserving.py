"""What people do with leases: look who has what, reserve a device, free one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from harness.deploy.journal import Journal, read_journal
from harness.errors import DeviceBusy, LabError, UsageError
from harness.lab.bench import address_key
from harness.lab.leasing import home_of, lease_directory
from harness.lab.run import Run
from harness.lease import Holder, LeaseDirectory, Record, Use, dirty, held_by, leases_in
from harness.testbed.model import Device, Testbed

HERE, SHARED, JOURNAL = "here", "shared", "journal"
_JOURNAL_SUFFIX = ".journal.jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """One lease, or one device whose journal is open without one."""

    key: str  # host and port as in a file name; ".run" behind it is a run's lease of this machine
    where: str  # HERE, SHARED or JOURNAL
    use: str  # "run", "reservation"
    holder: Holder | None  # None: the record can't be read
    until: str  # ISO 8601, UTC; "" for a lease that ends with its process
    expired: bool
    journal_open: bool  # on this machine


@dataclass(frozen=True, slots=True)
class Reserved:
    """A device that is a person's until ``until``; ``beside`` is a run that's on it by then."""

    record: Record
    beside: Record | None


class Desk:
    """The leases of one state directory, and of the directory that machines share, if any."""

    def __init__(self, run: Run, shared: Path | None) -> None:
        self._run = run
        self._shared = LeaseDirectory(shared, run.clock) if shared is not None else None

    def rows(self) -> Iterator[Row]:
        """Yield what is held here, then among machines, then devices that nobody put back yet.

        Raises :class:`~harness.errors.LabError` when the shared directory can't be read.
        """
        opened = open_journals(self._run.state)
        seen: set[str] = set()
        for key, holder in leases_in(self._run.state / "leases"):
            device = key.removesuffix(".run")
            seen.add(device)
            yield Row(key, HERE, "run", holder, "", expired=False, journal_open=device in opened)
        now = self._run.clock.now()
        for record in self._shared.standing() if self._shared is not None else ():
            seen.add(record.key)
            until = record.until.isoformat(timespec="seconds") if record.until else ""
            yield Row(
                record.key,
                SHARED,
                str(record.use),
                record.holder,
                until,
                expired=record.expired(now),
                journal_open=record.key in opened,
            )
        for key, holder in opened.items():
            if key not in seen:
                yield Row(key, JOURNAL, "run", holder, "", expired=False, journal_open=True)

    def reserve(self, device: Device, term: timedelta, reason: str) -> Reserved:
        """Reserve ``device`` for the person who asks; one of his own is replaced.

        Raises :class:`DeviceBusy` naming who has it.
        """
        directory, key = self._directory(), address_key(device)
        me = self._me(reason)
        standing, on_it = directory.newest(key, Use.RESERVATION), directory.newest(key, Use.RUN)
        for record in (standing, on_it):
            if record is not None and self._in_the_way(record, me):
                raise DeviceBusy(self._taken(record, device.name))
        if standing is not None:
            directory.free(standing, me.owner, f"replaced: {reason}")
        taken = directory.take(key, Use.RESERVATION, me, term)
        if taken is None:
            raise DeviceBusy(f"{device.name}: somebody was faster; see 'harness lease list'")
        # A run that begins now looks for our record after writing its own, as we do for its.
        on_it = directory.newest(key, Use.RUN)
        if on_it is not None and self._in_the_way(on_it, me):
            directory.free(taken, me.owner, "a run is on the device")
            raise DeviceBusy(self._taken(on_it, device.name))
        return Reserved(taken, on_it)

    def _in_the_way(self, record: Record, me: Holder) -> bool:
        """Say whether ``record`` keeps ``me`` off; not an expired run: somebody has to clean up."""
        if record.holder is not None and record.holder.owner == me.owner:
            return False
        return record.use is Use.RESERVATION or not record.expired(self._run.clock.now())

    def free(self, device: Device, reason: str, *, force: bool) -> tuple[Record, ...]:
        """End the records of ``device`` that the person may end, and return them.

        His own reservation, what a dead run of this machine left, what has expired; with
        ``force`` everything but what lives or is unfinished here. Raises :class:`DeviceBusy`
        when there is nothing that he may end, saying what to do instead.
        """
        directory, key = self._directory(), address_key(device)
        if Journal(self._run.state / "journals", key, self._run.clock).read().pending:
            raise DeviceBusy(
                f"{device.name}: its journal is open on this machine: "
                f"'harness restore {device.name}' puts it back and frees it"
            )
        alive = held_by(self._run.state / "leases", f"{key}.run")
        if alive:
            raise DeviceBusy(f"{device.name}: held on this machine by {alive}; stop that process")
        standing = tuple(filter(None, (directory.newest(key, use) for use in Use)))
        if not standing:
            raise UsageError(f"{device.name}: nobody holds it in {directory.path}")
        freed = tuple(record for record in standing if force or self._may_free(record))
        if not freed:
            words = "; ".join(self._taken(record, device.name) for record in standing)
            raise DeviceBusy(f"{words}; if you must: --force")
        for record in freed:
            directory.free(record, self._run.owner.name, reason)
        return freed

    def _may_free(self, record: Record) -> bool:
        if record.expired(self._run.clock.now()):
            return True
        if record.holder is None:
            return False
        if record.use is Use.RESERVATION:
            return record.holder.owner == self._run.owner.name
        return record.holder.home == home_of(self._run.state)

    def _taken(self, record: Record, device: str) -> str:
        if record.expired(self._run.clock.now()):
            return f"{device}: {dirty(record, device)}"
        return f"{device}: held by {record}"

    def _me(self, reason: str) -> Holder:
        return replace(self._run.holder(reason, home_of(self._run.state)), url="")

    def _directory(self) -> LeaseDirectory:
        if self._shared is None:
            raise UsageError(
                "no lease directory: name one that machines share in the testbed "
                "(testbed.leases) or in HARNESS_LEASES; runs of one machine need none"
            )
        return self._shared


def desk(run: Run, testbed: Testbed | None, environ: dict[str, str]) -> Desk:
    """Return the desk for ``testbed``, whose directory the environment may replace."""
    return Desk(run, lease_directory(testbed, environ))


def open_journals(state: Path) -> dict[str, Holder]:
    """Return key → who began what is unfinished on this machine; a run unknown where unreadable."""
    found: dict[str, Holder] = {}
    for path in sorted((state / "journals").glob(f"*{_JOURNAL_SUFFIX}")):
        try:
            opened = read_journal(path).pending
        except LabError as unreadable:  # whatever it says, it isn't closed
            opened = {"note": str(unreadable)}
        if opened is not None:
            owner, run, since, note = (
                str(opened.get(name) or "unknown") for name in ("owner", "run", "time", "note")
            )
            found[path.name.removesuffix(_JOURNAL_SUFFIX)] = Holder(owner, 0, run, since, note)
    return found
