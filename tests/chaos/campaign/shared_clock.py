"""One time for the devices and for every process of a run; it leaps when somebody sleeps."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_START = datetime(2026, 1, 1, 12, tzinfo=UTC)
_LAYOUT = struct.Struct("ddd")  # real beginning, seconds slept, seconds our wall clock is wrong by


class SharedClock:
    """A clock in a file: whoever sleeps moves it for all, at once; ``skew`` is of its wall time."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_LAYOUT.pack(time.monotonic(), 0.0, 0.0))
        self._file = os.open(path, os.O_RDWR)  # a bare one: nobody closes it in a child
        self._memory = mmap.mmap(self._file, _LAYOUT.size)
        self.skew = 0.0  # of this reader

    def monotonic(self) -> float:
        """Return the seconds that passed."""
        began, slept, _ = _LAYOUT.unpack(self._memory[:])
        return time.monotonic() - float(began) + float(slept)

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
        return float(_LAYOUT.unpack(self._memory[:])[2])

    def set_us_wrong(self, seconds: float) -> None:
        """Make the harness's own wall clock jump."""
        self._add(0.0, seconds)

    def _add(self, slept: float, error: float) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            before = _LAYOUT.unpack(self._memory[:])
            self._memory[:] = _LAYOUT.pack(before[0], before[1] + slept, before[2] + error)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()
        os.close(self._file)
