"""Interface questions, answered from the committed units and the ports of the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.sim.answers import Arguments, Refusal, Report
from harness.sim.config.tree import Node, entries, leaf, present
from harness.sim.markup import node, padded
from harness.sim.messages import error
from harness.sim.operational.operation import Operation
from harness.sim.tunnels import Tunnel, TunnelKind
from harness.sim.view import View

_PRIVATE_INSTANCE: Final = "__juniper_private1__"
_MTU: Final = {"st0": 9192, "gr-0/0/0": 9192, "lo0": 65535}
_ENCAPSULATION: Final = {"st0": "Secure-Tunnel", "gr-0/0/0": "GRE-NULL"}


@dataclass(frozen=True, slots=True)
class _Unit:
    """One logical interface as the tables show it."""

    name: str  # "st0.7"
    up: bool
    families: tuple[tuple[str, tuple[str, ...]], ...]  # (inet, ("10.0.0.1/31",))
    zone: str = ""
    description: str = ""
    tunnel: Tunnel | None = None


@dataclass(frozen=True, slots=True)
class _Device:
    """One physical interface with its units."""

    name: str
    enabled: bool
    up: bool
    units: tuple[_Unit, ...]


def _interfaces(view: View, arguments: Arguments) -> Report:
    if arguments.get("routing-instance") == _PRIVATE_INSTANCE:
        devices = [_private_interface()]
    else:
        devices = _chosen(_devices(view), arguments.get("interface-name", ""))
    terse = "terse" in arguments
    style = "terse" if terse else "brief" if "brief" in arguments else "normal"
    return Report(
        lambda: node(
            "interface-information",
            *(_device_xml(device, terse=terse) for device in devices),
            attributes={"xmlns": view.namespace("interface"), "junos:style": style},
        ),
        lambda: _terse_text(devices) if terse else _text(devices),
    )


def _private_interface() -> _Device:
    """Return the link between routing and forwarding engine, which names this routing engine."""
    families = (("inet", ("128.0.0.1/2", "128.0.0.4/2")),)
    unit = _Unit("em0.0", up=True, families=families)
    return _Device("em0", enabled=True, up=True, units=(unit,))


def _devices(view: View) -> dict[str, _Device]:
    configured = dict(entries(view.tree, "interfaces", "interface"))
    names = dict.fromkeys((*view.platform.physical_interfaces, *configured))
    gre = {tunnel.interface: tunnel for tunnel in view.of_kind(TunnelKind.GRE)}
    secure = {tunnel.interface: tunnel for tunnel in view.of_kind(TunnelKind.IPSEC)}
    zones = _zones(view.tree)
    return {name: _device(name, configured.get(name, Node()), gre, secure, zones) for name in names}


def _device(
    name: str,
    body: Node,
    gre: Mapping[str, Tunnel],
    secure: Mapping[str, Tunnel],
    zones: Mapping[str, str],
) -> _Device:
    enabled = not present(body, "disable")
    found = []
    for number, unit in entries(body, "unit"):
        logical = f"{name}.{number}"
        if present(unit, "tunnel", "source") and logical not in gre:
            continue  # the tables lack this tunnel
        tunnel = gre.get(logical) or secure.get(logical)
        up = enabled and not present(unit, "disable") and (name != "st0" or _is_up(tunnel))
        found.append(_unit(logical, unit, tunnel, zones.get(logical, ""), up=up))
    known = {unit.name for unit in found}
    for logical, tunnel in gre.items():
        if logical.startswith(f"{name}.") and logical not in known:
            found.append(_Unit(logical, up=True, families=(("inet", ()),), tunnel=tunnel))
    return _Device(name, enabled, enabled, tuple(found))


def _is_up(tunnel: Tunnel | None) -> bool:
    return tunnel is not None and tunnel.up


def _unit(logical: str, unit: Node, tunnel: Tunnel | None, zone: str, *, up: bool) -> _Unit:
    families = tuple(
        (family, tuple(address for address, _ in entries(body, "address")))
        for family, body in entries(unit, "family")
    )
    description = leaf(unit, "description") or ""
    return _Unit(logical, up, families, zone, description, tunnel)


def _zones(tree: Node) -> dict[str, str]:
    return {
        interface: zone
        for zone, body in entries(tree, "security", "zones", "security-zone")
        for interface, _ in entries(body, "interfaces")
    }


def _chosen(devices: Mapping[str, _Device], name: str) -> list[_Device]:
    """Return all, one physical interface, or one unit; raises ``Refusal`` when it's unknown."""
    if not name:
        return list(devices.values())
    base, dot, _ = name.partition(".")
    device = devices.get(base)
    units = device.units if device is not None else ()
    if dot:
        units = tuple(unit for unit in units if unit.name == name)
    if device is None or (dot and not units):
        raise Refusal(error(f"device {name} not found"))
    return [_Device(device.name, device.enabled, device.up, units)]


