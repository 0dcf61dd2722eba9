"""How long a device may hold a rung unconfirmed: from what its commits took so far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.deploy.deadman import MOST_MINUTES, SHORTEST_MINUTES, confirm_minutes
from harness.errors import UsageError

_COMMIT_SECONDS: Final = 120.0  # of a commit nobody has timed yet; generous, it only sizes a timer
_VERIFY_SECONDS: Final = 120.0
_NEAR: Final = 10  # a commit of a tenth of the tunnels says something about the whole, less doesn't


@dataclass(frozen=True, slots=True)
class Timed:
    """What one commit of this run took."""

    tunnels: int
    seconds: float


def checked_minutes(minutes: int, source: str) -> int:
    """Return what a person asked for; raises :class:`UsageError` naming what is allowed."""
    if not SHORTEST_MINUTES <= minutes <= MOST_MINUTES:
        short = " (the tunnels would go while they're still counted)" * (minutes < SHORTEST_MINUTES)
        raise UsageError(
            f"{source}: {minutes} minutes{short}; allowed: {SHORTEST_MINUTES} to {MOST_MINUTES}"
        )
    return minutes


def minutes_for(
    tunnels: int, timed: Sequence[Timed], smallest: float | None, asked: int | None
) -> int:
    """Return the minutes of the confirmed commit of ``tunnels``.

    ``timed`` are the commits of this run on the device, ``smallest`` the seconds that a commit of
    next to nothing takes there, if that was probed. ``asked`` overrides both; it raises
    :class:`UsageError` where what was measured doesn't fit into it.
    """
    expected = _expected(tunnels, timed, smallest)
    if asked is None:
        return confirm_minutes(max(expected, _COMMIT_SECONDS), _VERIFY_SECONDS)
    needed = math.ceil((expected + _VERIFY_SECONDS) / 60)
    if needed > asked:
        raise UsageError(
            f"--confirm-minutes {asked} is too short for {tunnels} tunnels: by what was measured "
            f"their commit takes about {expected:.0f} s and counting them up to "
            f"{_VERIFY_SECONDS:.0f} s; allowed: {needed} to {MOST_MINUTES}"
        )
    return asked


def _expected(tunnels: int, timed: Sequence[Timed], smallest: float | None) -> float:
    """Return the seconds that the commit should take by the slowest that is known, 0 by none."""
    scaled = (
        one.seconds * max(1.0, tunnels / one.tunnels)
        for one in timed
        if one.tunnels * _NEAR >= tunnels
    )
    return max(smallest or 0.0, *scaled, 0.0)
