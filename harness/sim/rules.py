"""Commit-time rules: what is asked of every candidate, and the rules of no tunnel kind.

A rule looks at two configurations without what is deactivated and yields complaints. Each rule
looks only at what changed, so that a commit costs what its change is worth. Where each rule and
each text comes from is listed in docs/simulated-device.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.sim.messages import SIMULATED, Complaint, check_out_failed, error
from harness.sim.tree import EMPTY, Key, Node, Value, get, leaf, logical_interface, units, values

MISSING_MANDATORY = "missing mandatory statements"
CONSTRAINT = "statements constraint check failed"


@dataclass(frozen=True, slots=True)
class Check:
    """What a rule may look at; both trees are without deactivated statements."""

    old: Node
    new: Node
    tunnel_limit: int | None = None

    def changed(self, *path: Key, because_of: Sequence[tuple[Key, ...]] = ()) -> Iterator[Entry]:
        """Walk the entries of a list that must be looked at again.

        These are the changed ones; all of them when another list, one of ``because_of``, lost an
        entry that they may refer to.
        """
        now = get(self.new, *path)
        before = EMPTY if any(self._lost(*other) for other in because_of) else get(self.old, *path)
        if now is before:
            return
        for key, entry in now.items():
            if before.get(key) is not entry and isinstance(entry, Node):
                yield Entry(str(key), entry)

    def _lost(self, *path: Key) -> bool:
        before, now = get(self.old, *path), get(self.new, *path)
        return before is not now and any(key not in now for key in before)

    def differs(self, *path: Key) -> bool:
        """Say whether anything at or below ``path`` changed."""
        return _at(self.old, path) is not _at(self.new, path)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list."""

    name: str
    body: Node


CommitRule = Callable[[Check], Iterable[Complaint]]


def _at(tree: Node, path: tuple[Key, ...]) -> Value | None:
    return get(tree, *path[:-1]).get(path[-1])


def run(rules: Sequence[CommitRule], check: Check) -> tuple[Complaint, ...]:
    """Return the complaints of all rules; after an error the last one closes the list."""
    complaints = [complaint for rule in rules for complaint in rule(check)]
    errors = [complaint for complaint in complaints if complaint.severity == "error"]
    if errors:
        mandatory = all(one.text.startswith("Missing mandatory statement") for one in errors)
        complaints.append(check_out_failed(MISSING_MANDATORY if mandatory else CONSTRAINT))
    return tuple(complaints)


def missing(path: str, statement: str, owner: str, *, own: bool = False) -> Complaint:
    """Complain about a mandatory child; ``own`` marks a rule that no source gives."""
    text = f"Missing mandatory statement: '{statement}'"
    return error(f"{text} {SIMULATED}" if own else text, path, owner)


def has_unit(tree: Node, name: str) -> bool:
    """Say whether a logical interface is configured."""
    return logical_interface(tree, name) is not None


def lost_unit(check: Check) -> bool:
    """Say whether any logical interface is gone."""
    if not check.differs("interfaces"):
        return False
    now = get(check.new, "interfaces", "interface")
    for name, before in get(check.old, "interfaces", "interface").items():
        if before is now.get(name) or not isinstance(before, Node):
            continue
        left = get(now, name, "unit")
        if any(unit not in left for unit in get(before, "unit")):
            return True
    return False


def root_authentication(check: Check) -> Iterator[Complaint]:
    """Require a root password."""
    if not get(check.new, "system", "root-authentication"):
        yield missing("[edit system]", "root-authentication", "root-authentication")


def zone_interfaces(check: Check) -> Iterator[Complaint]:
    """Require that an interface of a zone is configured, and in one zone only."""
    zones = ("security", "zones", "security-zone")
    gone = lost_unit(check)
    if not check.differs(*zones) and not gone:
        return
    owner: dict[Key, str] = {}
    before = get(check.old, *zones)
    for zone, body in get(check.new, *zones).items():
        if not isinstance(body, Node):
            continue
        path = f"[edit security zones security-zone {zone}]"
        look = gone or body is not before.get(zone)
        for name in get(body, "interfaces"):
            element = f"interfaces {name}"
            if name in owner:
                text = f"Interface {name} already assigned to another zone"
                yield error(text, path, element)
            owner.setdefault(name, str(zone))
            if look and not has_unit(check.new, str(name)):
                text = f"Interface {name} must be configured under interfaces"
                yield error(text, path, element)


