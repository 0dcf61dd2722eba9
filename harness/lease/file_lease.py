"""A lease on this machine: an exclusive ``flock`` plus a line that says who holds it.

The kernel frees the lock when its holder dies, however it dies, so a lease never outlives its
process. The text in the file is for people; only the lock decides.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.clock import Clock
from harness.errors import LabError
from harness.lease.holder import Holder, encode_holder, read_holder
from harness.lease.waiting import Waiting

_RETRY_SECONDS = 0.2


class FileLease:
    """An exclusive right to one key, for as long as this process holds the file open."""

    def __init__(self, directory: Path, key: str, holder: Holder) -> None:
        self._path = lease_path(directory, key)
        self._key = key
        self._holder = holder
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Say whether this object holds the lease now."""
        return self._descriptor is not None

    def acquire(
        self, clock: Clock, wait_seconds: float = 0.0, waiting: Waiting | None = None
    ) -> None:
        """Take the lease, waiting at most ``wait_seconds``, or as ``waiting`` says.

        Raises :class:`DeviceBusy` naming the holder, :class:`LabError` when the state directory
        can't be written.
        """
        (waiting or Waiting.at_most(wait_seconds, clock)).wait(
            self._key,
            self._attempt,
            clock,
            _RETRY_SECONDS,
            "wait for it to end (--wait SECONDS), or stop that process",
        )

    def _attempt(self) -> str:
        return "" if self._try() else _named(self._path)

    def _try(self) -> bool:
        if self._descriptor is not None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise self._unusable(exc) from exc
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError as exc:
            os.close(descriptor)
            raise self._unusable(exc) from exc
        self._descriptor = descriptor
        with suppress(OSError):  # for people alone; a full disk mustn't hinder a way back
            os.ftruncate(descriptor, 0)
            os.write(descriptor, encode_holder(self._holder).encode())
        return True

    def _unusable(self, cause: OSError) -> LabError:
        return LabError(f"{self._path}: can't keep leases there: {cause.strerror}")

    def release(self) -> None:
        """Give the lease back; harmless when it isn't held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
            os.close(descriptor)  # closing the last descriptor frees the kernel lock

    def discard(self) -> None:
        """Give the lease back and delete its file: only for a key that is never taken again."""
        if self._descriptor is not None:
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


def file_name(key: str) -> str:
    """Return ``key`` as part of a file name; characters that can't stand there become ``_``."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in key)


def lease_path(directory: Path, key: str) -> Path:
    """Return the file of ``key``."""
    return directory / f"{file_name(key)}.lock"


def leases_in(directory: Path) -> tuple[tuple[str, Holder | None], ...]:
    """Return the leases held right now on this machine as (key, holder), sorted by key.

    The holder is None where the file doesn't say who it is: the lock alone decides.
    """
    held = (path for path in sorted(directory.glob("*.lock")) if _locked(path))
    return tuple((path.stem, read_holder(path)) for path in held)


def held_by(directory: Path, key: str) -> str:
    """Say who holds ``key`` on this machine right now, "" when nobody does."""
    path = lease_path(directory, key)
    return _named(path) if path.exists() and _locked(path) else ""


def _named(path: Path) -> str:
    return str(read_holder(path) or "another process")


def _locked(path: Path) -> bool:
    with path.open("r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
