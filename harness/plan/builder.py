"""The way from what was asked to a plan; everything that can be refused is refused here."""

from __future__ import annotations

from harness.plan import gre, gre_over_ipsec, ipsec
from harness.plan.addressing import Numbers, Supply
from harness.plan.check import check_request
from harness.plan.keys import KeyRing
from harness.plan.model import Kind, Plan, Proposal, Site, Tunnel
from harness.plan.names import tunnel_name, zone_name
from harness.plan.occupied import Occupied
from harness.plan.platforms import platform_facts


def build_plan(
    site: Site,
    kind: Kind,
    count: int,
    *,
    run_key: bytes,
    occupied: Occupied | None = None,
    proposal: Proposal | None = None,
    mpls: bool = False,
    establish_immediately: bool = False,
) -> Plan:
    """Plan ``count`` tunnels of ``kind`` on ``site``.

    The same arguments give the same plan, and a smaller count gives its first tunnels.
    ``run_key`` (32 bytes or more) is what the pre-shared keys are derived from. Raises
    :class:`~harness.errors.PlanError` when the device can't hold them, naming the limit or the
    colliding line of its baseline.
    """
    occupied = occupied or Occupied.none()
    proposal = proposal or Proposal()
    free = check_request(site, kind, count, occupied, proposal)
    supply = Supply(site.local, free, KeyRing(run_key, site.device))
    return Plan(
        site=site,
        kind=kind,
        tunnels=tuple(
            build_tunnel(kind, number, tunnel_name(number), supply, mpls=mpls)
            for number in range(1, count + 1)
        ),
        zone=zone_name(kind) if platform_facts(site.platform).zones else None,
        proposal=proposal,
        establish_immediately=establish_immediately,
    )


def build_tunnel(kind: Kind, number: int, name: str, numbers: Numbers, *, mpls: bool) -> Tunnel:
    """Build one tunnel of ``kind`` from the given numbers."""
    match kind:
        case Kind.IPSEC:
            return ipsec.tunnel(number, name, numbers)
        case Kind.GRE:
            return gre.tunnel(number, name, numbers, mpls=mpls)
        case Kind.GRE_OVER_IPSEC:
            return gre_over_ipsec.tunnel(number, name, numbers, mpls=mpls)
