"""What a device's baseline already uses, so that a plan can keep clear of it or refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from types import MappingProxyType
from typing import TypeVar

from harness.plan.configuration import Words, flatten, parse
from harness.plan.model import NAME_PREFIX
from harness.plan.platforms import GRE_INTERFACE

K = TypeVar("K")
Lines = Mapping[K, str]  # what is used, and the baseline line that says so

# Whatever stands below these counts as if it stood at the top; a name follows each keyword.
_SCOPES = frozenset({"groups", "logical-systems", "tenants", "routing-instances"})

# A rung plans beside the same baseline for what it pushes, what it expects, and what it read.
_BASELINES_KEPT = 8


def _nothing() -> Mapping[K, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Occupied:
    """Everything of a baseline that a plan could collide with, by the line that holds it."""

    st0_units: Lines[int] = field(default_factory=_nothing)
    gr_units: Lines[int] = field(default_factory=_nothing)
    addresses: Lines[IPv4Address] = field(default_factory=_nothing)  # own, next hops, neighbours
    networks: Lines[IPv4Network] = field(default_factory=_nothing)  # connected to an interface
    routes: Lines[IPv4Network] = field(default_factory=_nothing)  # static etc., not the default
    gateways: Lines[IPv4Address] = field(default_factory=_nothing)  # other ends of other tunnels
    zones: Lines[str] = field(default_factory=_nothing)
    names: Lines[str] = field(default_factory=_nothing)  # of IKE and IPsec objects
    interfaces: Lines[str] = field(default_factory=_nothing)  # units: "ge-0/0/0.0"
    own: Mapping[str, frozenset[IPv4Address]] = field(
        default_factory=lambda: MappingProxyType({})
    )  # addresses of each unit
    dynamic: frozenset[str] = frozenset()  # units whose address isn't in the configuration (DHCP)
    zone_of: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tunnel_services: bool = False  # chassis fpc 0 pic 0 tunnel-services: MX has a gr-0/0/0
    read: bool = True  # False: no baseline was looked at

    @property
    def ours(self) -> str:
        """Return the first line that holds an object with a name of ours, "" without one."""
        named = (*self.names.items(), *self.zones.items())
        return next((line for name, line in named if name.startswith(NAME_PREFIX)), "")

    @classmethod
    def none(cls) -> Occupied:
        """Return the answer for a device that nobody has asked yet: nothing is checked."""
        return cls(read=False)


@lru_cache(maxsize=_BASELINES_KEPT)
def occupied(configuration_xml: str) -> Occupied:
    """Return what the configuration uses.

    Deactivated statements, groups, other routing instances and logical systems are used as much
    as the rest: a plan must not wake or shadow them. But an interface that tunnels leave by has
    to be active. ``configuration_xml`` is the committed configuration as the device returns it,
    name spaces or not. Raises :class:`~harness.errors.DeviceError` when it isn't a configuration.
    """
    configuration = parse(configuration_xml)
    all_of_it, active = _Census(), _Census()
    for words in flatten(configuration, inactive=True):
        all_of_it.note(words)
    if "inactive=" not in configuration_xml:
        return all_of_it.result()
    for words in flatten(configuration):
        active.note(words)
    there = active.result()
    return replace(
        all_of_it.result(),
        interfaces=there.interfaces,
        own=there.own,
        dynamic=there.dynamic,
        zone_of=there.zone_of,
        tunnel_services=there.tunnel_services,
    )


class _Census:
    """Collects while the statements go by; the first line to use a thing is the one named."""

    def __init__(self) -> None:
        self._units: dict[str, dict[int, str]] = {"st0": {}, GRE_INTERFACE: {}}
        self._addresses: dict[IPv4Address, str] = {}
        self._networks: dict[IPv4Network, str] = {}
        self._routes: dict[IPv4Network, str] = {}
        self._gateways: dict[IPv4Address, str] = {}
        self._zones: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._interfaces: dict[str, str] = {}
        self._own: dict[str, set[IPv4Address]] = {}
        self._dynamic: set[str] = set()
        self._zone_of: dict[str, str] = {}
        self._tunnel_services = False

    def note(self, words: Words) -> None:
        """Take in one statement."""
        self._note_mentions(words)
        depth = 0
        while len(words) > depth + 2 and words[depth] in _SCOPES:
            depth += 2
        inner = words[depth:]
        match inner:
            case ("interfaces", device, "unit", unit, *rest):
                self._note_unit(words, depth, device, unit, tuple(rest))
            case ("security", "zones", "security-zone", zone, *rest):
                self._note_zone(words, depth, zone, tuple(rest))
            case ("security", "ike" | "ipsec", *_):
                self._note_vpn(words, depth, inner[1:])
            case ("routing-options", *rest):
                self._note_route(words, tuple(rest))
            case ("protocols", "bgp", "group", _, "neighbor", neighbor, *_):
                _note_address(self._addresses, neighbor, _line(words[: depth + 6]))
            case ("chassis", "fpc", "0", "pic", "0", "tunnel-services", *_):
                self._tunnel_services = True

    def _note_mentions(self, words: Words) -> None:
        """Count a tunnel unit as used wherever it's named: OSPF may wait for it to appear."""
        for at, word in enumerate(words):
            device, dot, unit = word.rpartition(".")
            if dot and unit.isdecimal() and device in self._units:
                self._units[device].setdefault(int(unit), _line(words[: at + 1]))

    def _note_unit(self, words: Words, depth: int, device: str, unit: str, rest: Words) -> None:
        line = _line(words[: depth + 4])
        name = f"{device}.{unit}"
        self._interfaces.setdefault(name, line)
        if unit.isdecimal() and device in self._units:
            self._units[device].setdefault(int(unit), line)
        match rest:
            case ("family", "inet", "address", address, *_):
                self._note_interface_address(name, address, _line(words[: depth + 8]))
            case ("family", "inet", "dhcp" | "dhcp-client" | "negotiate-address", *_):
                self._dynamic.add(name)
            case ("tunnel", "source" | "destination", address, *_):
                _note_address(self._gateways, address, _line(words))

    def _note_interface_address(self, name: str, text: str, line: str) -> None:
        try:
            address = IPv4Interface(text)
        except ValueError:
            return  # an apply-groups wildcard or a variable, not an address
        self._own.setdefault(name, set()).add(address.ip)
        self._addresses.setdefault(address.ip, line)
        self._networks.setdefault(address.network, line)

    def _note_zone(self, words: Words, depth: int, zone: str, rest: Words) -> None:
        self._zones.setdefault(zone, _line(words[: depth + 4]))
        if len(rest) > 1 and rest[0] == "interfaces":
            self._zone_of.setdefault(rest[1], zone)

    def _note_vpn(self, words: Words, depth: int, rest: Words) -> None:
        match rest:
            case (_, "proposal" | "policy" | "gateway" | "vpn", name, *settings):
                # Cut here: the rest of an IKE policy may be its key.
                self._names.setdefault(name, _line(words[: depth + 4]))
                if settings[:1] == ["address"]:
                    _note_address(self._gateways, settings[-1], _line(words))

    def _note_route(self, words: Words, rest: Words) -> None:
        if rest[:1] == ("rib",):
            rest = rest[2:]
        match rest:
            case ("static" | "aggregate" | "generate", "route", prefix, *settings):
                try:
                    network = IPv4Network(prefix, strict=False)
                except ValueError:
                    return  # IPv6, or a wildcard of apply-groups
                if network.prefixlen:  # the default route overlaps everything and hides nothing
                    self._routes.setdefault(network, _line(words))
                if settings[:1] == ["next-hop"]:
                    _note_address(self._addresses, settings[-1], _line(words))

    def result(self) -> Occupied:
        """Return what was collected."""
        return Occupied(
            st0_units=MappingProxyType(self._units["st0"]),
            gr_units=MappingProxyType(self._units[GRE_INTERFACE]),
            addresses=MappingProxyType(self._addresses),
            networks=MappingProxyType(self._networks),
            routes=MappingProxyType(self._routes),
            gateways=MappingProxyType(self._gateways),
            zones=MappingProxyType(self._zones),
            names=MappingProxyType(self._names),
            interfaces=MappingProxyType(self._interfaces),
            own=MappingProxyType({unit: frozenset(seen) for unit, seen in self._own.items()}),
            dynamic=frozenset(self._dynamic),
            zone_of=MappingProxyType(self._zone_of),
            tunnel_services=self._tunnel_services,
        )


def _line(words: Words) -> str:
    return " ".join(("set", *words))


def _note_address(noted: dict[IPv4Address, str], text: str, line: str) -> None:
    try:
        noted.setdefault(IPv4Address(text), line)
    except ValueError:
        return  # a host name, an interface, IPv6, or a wildcard