def zone_of_policies(check: Check) -> Iterator[Complaint]:
    """Require a policy to be between zones that exist, and to have its mandatory parts."""
    zones = get(check.new, "security", "zones", "security-zone")
    lists = check.changed(
        "security", "policies", "policy", because_of=(("security", "zones", "security-zone"),)
    )
    keys = {str(key): key for key in get(check.new, "security", "policies", "policy")}
    for pair in lists:
        key = keys[pair.name]
        names = key if isinstance(key, tuple) else (key,)
        for name in names:
            if name not in zones and name != "junos-host":
                yield error("Security zone must be defined", "[edit security policies]", name)
        where = f"from-zone {names[0]} to-zone {names[-1]}"
        for policy, body in get(pair.body, "policy").items():
            if isinstance(body, Node):
                path = f"[edit security policies {where} policy {policy}]"
                yield from _policy_parts(body, path)


def _policy_parts(body: Node, path: str) -> Iterator[Complaint]:
    if "match" not in body:
        yield missing(path, "match", "match")
    else:
        for part in ("source-address", "destination-address", "application"):
            if part not in get(body, "match"):
                yield missing(path, part, "match")
    if not get(body, "then"):
        yield missing(path, "then", "then")


def duplicate_addresses(check: Check) -> Iterator[Complaint]:
    """Refuse an IPv4 address on two logical interfaces of a routing instance."""
    if not check.differs("interfaces"):
        return
    instance: dict[str, str] = {}
    for name, body in get(check.new, "routing-instances", "instance").items():
        if isinstance(body, Node):
            instance.update(dict.fromkeys(map(str, get(body, "interface")), str(name)))
    seen: dict[tuple[str, str], str] = {}
    for name, unit in units(check.new):
        for address in get(unit, "family", "inet", "address"):
            place = (instance.get(name, ""), str(address).partition("/")[0])
            other = seen.setdefault(place, name)
            if other != name:
                text = f"address {place[1]} is already configured on {other} {SIMULATED}"
                yield error(text, interface_path(name, "family inet"), f"address {address}", "dcd")


def routes_need_a_hop(check: Check) -> Iterator[Complaint]:
    """Require a static route to go somewhere."""
    actions = ("next-hop", "discard", "reject", "receive", "next-table", "qualified-next-hop")
    for route in check.changed("routing-options", "static", "route"):
        if not any(action in route.body for action in actions):
            path = f"[edit routing-options static route {route.name}]"
            yield error(f"route has no next hop {SIMULATED}", path, f"route {route.name}", "rpd")


def interface_path(name: str, below: str = "") -> str:
    """Return the edit path of a logical interface."""
    interface, _, unit = name.partition(".")
    words = f"interfaces {interface} unit {unit}"
    return f"[edit {words} {below}]" if below else f"[edit {words}]"


def referenced(
    body: Node, statement: str, defined: Node, path: str, text: str
) -> Iterator[Complaint]:
    """Complain about each value of ``statement`` that is no entry of the list ``defined``."""
    for name in values(body, statement):
        if name not in defined:
            yield error(text, path, f"{statement} {name}")


def count_complaint(count: int, limit: int | None) -> Iterator[Complaint]:
    """Complain when more tunnels are configured than the device was told to take."""
    if limit is not None and count > limit:
        text = f"{count} tunnels are configured, this device takes {limit} {SIMULATED}"
        yield error(text, "[edit]", "", "kmd")


def host_name(tree: Node) -> str:
    """Return the configured host name; "" when there is none."""
    return leaf(tree, "system", "host-name") or ""
