"""Neighbors and sessions of other protocols: nobody is out there, so their tables are empty.

What is configured is named where Junos names it without a neighbor: interfaces of OSPF and LLDP,
servers of NTP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harness.sim.answers import Arguments, Report
from harness.sim.config.tree import entries, present
from harness.sim.hardware import mac_address
from harness.sim.markup import leaf, node
from harness.sim.operational.operation import MX, ROUTERS, Operation
from harness.sim.operational.show_routes import router_id
from harness.sim.ports import Unit, ports
from harness.sim.view import View


def _arp(view: View, _arguments: Arguments) -> Report:
    """Answer with an empty table: no packet was ever exchanged with a neighbor."""
    heading = "MAC Address       Address         Interface         Flags\n"
    return Report(
        lambda: node(
            "arp-table-information",
            leaf("arp-entry-count", 0),
            attributes={"xmlns": view.namespace("arp"), "junos:style": "normal"},
        ),
        lambda: f"{heading}Total entries: 0\n",
    )


def _neighbor_discovery(view: View, _arguments: Arguments) -> Report:
    heading = "IPv6 Address                            Linklayer Address  State       Exp   Rtr\n"
    return Report(
        lambda: node(
            "ipv6-nd-information",
            leaf("ipv6-nd-total", 0),
            attributes={"xmlns": f"http://xml.juniper.net/junos/{view.release}/junos-ipv6"},
        ),
        lambda: f"{heading}Total entries: 0\n",
    )


def _lldp_neighbors(_view: View, arguments: Arguments) -> Report:
    columns = ("Local Interface", "Parent Interface", "Chassis Id", "Port info", "System Name")
    heading = "".join(f"{column:<20}" for column in columns).rstrip() + "\n"
    style = "detail" if len(arguments) else "brief"
    return Report(
        lambda: node("lldp-neighbors-information", attributes={"junos:style": style}),
        lambda: "" if len(arguments) else heading,
    )


def _lldp_interfaces(view: View) -> list[str]:
    """Return the ports on which LLDP runs."""
    named = {
        name
        for name, body in entries(view.tree, "protocols", "lldp", "interface")
        if not present(body, "disable")
    }
    return [
        name
        for name, port in ports(view).items()
        if port.medium.ethernet and (name in named or "all" in named)
    ]


def _lldp_local(view: View, _arguments: Arguments) -> Report:
    chassis = mac_address(view.serial, 0)
    known = ports(view)
    rows = [(name, known[name]) for name in _lldp_interfaces(view)]
    return Report(
        lambda: node(
            "lldp-local-info",
            leaf("lldp-local-chassis-id", chassis),
            leaf("lldp-local-system-name", view.hostname),
            *(
                node(
                    "lldp-local-interface-info",
                    leaf("lldp-local-interface-name", name),
                    leaf("lldp-parent-local-interface-name", "-"),
                    leaf("lldp-local-interface-id", port.snmp),
                    leaf("lldp-local-interface-description", port.description or name),
                    leaf("lldp-local-interface-status", "Up" if port.up else "Down"),
                )
                for name, port in rows
            ),
        ),
        lambda: (
            "LLDP Local Information details\n\n"
            f"Chassis ID   : {chassis}\nSystem name  : {view.hostname}\n\n"
            "Interface name   Parent Interface  Interface ID  Interface description  Status\n"
            + "".join(
                f"{name:<17}{'-':<18}{port.snmp:<14}{port.description or name:<23}"
                f"{'Up' if port.up else 'Down'}\n"
                for name, port in rows
            )
        ),
    )


def _bridge_macs(view: View, arguments: Arguments) -> Report:
    """Answer that no address was learnt; ``count`` has a root element of its own."""
    if "count" in arguments:
        return Report(
            lambda: node("l2ald-rtb-mac-count", attributes={"xmlns": view.namespace("l2al")}),
            lambda: "",
        )
    return Report(
        lambda: node("l2ald-rtb-macdb", attributes={"xmlns": view.namespace("l2al")}),
        lambda: "",
    )


def _bridge_domains(view: View, _arguments: Arguments) -> Report:
    """Answer that there is no bridge domain: the router's ports are routed ones."""
    heading = "Routing instance        Bridge domain            VLAN ID     Interfaces\n"
    return Report(
        lambda: node(
            "l2ald-bridge-instance-information", attributes={"xmlns": view.namespace("l2al")}
        ),
        lambda: heading,
    )


