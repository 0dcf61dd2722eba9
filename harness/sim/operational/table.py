"""The one table of operational RPCs and commands, and look-up by either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.sim.answers import Arguments, Report, syntax_error
from harness.sim.device import SimulatedDevice
from harness.sim.operational import (
    show_bgp,
    show_chassis,
    show_cluster,
    show_commits,
    show_environment,
    show_files,
    show_ike,
    show_interfaces,
    show_ipsec,
    show_ipsec_statistics,
    show_monitoring,
    show_protocols,
    show_routes,
    show_system,
    show_version,
    show_vnf,
    show_zones,
)
from harness.sim.operational.operation import Operation
from harness.sim.operational.show_cluster import by_node

OPERATIONS: Final = (
    *show_version.OPERATIONS,
    *show_system.OPERATIONS,
    *show_commits.OPERATIONS,
    *show_chassis.OPERATIONS,
    *show_environment.OPERATIONS,
    *show_cluster.OPERATIONS,
    *show_interfaces.OPERATIONS,
    *show_routes.OPERATIONS,
    *show_bgp.OPERATIONS,
    *show_protocols.OPERATIONS,
    *show_zones.OPERATIONS,
    *show_ike.OPERATIONS,
    *show_ipsec.OPERATIONS,
    *show_ipsec_statistics.OPERATIONS,
    *show_monitoring.OPERATIONS,
    *show_files.OPERATIONS,
    *show_vnf.OPERATIONS,
)
_BY_RPC: Final[Mapping[str, Operation]] = {each.rpc: each for each in OPERATIONS if each.rpc}
_BY_COMMAND: Final[Mapping[str, Operation]] = {
    each.command: each for each in OPERATIONS if each.command
}


def by_rpc(device: SimulatedDevice, name: str) -> Operation | None:
    """Return the operation of that RPC, if this device's model has it."""
    return _of_device(device, _BY_RPC.get(name))


def by_command(device: SimulatedDevice, command: str) -> tuple[Operation, dict[str, str]] | None:
    """Return operation and arguments of a command in full words; None: the device hasn't it.

    Raises ``Refusal`` at an argument that the command doesn't take.
    """
    words = command.split()
    for count in range(len(words), 0, -1):
        operation = _of_device(device, _BY_COMMAND.get(" ".join(words[:count])))
        if operation is not None:
            return operation, operation.arguments(words[count:])
    return None


def _of_device(device: SimulatedDevice, operation: Operation | None) -> Operation | None:
    known = operation is not None and device.platform.schema in operation.schemas
    return operation if known else None


def ask(device: SimulatedDevice, operation: Operation, arguments: Arguments) -> Report:
    """Answer an operational question from the state of now.

    Raises ``Refusal`` or ``DaemonRefusal``, for a node of what is no cluster too.
    """
    name = operation.rpc or operation.command
    if operation.nodes and "node" in arguments and not device.spec.cluster:
        raise syntax_error("node")
    if device.spec.cluster and operation.nodes:
        return device.repeated(name, lambda: by_node(device.view(), operation, arguments))
    return device.repeated(name, lambda: operation.answer(device.view(), arguments))
