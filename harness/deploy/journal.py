"""What was begun on a device and not yet proven undone, on disk before the first change.

One file per device in the state directory, one JSON object a line, each line synced before the
step it announces. A torn last line is what a power cut leaves and is ignored. Beside it, until the
restore is proven, lie the baseline and the statements that the run adds to it; the entries name
both by their digests, so that nothing else is ever taken for them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.clock import Clock
from harness.deploy.baseline import Baseline
from harness.errors import DeviceError, LabError, RestoreFailed
from harness.render.readback import Path as Words
from harness.render.readback import fingerprint

Entry = dict[str, str | int | float | bool | None]

LOCKING = "locking"  # the next thing asked for is the configuration lock; nothing is kept yet
OPENED = "opened"  # nothing was changed yet; the baseline is kept
COMMITTING = "committing"  # the next thing sent is the commit
COMMITTED = "committed"  # the device took it
REFUSED = "refused"  # the device took nothing
RESOLVED = "resolved"  # what became of a commit whose answer was lost
NOTICED = "noticed"  # somebody else at work, a reboot, a timer that doesn't run
RETURNING = "returning"  # the way back to the baseline begins
FAILED = "restore failed"  # the baseline isn't proven; the run stays open
CLOSED = "closed"  # the baseline is proven
UNLOCKED = "unlocked"  # no session of ours has the lock

_STEPS = frozenset({COMMITTING, COMMITTED, REFUSED, RESOLVED, RETURNING, FAILED})

_LINE_LIMIT = 65_536
_LINES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Proven:
    """Where a rung ended: what was proven to run, and the newest commit when the rung began."""

    proven: str  # fingerprint; "" when the journal doesn't tell
    newest: str  # see deploy.others.identity


@dataclass(frozen=True, slots=True)
class JournalState:
    """What a journal file says: its entries in order, and whether the last run on it is open."""

    path: Path
    entries: tuple[Entry, ...]

    @property
    def open_entry(self) -> Entry | None:
        """Return the ``opened`` entry that no ``closed`` one follows, or None.

        The first step after it where that line can't be read: then whose run it is isn't known.
        """
        return self._open[0] if self._open else None

    @property
    def lock_left(self) -> tuple[Entry, ...]:
        """Return the entries of sessions of ours that may have the configuration lock, in order."""
        left: list[Entry] = []
        for entry in self.entries:
            if entry.get("event") == UNLOCKED:
                left.clear()
            elif entry.get("event") in {LOCKING, OPENED}:
                left.append(entry)
        # Journals of older versions announce no lock.
        return tuple(left) if any(entry.get("event") == LOCKING for entry in left) else ()

    @property
    def pending(self) -> Entry | None:
        """Return the entry of what somebody has to finish, or None: an open run, a lock left."""
        return self.open_entry or next(iter(self.lock_left), None)

    @property
    def beginning_lost(self) -> bool:
        """Say whether there are steps of a run whose ``opened`` entry can't be read."""
        return self.open_entry is not None and self.open_entry.get("event") != OPENED

    @property
    def opened_at(self) -> datetime | None:
        """Return when the open run began, by our clock (UTC); None when it doesn't tell."""
        return instant((self.open_entry or {}).get("time"))

    @property
    def committed(self) -> bool:
        """Say whether the open run's commit took a rollback slot, as far as the journal knows."""
        return COMMITTING in self._steps and REFUSED not in self._steps

    @property
    def commit_in_flight(self) -> bool:
        """Say whether the open run died before it knew what became of its commit."""
        return COMMITTING in self._steps and not self._steps & {COMMITTED, REFUSED}

    @property
    def deadline(self) -> datetime | None:
        """Return when the open run's confirmed commit runs out at the latest, by our clock (UTC).

        None without one. The device's clock may differ: nothing is proven by it.
        """
        told = [entry["deadline"] for entry in self._open if entry.get("deadline")]
        return instant(told[-1]) if told else None

    @property
    def push_log(self) -> str:
        """Return the log of the open run's commit, "" when it didn't come to that."""
        told = (e.get("log") for e in reversed(self._open) if e.get("event") == COMMITTING)
        return str(next(told, "") or "")

    @property
    def failure(self) -> str:
        """Return why the first restore of the open run failed, "" when none did."""
        told = (e.get("reason") for e in self._open if e.get("event") == FAILED)
        return str(next(told, "") or "")

    def last_closed(self, run_id: str) -> Proven | None:
        """Return what the last rung of ``run_id`` that is closed left behind, or None."""
        opened: Entry = {}
        found: Proven | None = None
        for entry in self.entries:
            if entry.get("event") == OPENED:
                opened = entry
            elif entry.get("event") == CLOSED and opened.get("run") == run_id:
                found = Proven(str(entry.get("proven") or ""), str(opened.get("newest") or ""))
        return found

    @property
    def _steps(self) -> frozenset[str]:
        return frozenset(str(entry.get("event")) for entry in self._open)

    @property
    def _open(self) -> tuple[Entry, ...]:
        start: int | None = None
        for index, entry in enumerate(self.entries):
            if entry.get("event") == OPENED:
                start = index
            elif entry.get("event") == CLOSED:
                start = None
            elif start is None and entry.get("event") in _STEPS:
                start = index
        return self.entries[start:] if start is not None else ()


