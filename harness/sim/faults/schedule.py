"""Faults that come and go by themselves, at times counted from the device's start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop

from harness.sim.spec import FaultSpec

_ARM, _DISARM = 1, 0  # what ends at a moment ends before something else begins at it


class Schedule:
    """What is still to come; ``began`` and all times are monotonic seconds.

    A fault with ``after`` begins that many seconds from ``began``, one with ``lasting`` ends that
    many seconds after its beginning.
    """

    def __init__(self, specs: Sequence[FaultSpec], began: float) -> None:
        self._due: list[tuple[float, int, int, FaultSpec]] = []
        for number, spec in enumerate(specs):
            begins = began + spec.after
            self._due.append((begins, _ARM, number, spec))
            if spec.lasting is not None:
                self._due.append((begins + spec.lasting, _DISARM, number, spec))
        heapify(self._due)

    def run(
        self, now: float, arm: Callable[[FaultSpec], None], disarm: Callable[[str], None]
    ) -> None:
        """Arm and disarm what is due, in the order of the times."""
        while self._due and self._due[0][0] <= now:
            _, deed, _, spec = heappop(self._due)
            if deed == _ARM:
                arm(spec)
            else:
                disarm(spec.name)
