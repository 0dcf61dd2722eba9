"""What is different inside a child of the campaign; a plugin of pytest and of each worker's.

The clock is the devices', waits cost nothing, and where a seed says so the disk below the state
directory is full, or a step of the product is left out.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from campaign import full_disk, mutants
from campaign.shared_clock import SharedClock
from harness.drivers.protocol import Endpoint
from harness.lab import ways
from harness.pytest_plugin import interrupts
from harness.system_clock import SystemClock

FOLDER = "CHAOS_FOLDER"  # of one seed, in the environment of a child
CLOCK = "clock"
AT_WORK = "at-work-on-"  # file with the pid of the process that runs a device's case
_ANSWER_SECONDS = 4.0  # really waited; on the clock of all it's what a product waits
_REAL_PART, _REAL_MOST = 0.01, 0.02  # of a sleep, in seconds: others get on meanwhile


class _Time:
    """Replaces the real clock: ``now`` and ``sleep`` are everybody's, ``monotonic`` is our own."""

    def __init__(self, clock: SharedClock) -> None:
        self._clock = clock
        self._slept = 0.0

    def monotonic(self) -> float:
        """Return real seconds and those that this process slept."""
        return time.monotonic() + self._slept

    def now(self) -> datetime:
        """Return the time of all, wrong where ours jumped."""
        return self._clock.now() + timedelta(seconds=self._clock.our_error)

    def sleep(self, seconds: float) -> None:
        """Let the time pass for all; only a moment of it is real."""
        self._slept += seconds
        self._clock.advance(seconds)
        threading.Event().wait(min(seconds * _REAL_PART, _REAL_MOST))


def set_up(folder: Path) -> None:
    """Make this process live in the time of the seed in ``folder``."""
    now = _Time(SharedClock(folder / CLOCK))
    for name in ("monotonic", "now", "sleep"):
        act = getattr(now, name)
        patch.object(SystemClock, name, lambda _, *given, act=act: act(*given)).start()
    patch.object(ways, "Endpoint", functools.partial(Endpoint, timeout=_ANSWER_SECONDS)).start()
    patch.object(interrupts, "_ONE_SECONDS", 0.0).start()  # the seed says how far apart two are
    full_disk.install(folder)
    mutants.install(os.environ.get(mutants.NAME, ""))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Leave word which process works on the device of a case."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    rung, device = parameters.get("rung"), parameters.get("device")
    name = rung.device if rung is not None else device.name if device is not None else ""
    path = Path(os.environ[FOLDER]) / f"{AT_WORK}{name}"
    path.write_text(str(os.getpid()))


if FOLDER in os.environ:
    set_up(Path(os.environ[FOLDER]))
