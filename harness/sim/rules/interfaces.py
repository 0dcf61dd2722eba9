"""What interfaces must satisfy whatever runs on them: tags, units, where they belong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.sim.config.tree import Node, entries, get, leaf
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.rules.engine import Check, CommitRule, has_unit, interface_path

_ETHERNET = re.compile(r"(?:ge|xe|et|fe)-[\d/:]+|(?:ae|reth)\d+").fullmatch
_TAGGING = ("vlan-tagging", "flexible-vlan-tagging", "stacked-vlan-tagging")


def units_of_ethernet(check: Check) -> Iterator[Complaint]:
    """Allow unit 0 only, and no VLAN id, on an Ethernet interface that isn't tagged."""
    for interface in check.changed("interfaces", "interface"):
        if not _ETHERNET(interface.name) or any(tag in interface.body for tag in _TAGGING):
            continue
        for number, unit in entries(interface.body, "unit"):
            if number != "0":
                text = "Only unit 0 is valid for this encapsulation"
                yield error(text, f"[edit interfaces {interface.name}]", f"unit {number}", "dcd")
            if "vlan-id" in unit:
                text = "VLAN-ID can only be specified on tagged ethernet interfaces"
                path = interface_path(f"{interface.name}.{number}")
                yield error(text, path, f"vlan-id {leaf(unit, 'vlan-id')}", "dcd")


def one_unit_per_vlan(check: Check) -> Iterator[Complaint]:
    """Refuse two units of one interface with the same VLAN id."""
    # One index for each interface: a VLAN id may recur on the next one.
    for interface in check.changed("interfaces", "interface"):
        if not _ETHERNET(interface.name):
            continue
        lists = {interface.name: get(interface.body, "unit")}
        for vlan, owners in check.index(f"vlans {interface.name}", lists, _vlan).shared():
            first = ".".join(owners[0])
            for owner in owners[1:]:
                text = f"vlan-id {vlan} is already configured on {first} {SIMULATED}"
                yield error(text, interface_path(".".join(owner)), f"vlan-id {vlan}", "dcd")


def _vlan(_: str, unit: Node) -> Iterator[str]:
    vlan = leaf(unit, "vlan-id")
    if vlan is not None:
        yield vlan


def instances_of_interfaces(check: Check) -> Iterator[Complaint]:
    """Require that an interface of a routing instance is configured, and in one instance only."""
    if not check.differs("routing-instances") and not check.lost_unit:
        return
    path = ("routing-instances", "instance")
    lists = {name: get(body, "interface") for name, body in entries(check.new, *path)}
    for instance in lists:
        for interface in check.bound(*path, instance, "interface"):
            if not has_unit(check.new, interface.name):
                text = f"interface {interface.name} is not configured {SIMULATED}"
                yield error(text, _instance(instance), f"interface {interface.name}", "rpd")
    for _, owners in check.index("instances", lists, lambda name, _: (name,)).shared():
        for instance, name in owners[1:]:
            text = f"interface {name} is already in instance {owners[0][0]} {SIMULATED}"
            yield error(text, _instance(instance), f"interface {name}", "rpd")


def _instance(name: str) -> str:
    return f"[edit routing-instances {name}]"


def zones_of_instances(check: Check) -> Iterator[Complaint]:
    """Require the interfaces of a zone to be in one routing instance."""
    zones = ("security", "zones", "security-zone")
    if not check.differs(*zones) and not check.differs("routing-instances"):
        return
    owner = {
        interface: instance
        for instance, body in entries(check.new, "routing-instances", "instance")
        for interface in get(body, "interface")
    }
    if not owner and not get(check.old, "routing-instances"):
        return
    for zone, body in entries(check.new, *zones):
        names = [str(name) for name in get(body, "interfaces")]
        for name in names[1:]:
            if owner.get(name) != owner.get(names[0]):
                text = (
                    f"interface {name} must be in the same routing instance as the other "
                    f"interfaces in the zone {SIMULATED}"
                )
                path = f"[edit security zones security-zone {zone}]"
                yield error(text, path, f"interfaces {name}")


RULES: tuple[CommitRule, ...] = (units_of_ethernet, one_unit_per_vlan, instances_of_interfaces)
GATEWAY_RULES: tuple[CommitRule, ...] = (zones_of_instances,)