def _bfd(view: View, _arguments: Arguments) -> Report:
    return Report(
        lambda: node(
            "bfd-session-information",
            leaf("sessions", 0),
            leaf("clients", 0),
            leaf("cumulative-transmission-rate", "0.0"),
            leaf("cumulative-reception-rate", "0.0"),
            attributes={"xmlns": view.namespace("bfd")},
        ),
        lambda: (
            "0 sessions, 0 clients\n"
            "Cumulative transmit rate 0.0 pps, cumulative receive rate 0.0 pps\n"
        ),
    )


def _ospf_interfaces(view: View) -> list[tuple[str, str, Unit | None]]:
    """Return interface, area and unit of each interface on which OSPF is configured."""
    units = {unit.name: unit for port in ports(view).values() for unit in port.units}
    return [
        (name, area, units.get(name))
        for area, body in entries(view.tree, "protocols", "ospf", "area")
        for name, _ in entries(body, "interface")
    ]


def _when_running(
    answer: Callable[[View, Arguments], Report],
) -> Callable[[View, Arguments], Report]:
    """Say that OSPF doesn't run where it isn't configured, as the CLI does."""

    def asked(view: View, arguments: Arguments) -> Report:
        if present(view.tree, "protocols", "ospf"):
            return answer(view, arguments)
        text = "OSPF instance is not running\n"
        return Report(lambda: leaf("output", f"\n{text}"), lambda: text)

    return asked


def _ospf_neighbors(view: View, _arguments: Arguments) -> Report:
    return Report(
        lambda: node("ospf-neighbor-information", attributes={"xmlns": view.namespace("routing")}),
        lambda: (
            "Address          Interface              State           ID               Pri  Dead\n"
        ),
    )


def _ospf_state(unit: Unit | None) -> str:
    if unit is None or not unit.up:
        return "Down"
    return "PtToPt" if unit.medium.point_to_point else "DR"


def _ospf_interface(view: View, arguments: Arguments) -> Report:
    wanted = arguments.get("interface-name", "")
    rows = [row for row in _ospf_interfaces(view) if wanted in ("", row[0])]
    nobody = "0.0.0.0"  # noqa: S104 - the identifier of no router
    ours = router_id(view)

    def designated(unit: Unit | None) -> str:
        return ours if _ospf_state(unit) == "DR" else nobody

    return Report(
        lambda: node(
            "ospf-interface-information",
            *(
                node(
                    "ospf-interface",
                    leaf("interface-name", name),
                    leaf("ospf-interface-state", _ospf_state(unit)),
                    leaf("ospf-area", area),
                    leaf("dr-id", designated(unit)),
                    leaf("bdr-id", nobody),
                    leaf("neighbor-count", 0),
                )
                for name, area, unit in rows
            ),
            attributes={"xmlns": view.namespace("routing")},
        ),
        lambda: (
            "Interface           State   Area            DR ID           BDR ID          Nbrs\n"
            + "".join(
                f"{name:<20}{_ospf_state(unit):<8}{area:<16}{designated(unit):<16}{nobody:<16}"
                f"{0:>4}\n"
                for name, area, unit in rows
            )
        ),
    )


def _ospf_overview(view: View, _arguments: Arguments) -> Report:
    areas = [area for area, _ in entries(view.tree, "protocols", "ospf", "area")]
    ours = router_id(view)
    return Report(
        lambda: node(
            "ospf-information",
            node(
                "ospf-overview",
                leaf("instance-name", "master"),
                leaf("ospf-router-id", ours),
                *(
                    node(
                        "ospf-area-overview",
                        leaf("ospf-area", area),
                        leaf("ospf-nbr-up-count", 0),
                    )
                    for area in areas
                ),
            ),
            attributes={"xmlns": view.namespace("routing")},
        ),
        lambda: (
            f"Instance: master\n  Router ID: {ours}\n"
            + "".join(
                f"  Area: {area}\n    Number of neighbors\n      Up (in full state): 0\n"
                for area in areas
            )
        ),
    )


