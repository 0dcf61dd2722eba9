"""How fast a device is asked."""

from __future__ import annotations

from harness.clock import ManualClock
from harness.lab.compare import _Pace


def test_connections_stay_below_the_rate_limit() -> None:
    """In no minute are there more than sixty, which leaves restoring its part of 150."""
    clock = ManualClock()
    pace = _Pace(clock)
    opened = []
    for _ in range(200):
        pace.wait()
        opened.append(clock.monotonic())
        clock.advance(0.1)
    assert all(
        round(later - first, 6) >= 60.0 for first, later in zip(opened, opened[60:], strict=False)
    )


def test_a_slow_device_is_not_waited_for() -> None:
    """Whoever asks once in two seconds never waits."""
    clock = ManualClock()
    pace = _Pace(clock)
    for _ in range(200):
        pace.wait()
        clock.advance(2.0)
    assert clock.monotonic() == 400.0
