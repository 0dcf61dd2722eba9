"""Faults that come and go by themselves, at their times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush

from harness.sim.spec import FaultSpec

_DISARM, _ARM = 0, 1  # what ends at a moment ends before something else begins at it


class Schedule:
    """What is still to come; all times are monotonic seconds.

    A fault with ``after`` begins that many seconds after it was added, one with ``lasting`` ends
    that many seconds after its beginning. One that begins at once is begun by whoever adds it.
    """

    def __init__(self, specs: Sequence[FaultSpec] = (), now: float = 0.0) -> None:
        self._due: list[tuple[float, int, int, FaultSpec]] = []
        self._added = 0
        for spec in specs:
            self.add(spec, now)

    def add(self, spec: FaultSpec, now: float) -> None:
        """Remember when a fault begins and ends."""
        self._added += 1
        begins = now + spec.after
        if spec.after:
            heappush(self._due, (begins, _ARM, self._added, spec))
        if spec.lasting is not None:
            heappush(self._due, (begins + spec.lasting, _DISARM, self._added, spec))

    def forget(self, name: str) -> None:
        """Drop what is still to come of the faults of one name."""
        self._due = [due for due in self._due if due[3].name != name]
        heapify(self._due)

    def run(
        self, now: float, arm: Callable[[FaultSpec], bool], disarm: Callable[[FaultSpec], None]
    ) -> None:
        """Arm and disarm what is due, in the order of the times.

        ``arm`` returns whether it could; what couldn't begin stays due.
        """
        waiting = []
        while self._due and self._due[0][0] <= now:
            due = heappop(self._due)
            _, deed, _, spec = due
            if deed == _DISARM:
                disarm(spec)
            elif not arm(spec):
                waiting.append(due)
        for due in waiting:
            heappush(self._due, due)
