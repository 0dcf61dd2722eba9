"""The place of one device: its specification until somebody comes, then the device."""

from __future__ import annotations

from harness.clock import Clock
from harness.sim.device import SimulatedDevice
from harness.sim.fabric import Fabric
from harness.sim.spec import DeviceSpec


class Slot:
    """Makes its device on first use, so that thousands of idle devices cost next to nothing."""

    __slots__ = ("_clock", "_device", "_fabric", "spec")

    def __init__(self, spec: DeviceSpec, clock: Clock, fabric: Fabric) -> None:
        self.spec = spec
        self._fabric = fabric
        self._clock = clock
        self._device: SimulatedDevice | None = None

    @property
    def name(self) -> str:
        """The device's name."""
        return self.spec.name

    @property
    def made(self) -> SimulatedDevice | None:
        """The device if somebody has used it."""
        return self._device

    @property
    def device(self) -> SimulatedDevice:
        """The device, made now if need be."""
        return self._device if self._device is not None else self.make()

    def make(self) -> SimulatedDevice:
        """Make the device; raises what :class:`SimulatedDevice` raises."""
        self._device = SimulatedDevice(self.spec, self._clock, self._fabric)
        return self._device
