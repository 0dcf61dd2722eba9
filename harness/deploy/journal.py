"""What was begun on a device and not yet proven undone, on disk before the first change.

One file per device in the state directory, one JSON object a line, each line synced before the
step it announces. A torn last line is what a power cut leaves and is ignored.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from harness.clock import Clock
from harness.deploy.baseline import Baseline
from harness.errors import LabError

Entry = dict[str, str | int | float | bool | None]

OPENED = "opened"  # nothing was changed yet; the baseline is kept
COMMITTING = "committing"  # the next thing sent is the commit
COMMITTED = "committed"  # the device took it
REFUSED = "refused"  # the device took nothing
RETURNING = "returning"  # the way back to the baseline begins
CLOSED = "closed"  # the baseline is proven

_LINE_LIMIT = 65_536
_LINES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class JournalState:
    """What a journal file says: its entries in order, and whether the last run on it is open."""

    path: Path
    entries: tuple[Entry, ...]

    @property
    def open_entry(self) -> Entry | None:
        """Return the ``opened`` entry that no ``closed`` one follows, or None."""
        return self._open[0] if self._open else None

    @property
    def committed(self) -> bool:
        """Say whether the open run's commit took a rollback slot, as far as the journal knows."""
        return COMMITTING in self._steps and REFUSED not in self._steps

    @property
    def commit_in_flight(self) -> bool:
        """Say whether the open run died before it knew what became of its commit."""
        return COMMITTING in self._steps and not self._steps & {COMMITTED, REFUSED}

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
        return self.entries[start:] if start is not None else ()


class Journal:
    """The journal of one device; writes are synced to disk before the call returns."""

    def __init__(self, directory: Path, key: str, clock: Clock) -> None:
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in key)
        self.path = directory / f"{safe}.journal.jsonl"
        self.baseline_path = directory / f"{safe}.baseline.xml.gz"
        self._clock = clock

    def open(self, baseline: Baseline, *, run_id: str, owner: str, **facts: str | int) -> None:
        """Write the baseline and the ``opened`` entry; nothing was changed on the device before.

        The file begins anew with every run, once the one before it is closed. Raises
        :class:`LabError` when the state directory can't be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._forget_other_runs(run_id)
            _write_private(self.baseline_path, gzip.compress(baseline.xml.encode(), 6, mtime=0))
        except OSError as exc:
            raise LabError(f"{self.path.parent}: can't keep a journal: {exc.strerror}") from exc
        self._append(
            OPENED,
            run=run_id,
            owner=owner,
            device=baseline.device,
            baseline=baseline.fingerprint,
            baseline_commit_seconds=baseline.commit_seconds,
            **facts,
        )

    def _forget_other_runs(self, run_id: str) -> None:
        # A file that grows for ever would be read whole at every rung, or not to its end.
        state = self.read()
        if state.open_entry is None and all(e.get("run") != run_id for e in state.entries):
            self.path.unlink(missing_ok=True)

    def note(self, event: str, **facts: str | float | bool | None) -> None:
        """Append a step."""
        self._append(event, **facts)

    def close(self, how: str, commits: int) -> None:
        """Append the ``closed`` entry and delete the kept baseline: restore is proven.

        ``commits`` is how many rollback slots of the device were used since ``opened``.
        """
        self._append(CLOSED, how=how, commits=commits)
        self.baseline_path.unlink(missing_ok=True)

    def read(self) -> JournalState:
        """Read the file back."""
        return read_journal(self.path)

    def saved_baseline(self, device: str) -> Baseline:
        """Return the baseline that the open entry kept.

        Raises :class:`LabError` when there is none or the file is unreadable.
        """
        opened = self.read().open_entry
        if opened is None:
            raise LabError(f"{device}: its journal isn't open, there is nothing to restore")
        try:
            xml = gzip.decompress(self.baseline_path.read_bytes()).decode()
        except (OSError, EOFError, UnicodeDecodeError) as exc:
            raise LabError(f"{self.baseline_path}: can't read the saved baseline: {exc}") from exc
        seconds = opened.get("baseline_commit_seconds")
        return Baseline(
            device=device,
            fingerprint=str(opened.get("baseline", "")),
            commit_seconds=seconds if isinstance(seconds, int) else 0,
            xml=xml,
        )

    def _append(self, event: str, **facts: str | float | bool | None) -> None:
        entry: Entry = {"event": event, "time": self._clock.now().isoformat(), **facts}
        line = json.dumps(entry, cls=json.JSONEncoder, ensure_ascii=True) + "\n"
        try:
            _append_synced(self.path, line.encode())
        except OSError as exc:
            raise LabError(f"{self.path}: can't write the journal: {exc.strerror}") from exc


def read_journal(path: Path) -> JournalState:
    """Read a journal's newest lines, leaving out those that aren't whole JSON objects."""
    entries: deque[Entry] = deque(maxlen=_LINES_KEPT)
    if path.exists():
        with path.open("rb") as file:
            while line := file.readline(_LINE_LIMIT):
                entry = _parse(line)
                if entry is not None:
                    entries.append(entry)
    return JournalState(path, tuple(entries))


def _parse(line: bytes) -> Entry | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _write_private(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync_directory(path.parent)


def _append_synced(path: Path, data: bytes) -> None:
    created = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, b"\n" + data if torn else data)
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
