"""How long a device may hold a rung unconfirmed."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.lab.timer_size import Timed, checked_minutes, minutes_for

SLOW = 0.4  # seconds a tunnel: 1500 take ten minutes


@pytest.mark.parametrize(
    ("tunnels", "timed", "smallest", "minutes"),
    [
        (1500, [], None, 12),
        (1500, [Timed(2, 30.0)], None, 12),  # two tunnels say nothing of 1500
        (1500, [Timed(300, 300 * SLOW)], None, 36),
        (1500, [Timed(2, 9.0), Timed(300, 300 * SLOW)], 1.0, 36),
        (2, [Timed(300, 300 * SLOW)], None, 12),
        (300, [Timed(1500, 1500 * SLOW)], None, 36),  # fewer tunnels need no less than was seen
        (1500, [Timed(150, 600.0)], None, 60),
        (2, [], 300.0, 21),  # what nothing takes, two tunnels take
    ],
)
def test_what_was_measured_sizes_the_timer(tunnels, timed, smallest, minutes):
    """The slowest estimate counts, three times; never below the default or above the bound."""
    assert minutes_for(tunnels, timed, smallest, None) == minutes


def test_a_person_has_the_last_word_upwards():
    """What is asked for is taken, longer than we would choose, too."""
    assert minutes_for(1500, [], None, 240) == 240
    assert minutes_for(1500, [Timed(300, 60.0)], None, 7) == 7


def test_too_short_for_what_was_measured():
    """The tunnels would go while they're counted; the least that is enough is named."""
    with pytest.raises(UsageError, match=r"6 is too short for 1500 .* 300 s .*allowed: 7 to 65535"):
        minutes_for(1500, [Timed(300, 60.0)], None, 6)


@pytest.mark.parametrize("minutes", [5, 65_535])
def test_allowed_minutes(minutes):
    """Both ends are."""
    assert checked_minutes(minutes, "--confirm-minutes") == minutes


@pytest.mark.parametrize(("minutes", "why"), [(4, "still counted"), (65_536, "minutes;")])
def test_minutes_out_of_bounds(minutes, why):
    """One line says from where it came and what is allowed."""
    with pytest.raises(UsageError, match=f"HARNESS_X: {minutes} .*{why}.*allowed: 5 to 65535"):
        checked_minutes(minutes, "HARNESS_X")
