"""Commit-time rules: what is asked of every candidate, and the rules of no tunnel kind.

A rule looks at two configurations without what is deactivated and yields complaints. Each rule
looks only at what changed, so that a commit costs what its change is worth. Where each rule and
each text comes from is listed in docs/simulated-device.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.sim.config.tree import EMPTY, Key, Node, Value, entries, get, logical_interface, values
from harness.sim.messages import SIMULATED, Complaint, check_out_failed, error
from harness.sim.rules.indexes import Facts, Index, Indexes

MISSING_MANDATORY = "missing mandatory statements"
CONSTRAINT = "statements constraint check failed"
EXPANSION_FAILED = "interface-ranges expansion failed"


class Check:
    """What a rule may look at; both trees are without deactivated statements."""

    def __init__(
        self,
        old: Node,
        new: Node,
        tunnel_limit: int | None = None,
        indexes: Indexes | None = None,
        *,
        learning: bool = False,
    ) -> None:
        """``indexes``: those of the datastore, which spare what hasn't changed since.

        ``learning``: only for what rules put into them; nobody reads the complaints.
        """
        self.learning = learning
        self.old = old
        self.new = new
        self.tunnel_limit = tunnel_limit
        self._indexes = indexes or Indexes()

    def changed(self, *path: Key, because_of: Sequence[tuple[Key, ...]] = ()) -> Iterator[Entry]:
        """Walk the entries of a list that must be looked at again.

        These are the changed ones; all of them when another list, one of ``because_of``, lost an
        entry that they may refer to.
        """
        now = get(self.new, *path)
        before = EMPTY if any(self._lost(*other) for other in because_of) else get(self.old, *path)
        return self._fresh(now, before)

    def bound(self, *path: Key, because_of: Sequence[tuple[Key, ...]] = ()) -> Iterator[Entry]:
        """Walk like :meth:`changed`; all entries as well when a logical interface is gone."""
        if self.lost_unit:
            return self._fresh(get(self.new, *path), EMPTY)
        return self.changed(*path, because_of=because_of)

    def _fresh(self, now: Node, before: Node) -> Iterator[Entry]:
        if now is before:
            return
        found = self._indexes.comparisons.of(before, now)
        for key in (*found.changed, *found.added):
            entry = now[key]
            if isinstance(entry, Node):
                yield Entry(str(key), entry)

    def _lost(self, *path: Key) -> bool:
        before, now = get(self.old, *path), get(self.new, *path)
        return before is not now and bool(self._indexes.comparisons.of(before, now).gone)

    def differs(self, *path: Key) -> bool:
        """Say whether anything at or below ``path`` changed."""
        return _at(self.old, path) is not _at(self.new, path)

    @cached_property
    def lost_unit(self) -> bool:
        """Whether any logical interface is gone."""
        now = get(self.new, "interfaces", "interface")
        for name, before in get(self.old, "interfaces", "interface").items():
            if before is now.get(name) or not isinstance(before, Node):
                continue
            units = get(before, "unit"), get(now, name, "unit")
            if self._indexes.comparisons.of(*units).gone:
                return True
        return False

    def index(self, name: str, groups: Mapping[str, Node], facts: Facts) -> Index:
        """Return an index over the entries of ``groups``; see :class:`Indexes`."""
        return self._indexes.of(name, groups, facts)

    def unit_lists(self, prefix: str = "") -> dict[str, Node]:
        """Return the lists of units, by interface whose name begins with ``prefix``."""
        return {
            name: get(body, "unit")
            for name, body in entries(self.new, "interfaces", "interface")
            if name.startswith(prefix)
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list."""

    name: str
    body: Node


CommitRule = Callable[[Check], Iterable[Complaint]]


def _at(tree: Node, path: tuple[Key, ...]) -> Value | None:
    return get(tree, *path[:-1]).get(path[-1])


