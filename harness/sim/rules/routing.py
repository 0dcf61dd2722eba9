"""What routing must satisfy: policies that exist, peers with an AS, tables that don't loop."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.sim.config.tree import Key, Node, entries, get, leaf, present, values
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.rules.engine import Check, CommitRule

_STATEMENT: tuple[Key, ...] = ("policy-options", "policy-statement")
_NAME = re.compile(r"[^\s()&|!]+")  # of a policy, also within an expression of several
_UNITS_OF_POLICY = ("export", "import", "vrf-export", "vrf-import", "instance-import", "policy")


def _places(tree: Node) -> Iterator[tuple[str, Node]]:
    """Walk what may name a routing policy, as (the protocol that says so, statement)."""
    for scope in (tree, *(body for _, body in entries(tree, "routing-instances", "instance"))):
        protocols = get(scope, "protocols")
        yield "", scope
        for protocol in ("ospf", "ospf3", "isis", "ldp", "rip", "pim"):
            yield protocol.upper(), get(protocols, protocol)
        bgp = get(protocols, "bgp")
        yield "BGP", bgp
        for _, group in entries(bgp, "group"):
            yield "BGP", group
            for _, neighbor in entries(group, "neighbor"):
                yield "BGP", neighbor
        options = get(scope, "routing-options")
        yield "", options
        yield "", get(options, "forwarding-table")
        for kind in ("aggregate", "generate"):
            for _, route in entries(options, kind, "route"):
                yield "", route


def policies_exist(check: Check) -> Iterator[Complaint]:
    """Require the routing policies that are named."""
    parts: tuple[Key, ...] = ("protocols", "routing-options", "routing-instances")
    if not check.differs(*_STATEMENT) and not any(check.differs(part) for part in parts):
        return
    defined = get(check.new, *_STATEMENT)
    told: set[tuple[str, str]] = set()
    for protocol, body in _places(check.new):
        for statement in _UNITS_OF_POLICY:
            for value in values(body, statement):
                for name in _NAME.findall(value):
                    if name in defined or (protocol, name) in told:
                        continue
                    told.add((protocol, name))
                    yield error(f"Policy error: Policy {name} referenced but not defined")
                    if protocol == "BGP":
                        direction = "import" if "import" in statement else "export"
                        yield error(f"BGP: {direction} list not applied")


def peers_have_an_as(check: Check) -> Iterator[Complaint]:
    """Require the AS of each external peer."""
    prefixes: list[tuple[str, tuple[Key, ...]]] = [("[edit protocols]", ("protocols", "bgp"))]
    for name in get(check.new, "routing-instances", "instance"):
        path: tuple[Key, ...] = ("routing-instances", "instance", name, "protocols", "bgp")
        prefixes.append((f"[edit routing-instances {name} protocols]", path))
    for where, path in prefixes:
        if not check.differs(*path) or "peer-as" in get(check.new, *path):
            continue
        for group in check.changed(*path, "group"):
            if leaf(group.body, "type") != "external" or "peer-as" in group.body:
                continue
            for neighbor, body in entries(group.body, "neighbor"):
                if "peer-as" not in body:
                    text = (
                        f"Error in neighbor {neighbor} of group {group.name}:\n"
                        "peer AS number must be configured for an external peer"
                    )
                    yield error(text, where, "bgp", "rpd")


def groups_have_an_as(check: Check) -> Iterator[Complaint]:
    """Require an AS of our own where BGP has groups."""
    if not check.differs("protocols", "bgp") and not check.differs("routing-options"):
        return
    bgp = get(check.new, "protocols", "bgp")
    if present(check.new, "routing-options", "autonomous-system") or "local-as" in bgp:
        return
    for name, group in entries(bgp, "group"):
        if get(group, "neighbor") and "local-as" not in group:
            text = f"group {name} has neighbors but there is no local AS {SIMULATED}"
            yield error(text, "[edit protocols bgp]", f"group {name}", "rpd")


def tables_do_not_loop(check: Check) -> Iterator[Complaint]:
    """Refuse static routes that hand packets from table to table in a circle."""
    if not check.differs("routing-options") and not check.differs("routing-instances"):
        return
    if not _handed_on(check):
        return
    leads: dict[str, set[str]] = {}
    for table, options in _tables(check.new):
        for _, route in entries(options, "static", "route"):
            other = leaf(route, "next-table")
            if other is not None:
                leads.setdefault(table, set()).add(other)
    for table in leads:
        if _reaches(leads, table, table):
            where = "routing-options static"
            if table != "inet.0":
                instance = table.removesuffix(".inet.0")
                where = f"routing-instances {instance} {where}"
            yield error("next-table may loop", f"[rib {table} {where}]")
            return


def _handed_on(check: Check) -> bool:
    """Say whether a new or changed route leads to another table: only that closes a circle."""
    instances = get(check.new, "routing-instances", "instance")
    places: list[tuple[Key, ...]] = [
        ("routing-options",),
        *(("routing-instances", "instance", name, "routing-options") for name in instances),
    ]
    return any(
        "next-table" in route.body
        for place in places
        for route in check.changed(*place, "static", "route")
    )


def _tables(tree: Node) -> Iterator[tuple[str, Node]]:
    yield "inet.0", get(tree, "routing-options")
    for name, body in entries(tree, "routing-instances", "instance"):
        yield f"{name}.inet.0", get(body, "routing-options")


def _reaches(leads: dict[str, set[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = list(leads.get(start, ()))
    while waiting:
        table = waiting.pop()
        if table == goal:
            return True
        if table not in seen:
            seen.add(table)
            waiting.extend(leads.get(table, ()))
    return False


RULES: tuple[CommitRule, ...] = (
    policies_exist,
    peers_have_an_as,
    groups_have_an_as,
    tables_do_not_loop,
)
