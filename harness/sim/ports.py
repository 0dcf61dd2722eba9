"""The interfaces of a device, physical and logical, as its tables show them.

Built from the committed configuration, the ports of the platform and the state of its tunnels;
counters are zero, because nothing passes through a simulated device.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_interface
from typing import Final

from harness.sim.config.tree import Node, entries, leaf, present
from harness.sim.hardware import mac_address
from harness.sim.tunnels import Tunnel, TunnelKind
from harness.sim.view import View

_FIRST_INDEX: Final = 128
_FIRST_SNMP: Final = 501
_FIRST_UNIT_INDEX: Final = 330
_FIRST_UNIT_SNMP: Final = 1001
UNLIMITED: Final = "Unlimited"


@dataclass(frozen=True, slots=True)
class Medium:
    """What all interfaces of one kind have in common."""

    link_type: str  # link-level-type
    if_type: str = ""  # "" of Ethernet, which doesn't say
    mtu: str = UNLIMITED
    speed: str = UNLIMITED
    encapsulation: str = ""
    ethernet: bool = False
    point_to_point: bool = False


_ETHERNET: Final = Medium("Ethernet", "", "1514", "1000mbps", "ENET2", ethernet=True)
_MEDIA: Final = {
    "ge": _ETHERNET,
    "fe": Medium("Ethernet", "", "1514", "100mbps", "ENET2", ethernet=True),
    "xe": Medium("Ethernet", "", "1514", "10Gbps", "ENET2", ethernet=True),
    "et": Medium("Ethernet", "", "1514", "40Gbps", "ENET2", ethernet=True),
    "ae": Medium("Ethernet", "", "1514", "1Gbps", "ENET2", ethernet=True),
    "reth": Medium("Ethernet", "", "1514", "1Gbps", "ENET2", ethernet=True),
    "fxp": _ETHERNET,
    "em": _ETHERNET,
    "jmgmt": _ETHERNET,
    "jsxe": Medium("Ethernet", "", "1514", "10Gbps", "ENET2", ethernet=True),
    "irb": Medium("Ethernet", "Ethernet", "1514", "1Gbps", "ENET2"),
    "vlan": Medium("VLAN", "VLAN", "1518", "1000mbps", "ENET2"),
    "lo": Medium("Loopback", "Loopback", UNLIMITED, UNLIMITED, "Unspecified"),
    "gr": Medium("GRE", "GRE", UNLIMITED, "800mbps", "GRE-NULL", point_to_point=True),
    "ip": Medium("IP-over-IP", "IPIP", UNLIMITED, "800mbps", "IPv4-NULL", point_to_point=True),
    "lt": Medium("Logical-tunnel", "Logical-tunnel", UNLIMITED, "800mbps", "ENET2"),
    "st": Medium(
        "Secure-Tunnel", "Secure-Tunnel", "9192", UNLIMITED, "Secure-Tunnel", point_to_point=True
    ),
}
_OTHER: Final = Medium("Unspecified", "Software-Pseudo")
_OVERHEAD: Final = {"ENET2": 14, "GRE-NULL": 24}  # octets between the MTU of link and family


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a family: "10.0.0.1/31", its network and broadcast address."""

    local: str
    network: str
    broadcast: str
    primary: bool

    @property
    def host(self) -> str:
        """Return the address without its prefix length."""
        return self.local.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Family:
    """One protocol family of a logical interface."""

    name: str
    mtu: str
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """One logical interface."""

    name: str  # "st0.7"
    index: int
    snmp: int
    enabled: bool
    up: bool
    medium: Medium
    families: tuple[Family, ...]
    zone: str = ""
    services: tuple[str, ...] = ()  # host-inbound traffic that the zone allows
    description: str = ""
    vlan: str = ""
    tunnel: Tunnel | None = None


@dataclass(frozen=True, slots=True)
class Port:
    """One physical interface with its units."""

    name: str
    index: int
    snmp: int
    enabled: bool
    medium: Medium
    mtu: str
    mac: str  # "" where the medium has none
    units: tuple[Unit, ...]
    description: str = ""

    @property
    def up(self) -> bool:
        """Say whether the link is up: it is wherever nobody disabled the port."""
        return self.enabled


def medium_of(name: str) -> Medium:
    """Return the medium of "ge-0/0/0", "st0", "reth1"."""
    return _MEDIA.get(name.partition("-")[0].rstrip("0123456789"), _OTHER)


def ports(view: View) -> dict[str, Port]:
    """Return every physical interface by name, those of the platform first."""
    configured = dict(entries(view.tree, "interfaces", "interface"))
    names = dict.fromkeys((*view.platform.physical_interfaces, *configured))
    tunnels = {tunnel.interface: tunnel for tunnel in view.tunnels}
    zones = dict(_zones(view.tree))
    found: dict[str, Port] = {}
    count = 0
    for place, name in enumerate(names):
        body = configured.get(name, Node())
        made = _Maker(name, body, tunnels, zones, count)
        count += len(made.units)
        found[name] = Port(
            name,
            _FIRST_INDEX + place,
            _FIRST_SNMP + place,
            made.enabled,
            made.medium,
            leaf(body, "mtu") or made.medium.mtu,
            mac_address(view.serial, place) if made.medium.ethernet else "",
            made.units,
            leaf(body, "description") or "",
        )
    return found


