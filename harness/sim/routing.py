"""The routes that a configuration amounts to: direct, local and static ones, by table.

No routing protocol runs in a simulated device, so nothing is learnt. A direct route is there while
its interface is up; a static one while a next hop of it can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network
from typing import Final

from harness.sim.config.tree import Node, entries, get, leaf, present, values
from harness.sim.ports import Port, Unit

Network = IPv4Network | IPv6Network

MASTER: Final = "master"
_STATIC_PREFERENCE: Final = 5
_TABLES: Final = {4: "inet.0", 6: "inet6.0"}


@dataclass(frozen=True, slots=True)
class Hop:
    """One next hop; ``to`` is "" for an interface as next hop."""

    via: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One route; ``kind`` is "" for a forwarded one, else Local, Reject, Discard or Receive."""

    network: Network
    protocol: str  # "Direct", "Local", "Static"
    preference: int
    hops: tuple[Hop, ...] = ()
    kind: str = ""
    active: bool = True

    @property
    def destination(self) -> str:
        """Return the prefix as the tables write it."""
        return str(self.network)


@dataclass(frozen=True, slots=True)
class Table:
    """One routing table: all its routes, active ones first for each destination."""

    name: str  # "inet.0", "blue.inet.0"
    instance: str
    routes: tuple[Route, ...]
    hidden: int = 0

    @property
    def destinations(self) -> int:
        """Return how many prefixes it has."""
        return len({route.network for route in self.routes})

    @property
    def active(self) -> int:
        """Return how many routes are in use."""
        return sum(route.active for route in self.routes)


def tables(tree: Node, ports: Mapping[str, Port]) -> list[Table]:
    """Return every table that has routes, those of the main instance first."""
    units = {unit.name: unit for port in ports.values() for unit in port.units}
    owned = dict(_owned(tree))
    found: list[Table] = []
    main = [unit for name, unit in units.items() if name not in owned]
    found += _of_instance(MASTER, get(tree, "routing-options"), main)
    for name, body in entries(tree, "routing-instances", "instance"):
        members = [unit for unit in units.values() if owned.get(unit.name) == name]
        found += _of_instance(name, get(body, "routing-options"), members)
    return found


def instances(tree: Node) -> list[tuple[str, str]]:
    """Return names and types of the routing instances, the main one first."""
    configured = entries(tree, "routing-instances", "instance")
    return [
        (MASTER, "forwarding"),
        *((name, leaf(body, "instance-type") or "virtual-router") for name, body in configured),
    ]


def _owned(tree: Node) -> Iterator[tuple[str, str]]:
    """Walk logical interfaces with the routing instance that they belong to."""
    for name, body in entries(tree, "routing-instances", "instance"):
        for interface, _ in entries(body, "interface"):
            yield interface, name


def _of_instance(name: str, options: Node, units: Sequence[Unit]) -> Iterator[Table]:
    connected = list(_connected(units))
    static, hidden = _statics(options, units, connected)
    for version, table in _TABLES.items():
        routes = [r for r in (*connected, *static) if r.network.version == version]
        if not routes:
            continue
        full = table if name == MASTER else f"{name}.{table}"
        lost = hidden if version == 4 else 0
        yield Table(full, name, tuple(_elected(routes)), lost)


def _elected(routes: Sequence[Route]) -> Iterator[Route]:
    """Sort by destination and preference; only the first of a destination is active."""
    last: Network | None = None
    for route in sorted(routes, key=_order):
        first = route.network != last
        last = route.network
        yield route if first else replace(route, active=False)


def _order(route: Route) -> tuple[int, int, int]:
    return int(route.network.network_address), route.network.prefixlen, route.preference


def _connected(units: Sequence[Unit]) -> Iterator[Route]:
    for unit in units:
        for family in unit.families:
            if family.name not in ("inet", "inet6"):
                continue
            for address in family.addresses:
                network, host = _networks(address.local)
                hop = (Hop(via=unit.name),)
                if unit.up and network != host:
                    yield Route(network, "Direct", 0, hop)
                    yield Route(host, "Local", 0, hop, "Local")
                elif unit.up:
                    yield Route(host, "Direct", 0, hop)
                else:
                    yield Route(host, "Local", 0, (), "Reject")


@lru_cache(maxsize=4096)  # the same addresses are asked for again and again
def _networks(address: str) -> tuple[Network, Network]:
    """Return the network that an address with its prefix length is in, and itself as one."""
    interface = ip_interface(address)
    return interface.network, ip_network(interface.ip)


def _statics(
    options: Node, units: Sequence[Unit], connected: Sequence[Route]
) -> tuple[list[Route], int]:
    """Return the usable static routes and how many are not."""
    up = {unit.name for unit in units if unit.up}
    found: list[Route] = []
    hidden = 0
    for prefix, body in (*entries(options, "static", "route"), *_rib_statics(options)):
        try:
            network = ip_network(prefix, strict=False)
        except ValueError:  # a host name, which nothing here resolves
            continue
        preference = leaf(body, "preference", "metric-value") or leaf(body, "preference")
        route = _static(network, body, int(preference or _STATIC_PREFERENCE), up, connected)
        if route is None:
            hidden += 1
        else:
            found.append(route)
    return found, hidden


def _rib_statics(options: Node) -> Iterator[tuple[str, Node]]:
    for _, rib in entries(options, "rib"):
        yield from entries(rib, "static", "route")


def _static(
    network: Network, body: Node, preference: int, up: set[str], connected: Sequence[Route]
) -> Route | None:
    for word, kind in (("discard", "Discard"), ("reject", "Reject"), ("receive", "Receive")):
        if present(body, word):
            return Route(network, "Static", preference, (), kind)
    wanted = (*values(body, "next-hop"), *(name for name, _ in entries(body, "qualified-next-hop")))
    hops = tuple(hop for hop in (_hop(each, up, connected) for each in wanted) if hop is not None)
    return Route(network, "Static", preference, hops) if hops else None


def _hop(wanted: str, up: set[str], connected: Sequence[Route]) -> Hop | None:
    """Resolve one next hop, an interface or an address of a connected network."""
    if wanted in up:
        return Hop(via=wanted)
    try:
        address = ip_address(wanted)
    except ValueError:
        return None
    for route in connected:
        if route.protocol == "Direct" and address in route.network:
            return Hop(route.hops[0].via, wanted)
    return None


def covering(routes: Sequence[Route], address: str) -> Route | None:
    """Return the active route with the longest match for an address; None without one."""
    target = ip_address(address)
    found = [r for r in routes if r.active and r.network.version == target.version]
    matching = [route for route in found if target in route.network]
    return max(matching, key=lambda route: route.network.prefixlen, default=None)
