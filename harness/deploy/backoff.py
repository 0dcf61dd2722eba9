"""Wait for something that isn't there yet: longer and longer, and not for ever."""

from __future__ import annotations

from harness.clock import Clock, Deadline

_FIRST = 1.0  # seconds; doubles up to the maximum
_LONGEST = 30.0


class Backoff:
    """Pauses that grow, ``seconds`` of them in all; time that passes otherwise counts as well."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._deadline = Deadline.after(seconds, clock)
        self._left = seconds  # of pauses; a clock that stands still must end, too
        self._next = _FIRST

    def pause(self) -> bool:
        """Wait once more; False, without waiting, when the time is over."""
        seconds = min(self._next, self._left, self._deadline.remaining(self._clock))
        if seconds <= 0:
            return False
        self._clock.sleep(seconds)
        self._left -= seconds
        self._next = min(self._next * 2, _LONGEST)
        return True