class Journal:
    """The journal of one device; writes are synced to disk before the call returns."""

    def __init__(self, directory: Path, key: str, clock: Clock) -> None:
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in key)
        self.path = directory / f"{safe}.journal.jsonl"
        self.baseline_path = directory / f"{safe}.baseline.xml.gz"
        self.ours_path = directory / f"{safe}.ours.json.gz"
        self._clock = clock

    def locking(self, *, run_id: str, owner: str, **facts: str) -> None:
        """Say that a session of the run is about to take the lock; nothing was asked for yet.

        The file begins anew with every run, once the one before it is through. Raises
        :class:`LabError` when the state directory can't be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._forget_other_runs(run_id)
        except OSError as exc:
            raise LabError(f"{self.path.parent}: can't keep a journal: {exc.strerror}") from exc
        self._append(LOCKING, run=run_id, owner=owner, **facts)

    def unlocked(self) -> None:
        """Say that no session of ours has the lock any more, if it can be written.

        It isn't synced: what a power cut takes of it, the next to ask asks the device.
        """
        with suppress(LabError):
            self._write({"event": UNLOCKED, "time": self._clock.now().isoformat()}, synced=False)

    def open(
        self,
        baseline: Baseline,
        ours: Iterable[Words] = (),
        *,
        run_id: str,
        owner: str,
        minutes: int | None = None,
        **facts: str | int | None,
    ) -> None:
        """Write baseline, statements and the ``opened`` entry, before anything is changed.

        ``ours`` are the paths that the run adds, ``minutes`` those of its confirmed commit. Raises
        :class:`LabError` when the state directory can't be written.
        """
        statements = _packed_statements(ours)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._forget_other_runs(run_id)
            _write_private(self.baseline_path, gzip.compress(baseline.xml.encode(), 6, mtime=0))
            _write_private(self.ours_path, gzip.compress(statements, 6, mtime=0))
            _sync_directory(self.path.parent)
        except OSError as exc:
            raise LabError(f"{self.path.parent}: can't keep a journal: {exc.strerror}") from exc
        self._append(
            OPENED,
            run=run_id,
            owner=owner,
            device=baseline.device,
            baseline=baseline.fingerprint,
            baseline_commit_seconds=baseline.commit_seconds,
            ours=hashlib.sha256(statements).hexdigest(),
            minutes=minutes,
            deadline=self._after(minutes),
            **facts,
        )

    def _after(self, minutes: int | None) -> str | None:
        if minutes is None:
            return None
        return (self._clock.now() + timedelta(minutes=minutes)).isoformat()

    def _forget_other_runs(self, run_id: str) -> None:
        # A file that grows for ever would be read whole at every rung, or not to its end.
        state = self.read()
        if state.pending is None and all(e.get("run") != run_id for e in state.entries):
            self.path.unlink(missing_ok=True)

    def note(
        self, event: str, *, minutes: int | None = None, **facts: str | float | bool | None
    ) -> None:
        """Append a step; ``minutes`` say that a confirmed commit runs out so long from now.

        Raises :class:`LabError` when it can't be written: then the step isn't to be taken.
        """
        if minutes is not None:
            facts = {**facts, "minutes": minutes, "deadline": self._after(minutes)}
        self._append(event, **facts)

    def note_if_possible(self, event: str, **facts: str) -> None:
        """Append a step of the way back, or of what was seen: a full disk must not hinder it."""
        with suppress(LabError):
            self.note(event, minutes=None, **facts)

    def close(self, how: str, commits: int, proven: str = "", kept: str = "") -> None:
        """Append the ``closed`` entry and delete what was kept for the way back: it's proven.

        ``commits`` is how many rollback slots of the device were used since ``opened``, ``proven``
        the fingerprint that another session read last, ``kept`` whose commits are in it besides.
        """
        self._append(CLOSED, how=how, commits=commits, proven=proven, kept=kept)
        for path in (self.baseline_path, self.ours_path):
            path.unlink(missing_ok=True)

    def read(self) -> JournalState:
        """Read the file back."""
        return read_journal(self.path)

    def saved_baseline(self, device: str) -> Baseline:
        """Return the baseline that the open entry kept.

        Raises :class:`LabError` when the journal isn't open, and :class:`RestoreFailed` when what
        was kept is gone, or isn't the configuration of which the entry has the fingerprint.
        """
        state = self.read()
        opened = state.open_entry
        if opened is None:
            raise LabError(f"{device}: its journal isn't open, there is nothing to restore")
        if state.beginning_lost:
            raise self._nameless(device)
        wanted = str(opened.get("baseline", ""))
        try:
            xml = gzip.decompress(self.baseline_path.read_bytes()).decode()
            found = fingerprint(xml)
        except (OSError, EOFError, UnicodeDecodeError, zlib.error, DeviceError) as exc:
            why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
            raise self._lost(device, f"can't read the saved baseline: {why}", state) from exc
        if found != wanted:
            raise self._lost(device, "the saved baseline is another configuration", state)
        seconds = opened.get("baseline_commit_seconds")
        return Baseline(
            device=device,
            fingerprint=wanted,
            commit_seconds=seconds if isinstance(seconds, int) else 0,
            xml=xml,
        )

    def _lost(self, device: str, what: str, state: JournalState) -> RestoreFailed:
        opened = state.open_entry or {}
        timer = (
            f"what is unconfirmed on the device goes by itself at {state.deadline.isoformat()}"
            if state.deadline
            else "no timer takes it off"
        )
        return RestoreFailed(
            f"{self.baseline_path}: {what}. Nothing was changed. {timer}; else look in the "
            f"device's own rollbacks for the configuration before run {opened.get('run')}, commit "
            f"it by hand, then 'harness restore {device}' proves it by its fingerprint "
            f"{str(opened.get('baseline'))[:12]} and closes the journal"
        )

    def _nameless(self, device: str) -> RestoreFailed:
        return RestoreFailed(
            f"{self.path}: the line that begins the run can't be read, so which configuration "
            f"{device} had before isn't known. Nothing was changed. What lies in "
            f"{self.baseline_path} may be it: compare it with the device, put that back by hand, "
            f"then move {self.path} away"
        )

    def saved_statements(self) -> frozenset[Words] | None:
        """Return the paths that the open run adds; None when they aren't to be had any more."""
        opened = self.read().open_entry or {}
        try:
            packed = gzip.decompress(self.ours_path.read_bytes())
        except (OSError, EOFError, zlib.error):
            return None
        if hashlib.sha256(packed).hexdigest() != opened.get("ours"):
            return None
        return frozenset(tuple(json.loads(line)) for line in packed.splitlines())

    def _append(self, event: str, **facts: str | float | bool | None) -> None:
        self._write({"event": event, "time": self._clock.now().isoformat(), **facts})

    def _write(self, entry: Entry, *, synced: bool = True) -> None:
        line = json.dumps(entry, cls=json.JSONEncoder, ensure_ascii=True) + "\n"
        try:
            _append_line(self.path, line.encode(), synced=synced)
        except OSError as exc:
            raise LabError(f"{self.path}: can't write the journal: {exc.strerror}") from exc


