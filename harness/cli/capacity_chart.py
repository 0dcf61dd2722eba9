"""What ``harness plan capacity --plot`` draws: the numbers of a deployment as it grows."""

from __future__ import annotations

from harness.claims.catalogue import Catalogue
from harness.plan.capacity import counted, hub_limit, hubs_needed
from harness.plan.full_mesh import FullMesh
from harness.plan.hub_and_spoke import HubAndSpoke
from harness.plan.tenants import Tenants
from harness.plan.topology import TAGGED_LINKS, WAN_LINKS
from harness.reporting.line_chart import Chart, Level, Line

_SAMPLES = 40


def mesh_chart(topology: Tenants, catalogue: Catalogue) -> Chart:
    """Draw the tunnels of one site against the sites of a mesh, for each number of tag pairs."""
    sites = topology.sites_per_tenant
    lines = []
    for pairs in range(1, min(topology.links, TAGGED_LINKS) + 1):
        points = [(n, FullMesh(n, pairs, prefix="s").degree(0)) for n in _sampled(2, sites)]
        lines.append(Line(f"{pairs} tag pair{'s' * (pairs > 1)}", tuple(points)))
    levels: dict[int, list[str]] = {}
    for claim in counted(catalogue):
        if claim.value is not None:
            levels.setdefault(claim.value, []).append(str(claim.platform))
    return Chart(
        title=f"Full mesh; the dot is {sites} sites: {topology.degree(0)} tunnels of each",
        x_label="sites",
        y_label="tunnels of one site",
        lines=tuple(lines),
        levels=tuple(Level(f"{value}: {', '.join(who)}", value) for value, who in levels.items()),
        mark=(sites, topology.degree(0)),
    )


def hub_chart(topology: HubAndSpoke, hub_platform: str, catalogue: Catalogue) -> Chart:
    """Draw the hubs that are needed against the sites, for each number of WAN links."""
    limit = hub_limit(hub_platform, catalogue)
    per_site, oam = topology.hubs_per_site, topology.oam
    lines = []
    for links in range(1, WAN_LINKS + 1):
        points = [
            (sites, hubs_needed(sites, links, per_site, limit, oam=oam))
            for sites in _sampled(1, topology.sites)
        ]
        lines.append(Line(f"{links} WAN link{'s' * (links > 1)}", tuple(points)))
    return Chart(
        title=(
            f"{hub_platform} hubs needed at {limit} tunnels each; "
            f"the dot is {topology.sites} sites on {topology.hubs}"
        ),
        x_label="sites",
        y_label="hubs",
        lines=tuple(lines),
        mark=(topology.sites, topology.hubs),
    )


def _sampled(first: int, last: int) -> list[int]:
    """Return about forty numbers from ``first`` to ``last``, both among them."""
    step = max(1, (last - first) // _SAMPLES)
    return sorted({*range(first, last, step), last})
