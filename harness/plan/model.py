"""What should be built, without a word of device syntax."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

NAME_PREFIX = (
    "hil-"  # every named object of ours on a device starts so (docs/design.md, blast radius)
)


class Kind(StrEnum):
    """What one tunnel is made of."""

    IPSEC = "ipsec"  # IKE gateway + IPsec VPN + st0 unit
    GRE = "gre"  # gr-0/0/0 unit
    GRE_OVER_IPSEC = "gre-over-ipsec"  # both, GRE between the two st0 addresses; one tunnel


@dataclass(frozen=True, slots=True)
class PreSharedKey:
    """A key that never shows itself: ``repr`` and ``str`` hide it, ``reveal`` is the only way."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """Return the key in clear; the caller must not log it."""
        return self._text

    def __str__(self) -> str:
        """Hide the key."""
        return "<pre-shared key>"


@dataclass(frozen=True, slots=True)
class Proposal:
    """IKE and ESP parameters in the words of RFC 7296 transforms as Junos spells them."""

    dh_group: str = "group19"
    ike_encryption: str = "aes-256-cbc"
    ike_authentication: str = "sha-256"
    ike_lifetime: int = 28800  # seconds, 180..86400 (junos-es-conf-security)
    esp_encryption: str = "aes-256-gcm"
    esp_lifetime: int = 3600  # seconds, 180..86400
    pfs_group: str = "group19"
    dpd_interval: int = 10  # seconds, 2..60 (10..60 in newer releases)
    dpd_threshold: int = 5  # 1..5


@dataclass(frozen=True, slots=True)
class SecureLeg:
    """The IKE/IPsec half of a tunnel: gateway and VPN share the tunnel's name."""

    st0_unit: int  # 0..15999
    inner: IPv4Interface  # our end of the st0 link
    inner_peer: IPv4Address
    psk: PreSharedKey


@dataclass(frozen=True, slots=True)
class GreLeg:
    """The GRE half of a tunnel: a unit of gr-0/0/0, unique by (source, destination)."""

    unit: int
    source: IPv4Address
    destination: IPv4Address
    inner: IPv4Interface
    inner_peer: IPv4Address
    mpls: bool = False


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One tunnel; ``route`` is the prefix that is statically routed into it."""

    number: int  # 1..count
    name: str  # "hil-t00001"; 1–32 characters, ASCII
    local: IPv4Address  # outer address of this device
    peer: IPv4Address  # outer address of the other end
    route: IPv4Network
    secure: SecureLeg | None = None
    gre: GreLeg | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What a plan must know of the device: where tunnels leave it and which pools are ours."""

    device: str
    platform: str
    external_interface: str  # "ge-0/0/0.0"
    external_zone: str | None  # None on MX: it has no zones
    local: IPv4Address
    peers: IPv4Network  # pool of the other ends' outer addresses
    inner: IPv4Network  # pool of tunnel link addresses and routed prefixes
    max_tunnels: int | None = None  # the testbed's own limit for this device


@dataclass(frozen=True, slots=True)
class Plan:
    """All tunnels of one rung on one device, in order of ``number``."""

    site: Site
    kind: Kind
    tunnels: tuple[Tunnel, ...]
    zone: str | None  # our own zone, holds every tunnel interface; None on MX
    proposal: Proposal = field(default_factory=Proposal)
    establish_immediately: bool = False  # only with live peers
    service: bool = False  # of a VNF: firewall and NAT for what comes out of the tunnels

    @property
    def count(self) -> int:
        """Return the number of tunnels asked for."""
        return len(self.tunnels)