def _zones(tree: Node) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Walk interfaces with their zone and what it lets in."""
    for zone, body in entries(tree, "security", "zones", "security-zone"):
        allowed = _inbound(body)
        for interface, own in entries(body, "interfaces"):
            yield interface, (zone, _inbound(own) or allowed)


def _inbound(body: Node) -> tuple[str, ...]:
    return tuple(
        name
        for kind in ("system-services", "protocols")
        for name, _ in entries(body, "host-inbound-traffic", kind)
    )


class _Maker:
    """Makes the units of one port."""

    def __init__(
        self,
        name: str,
        body: Node,
        tunnels: Mapping[str, Tunnel],
        zones: Mapping[str, tuple[str, tuple[str, ...]]],
        before: int,
    ) -> None:
        self.medium = medium_of(name)
        self.enabled = not present(body, "disable")
        self._name = name
        self._tunnels = tunnels
        self._zones = zones
        self._before = before
        self._mtu = leaf(body, "mtu") or self.medium.mtu
        self.units = tuple(self._units(body))

    def _units(self, body: Node) -> Iterator[Unit]:
        known: set[str] = set()
        for number, unit in entries(body, "unit"):
            logical = f"{self._name}.{number}"
            if present(unit, "tunnel", "source") and logical not in self._tunnels:
                continue  # the tables lack this tunnel
            known.add(logical)
            yield self._unit(logical, unit, len(known))
        for logical, tunnel in self._tunnels.items():
            ghost = tunnel.kind is TunnelKind.GRE and logical not in known
            if ghost and logical.startswith(f"{self._name}."):
                known.add(logical)
                yield self._unit(logical, Node(), len(known))

    def _unit(self, logical: str, unit: Node, place: int) -> Unit:
        tunnel = self._tunnels.get(logical)
        enabled = self.enabled and not present(unit, "disable")
        secure = self._name == "st0"
        zone, services = self._zones.get(logical, ("", ()))
        families = tuple(self._family(name, body) for name, body in entries(unit, "family"))
        if tunnel is not None and tunnel.kind is TunnelKind.GRE and not families:
            families = (Family("inet", self._family_mtu(Node())),)
        return Unit(
            logical,
            _FIRST_UNIT_INDEX + self._before + place,
            _FIRST_UNIT_SNMP + self._before + place,
            enabled,
            enabled and (not secure or (tunnel is not None and tunnel.up)),
            self.medium,
            families,
            zone,
            services,
            leaf(unit, "description") or "",
            leaf(unit, "vlan-id") or "",
            tunnel,
        )

    def _family(self, name: str, body: Node) -> Family:
        found = (_address(text, first=not n) for n, text in enumerate(_texts(body)))
        return Family(name, self._family_mtu(body), tuple(found))

    def _family_mtu(self, body: Node) -> str:
        own = leaf(body, "mtu")
        if own is not None:
            return own
        if not self._mtu.isdigit():
            return "1476" if self.medium.encapsulation == "GRE-NULL" else UNLIMITED
        return str(int(self._mtu) - _OVERHEAD.get(self.medium.encapsulation, 0))


def _texts(family: Node) -> Iterator[str]:
    for address, _ in entries(family, "address"):
        yield address


@lru_cache(maxsize=4096)  # the same addresses are asked for again and again
def _address(text: str, *, first: bool) -> Address:
    try:
        network = ip_interface(text).network
    except ValueError:  # an ISO address
        return Address(text, "", "", first)
    broadcast = str(network.broadcast_address) if network.version == 4 else ""
    if network.prefixlen == network.max_prefixlen:  # a host stands for no network
        return Address(text, "", "", first)
    pair = network.prefixlen == network.max_prefixlen - 1
    return Address(text, str(network), "" if pair else broadcast, first)


def chosen(found: Mapping[str, Port], wanted: str) -> list[Port] | None:
    """Return all ports, one, the port of one unit, or what a pattern matches.

    A pattern is of the shell's kind (``[gx]e-*``) and may match nothing; None says that a name
    without pattern characters is unknown.
    """
    if not wanted:
        return list(found.values())
    if any(sign in wanted for sign in "*?["):
        return list(_matching(found.values(), wanted))
    base, dot, _ = wanted.partition(".")
    port = found.get(base)
    if port is None:
        return None
    if not dot:
        return [port]
    units = tuple(unit for unit in port.units if unit.name == wanted)
    return [replace(port, units=units)] if units else None


def _matching(found: Iterable[Port], pattern: str) -> Iterator[Port]:
    base, dot, _ = pattern.partition(".")
    for port in found:
        if not dot and fnmatchcase(port.name, pattern):
            yield port
        elif dot and fnmatchcase(port.name, base):
            units = tuple(unit for unit in port.units if fnmatchcase(unit.name, pattern))
            yield replace(port, units=units)
