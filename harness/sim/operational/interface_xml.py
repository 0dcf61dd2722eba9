"""The XML of ``get-interface-information``, level by level.

Tags, nesting and order follow recorded and published replies (12.1X46 to 17.4); text is padded
with newlines as the interface daemon writes it. Counters are zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from harness.sim.config.tree import entries, get
from harness.sim.markup import node, padded, wrapped
from harness.sim.ports import Address, Family, Port, Unit
from harness.sim.times import short, timestamp
from harness.sim.tunnels import TunnelKind
from harness.sim.view import View


class Level(StrEnum):
    """How much ``show interfaces`` tells."""

    NORMAL = ""
    TERSE = "terse"
    BRIEF = "brief"
    DETAIL = "detail"
    EXTENSIVE = "extensive"
    STATISTICS = "statistics"
    MEDIA = "media"
    DESCRIPTIONS = "descriptions"


_VERBOSE: Final = (Level.DETAIL, Level.EXTENSIVE, Level.STATISTICS)
_RATES: Final = ("input-bps", "input-pps", "output-bps", "output-pps")
_TRAFFIC: Final = (
    "input-bytes", "input-bps", "output-bytes", "output-bps",
    "input-packets", "input-pps", "output-packets", "output-pps",
)  # fmt: skip
_UNIT_TRAFFIC: Final = ("input-bytes", "output-bytes", "input-packets", "output-packets")
INPUT_ERRORS: Final = (
    "input-errors", "input-drops", "framing-errors", "input-runts", "input-discards",
    "input-l3-incompletes", "input-l2-channel-errors", "input-l2-mismatch-timeouts",
    "input-fifo-errors", "input-resource-errors",
)  # fmt: skip
OUTPUT_ERRORS: Final = (
    "carrier-transitions", "output-errors", "output-collisions", "output-drops", "aged-packets",
    "mtu-errors", "hs-link-crc-errors", "output-fifo-errors", "output-resource-errors",
)  # fmt: skip
_MAC_COUNTERS: Final = (
    "input-bytes", "output-bytes", "input-packets", "output-packets", "input-unicasts",
    "output-unicasts", "input-broadcasts", "output-broadcasts", "input-multicasts",
    "output-multicasts", "input-crc-errors", "output-crc-errors", "input-fifo-errors",
    "output-fifo-errors", "input-mac-control-frames", "output-mac-control-frames",
    "input-mac-pause-frames", "output-mac-pause-frames", "input-oversized-frames",
    "input-jabber-frames", "input-fragment-frames", "input-vlan-tagged-frames",
    "input-code-violations",
)  # fmt: skip
_ALARMS: Final = node("interface-alarms", "<alarm-not-present/>\n")


def write(view: View, found: Sequence[Port], level: Level, *, units_alone: bool) -> Iterator[str]:
    """Write the elements below ``interface-information``.

    ``units_alone``: a logical interface was asked for, which stands without its port.
    """
    for port in found:
        match level:
            case Level.DESCRIPTIONS:
                yield from _descriptions(port)
            case Level.TERSE:
                units = "".join(map(_terse_unit, port.units))
                yield units if units_alone else _physical_terse(port, units)
            case _:
                units = "".join(_unit(unit, level) for unit in port.units)
                yield units if units_alone else _physical(view, port, level, units)


def of_instance(view: View, found: Sequence[Port], instance: str) -> list[Port] | None:
    """Return the ports of a routing instance; None when there is no such instance."""
    instances = get(view.tree, "routing-instances", "instance")
    if instance not in instances:
        return None
    names = {name for name, _ in entries(instances, instance, "interface")}
    return [port for port in found if any(unit.name in names for unit in port.units)]


def state(up: bool) -> str:  # noqa: FBT001 - the value itself
    """Return "up" or "down"."""
    return "up" if up else "down"


def _zeros(tags: Sequence[str]) -> str:
    return "".join(padded(tag, 0) for tag in tags)


def _empty(*tags: str) -> str:
    return "".join(f"<{tag}/>\n" for tag in tags)


def _described(text: str) -> str:
    return padded("description", text) if text else ""


def _descriptions(port: Port) -> Iterator[str]:
    def row(tag: str, name: str, enabled: str, up: str, text: str) -> str:
        return node(
            tag,
            padded("name", name),
            padded("admin-status", enabled),
            padded("oper-status", up),
            _described(text),
        )

    if port.description:
        yield row(
            "physical-interface", port.name, state(port.enabled), state(port.up), port.description
        )
    for unit in port.units:
        if unit.description:
            yield row(
                "logical-interface", unit.name, state(unit.enabled), state(unit.up),
                unit.description,
            )  # fmt: skip


def _physical_terse(port: Port, units: str) -> str:
    return node(
        "physical-interface",
        padded("name", port.name),
        padded("admin-status", state(port.enabled)),
        padded("oper-status", state(port.up)),
        _described(port.description),
        units,
    )


def _terse_unit(unit: Unit) -> str:
    return node(
        "logical-interface",
        padded("name", unit.name),
        padded("admin-status", state(unit.enabled)),
        padded("oper-status", state(unit.up)),
        _described(unit.description),
        "<filter-information>\n</filter-information>\n",
        *(
            node(
                "address-family",
                padded("address-family-name", family.name),
                *(
                    node(
                        "interface-address",
                        wrapped("ifa-local", address.local, {"junos:emit": "emit"}),
                    )
                    for address in family.addresses
                ),
            )
            for family in unit.families
        ),
    )


def _physical(view: View, port: Port, level: Level, units: str) -> str:
    medium = port.medium
    ethernet = _ethernet(port) if medium.ethernet else padded("speed", medium.speed)
    flags = "ifdf-running" if port.enabled else "ifdf-down"
    return node(
        "physical-interface",
        padded("name", port.name),
        wrapped("admin-status", state(port.enabled), {"junos:format": enabled_text(port)}),
        padded("oper-status", state(port.up)),
        padded("local-index", port.index),
        padded("snmp-index", port.snmp),
        padded("generation", port.index + 3) if level in _VERBOSE else "",
        _described(port.description),
        padded("if-type", medium.if_type) if medium.if_type else "",
        padded("link-level-type", medium.link_type),
        padded("mtu", port.mtu),
        ethernet,
        node("if-device-flags", _empty("ifdf-present", flags)),
        node(
            "if-config-flags",
            _empty("iff-point-to-point") if medium.point_to_point else "",
            _empty("iff-snmp-traps"),
            padded("internal-flags", "0x4000"),
        ),
        "" if level is Level.BRIEF else _counters(view, port, level),
        units,
    )


def enabled_text(port: Port) -> str:
    """Return the administrative state as the text form says it."""
    return "Enabled" if port.enabled else "Administratively down"


def _ethernet(port: Port) -> str:
    return "".join(
        padded(tag, value)
        for tag, value in (
            ("source-filtering", "disabled"),
            ("link-mode", "Full-duplex"),
            ("speed", port.medium.speed),
            ("bpdu-error", "none"),
            ("l2pt-error", "none"),
            ("loopback", "disabled"),
            ("if-flow-control", "enabled"),
            ("if-auto-negotiation", "enabled"),
            ("if-remote-fault", "online"),
        )
    )


def flapped(view: View, port: Port) -> tuple[str, str]:
    """Return when the link last went up, as text and as seconds since."""
    if not port.medium.ethernet:
        return "Never", "0"
    ago = view.now - view.booted
    return f"{timestamp(view.booted)} ({short(ago)} ago)", str(int(ago.total_seconds()))


def _counters(view: View, port: Port, level: Level) -> str:
    when, seconds = flapped(view, port)
    mac = (
        padded("current-physical-address", port.mac) + padded("hardware-physical-address", port.mac)
        if port.mac
        else ""
    )
    cos = node(
        "physical-interface-cos-information",
        padded("physical-interface-cos-hw-max-queues", 8),
        padded("physical-interface-cos-use-max-queues", 8),
    )
    hold = padded("up-hold-time", 0) + padded("down-hold-time", 0)
    verbose = level in _VERBOSE
    errors = level in (Level.EXTENSIVE, Level.STATISTICS)
    tags = _TRAFFIC if verbose else _RATES
    style = {"junos:style": "verbose" if verbose else "brief"}
    return "".join(
        (
            node("if-media-flags", _empty("ifmf-none")) if port.medium.ethernet else "",
            cos if port.medium.ethernet else "",
            hold if level in (Level.DETAIL, Level.EXTENSIVE) else "",
            mac,
            wrapped("interface-flapped", when, {"junos:seconds": seconds}),
            padded("statistics-cleared", "Never") if verbose else "",
            node("traffic-statistics", _zeros(tags), attributes=style),
            node("input-error-list", _zeros(INPUT_ERRORS)) if errors else "",
            node("output-error-list", _zeros(OUTPUT_ERRORS)) if errors else "",
            node("active-alarms", _ALARMS) + node("active-defects", _ALARMS)
            if port.medium.ethernet
            else "",
            _mac_statistics(port, level),
        )
    )


def _mac_statistics(port: Port, level: Level) -> str:
    if not port.medium.ethernet or level not in (Level.EXTENSIVE, Level.MEDIA):
        return ""
    tags = _MAC_COUNTERS if level is Level.EXTENSIVE else _MAC_COUNTERS[:4]
    style = "verbose" if level is Level.EXTENSIVE else "brief"
    return node("ethernet-mac-statistics", _zeros(tags), attributes={"junos:style": style})


def _unit(unit: Unit, level: Level) -> str:
    zone = ""
    if unit.zone:
        inbound = _empty(*(f"inbound-{name}" for name in unit.services))
        zone = padded("logical-interface-zone-name", unit.zone)
        zone += node("allowed-host-inbound-traffic", inbound) if unit.services else ""
    if level in _VERBOSE:
        traffic = _traffic("verbose", *_UNIT_TRAFFIC)
    else:
        traffic = _traffic("brief", "input-packets", "output-packets")
    return node(
        "logical-interface",
        padded("name", unit.name),
        padded("local-index", unit.index),
        padded("snmp-index", unit.snmp),
        padded("generation", unit.index + 70) if level in _VERBOSE else "",
        _described(unit.description),
        node("if-config-flags", _unit_flags(unit), padded("internal-flags", "0x0")),
        padded("link-address", f"[ 0x8100.{unit.vlan} ]") if unit.vlan else "",
        _gre(unit),
        padded("encapsulation", unit.medium.encapsulation or "Unspecified"),
        "" if level in (Level.BRIEF, Level.MEDIA) else traffic,
        zone,
        *(_family(family, level) for family in unit.families),
    )


def _traffic(style: str, *tags: str) -> str:
    return node("traffic-statistics", _zeros(tags), attributes={"junos:style": style})


def _unit_flags(unit: Unit) -> str:
    flags = ["iff-up"] if unit.enabled else ["iff-down"]
    if unit.enabled and not unit.up:
        flags.append("iff-hardware-down")
    if unit.medium.point_to_point:
        flags.append("iff-point-to-point")
    return _empty(*flags, "iff-snmp-traps")


def _gre(unit: Unit) -> str:
    tunnel = unit.tunnel
    if tunnel is None or tunnel.kind is not TunnelKind.GRE:
        return ""
    return node("if-gre", padded("link-address", gre_header(tunnel.remote, tunnel.local)))


def gre_header(remote: str, local: str) -> str:
    """Return the outer header of a GRE unit: ends, protocol, fragmentation, TTL, key."""
    return f"{remote}:{local}:47:df:64:0000000000000000"


def _family(family: Family, level: Level) -> str:
    addresses = (_address(address) for address in family.addresses)
    return node(
        "address-family",
        padded("address-family-name", family.name),
        "" if level is Level.BRIEF else padded("mtu", family.mtu),
        *addresses,
    )


def _address(address: Address) -> str:
    primary = _empty("ifaf-current-primary") if address.primary else ""
    return node(
        "interface-address",
        node("ifa-flags", _empty("ifaf-current-preferred") + primary),
        padded("ifa-destination", address.network) if address.network else "",
        padded("ifa-local", address.host),
        padded("ifa-broadcast", address.broadcast) if address.broadcast else "",
    )