def _state(up: bool) -> str:  # noqa: FBT001 - the value itself
    return "up" if up else "down"


def _device_xml(device: _Device, *, terse: bool) -> str:
    units = "".join(_terse_unit_xml(unit) if terse else _unit_xml(unit) for unit in device.units)
    more = "" if terse else padded("mtu", _MTU.get(device.name, 1514))
    return node(
        "physical-interface",
        padded("name", device.name),
        padded("admin-status", _state(device.enabled)),
        padded("oper-status", _state(device.up)),
        more,
        units,
    )


def _terse_unit_xml(unit: _Unit) -> str:
    return node(
        "logical-interface",
        padded("name", unit.name),
        padded("admin-status", "up"),
        padded("oper-status", _state(unit.up)),
        padded("description", unit.description) if unit.description else "",
        "<filter-information>\n</filter-information>\n",
        _families_xml(unit),
    )


def _unit_xml(unit: _Unit) -> str:
    base = unit.name.partition(".")[0]
    flags = "<iff-up/>\n<iff-point-to-point/>\n" if base == "st0" else "<iff-up/>\n"
    header = ""
    if unit.tunnel is not None and unit.tunnel.kind is TunnelKind.GRE:
        flags += "<iff-point-to-point/>\n"
        ends = f"{unit.tunnel.remote}:{unit.tunnel.local}:47:df:64:0000000000000000"
        header = node("if-gre", padded("link-address", ends)) if ends else ""
    return node(
        "logical-interface",
        padded("name", unit.name),
        padded("description", unit.description) if unit.description else "",
        node("if-config-flags", flags if unit.up else flags.replace("<iff-up/>", "<iff-down/>")),
        header,
        padded("encapsulation", _ENCAPSULATION.get(base, "ENET2")),
        padded("logical-interface-zone-name", unit.zone) if unit.zone else "",
        _families_xml(unit),
    )


def _families_xml(unit: _Unit) -> str:
    return "".join(
        node(
            "address-family",
            padded("address-family-name", family),
            *(node("interface-address", padded("ifa-local", address)) for address in addresses),
        )
        for family, addresses in unit.families
    )


def _terse_text(devices: list[_Device]) -> str:
    lines = ["Interface               Admin Link Proto    Local                 Remote"]
    for device in devices:
        lines.append(f"{device.name:<24}{_state(device.enabled):<6}{_state(device.up)}")
        for unit in device.units:
            lines.extend(_terse_lines(unit))
    return "\n".join(lines) + "\n"


def _terse_lines(unit: _Unit) -> list[str]:
    start = f"{unit.name:<24}{'up':<6}{_state(unit.up):<5}"
    if not unit.families:
        return [start.rstrip()]
    lines: list[str] = []
    for family, addresses in unit.families:
        for place, address in enumerate(addresses or ("",)):
            head = start if not lines else " " * len(start)
            name = family if place == 0 else ""
            lines.append(f"{head}{name:<9}{address}".rstrip())
    return lines


def _text(devices: list[_Device]) -> str:
    lines: list[str] = []
    for device in devices:
        enabled = "Enabled" if device.enabled else "Administratively down"
        link = "Up" if device.up else "Down"
        lines.append(f"Physical interface: {device.name}, {enabled}, Physical link is {link}")
        for unit in device.units:
            lines.append(f"\n  Logical interface {unit.name}")
            if unit.description:
                lines.append(f"    Description: {unit.description}")
            state = "Up" if unit.up else "Down"
            base = unit.name.partition(".")[0]
            lines.append(
                f"    Flags: {state} Point-To-Point Encapsulation: "
                f"{_ENCAPSULATION.get(base, 'ENET2')}"
            )
            if unit.zone:
                lines.append(f"    Security: Zone: {unit.zone}")
            lines.extend(f"    Protocol {family}" for family, _ in unit.families)
        lines.append("")
    return "\n".join(lines) + "\n"


OPERATIONS: Final = (
    Operation(
        "get-interface-information",
        "show interfaces",
        _interfaces,
        options=frozenset(("terse", "brief", "detail", "extensive")),
        values=frozenset(("routing-instance",)),
        free="interface-name",
    ),
)
