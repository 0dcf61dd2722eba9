"""The counts at which a claim is tried, from small to one above it."""

from __future__ import annotations

from harness.errors import PlanError


def ramp(claimed: int) -> tuple[int, ...]:
    """Return 10 %, 50 % and 100 % of ``claimed`` (rounded down, at least 1), and one above.

    Ascending and distinct: a claim of 1 gives (1, 2). A claim below 1 is a :class:`PlanError`.
    """
    if claimed < 1:
        raise PlanError(f"a ramp needs a claim of at least 1, not {claimed}")
    return tuple(sorted({max(1, claimed // 10), max(1, claimed // 2), claimed, claimed + 1}))
