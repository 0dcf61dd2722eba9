"""Where a rung starts: what forbids it, and the baseline, read while nobody else can move it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from harness.deploy.access import Access, history
from harness.deploy.baseline import Baseline, capture
from harness.deploy.journal import Journal, JournalState
from harness.deploy.others import Since, identity
from harness.deploy.refuse import (
    refuse_foreign_confirm,
    refuse_open_journal,
    refuse_scheduled_commit,
    refuse_unfinished_commit,
)
from harness.deploy.watch import Footing, Moment, Watch, footing
from harness.drivers.database import (
    SCHEDULE_COMMAND,
    STATUS_RPC,
    Editor,
    parse_editors,
    parse_scheduled,
)
from harness.drivers.history import CommitEntry
from harness.drivers.protocol import Reader
from harness.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Start:
    """What a rung starts from, read under the lock."""

    baseline: Baseline
    history: tuple[CommitEntry, ...]  # newest first
    footing: Footing = field(default_factory=Footing)

    @property
    def newest(self) -> str:
        """Return which commit the baseline is, as the journal names it."""
        return identity(self.history[0]) if self.history else ""


def refuse(access: Access, journal: Journal) -> None:
    """Refuse what needs no lock to be seen; raises :class:`~harness.errors.DeviceBusy`."""
    refuse_open_journal(access.device, journal.read())
    with access.reader() as reader:
        _unclaimed(access, reader)
        refuse_scheduled_commit(access.device, _scheduled(reader))


def begin(
    access: Access,
    journal: Journal | None = None,
    run_id: str = "",
    session: int | None = None,
) -> Start:
    """Read where the rung starts; the caller holds the lock.

    What forbids it is asked again: somebody may have committed before the lock was ours. Raises
    :class:`~harness.errors.DeviceBusy` for that, and
    :class:`SecondWriter` when the device isn't what an earlier rung of this run proved.
    """
    with access.reader() as reader:
        entries = _unclaimed(access, reader)
        around = footing(reader, access.clock, session)
        refuse_scheduled_commit(access.device, _waiting(around.beside))
        start = Start(capture(reader), entries, around)
    if journal is not None:
        _same_as_proven(access, journal.read(), start, run_id)
    return start


def _same_as_proven(access: Access, state: JournalState, start: Start, run_id: str) -> None:
    """Hold the baseline against what the last rung of this run proved: nobody may have moved it."""
    last = state.last_closed(run_id)
    if last is None or last.proven in {"", start.baseline.fingerprint}:
        return
    since = Since(frozenset({run_id}), newest=last.newest)
    watch = Watch(access, since, start.footing)
    watch.look(Moment.LOCKED)
    raise watch.found(
        Moment.LOCKED,
        "changed the configuration since the last rung of this run was put back; the commit "
        "history doesn't tell who",
    )


def _unclaimed(access: Access, reader: Reader) -> tuple[CommitEntry, ...]:
    """Return the commit history, which shows nobody's unfinished business."""
    entries = history(reader)
    refuse_unfinished_commit(access.device, entries)
    refuse_foreign_confirm(access.device, entries, access.clock.now())
    return entries


def _scheduled(reader: Reader) -> tuple[str, ...]:
    """Return who has a commit waiting for its time; the two ways to ask may each be refused."""
    try:
        return tuple(parse_scheduled(reader.cli(SCHEDULE_COMMAND)))
    except DeviceError:  # a login without the permission "view"
        with suppress(DeviceError):  # in no published model: a release may not know it
            return _waiting(parse_editors(reader.rpc(STATUS_RPC).raw))
    return ()


def _waiting(editors: Iterable[Editor]) -> tuple[str, ...]:
    return tuple(f"{e.user} (pid {e.pid}) at {e.commit_at}" for e in editors if e.commit_at)
