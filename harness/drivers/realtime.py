"""The real clock, for the drivers' deadlines."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's monotonic and wall clocks."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the aware UTC time."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        time.sleep(seconds)
