"""Start simulated devices for the devices of a testbed that ask for it; nobody else does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.errors import UsageError
from harness.lab.simulated_settings import base_of, require_known, schema_of, simulated_platform
from harness.sim.server import Address, SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec, UserSpec
from harness.sim.store.profiles import published_family
from harness.sim.yang.compiled import load_compiled
from harness.system_clock import SystemClock
from harness.testbed.model import CredentialSource, Device, Testbed


def embedded(testbed: Testbed) -> tuple[Device, ...]:
    """Return the simulated devices that have no address of their own: the lab starts them."""
    return tuple(d for d in testbed.devices if d.simulated and not d.connections)


def specs_of(testbed: Testbed) -> list[DeviceSpec]:
    """Return what the simulator is told about the devices that the lab starts.

    Raises :class:`~harness.errors.TestbedError` with everything that the simulator would refuse.
    """
    require_known(testbed)
    return [spec_of(device) for device in embedded(testbed)]


def spec_of(device: Device) -> DeviceSpec:
    """Return what the simulator is told about ``device``, as the testbed has it.

    Raises :class:`UsageError` when the file of its starting configuration can't be read.
    """
    simulation = device.simulation
    login = device.credentials
    spec = DeviceSpec(
        name=device.name,
        platform=simulated_platform(device),
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
        base=base_of(simulation),
        schema=schema_of(simulation),
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
    server = SimulatorServer(
        with_schemas(specs_of(testbed), schemas), SystemClock(), control=control
    )
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