def read_journal(path: Path) -> JournalState:
    """Read a journal's newest lines, leaving out those that aren't whole JSON objects.

    Raises :class:`LabError` for a file that is there and can't be read.
    """
    entries: deque[Entry] = deque(maxlen=_LINES_KEPT)
    try:
        with path.open("rb") as file:
            while line := file.readline(_LINE_LIMIT):
                entry = _parse(line)
                if entry is not None:
                    entries.append(entry)
    except FileNotFoundError:
        return JournalState(path, ())
    except OSError as exc:
        raise LabError(f"{path}: can't read the journal: {exc.strerror}") from exc
    return JournalState(path, tuple(entries))


def _parse(line: bytes) -> Entry | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def instant(told: object) -> datetime | None:
    """Return the time that an entry tells (ISO 8601, UTC where it doesn't say), None without."""
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def _packed_statements(paths: Iterable[Words]) -> bytes:
    encode = json.JSONEncoder(ensure_ascii=True).encode
    return "".join(f"{encode(path)}\n" for path in sorted(paths)).encode()


def _write_private(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _append_line(path: Path, data: bytes, *, synced: bool) -> None:
    created = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        view = memoryview(b"\n" + data if torn else data)
        while view:  # a disk that is nearly full takes a part, without an error
            view = view[os.write(descriptor, view) :]
        if synced:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if created:
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
