"""Start simulated devices for the devices of a testbed that ask for it; nobody else does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.errors import TestbedError, UsageError
from harness.sim.server import Address, SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec, UserSpec
from harness.sim.store.profiles import profile, published_family
from harness.sim.yang.compiled import load_compiled
from harness.system_clock import SystemClock
from harness.testbed.model import CredentialSource, Device, Simulation, Testbed

_JDM = "-jdm"  # how the simulator tells the two endpoints of an NFX250 apart


def embedded(testbed: Testbed) -> tuple[Device, ...]:
    """Return the simulated devices that have no address of their own: the lab starts them."""
    return tuple(d for d in testbed.devices if d.simulated and not d.connections)


def spec_of(device: Device, source: str) -> DeviceSpec:
    """Return what the simulator is told about ``device`` of the testbed file ``source``.

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
        base=_read(Path(simulation.base).expanduser(), device) if simulation.base else None,
        schema=_schema(simulation, spec.platform, device, source),
        serial=simulation.serial,
        version=simulation.version,
        tunnel_limit=simulation.tunnel_limit,
        commit_seconds=simulation.commit_seconds,
        faults=tuple(
            FaultSpec(fault.name, fault.options, fault.after, fault.lasting)
            for fault in simulation.faults
        ),
        switches=simulation.switches,
        users=tuple(
            UserSpec(user.name, user.password, user.login_class) for user in simulation.users
        ),
        keep_alive_seconds=simulation.keep_alive_seconds,
        cluster=simulation.cluster,
        peers=simulation.peers,
    )


def start(
    testbed: Testbed, schemas: Sequence[Path] = (), control: Path | None = None
) -> tuple[SimulatorServer, Mapping[str, Address]]:
    """Start one server for all embedded devices of ``testbed``; the caller stops it.

    ``schemas``: compiled ones, for the devices that don't name one themselves. ``control``: a
    socket that takes requests about faults (:mod:`harness.lab.sim_control`).
    """
    specs = [spec_of(device, testbed.path) for device in embedded(testbed)]
    server = SimulatorServer(with_schemas(specs, schemas), SystemClock(), control=control)
    return server, server.start()


def with_schemas(specs: Sequence[DeviceSpec], schemas: Sequence[Path]) -> list[DeviceSpec]:
    """Give each device without a compiled schema the one of its family.

    Raises :class:`UsageError` for a file that can't be read, two of one family, and one whose
    family no device is of.
    """
    by_family: dict[str, Path] = {}
    for path in schemas:
        family = load_compiled(path).family
        if family in by_family:
            raise UsageError(f"{path}: {by_family[family]} is a schema of {family} already")
        if not any(family == published_family(spec.platform) for spec in specs):
            raise UsageError(f"{path}: a schema of {family}, and no device is of that family")
        by_family[family] = path
    made: list[DeviceSpec] = []
    for spec in specs:
        fitting = by_family.get(published_family(spec.platform))
        missing = spec.schema is None and fitting is not None
        made.append(replace(spec, schema=fitting) if missing else spec)
    return made


def _schema(simulation: Simulation, platform: str, device: Device, source: str) -> Path | None:
    """Return the compiled schema that a device names, if it's one that fits."""
    if simulation.schema is None:
        return None
    path = Path(simulation.schema).expanduser()
    try:
        profile(platform, path)
    except UsageError as exc:
        where = f"{source}:{simulation.schema_line}: devices.{device.name}.custom.schema"
        raise TestbedError([f"{where}: {exc}"]) from exc
    return path


def _read(path: Path, device: Device) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise TestbedError([f"{device.name}: custom.base: {path} can't be read: {exc}"]) from exc
