"""How many tunnels a deployment puts on each site and hub, against the documented numbers.

Nothing is judged that nobody published: a blank cell, or a platform without a row, stays without
reference until the operator gives his number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from harness.claims.catalogue import Catalogue
from harness.claims.model import NO_REFERENCE, Claim
from harness.errors import PlanError
from harness.plan.full_mesh import FullMesh
from harness.plan.hub_and_spoke import HUBS_PER_SITE, HubAndSpoke
from harness.plan.platforms import platform_facts
from harness.plan.tenants import Tenants
from harness.plan.topology import TAGGED_LINKS, WAN_LINKS

_HUB_ROWS = tuple(f"{size}-hub-and-spoke-sites" for size in ("small", "medium", "large"))


@dataclass(frozen=True, slots=True)
class Load:
    """One number of a deployment beside the one that is documented for it."""

    what: str
    asked: int
    claim: Claim | None  # None: no row speaks of this

    @property
    def limit(self) -> int | None:
        """Return the documented number, or the operator's; None where there's neither."""
        return None if self.claim is None else self.claim.value

    @property
    def excess(self) -> int | None:
        """Return by how much the number is exceeded, 0 when it isn't; None without reference."""
        return None if self.limit is None else max(0, self.asked - self.limit)

    @property
    def standing(self) -> str:
        """Return ``within``, ``exceeded by 147`` or ``no reference value``."""
        if self.excess is None:
            return NO_REFERENCE
        return f"exceeded by {self.excess}" if self.excess else "within"


@dataclass(frozen=True, slots=True)
class Combination:
    """A neighbour of what was asked, and what it would put on each device."""

    settings: tuple[tuple[str, int], ...]  # ("links", 2), ("hubs per site", 1)
    tunnels: int  # in all; of one tenant, in a mesh
    hubs: int | None  # that are needed; None in a mesh
    loads: tuple[Load, ...]  # of one site, by platform


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a deployment asks of its devices and of the installation."""

    words: str  # what was asked
    tunnels: int  # in all
    loads: tuple[Load, ...]
    combinations: tuple[Combination, ...]
    hubs_needed: int | None = None  # None in a mesh

    @property
    def exceeded(self) -> tuple[Load, ...]:
        """Return the numbers that are exceeded."""
        return tuple(load for load in self.loads if load.excess)


def mesh_capacity(topology: Tenants, platform: str, catalogue: Catalogue) -> Capacity:
    """Say what full meshes put on their sites, one mesh for each tenant.

    Combinations go through as many mesh-tag pairs as a site's WAN links allow, on every platform
    with a documented number.
    """
    platform_facts(platform)
    sites, tenants = topology.sites_per_tenant, topology.tenants
    per_tenant = topology.tunnels_per_tenant
    rows: tuple[tuple[str, int, str], ...] = (("sites of the tenant", sites, "tenant-sites"),)
    if tenants > 1:
        rows = (
            ("tenants", tenants, "full-mesh-tenants"),
            ("sites of each tenant", sites, "full-mesh-sites-per-tenant"),
        )
    rows += (
        ("tunnels of a tenant, all pairs up", per_tenant, "dvpn-tunnels-per-tenant"),
        ("tunnels of all tenants", topology.count, "dvpn-tunnels-per-installation"),
    )
    return Capacity(
        words=_mesh_words(topology),
        tunnels=topology.count,
        loads=(
            _of_device("each site", platform, topology.degree(0), catalogue),
            *(Load(what, asked, catalogue.get(claim)) for what, asked, claim in rows),
        ),
        combinations=tuple(_mesh_combinations(sites, topology.links, platform, catalogue)),
    )


def hub_capacity(
    topology: HubAndSpoke, platform: str, hub_platform: str, catalogue: Catalogue
) -> Capacity:
    """Say what a hub-and-spoke deployment puts on its sites and hubs, and how many it needs."""
    platform_facts(platform)
    limit = hub_limit(hub_platform, catalogue)
    fullest = max(topology.degree(hub) for hub in range(topology.hubs))
    return Capacity(
        words=_hub_words(topology),
        tunnels=topology.count,
        loads=(
            _of_device("each site", platform, topology.tunnels_per_site, catalogue),
            _of_device("fullest hub", hub_platform, fullest, catalogue),
            *(Load("sites", topology.sites, catalogue.get(row)) for row in _HUB_ROWS),
        ),
        combinations=tuple(_hub_combinations(topology, platform, limit, catalogue)),
        hubs_needed=hubs_needed(
            topology.sites, topology.links, topology.hubs_per_site, limit, oam=topology.oam
        ),
    )


def hub_limit(platform: str, catalogue: Catalogue) -> int:
    """Return how many tunnels a hub carries; without a number a hub can't be planned with."""
    platform_facts(platform)
    claim = _tunnel_row(platform, catalogue)
    if claim is None or claim.value is None:
        known = ", ".join(str(one.platform) for one in counted(catalogue))
        raise PlanError(
            f"a hub of platform {platform} has no documented number of tunnels; with one: {known}"
        )
    return claim.value


