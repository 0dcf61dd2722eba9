"""Watch over one rung: whether somebody else changed the device, or it rebooted, since it began.

Each look asks the device by another session than the one that writes. What a release doesn't tell
is no finding: an unreadable history is judged where the evidence is, a refused question here says
nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from harness.clock import Clock
from harness.deploy.access import Access, history
from harness.deploy.others import Since, others, told
from harness.deploy.patch import Change, changes
from harness.drivers.database import STATUS_RPC, Editor, parse_editors
from harness.drivers.history import CommitEntry
from harness.drivers.protocol import Reader
from harness.drivers.uptime import UPTIME_RPC, Times, parse_uptime
from harness.errors import DeviceError, Rebooted, SecondWriter

_SHOWN = 3  # commits of somebody else, or statements, that a message names
_SLACK_SECONDS = 5.0  # of rounding and of the way of an answer; a reboot takes a minute at least

T = TypeVar("T")


class Moment(StrEnum):
    """When a look is taken; the words stand in messages and in the journal."""

    LOCKED = "under the lock"
    LOADED = "after the load"
    COMMITTING = "before the commit"
    COMMITTED = "after the commit"
    RETURNING = "before the way back"
    RETURNED = "after the way back"


@dataclass(frozen=True, slots=True)
class Footing:
    """What was seen when the lock became ours; what the device doesn't tell is empty or None."""

    own: str = ""  # pid of the session that holds the lock, as the database status names it
    user: str = ""  # as whom it's logged in
    beside: tuple[Editor, ...] = ()  # who else has the configuration open
    times: Times | None = None  # the device's
    by: Reader | None = field(default=None, repr=False, compare=False)  # the session that told them
    at: float = 0.0  # monotonic, by our clock

    def names(self) -> tuple[str, ...]:
        """Name who else has the configuration open."""
        return tuple(map(str, self.beside))


def footing(reader: Reader, clock: Clock, session: int | None = None) -> Footing:
    """Look round while the lock is ours: who holds it is us.

    ``session`` is the number of the session that took it, where its protocol tells: a CLI doesn't.
    """
    editors = _asked(lambda: parse_editors(reader.rpc(STATUS_RPC).raw)) or ()
    holders = [editor for editor in editors if editor.exclusive]
    ours = [one for one in holders if session is None or one.pid == str(session)]
    own, user = (ours[0].pid, ours[0].user) if len(ours) == 1 else ("", "")
    own = own if session is None else str(session)
    beside = tuple(editor for editor in editors if editor.pid != own)
    return Footing(own, user, beside, _times(reader), reader, clock.monotonic())


class Watch:
    """Looks at the device between the steps of one rung."""

    def __init__(self, access: Access, since: Since, at_first: Footing) -> None:
        self._access = access
        self._since = since
        self._first = at_first
        self._own = {at_first.own} - {""}

    @property
    def own(self) -> frozenset[str]:
        """Return the pids of our sessions that had the lock, as far as the device told them."""
        return frozenset(self._own)

    def relocked(self) -> Footing:
        """Note that another session of ours took the lock, since the first one was lost."""
        with self._access.reader() as reader:
            now = footing(reader, self._access.clock)
        self._own |= {now.own} - {""}
        return now

    def look(self, moment: Moment) -> tuple[CommitEntry, ...]:
        """Return the commit history, newest first; empty when it can't be read.

        Raises :class:`SecondWriter` naming who changed what, :class:`Rebooted`, and other
        :class:`~harness.errors.LabError` when the device can't be asked.
        """
        with self._access.reader() as reader:
            entries = _asked(lambda: history(reader)) or ()
            editors = _asked(lambda: parse_editors(reader.rpc(STATUS_RPC).raw)) or ()
            # A session doesn't outlive its device: as long as it answers, there was no reboot.
            times = None if reader is self._first.by else _times(reader)
        foreign = _foreign(entries, self._since)
        if foreign:
            raise self.found(moment, f"committed: {_named(foreign)}")
        holder = next((e for e in editors if e.exclusive and e.pid not in self._own), None)
        if holder is not None and self._own:
            raise self.found(moment, f"holds the configuration lock: {holder}")
        self._still_up(moment, times)
        return entries

    def candidate(self, moment: Moment, changes: str) -> SecondWriter:
        """Return what to raise when the candidate holds what nobody of us loaded."""
        with self._access.reader() as reader:
            editors = _asked(lambda: parse_editors(reader.rpc(STATUS_RPC).raw)) or ()
        beside = ", ".join(str(editor) for editor in editors if editor.pid not in self._own)
        who = f"; in the configuration beside us: {beside}" if beside else ""
        return self.found(moment, f"changed the candidate: {changes}{who}")

    def found(self, moment: Moment, deed: str) -> SecondWriter:
        """Say what somebody else did, and what becomes of it."""
        return SecondWriter(
            f"{self._access.device}: {moment}: somebody else {deed}; theirs is kept, ours goes no "
            "further; agree with them on who has the device, then run again"
        )

    def _still_up(self, moment: Moment, now: Times | None) -> None:
        """Tell a reboot from a clock that was set: that moves the moment of the boot or nothing."""
        first = self._first.times
        if not (now and first) or None in {now.booted, now.up, first.booted, first.up}:
            return
        due = (first.up or 0) + self._access.clock.monotonic() - self._first.at
        moved = abs((now.booted or 0) - (first.booted or 0)) > _SLACK_SECONDS
        if moved and (now.up or 0) + _SLACK_SECONDS < due:
            raise Rebooted(
                f"{self._access.device}: {moment}: it rebooted during the rung: up {now.up} s, "
                f"where {due:.0f} s are due; whether its confirm timer outlived that isn't known, "
                "so the way back doesn't count on it; look for core files, then run again"
            )


def unlike(candidate: str, loaded: str) -> str:
    """Name what differs between two patches of a device: statements that we didn't load, or lost.

    Raises :class:`~harness.errors.UnsafeChange` for a patch that can't be read.
    """
    now, then = set(changes(candidate)), set(changes(loaded))
    words = [_statement(change) for change in sorted(now - then, key=str)]
    words += [f"gone: {_statement(change)}" for change in sorted(then - now, key=str)]
    more = len(words) - _SHOWN
    return "; ".join(words[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _statement(change: Change) -> str:
    """Write a statement without its key, where it has one."""
    words = ("<secret>" if word.startswith("$") else word for word in change.path)
    return f"{change.sign} {' '.join(words)}"


def _foreign(entries: Sequence[CommitEntry], since: Since) -> tuple[CommitEntry, ...]:
    """Return what others committed, on any node of a cluster; each keeps a history of its own."""
    nodes = dict.fromkeys(entry.node for entry in entries)
    found = (others([e for e in entries if e.node == node], since) or () for node in nodes)
    return tuple(dict.fromkeys(entry for entries in found for entry in entries))


def _named(entries: Iterable[CommitEntry]) -> str:
    """Name commits: log, user, client, time."""
    words = [f"{told(entry)} at {_time(entry)}" for entry in entries]
    more = len(words) - _SHOWN
    return "; ".join(words[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _time(entry: CommitEntry) -> str:
    if entry.seconds is None:
        return "a time that it doesn't tell"
    return f"{datetime.fromtimestamp(entry.seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _times(reader: Reader) -> Times | None:
    return _asked(lambda: parse_uptime(reader.rpc(UPTIME_RPC).raw))


def _asked(question: Callable[[], T]) -> T | None:
    """Return the answer; None when the device refuses it or its answer can't be read."""
    try:
        return question()
    except DeviceError:
        return None
