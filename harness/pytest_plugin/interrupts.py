"""Signals that end a run: they interrupt its cases, and never the restoring after them."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from harness.clock import Clock

# A terminal that is closed (SIGHUP) ends a run like Ctrl-C; one under nohup stays deaf to it.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Signals so close together are one: a terminal and a supervisor speak at once, and a second
# exception would meet the first one on its way up.
_ONE_SECONDS = 0.5


class Interrupts:
    """Turns signals into ``KeyboardInterrupt`` until they're held off; remembers the first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deaf_until = 0.0
        self.first: str | None = None  # "SIGINT", "SIGTERM", "SIGHUP"
        self._held_off = False
        self._before: dict[signal.Signals, Any] = {}  # what signal.signal returns and takes

    def catch(self) -> None:
        """Listen from now on; a signal that the process was told to ignore stays ignored."""
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)

    def hold_off(self) -> None:
        """Let nothing interrupt any more: what is left is short, or has to be done."""
        self._held_off = True

    def release(self) -> None:
        """Give the signals back to whoever had them."""
        while self._before:
            signal.signal(*self._before.popitem())

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        now = self._clock.monotonic()
        if self._held_off or now < self._deaf_until:
            return
        self._deaf_until = now + _ONE_SECONDS
        self.first = self.first or signal.Signals(number).name
        raise KeyboardInterrupt