def _ntp(view: View, _arguments: Arguments) -> Report:
    """List the configured servers, none of which ever answers."""
    servers = [name for name, _ in entries(view.tree, "system", "ntp", "server")]
    text = "     remote         refid           st t when poll reach   delay   offset  jitter\n"
    text += "=" * 78 + "\n"
    text += "".join(
        f" {name:<15}.INIT.          16 -    -   64    0    0.000    0.000 4000.00\n"
        for name in servers
    )
    return Report(lambda: leaf("output", f"\n{text}"), lambda: text)


def _snmp(view: View, _arguments: Arguments) -> Report:
    """Count the SNMP messages of an agent that nobody asked anything."""
    received = ("packets", "bad-versions", "bad-community-names", "parse-errors", "get-requests")
    sent = ("packets", "too-bigs", "no-such-names", "get-responses", "traps")

    def zeros(tags: tuple[str, ...]) -> str:
        return "".join(leaf(tag, 0) for tag in tags)

    def line(tags: tuple[str, ...]) -> str:
        return ", ".join(f"{tag.replace('-', ' ').capitalize()}: 0" for tag in tags)

    return Report(
        lambda: node(
            "snmp-statistics",
            node("snmp-input-statistics", zeros(received)),
            node("snmp-output-statistics", zeros(sent)),
            attributes={"xmlns": view.namespace("snmp")},
        ),
        lambda: f"SNMP statistics:\n  Input:\n    {line(received)}\n  Output:\n    {line(sent)}\n",
    )


_DETAIL: Final = ("brief", "detail", "extensive")
OPERATIONS: Final = (
    Operation(
        "get-arp-table-information",
        "show arp",
        _arp,
        ROUTERS,
        options=("no-resolve", "expiration-time"),
        values=("hostname", "interface", "vpn"),
    ),
    Operation("get-ipv6-nd-information", "show ipv6 neighbors", _neighbor_discovery, ROUTERS),
    Operation("get-lldp-neighbors-information", "show lldp neighbors", _lldp_neighbors, ROUTERS),
    Operation(
        "get-lldp-interface-neighbors",
        "show lldp neighbors interface",
        _lldp_neighbors,
        ROUTERS,
        free="interface-device",
    ),
    Operation("get-lldp-local-info", "show lldp local-information", _lldp_local, ROUTERS),
    Operation(
        "get-bridge-mac-table",
        "show bridge mac-table",
        _bridge_macs,
        MX,
        options=("count", *_DETAIL),
    ),
    Operation(
        "get-bridge-instance-information",
        "show bridge domain",
        _bridge_domains,
        MX,
        options=_DETAIL,
    ),
    Operation(
        "get-bfd-session-information",
        "show bfd session",
        _bfd,
        ROUTERS,
        options=_DETAIL,
        free="address",
    ),
    Operation(
        "get-ospf-neighbor-information",
        "show ospf neighbor",
        _when_running(_ospf_neighbors),
        ROUTERS,
        options=_DETAIL,
        values=("instance", "area", "interface"),
        free="neighbor",
    ),
    Operation(
        "get-ospf-interface-information",
        "show ospf interface",
        _when_running(_ospf_interface),
        ROUTERS,
        options=_DETAIL,
        free="interface-name",
    ),
    Operation(
        "get-ospf-overview-information",
        "show ospf overview",
        _when_running(_ospf_overview),
        ROUTERS,
        options=("brief", "extensive"),
    ),
    Operation("", "show ntp associations", _ntp, ROUTERS, options=("no-resolve",)),
    Operation("get-snmp-information", "show snmp statistics", _snmp, ROUTERS),
)
