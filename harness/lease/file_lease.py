"""A lease on this machine: an exclusive ``flock`` plus a line that says who holds it.

The kernel frees the lock when its holder dies, however it dies, so a lease never outlives its
process. The text in the file is for people; only the lock decides.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from harness.clock import Clock, Deadline
from harness.errors import DeviceBusy, LabError

_RETRY_SECONDS = 0.2
_HOLDER_LIMIT = 4096  # bytes read back from a lease file; ours are far shorter


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease, since when (ISO 8601, UTC), and for what."""

    owner: str  # user@host
    pid: int
    run_id: str
    since: str
    purpose: str

    def __str__(self) -> str:
        """Write one phrase for an error message."""
        return (
            f"{self.owner} (pid {self.pid}, run {self.run_id}, {self.purpose}) since {self.since}"
        )


class FileLease:
    """An exclusive right to one key, for as long as this process holds the file open."""

    def __init__(self, directory: Path, key: str, holder: Holder) -> None:
        self._path = lease_path(directory, key)
        self._key = key
        self._holder = holder
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        """Say whether this object holds the lease now."""
        return self._file is not None

    def acquire(self, clock: Clock, wait_seconds: float = 0.0) -> None:
        """Take the lease, waiting at most ``wait_seconds``.

        Raises :class:`DeviceBusy` naming the holder, :class:`LabError` when the state directory
        can't be written.
        """
        deadline = Deadline.after(wait_seconds, clock)
        while not self._try():
            if deadline.passed(clock):
                raise DeviceBusy(
                    f"{self._key}: held by {read_holder(self._path) or 'another process'}; "
                    "wait for it to end, or stop that process"
                )
            clock.sleep(min(_RETRY_SECONDS, deadline.remaining(clock)))

    def _try(self) -> bool:
        if self._file is not None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise LabError(f"{self._path}: can't keep leases there: {exc.strerror}") from exc
        file = os.fdopen(descriptor, "r+", encoding="utf-8")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate()
        json.dump(asdict(self._holder), file, cls=json.JSONEncoder)
        file.flush()
        self._file = file
        return True

    def release(self) -> None:
        """Give the lease back; harmless when it isn't held."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()  # closing the last descriptor frees the kernel lock
            self._file = None

    def discard(self) -> None:
        """Give the lease back and delete its file: only for a key that is never taken again."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self.release()

    def __enter__(self) -> Self:
        """Return the lease; :meth:`acquire` was called before, with a clock."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lease back."""
        self.release()


def lease_path(directory: Path, key: str) -> Path:
    """Return the file of ``key``; characters that a file name can't hold become ``_``."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in key)
    return directory / f"{safe}.lock"


def read_holder(path: Path) -> Holder | None:
    """Return who the file names, or None when it names nobody; says nothing about the lock."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            fields = json.loads(file.read(_HOLDER_LIMIT))
        return Holder(**fields)
    except (OSError, ValueError, TypeError):
        return None


def leases_in(directory: Path) -> tuple[tuple[str, Holder], ...]:
    """Return the leases held right now on this machine as (key, holder), sorted by key."""
    held: list[tuple[str, Holder]] = []
    for path in sorted(directory.glob("*.lock")):
        holder = read_holder(path)
        if holder is not None and _locked(path):
            held.append((path.stem, holder))
    return tuple(held)


def _locked(path: Path) -> bool:
    with path.open("r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
