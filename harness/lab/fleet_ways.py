"""The ways to devices of fleets: what they have alike is resolved once, the rest is arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harness.drivers.protocol import Endpoint
from harness.errors import UsageError
from harness.lab.ways import CONNECTION_OF, Prompt, Ways, from_wire, simulated_way, to_wire, ways_to
from harness.sim.server import Address
from harness.testbed.model import Device, Fleet, Testbed

Wire = dict[str, object]


@dataclass(frozen=True, slots=True)
class FleetWays:
    """Ways by fleet, as to its first device, and the ports of those that the lab serves."""

    alike: Mapping[str, Ways]
    ports: Mapping[str, int]  # by device; empty for a fleet that is served or real

    @classmethod
    def to(
        cls,
        fleets: Iterable[Fleet],
        testbed: Testbed,
        addresses: Mapping[str, Address],
        prompt: Prompt,
    ) -> FleetWays:
        """Resolve the credentials of each of ``fleets`` once.

        ``addresses`` are those of the simulated devices that the lab serves. Raises what
        :func:`harness.lab.ways.ways_to` raises.
        """
        alike: dict[str, Ways] = {}
        for fleet in fleets:
            first = fleet.member(1)
            at = addresses.get(first.name)
            alike[fleet.name] = (
                ways_to(testbed, first, {}, prompt)
                if at is None
                else dict.fromkeys(CONNECTION_OF, simulated_way(first.name, at))
            )
        return cls(alike, {name: address.port for name, address in addresses.items()})

    def of(self, device: Device) -> Ways:
        """Return the ways to a device of a fleet."""
        alike = self.alike.get(device.name.rpartition("-")[0])
        if alike is None:
            raise UsageError(f"{device.name} is no device of a fleet")
        return {driver: self._way(way, driver, device) for driver, way in alike.items()}

    def _way(self, way: Endpoint, driver: str, device: Device) -> Endpoint:
        connection = device.connections.get(CONNECTION_OF[driver])
        if connection is not None:
            host, port = connection.host, connection.port
        else:
            host, port = way.host, self.ports[device.name]
        return replace(way, device=device.name, host=host, port=port)

    def wire(self) -> Wire:
        """Return plain values for the pipe to a worker process."""
        return {
            "alike": {name: to_wire(ways) for name, ways in self.alike.items()},
            "ports": dict(self.ports),
        }

    @classmethod
    def from_wire(cls, wire: object) -> FleetWays:
        """Return what :meth:`wire` was given."""
        if not isinstance(wire, dict):
            raise UsageError("this worker was not started by a harness controller")
        alike = {name: from_wire(ways) for name, ways in wire["alike"].items()}
        return cls(alike, dict(wire["ports"]))


NONE = FleetWays({}, {})
