"""Interface questions, answered from the committed units and the ports of the platform."""

from __future__ import annotations

from typing import Final

from harness.sim.answers import Arguments, Refusal, Report, syntax_error
from harness.sim.markup import node, padded
from harness.sim.messages import error
from harness.sim.operational import interface_text, interface_xml
from harness.sim.operational.interface_xml import Level
from harness.sim.operational.operation import EVERYWHERE, ROUTERS, Operation
from harness.sim.ports import Address, Family, Port, Unit, chosen, medium_of, ports
from harness.sim.view import View

_PRIVATE_INSTANCE: Final = "__juniper_private1__"
_LEVELS: Final = tuple(Level)


def _interfaces(view: View, arguments: Arguments) -> Report:
    level = _level(arguments)
    found = _found(view, arguments)
    unit = "." in arguments.get("interface-name", "") and len(found) == 1
    return Report(
        lambda: node(
            "interface-information",
            *interface_xml.write(view, found, level, units_alone=unit),
            attributes={"xmlns": view.namespace("interface"), "junos:style": _style(level)},
        ),
        lambda: interface_text.write(view, found, level, units_alone=unit),
    )


def _level(arguments: Arguments) -> Level:
    """Return how much is wanted; of several options the last one counts, as in the CLI."""
    named = [name for name in arguments if name in _LEVELS]
    return Level(named[-1]) if named else Level.NORMAL


def _style(level: Level) -> str:
    match level:
        case Level.TERSE | Level.BRIEF:
            return level.value
        case Level.DESCRIPTIONS:
            return "description"
        case _:
            return "normal"


def _found(view: View, arguments: Arguments) -> list[Port]:
    """Return what is asked for; raises ``Refusal`` for a name that nothing has."""
    instance = arguments.get("routing-instance", "")
    if instance == _PRIVATE_INSTANCE:
        return [_private(view)]
    known = ports(view)
    wanted = arguments.get("interface-name", "")
    if index := arguments.get("snmp-index", ""):
        return [port for port in known.values() if str(port.snmp) == index]
    found = chosen(known, wanted)
    if found is None:
        raise Refusal(error(f"device {wanted} not found"))
    if instance not in ("", "default", "all"):
        found = interface_xml.of_instance(view, found, instance)
        if found is None:
            raise syntax_error(instance)
    return found


def _private(view: View) -> Port:
    """Return the link between routing and forwarding engine, which names this routing engine.

    In a cluster the second octet is the cluster number times 16 and the first one says which node.
    """
    hosts = ("129.16.0.1/2", "143.16.0.1/2") if view.cluster else ("128.0.0.1/2", "128.0.0.4/2")
    addresses = tuple(
        Address(text, "128.0.0.0/2", "191.255.255.255", primary=not n)
        for n, text in enumerate(hosts)
    )
    medium = medium_of("em0")
    unit = Unit("em0.0", 3, 24, True, True, medium, (Family("inet", "1500", addresses),))  # noqa: FBT003 - enabled and up
    return Port("em0", 8, 23, True, medium, "1514", "", (unit,))  # noqa: FBT003 - enabled


def _optics(view: View, arguments: Arguments) -> Report:
    """Answer that no port tells about its optics: there is no light."""
    wanted = arguments.get("interface-name", "")
    known = {name: port for name, port in ports(view).items() if port.medium.ethernet}
    found = chosen(known, wanted)
    if found is None:
        raise Refusal(error(f"device {wanted} not found"))
    return Report(
        lambda: node(
            "interface-information",
            *(
                node(
                    "physical-interface",
                    padded("name", port.name),
                    node("optics-diagnostics", padded("optic-diagnostics-not-available", "N/A")),
                )
                for port in found
            ),
            attributes={"xmlns": view.namespace("interface"), "junos:style": "normal"},
        ),
        lambda: "".join(
            f"Physical interface: {port.name}\n    Optical diagnostics                     :  N/A\n"
            for port in found
        ),
    )


OPERATIONS: Final = (
    Operation(
        "get-interface-information",
        "show interfaces",
        _interfaces,
        schemas=EVERYWHERE,
        options=tuple(level.value for level in Level if level is not Level.NORMAL),
        values=("routing-instance", "snmp-index"),
        free="interface-name",
    ),
    Operation(
        "get-interface-optics-diagnostics-information",
        "show interfaces diagnostics optics",
        _optics,
        schemas=ROUTERS,
        free="interface-name",
    ),
)