def run(rules: Sequence[CommitRule], check: Check) -> tuple[Complaint, ...]:
    """Return the complaints of all rules; after an error the last one closes the list.

    A candidate whose interface ranges can't be expanded is told nothing else.
    """
    complaints = [complaint for rule in rules for complaint in rule(check)]
    for position, complaint in enumerate(complaints):
        if complaint.text == EXPANSION_FAILED:
            return tuple(complaints[position - 1 : position + 1])
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


def root_authentication(check: Check) -> Iterator[Complaint]:
    """Require a root password."""
    if not get(check.new, "system", "root-authentication"):
        yield missing("[edit system]", "root-authentication", "root-authentication")


_ZONES: tuple[Key, ...] = ("security", "zones", "security-zone")


def zone_interfaces(check: Check) -> Iterator[Complaint]:
    """Require that an interface of a zone is configured, and in one zone only."""
    if not check.differs(*_ZONES) and not check.lost_unit:
        return
    lists = {zone: get(body, "interfaces") for zone, body in entries(check.new, *_ZONES)}
    for zone in lists:
        for interface in check.bound(*_ZONES, zone, "interfaces"):
            if not has_unit(check.new, interface.name):
                text = f"Interface {interface.name} must be configured under interfaces"
                yield error(text, _zone_path(zone), f"interfaces {interface.name}")
    for _, owners in check.index("zones", lists, lambda name, _: (name,)).shared():
        for zone, name in owners[1:]:
            text = f"Interface {name} already assigned to another zone"
            yield error(text, _zone_path(zone), f"interfaces {name}")


def _zone_path(zone: str) -> str:
    return f"[edit security zones security-zone {zone}]"


def zone_of_policies(check: Check) -> Iterator[Complaint]:
    """Require a policy to be between zones that exist."""
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


def parts_of_policies(check: Check) -> Iterator[Complaint]:
    """Require a policy to have its mandatory parts."""
    keys = {str(key): key for key in get(check.new, "security", "policies", "policy")}
    for pair in check.changed("security", "policies", "policy"):
        key = keys[pair.name]
        names = key if isinstance(key, tuple) else (key,)
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
    if not check.differs("interfaces") and not check.differs("routing-instances"):
        return
    index = check.index("addresses", check.unit_lists(), _addresses)
    for address, owners in index.shared():
        first: dict[str, str] = {}
        for name in (".".join(owner) for owner in owners):
            other = first.setdefault(_instance_of(check.new, name), name)
            if other != name:
                text = f"address {address} is already configured on {other} {SIMULATED}"
                path = interface_path(name, "family inet")
                yield error(text, path, f"address {address}", "dcd")


def _addresses(_: str, unit: Node) -> Iterator[str]:
    for address in get(unit, "family", "inet", "address"):
        yield str(address).partition("/")[0]


def _instance_of(tree: Node, interface: str) -> str:
    for name, body in entries(tree, "routing-instances", "instance"):
        if interface in get(body, "interface"):
            return name
    return ""


def routes_need_a_hop(check: Check) -> Iterator[Complaint]:
    """Require a static route to go somewhere, in every table of every routing instance."""
    actions = ("next-hop", "discard", "reject", "receive", "next-table", "qualified-next-hop")
    for where, path in _routing_options(check.new):
        for route in check.changed(*path, "static", "route"):
            if not any(action in route.body for action in actions):
                at = f"[edit {where} static route {route.name}]"
                yield error(f"route has no next hop {SIMULATED}", at, f"route {route.name}", "rpd")


def _routing_options(tree: Node) -> Iterator[tuple[str, tuple[Key, ...]]]:
    """Walk where static routes may be, as (words of the level, path)."""
    instances = get(tree, "routing-instances", "instance")
    places: list[tuple[str, tuple[Key, ...]]] = [("routing-options", ("routing-options",))]
    for name in instances:
        words = f"routing-instances {name} routing-options"
        places.append((words, ("routing-instances", "instance", name, "routing-options")))
    for where, path in places:
        yield where, path
        for table in get(tree, *path, "rib"):
            yield f"{where} rib {table}", (*path, "rib", table)


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
