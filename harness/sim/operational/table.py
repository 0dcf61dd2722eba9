"""The one table of operational RPCs and commands, and look-up by either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    *show_files.OPERATIONS,
    *show_vnf.OPERATIONS,
)
_BY_RPC: Final[Mapping[str, Operation]] = {each.rpc: each for each in OPERATIONS if each.rpc}
# Longest first, so that "show system commit revision" isn't taken for "show system commit".
_BY_COMMAND: Final = sorted(
    ((tuple(each.command.split()), each) for each in OPERATIONS if each.command),
    key=lambda pair: -len(pair[0]),
)


def by_rpc(device: SimulatedDevice, name: str) -> Operation | None:
    """Return the operation of that RPC, if this device's model has it."""
    operation = _BY_RPC.get(name)
    if operation is None or device.platform.schema not in operation.schemas:
        return None
    return operation


def by_command(
    device: SimulatedDevice, words: Sequence[str]
) -> tuple[Operation, dict[str, str]] | None:
    """Return the operation of a command and its arguments; None when no command begins so.

    Command words may be abbreviated as far as they stay unambiguous among the device's commands.
    Raises ``Refusal`` at an argument that the command doesn't take.
    """
    for command, operation in _BY_COMMAND:
        if device.platform.schema not in operation.schemas or len(words) < len(command):
            continue
        if _means(device, words[: len(command)], command):
            return operation, operation.arguments(words[len(command) :])
    return None


def known_words(device: SimulatedDevice, words: Sequence[str]) -> int:
    """Return how many words from the start some command of the device begins with."""
    commands = [c for c, each in _BY_COMMAND if device.platform.schema in each.schemas]
    for count in range(len(words), 0, -1):
        typed = words[:count]
        if any(len(c) >= count and _means(device, typed, c[:count]) for c in commands):
            return count
    return 0


def _means(device: SimulatedDevice, typed: Sequence[str], command: Sequence[str]) -> bool:
    for place, (word, wanted) in enumerate(zip(typed, command, strict=True)):
        if word == wanted:
            continue
        if not wanted.startswith(word) or _ambiguous(device, command[:place], word):
            return False
    return True


def _ambiguous(device: SimulatedDevice, before: Sequence[str], word: str) -> bool:
    place = len(before)
    nexts = {
        command[place]
        for command, operation in _BY_COMMAND
        if device.platform.schema in operation.schemas
        and len(command) > place
        and command[:place] == tuple(before)
        and command[place].startswith(word)
    }
    return len(nexts) > 1


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
