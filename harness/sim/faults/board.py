"""The faults of one device over time: what is on, what is still to come, who else is at work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from harness.clock import Clock
from harness.errors import UsageError
from harness.sim.faults.foreign_hand import ForeignHand
from harness.sim.faults.named import Fault, Faults, fault
from harness.sim.faults.schedule import Schedule
from harness.sim.spec import FaultSpec
from harness.sim.store.datastore import Datastore


class FaultBoard:
    """Switches faults on and off; ``switched`` hears of each one, and whether it's on now.

    Raises :class:`UsageError` for an unknown fault or option.
    """

    def __init__(
        self,
        faults: Faults,
        store: Datastore,
        clock: Clock,
        switched: Callable[[Fault, bool], None],
    ) -> None:
        self._faults = faults
        self._clock = clock
        self._switched = switched
        self._foreign = ForeignHand(store)
        self._since: dict[str, datetime] = {}
        self._by: dict[str, FaultSpec] = {}  # what switched each one on last
        self._schedule = Schedule()

    def begin(self, specs: Sequence[FaultSpec]) -> None:
        """Switch on what is on from the start, and remember when the rest comes."""
        for spec in specs:
            self.arm(spec)

    def arm(self, spec: FaultSpec) -> None:
        """Switch a fault on, now or after the seconds that it names."""
        fault(spec)  # refused now rather than when its time comes
        now = self._clock.monotonic()
        if spec.after == 0:
            self._on(spec)
        self._schedule.add(spec, now)

    def disarm(self, name: str) -> None:
        """Switch a fault off, now and for what is to come; one that isn't on is no error."""
        self._schedule.forget(name)
        self._off(name)

    def _off(self, name: str) -> None:
        known = self._faults.get(name)
        self._faults.disarm(name)
        self._foreign.end(name)
        if known is not None:
            self._switched(known, False)  # noqa: FBT003 - said by the type

    def armed(self, name: str) -> Fault | None:
        """Return the fault of that name if it's on."""
        return self._faults.get(name)

    def since(self, name: str) -> datetime:
        """Return when the fault of that name was last switched on."""
        return self._since[name]

    def tick(self) -> None:
        """Let begin and end what is due, and others do what they wait to do."""
        self._schedule.run(self._clock.monotonic(), self._on_if_possible, self._end)
        self._foreign.tick()

    def _end(self, spec: FaultSpec) -> None:
        """Let a fault end, unless it was switched on anew meanwhile."""
        if self._by.get(spec.name) is spec:
            self._off(spec.name)

    def _on(self, spec: FaultSpec) -> None:
        armed = self._faults.arm(spec)
        try:
            self._foreign.begin(armed)
        except UsageError:
            self._faults.disarm(armed.name)
            raise
        self._by[armed.name] = spec
        self._since[armed.name] = self._clock.now()
        self._switched(armed, True)  # noqa: FBT003 - said by the type

    def _on_if_possible(self, spec: FaultSpec) -> bool:
        """Switch it on; False when somebody is in the way, and it has to be tried again."""
        try:
            self._on(spec)
        except UsageError:
            return False
        return True
