"""Tenants of one installation: a full mesh each, kept apart by VRF and route target.

What is modelled is the separation that CSO documents: tenants share one private autonomous system
and are told apart by VRF and route target; each site has MP-IBGP with one virtual route reflector
of each redundancy group (SD-WAN design and architecture guide, "Network Operation",
juniper.net/documentation/us/en/software/cso/sg-007-sd-wan-sd-lan-design-arch-guide). How CSO
calls instances and numbers route targets isn't published; names and numbers here are our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from harness.errors import PlanError
from harness.plan.addressing import span
from harness.plan.full_mesh import FullMesh
from harness.plan.model import NAME_PREFIX
from harness.plan.site_names import check_site_name
from harness.plan.topology import WAN_LINKS, End, Pair, Topology, check_range

PRIVATE_AS = (64512, 65534)  # RFC 6996, two octets; the guide's sample is 64512
REDUNDANCY_GROUPS = 2
_DISTINGUISHABLE = 65_535  # the number in a route distinguisher of type 1 has two octets


@dataclass(frozen=True, slots=True)
class Tenants(Topology):
    """``tenants`` with ``sites_per_tenant`` sites each, every tenant a mesh of its own.

    Sites are counted through: those of tenant t are t·m..t·m+m-1 and are called ``t1-s1`` and so
    on. No tunnel joins two tenants.
    """

    tenants: int
    sites_per_tenant: int
    tag_pairs: int = 1
    links: int = WAN_LINKS
    _mesh: FullMesh = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what can't be, with what is allowed."""
        check_range("tenants", self.tenants, 1)
        mesh = FullMesh(self.sites_per_tenant, self.tag_pairs, self.links, prefix="s")
        object.__setattr__(self, "_mesh", mesh)
        check_site_name(self.name(self.size - 1))

    @property
    def size(self) -> int:
        """Return the number of sites of all tenants."""
        return self.tenants * self.sites_per_tenant

    @property
    def addresses_per_site(self) -> int:
        """Return one per tagged link."""
        return self._mesh.addresses_per_site

    @property
    def tunnels_per_tenant(self) -> int:
        """Return the tunnels of one tenant."""
        return self._mesh.count

    @property
    def count(self) -> int:
        """Return the tunnels of the installation."""
        return self.tenants * self.tunnels_per_tenant

    @property
    def numbers(self) -> int:
        """Return ``count``: every tunnel is there."""
        return self.count

    def tenant(self, site: int) -> int:
        """Return the tenant that a site belongs to, from 0."""
        return site // self.sites_per_tenant

    def degree(self, site: int) -> int:
        """Return the tunnels of one site."""
        return self._mesh.degree(site)

    def pairs_of(self, site: int) -> Iterator[Pair]:
        """Yield the tunnels to each other site of the tenant."""
        tenant, own = divmod(site, self.sites_per_tenant)
        yield from self._of(tenant, self._mesh.pairs_of(own))

    def pairs_between(self, one: int, other: int) -> Iterator[Pair]:
        """Yield the tunnels between two sites of one tenant; raises :class:`PlanError` for two."""
        (tenant, own), (others, far) = (divmod(s, self.sites_per_tenant) for s in (one, other))
        if tenant != others:
            raise PlanError(
                f"no tunnel joins {self.name(one)} and {self.name(other)}, sites of two tenants"
            )
        yield from self._of(tenant, self._mesh.pairs_between(own, far))

    def _of(self, tenant: int, pairs: Iterator[Pair]) -> Iterator[Pair]:
        """Yield what the mesh of a tenant has with the sites and numbers of all tenants."""
        first = tenant * self.sites_per_tenant
        number = tenant * self.tunnels_per_tenant
        for pair in pairs:
            yield Pair(
                number + pair.number,
                End(first + pair.a.site, pair.a.link),
                End(first + pair.b.site, pair.b.link),
            )

    def name(self, site: int) -> str:
        """Return ``t1-s1``: ten characters hold 999 tenants of 9999 sites, for example."""
        tenant, own = divmod(site, self.sites_per_tenant)
        return f"t{tenant + 1}-s{own + 1}"

    def index(self, name: str) -> int:
        """Return the index of a site."""
        tenant, _, own = name.partition("-s")
        if tenant[:1] == "t" and _is_number(tenant[1:]) and _is_number(own):
            tenant_at, own_at = int(tenant[1:]) - 1, int(own) - 1
            if 0 <= tenant_at < self.tenants and 0 <= own_at < self.sites_per_tenant:
                site = tenant_at * self.sites_per_tenant + own_at
                if self.name(site) == name:
                    return site
        last = self.name(self.size - 1)
        raise PlanError(f"no site {name!a} in the topology; there: t1-s1 … {last}")


@dataclass(frozen=True, slots=True)
class Vrf:
    """What keeps a tenant's routes apart on one site."""

    instance: str  # name of the routing instance
    route_distinguisher: str  # "192.0.2.1:7": unique per site and tenant (RFC 4364, type 1)
    route_target: str  # "target:64512:7": one per tenant, imported and exported


@dataclass(frozen=True, slots=True)
class Bgp:
    """MP-IBGP of one site: family inet-vpn to one route reflector of each group."""

    autonomous_system: int  # one for all tenants
    local: IPv4Address  # loopback
    reflectors: tuple[IPv4Address, ...]


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """Loopbacks and route reflectors of an installation.

    ``groups`` are the redundancy groups, each with one reflector or more; sites share out among
    the reflectors of a group in turn. Loopbacks come from a pool in which no reflector lies.
    """

    tenants: Tenants
    loopbacks: IPv4Network
    groups: tuple[tuple[IPv4Address, ...], ...]
    autonomous_system: int = PRIVATE_AS[0]

    def __post_init__(self) -> None:
        """Refuse what can't be, with what is allowed."""
        check_range("autonomous system", self.autonomous_system, *PRIVATE_AS)
        check_range("tenants", self.tenants.tenants, 1, _DISTINGUISHABLE)
        if len(self.groups) != REDUNDANCY_GROUPS or not all(self.groups):
            raise PlanError(
                f"{len(self.groups)} groups of route reflectors, or an empty one; "
                f"needed: {REDUNDANCY_GROUPS} with one reflector each, or more"
            )
        every = [reflector for group in self.groups for reflector in group]
        if len(set(every)) < len(every):
            raise PlanError("a route reflector is named twice")
        inside = [str(reflector) for reflector in every if reflector in self.loopbacks]
        if inside:
            raise PlanError(f"route reflector {inside[0]} lies in the loopbacks {self.loopbacks}")
        if self.tenants.size > self.loopbacks.num_addresses:
            raise PlanError(
                f"loopback pool {self.loopbacks} is too small: {self.tenants.size} sites, "
                f"{self.loopbacks.num_addresses} addresses"
            )

    def loopback(self, site: int) -> IPv4Address:
        """Return the site's loopback."""
        return IPv4Address(span(self.loopbacks)[0] + site)

    def vrf(self, site: int) -> Vrf:
        """Return the VRF of the site's tenant as that site has it."""
        number = self.tenants.tenant(site) + 1
        return Vrf(
            instance=f"{NAME_PREFIX}t{number}",
            route_distinguisher=f"{self.loopback(site)}:{number}",
            route_target=f"target:{self.autonomous_system}:{number}",
        )

    def bgp(self, site: int) -> Bgp:
        """Return the site's sessions."""
        reflectors = tuple(group[site % len(group)] for group in self.groups)
        return Bgp(self.autonomous_system, self.loopback(site), reflectors)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
