"""The devices of one seed, the lines to them, and the time that all of it lives in."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from campaign.inside import CLOCK
from campaign.network import Line
from campaign.scenario import COUNT, Scenario
from campaign.shared_clock import SharedClock
from harness.sim.device import SimulatedDevice
from harness.sim.server import Address, SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec

DUT, BYSTANDER = "dut", "bystander"
T = TypeVar("T")

_LOOKS, _LOOK = 300, 0.01  # looks at most, and seconds between two of them


class World:
    """Everything that outlives the harness: devices, network, clock, and a folder for the seed."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.state = folder / "state"
        self.reports = folder / "reports"
        self.clock = SharedClock(folder / CLOCK)
        self.names = (DUT, BYSTANDER) if scenario.workers > 1 else (DUT,)
        switches = {**scenario.switches, "session-limits": "off"}
        self._server = SimulatorServer(
            [DeviceSpec(name, scenario.platform, switches=switches) for name in self.names],
            self.clock,
        )
        addresses = self._server.start()
        # Made now, and looked at past every session; touched on the server's thread alone.
        self.devices = {n: self._server.device(n).call(lambda device: device) for n in self.names}
        self.lines = {n: Line(address.port, self.clock) for n, address in addresses.items()}
        if scenario.lie:
            lie = FaultSpec(scenario.lie, {"from_count": COUNT})
            self._server.device(DUT).arm(lie)
        self.testbed = self._write_testbed(scenario, addresses)

    @property
    def dut(self) -> SimulatedDevice:
        """The device at which things happen."""
        return self.devices[DUT]

    @property
    def line(self) -> Line:
        """The line to it."""
        return self.lines[DUT]

    def configuration(self, name: str) -> str:
        """Return what is committed, as set lines."""
        return self.on_loop(
            lambda: (store := self.devices[name].store).render(store.committed, "set")
        )

    def on_loop(self, action: Callable[[], T]) -> T:
        """Do something between two messages."""
        return self._server.run_on_loop(action)

    def settle(self) -> None:
        """Wait until the devices have noticed which clients are gone; that takes them a moment."""
        for name, device in self.devices.items():
            for _ in range(_LOOKS):
                if self.on_loop(partial(len, device._logins)) <= self.lines[name].silent:
                    break
                threading.Event().wait(_LOOK)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and what is due at the devices happen."""
        self.clock.advance(seconds)
        for name, device in self.devices.items():
            self.lines[name].keep_alive()
            self.on_loop(device.tick)

    def close(self) -> None:
        """End all of it."""
        for line in self.lines.values():
            line.close()
        self._server.stop()
        self.clock.close()

    def _write_testbed(self, scenario: Scenario, addresses: Mapping[str, Address]) -> Path:
        known_hosts = self.folder / "known_hosts"
        ways = {n: {"host": "127.0.0.1", "port": line.port} for n, line in self.lines.items()}
        known_hosts.write_text(
            "".join(f"[127.0.0.1]:{ways[n]['port']} {a.host_key}\n" for n, a in addresses.items())
        )
        path = self.folder / "testbed.yaml"
        lab = {
            "name": "chaos",
            "credentials": {"default": {"username": "lab", "password": "lab"}},
            "known_hosts": str(known_hosts),
        }
        devices = {name: _entry(scenario.platform, ways[name]) for name in self.names}
        path.write_text(json.dumps({"testbed": lab, "devices": devices}, indent=1))
        return path


def _entry(platform: str, way: Mapping[str, object]) -> dict[str, object]:
    large = platform.startswith("srx")
    underlay = {
        "external_interface": "xe-0/0/0.0" if large else "ge-0/0/0.0",
        "local_address": "192.0.2.1",
        "peers": "198.18.0.0/15",
        "inner": "100.64.0.0/10",
    }
    if platform != "vmx":
        underlay["external_zone"] = "untrust"
    return {
        "platform": platform,
        "simulated": True,
        "underlay": underlay,
        "connections": {"netconf": way, "cli": way},
    }
