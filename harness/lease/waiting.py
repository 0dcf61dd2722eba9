"""Wait for a lease, saying now and then for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.clock import Clock, Deadline
from harness.errors import DeviceBusy

Tell = Callable[[str], None]

_TELL_SECONDS = 30.0


def tell_nobody(_: str) -> None:
    """Take a progress line that nobody wants."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Until when a lease is waited for, and who hears about it."""

    until: Deadline
    tell: Tell = tell_nobody

    @classmethod
    def at_most(cls, seconds: float, clock: Clock, tell: Tell = tell_nobody) -> Waiting:
        """Wait ``seconds`` from now for everything that's waited for with it."""
        return cls(Deadline.after(seconds, clock), tell)

    def wait(
        self, what: str, attempt: Callable[[], str], clock: Clock, every: float, remedy: str
    ) -> None:
        """Call ``attempt`` every so many seconds until it returns "" instead of who holds it.

        Raises :class:`DeviceBusy` naming the holder when the time is over; what ``attempt`` raises
        isn't cured by waiting and passes through.
        """
        told = Deadline.after(0.0, clock)
        while holder := attempt():
            if self.until.passed(clock):
                raise DeviceBusy(f"{what}: held by {holder}; {remedy}")
            left = self.until.remaining(clock)
            if told.passed(clock):
                self.tell(f"{what}: waiting, at most {left:.0f} s more: held by {holder}")
                told = Deadline.after(_TELL_SECONDS, clock)
            clock.sleep(min(every, left))