def hubs_needed(sites: int, links: int, hubs_per_site: int, limit: int, *, oam: bool) -> int:
    """Return the fewest hubs of which none carries more than ``limit`` tunnels."""
    one_site = links + oam if hubs_per_site == 1 else 2 * links + oam
    if one_site > limit:
        raise PlanError(f"a hub for {limit} tunnels can't take the {one_site} of one site each")
    total = sites * (links * hubs_per_site + oam)
    for hubs in count(max(hubs_per_site, -(-total // limit))):
        topology = HubAndSpoke(sites, links, hubs, hubs_per_site, oam)
        if max(topology.degree(hub) for hub in range(hubs)) <= limit:
            return hubs
    raise AssertionError("counting ended")


def _mesh_combinations(
    sites: int, links: int, platform: str, catalogue: Catalogue
) -> Iterator[Combination]:
    known = (one.platform for one in counted(catalogue) if one.platform is not None)
    platforms = dict.fromkeys((platform, *known))
    for tag_pairs in range(1, min(links, TAGGED_LINKS) + 1):
        mesh = FullMesh(sites, tag_pairs, prefix="s")
        yield Combination(
            settings=(("tag pairs", tag_pairs),),
            tunnels=mesh.count,
            hubs=None,
            loads=tuple(_of_device("a site", one, mesh.degree(0), catalogue) for one in platforms),
        )


def _hub_combinations(
    asked: HubAndSpoke, platform: str, limit: int, catalogue: Catalogue
) -> Iterator[Combination]:
    for links in range(1, WAN_LINKS + 1):
        for hubs_per_site in range(1, HUBS_PER_SITE + 1):
            hubs = hubs_needed(asked.sites, links, hubs_per_site, limit, oam=asked.oam)
            one = HubAndSpoke(asked.sites, links, hubs, hubs_per_site, asked.oam)
            yield Combination(
                settings=(("links", links), ("hubs per site", hubs_per_site)),
                tunnels=one.count,
                hubs=hubs,
                loads=(_of_device("a site", platform, one.tunnels_per_site, catalogue),),
            )


def _of_device(what: str, platform: str, asked: int, catalogue: Catalogue) -> Load:
    return Load(f"{what} ({platform})", asked, _tunnel_row(platform, catalogue))


def _tunnel_row(platform: str, catalogue: Catalogue) -> Claim | None:
    return next((claim for claim in counted(catalogue) if claim.platform == platform), None)


def counted(catalogue: Catalogue) -> tuple[Claim, ...]:
    """Return the rows that say how many tunnels a platform carries."""
    return tuple(claim for claim in catalogue if claim.unit == "tunnels" and claim.platform)


def _mesh_words(topology: Tenants) -> str:
    pairs = f"{topology.tag_pairs} mesh-tag pair{'s' * (topology.tag_pairs > 1)}"
    each = f"full mesh of {topology.sites_per_tenant} sites, {pairs}"
    return each if topology.tenants == 1 else f"{topology.tenants} tenants, each a {each}"


def _hub_words(topology: HubAndSpoke) -> str:
    return (
        f"hub and spoke: {topology.sites} sites with {topology.links} WAN "
        f"link{'s' * (topology.links > 1)} on {topology.hubs} hub{'s' * (topology.hubs > 1)}, "
        f"{'primary and secondary' if topology.hubs_per_site > 1 else 'one hub for each site'}, "
        f"{'with' if topology.oam else 'without'} OAM tunnel"
    )
