"""Time as an argument: a clock protocol, a clock that tests move, and deadlines.

Nothing here reads the real time; the real clock is made at the edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of time; ``monotonic`` never goes backwards, ``now`` is UTC wall time."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        ...

    def now(self) -> datetime:
        """Return the aware UTC time."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        ...


class ManualClock:
    """A clock that stands still until it's moved; sleeping moves it."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0

    def monotonic(self) -> float:
        """Return the seconds it was moved so far."""
        return self._elapsed

    def now(self) -> datetime:
        """Return start plus what it was moved."""
        return self._start + timedelta(seconds=self._elapsed)

    def sleep(self, seconds: float) -> None:
        """Move on instead of waiting."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock forward by ``seconds``."""
        self._elapsed += seconds


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in monotonic time; ``remaining`` never is negative."""

    at: float

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        """Make a deadline ``seconds`` from now."""
        return cls(clock.monotonic() + seconds)

    def remaining(self, clock: Clock) -> float:
        """Return the seconds left, at least 0."""
        return max(0.0, self.at - clock.monotonic())

    def passed(self, clock: Clock) -> bool:
        """Say whether it's over."""
        return clock.monotonic() >= self.at
