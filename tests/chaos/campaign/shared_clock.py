"""One time for the devices and for every process of a run; it passes only when somebody sleeps."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_START = datetime(2026, 1, 1, 12, tzinfo=UTC)
_LAYOUT = struct.Struct("dd")  # seconds passed, seconds that our own wall clock is wrong by


class SharedClock:
    """A clock in a file: whoever sleeps moves it for all; ``skew`` is added to its wall time."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_LAYOUT.pack(0.0, 0.0))
        self._file = os.open(path, os.O_RDWR)  # a bare one: nobody closes it in a child
        self._memory = mmap.mmap(self._file, _LAYOUT.size)
        self.skew = 0.0  # of this reader

    def monotonic(self) -> float:
        """Return the seconds that passed."""
        return float(_LAYOUT.unpack(self._memory[:])[0])

    def now(self) -> datetime:
        """Return start and seconds passed, wrong by the skew."""
        return _START + timedelta(seconds=self.monotonic() + self.skew)

    def sleep(self, seconds: float) -> None:
        """Let seconds pass for everybody."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let seconds pass for everybody."""
        self._add(seconds, 0.0)

    @property
    def our_error(self) -> float:
        """Return by how much the harness's own wall clock is wrong."""
        return float(_LAYOUT.unpack(self._memory[:])[1])

    def set_us_wrong(self, seconds: float) -> None:
        """Make the harness's own wall clock jump."""
        self._add(0.0, seconds)

    def _add(self, passed: float, error: float) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            before = _LAYOUT.unpack(self._memory[:])
            self._memory[:] = _LAYOUT.pack(before[0] + passed, before[1] + error)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()
        os.close(self._file)
