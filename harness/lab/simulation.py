"""Start simulated devices for the devices of a testbed that ask for it; nobody else does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from harness.errors import TestbedError
from harness.sim.server import Address, SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed
from harness.testbed.model import CredentialSource, Device, Testbed

_JDM = "-jdm"  # how the simulator tells the two endpoints of an NFX250 apart


@dataclass(frozen=True, slots=True)
class ServedDevice:
    """One simulated device that is listening."""

    name: str
    platform: str
    host: str
    port: int
    username: str
    host_key: str  # "ssh-ed25519 AAAA…", for a known_hosts file


def embedded(testbed: Testbed) -> tuple[Device, ...]:
    """Return the simulated devices that have no address of their own: the lab starts them."""
    return tuple(d for d in testbed.devices if d.simulated and not d.connections)


def spec_of(device: Device, directory: Path) -> DeviceSpec:
    """Return what the simulator is told about ``device``; ``directory`` is the testbed file's.

    Raises :class:`TestbedError` when a file that the device names can't be read.
    """
    simulation = device.simulation
    login = device.credentials
    spec = DeviceSpec(
        name=device.name,
        platform=device.platform + (_JDM if device.role == "jdm" else ""),
        username=login.username if login else "lab",
        password=(login.literal if login and login.source is CredentialSource.LITERAL else "lab"),
    )
    if simulation is None:
        return spec
    return DeviceSpec(
        name=spec.name,
        platform=spec.platform,
        username=spec.username,
        password=spec.password,
        base=_read(directory / simulation.base, device) if simulation.base else None,
        serial=simulation.serial,
        version=simulation.version,
        tunnel_limit=simulation.tunnel_limit,
        commit_seconds=simulation.commit_seconds,
        faults=tuple(
            FaultSpec(fault.name, fault.options, fault.after, fault.lasting)
            for fault in simulation.faults
        ),
        switches=simulation.switches,
    )


def start(testbed: Testbed) -> tuple[SimulatorServer, Mapping[str, Address]]:
    """Start one server for all embedded devices of ``testbed``; the caller stops it."""
    directory = Path(testbed.path).parent
    server = SimulatorServer(
        [spec_of(device, directory) for device in embedded(testbed)], SystemClock()
    )
    return server, server.start()


def serve_simulated(
    path: Path,
    *,
    on_ready: Callable[[Sequence[ServedDevice]], None],
    stop: Event | None = None,
) -> None:
    """Serve every simulated device of the testbed at ``path`` until Ctrl-C or ``stop``."""
    testbed = load_testbed(path)
    server, addresses = start(testbed)
    platforms = {device.name: device.platform for device in testbed.devices}
    try:
        on_ready(
            [
                ServedDevice(name, platforms[name], a.host, a.port, a.username, a.host_key)
                for name, a in addresses.items()
            ]
        )
        (stop or Event()).wait()
    finally:
        server.stop()


def _read(path: Path, device: Device) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise TestbedError([f"{device.name}: custom.base: {path} can't be read: {exc}"]) from exc
