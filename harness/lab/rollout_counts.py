"""What a deployment counts for a claim: its sites, or tenants with all of theirs. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from harness.claims.model import Claim
from harness.testbed.model import Deployment

_SIZES: Final = ("small", "medium", "large")
# What each speaks to: sites of a distributed deployment are other ones than those around hubs.
SPEAKS_TO: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "hub-and-spoke": tuple(f"{size}-hub-and-spoke-sites" for size in _SIZES),
        "full-mesh": ("full-mesh-tenants", "full-mesh-sites-per-tenant", "tenant-sites"),
        "distributed": tuple(f"{size}-distributed-sites" for size in _SIZES),
        "centralized": tuple(f"{size}-centralized-vnfs" for size in _SIZES),
        "dvpn": ("dvpn-tunnels-per-tenant", "dvpn-tunnels-per-installation"),
    }
)


@dataclass(frozen=True, slots=True)
class Count:
    """What was asked and what was accepted, in the unit of the claim."""

    requested: int
    accepted: int


def counted(deployment: Deployment, claim: Claim | None, accepted: Collection[int]) -> Count:
    """Count ``accepted`` (sites from 0, hubs left out, tenant after tenant) as the claim does.

    A tenant counts with all of its sites, if it has as many as the claim's tenants; sites of each
    of 200 tenants are those that the 200th best of them has. A deployment with fewer sites or
    tenants than that has none of what is claimed: it asks for 0.
    """
    if claim is not None and _thinner(deployment, claim):
        return Count(0, 0)
    if claim is None or deployment.topology != "full-mesh":
        return Count(deployment.all_sites, len(accepted))
    of_tenant = [0] * deployment.tenants
    for site in accepted:
        of_tenant[site // deployment.sites] += 1
    if claim.unit == "tenants":
        if deployment.sites < claim.factors.get("sites-per-tenant", 0):
            return Count(0, 0)
        return Count(deployment.tenants, of_tenant.count(deployment.sites))
    tenants = claim.factors.get("tenants", 1)
    if deployment.tenants < tenants:
        return Count(0, 0)
    return Count(deployment.sites, sorted(of_tenant, reverse=True)[tenants - 1])


def _thinner(deployment: Deployment, claim: Claim) -> bool:
    """Say whether sites or compute nodes have fewer VNFs than the claim's."""
    per_site = deployment.machine is not None and claim.factors.get("vnfs-per-site", 0)
    per_node = bool(deployment.nodes) and claim.factors.get("vnfs-per-compute-node", 0)
    return deployment.vnfs_per_site < per_site or deployment.per_node < per_node
