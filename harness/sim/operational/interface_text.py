"""The text of ``show interfaces``, level by level, from the values that the XML has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from harness.sim.operational.interface_xml import (
    INPUT_ERRORS,
    OUTPUT_ERRORS,
    Level,
    enabled_text,
    flapped,
    gre_header,
    state,
)
from harness.sim.ports import Port, Unit
from harness.sim.tunnels import TunnelKind
from harness.sim.view import View

_TERSE_HEADING: Final = "Interface               Admin Link Proto    Local                 Remote"
_DESCRIPTION_HEADING: Final = "Interface       Admin Link Description"


def write(view: View, found: Sequence[Port], level: Level, *, units_alone: bool) -> str:
    """Write all ports; ``units_alone``: only their units, because one was asked for."""
    match level:
        case Level.TERSE:
            lines = [_TERSE_HEADING, *_terse(found, units_alone=units_alone)]
        case Level.DESCRIPTIONS:
            lines = [_DESCRIPTION_HEADING, *_descriptions(found)]
        case _:
            lines = [
                line
                for port in found
                for line in (*(() if units_alone else _physical(view, port, level)), *_units(port))
            ]
    return "".join(f"{line}\n" for line in lines)


def _terse(found: Sequence[Port], *, units_alone: bool) -> Iterator[str]:
    for port in found:
        if not units_alone:
            yield f"{port.name:<24}{state(port.enabled):<6}{state(port.up)}"
        for unit in port.units:
            yield from _terse_unit(unit)


def _terse_unit(unit: Unit) -> Iterator[str]:
    start = f"{unit.name:<24}{state(unit.enabled):<6}{state(unit.up):<5}"
    if not unit.families:
        yield start.rstrip()
    for place, family in enumerate(unit.families):
        for row, address in enumerate(family.addresses or (None,)):
            head = start if not place and not row else " " * len(start)
            local = address.local if address is not None else ""
            yield f"{head}{'' if row else family.name:<9}{local}".rstrip()


def _descriptions(found: Sequence[Port]) -> Iterator[str]:
    for port in found:
        rows: tuple[Port | Unit, ...] = (port, *port.units)
        for row in rows:
            if row.description:
                yield f"{row.name:<16}{state(row.enabled):<6}{state(row.up):<5}{row.description}"


def _physical(view: View, port: Port, level: Level) -> Iterator[str]:
    medium = port.medium
    link = "Up" if port.up else "Down"
    yield f"Physical interface: {port.name}, {enabled_text(port)}, Physical link is {link}"
    if level is not Level.BRIEF:
        yield f"  Interface index: {port.index}, SNMP ifIndex: {port.snmp}"
    if port.description:
        yield f"  Description: {port.description}"
    kind = f"Type: {medium.if_type}, " if medium.if_type else ""
    mode = "Link-mode: Full-duplex, " if medium.ethernet else ""
    yield (
        f"  {kind}Link-level type: {medium.link_type}, MTU: {port.mtu}, {mode}"
        f"Speed: {medium.speed}{',' if medium.ethernet else ''}"
    )
    if medium.ethernet:
        yield "  Link-mode BPDU Error: none, Loopback: Disabled, Source filtering: Disabled,"
        yield "  Flow control: Enabled, Auto-negotiation: Enabled, Remote fault: Online"
    running = "Running" if port.enabled else "Down"
    yield f"  Device flags   : Present {running}"
    points = "Point-To-Point " if medium.point_to_point else ""
    yield f"  Interface flags: {points}SNMP-Traps Internal: 0x4000"
    if level is not Level.BRIEF:
        yield from _counters(view, port, level)


def _counters(view: View, port: Port, level: Level) -> Iterator[str]:
    if port.medium.ethernet:
        yield "  Link flags     : None"
        yield "  CoS queues     : 8 supported, 8 maximum usable queues"
        yield f"  Current address: {port.mac}, Hardware address: {port.mac}"
        yield f"  Last flapped   : {flapped(view, port)[0]}"
    if level in (Level.DETAIL, Level.EXTENSIVE, Level.STATISTICS):
        yield "  Statistics last cleared: Never"
        yield "  Traffic statistics:"
        for direction in ("Input ", "Output"):
            yield f"   {direction} bytes  : {0:>20} {0:>20} bps"
        for direction in ("Input ", "Output"):
            yield f"   {direction} packets: {0:>20} {0:>20} pps"
    else:
        yield "  Input rate     : 0 bps (0 pps)"
        yield "  Output rate    : 0 bps (0 pps)"
    if level in (Level.EXTENSIVE, Level.STATISTICS):
        yield "  Input errors:"
        yield "    " + ", ".join(f"{_label(tag)}: 0" for tag in INPUT_ERRORS)
        yield "  Output errors:"
        yield "    " + ", ".join(f"{_label(tag)}: 0" for tag in OUTPUT_ERRORS)
    if port.medium.ethernet:
        yield "  Active alarms  : None"
        yield "  Active defects : None"


def _label(tag: str) -> str:
    return tag.replace("input-", "").replace("output-", "").replace("-", " ").capitalize()


def _units(port: Port) -> Iterator[str]:
    for unit in port.units:
        yield ""
        yield from _unit(unit)
    yield ""


def _unit(unit: Unit) -> Iterator[str]:
    yield f"  Logical interface {unit.name} (Index {unit.index}) (SNMP ifIndex {unit.snmp})"
    if unit.description:
        yield f"    Description: {unit.description}"
    words = ["Up" if unit.enabled else "Down"]
    if unit.enabled and not unit.up:
        words = ["Hardware-Down", *words]
    if unit.medium.point_to_point:
        words.append("Point-To-Point")
    words += ["SNMP-Traps", "0x0"]
    if unit.vlan:
        words.append(f"VLAN-Tag [ 0x8100.{unit.vlan} ]")
    tunnel = unit.tunnel
    if tunnel is not None and tunnel.kind is TunnelKind.GRE:
        words.append(f"IP-Header {gre_header(tunnel.remote, tunnel.local)}")
    encapsulation = unit.medium.encapsulation or "Unspecified"
    yield f"    Flags: {' '.join(words)} Encapsulation: {encapsulation}"
    yield "    Input packets : 0"
    yield "    Output packets: 0"
    if unit.zone:
        yield f"    Security: Zone: {unit.zone}"
        if unit.services:
            yield f"    Allowed host-inbound traffic : {' '.join(unit.services)}"
    for family in unit.families:
        yield f"    Protocol {family.name}, MTU: {family.mtu}"
        for address in family.addresses:
            primary = " Is-Primary" if address.primary else ""
            yield f"      Addresses, Flags: Is-Preferred{primary}"
            network = f"Destination: {address.network}, " if address.network else ""
            broadcast = f", Broadcast: {address.broadcast}" if address.broadcast else ""
            yield f"        {network}Local: {address.host}{broadcast}"
