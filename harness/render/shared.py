"""What the kinds have in common: interface addresses, the zone of our own, static routes."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface

from harness.plan.model import Plan, Tunnel
from harness.render import placement
from harness.render.placement import STATIC, Placed
from harness.render.statements import Container, Entry, Flag, Leaf, Statement


def inet(address: IPv4Interface, *, mpls: bool = False) -> Statement:
    """Return the address families of a tunnel unit."""
    family = Container("inet", (Entry("address", str(address)),))
    return Container("family", (family, Flag("mpls")) if mpls else (family,), inline=True)


def zone(plan: Plan) -> Iterator[Placed]:
    """Yield what our own zone lets in: ping, to the tunnel addresses alone.

    IKE arrives at the external interface, whose zone belongs to the lab.
    """
    if plan.zone is not None:
        services = Container(
            "system-services",
            (Entry("system-services", "ping", keyword=False),),
            element=False,
        )
        yield Placed(placement.zone(plan.zone), Container("host-inbound-traffic", (services,)))


def zone_interface(plan: Plan, one: Tunnel, interface: str) -> Iterator[Placed]:
    """Yield the membership of a tunnel interface in our own zone, where there are zones."""
    if plan.zone is not None:
        entry = Entry("interfaces", interface, keyword=False)
        yield Placed(placement.zone_interfaces(plan.zone), entry, one.name)


def route(one: Tunnel, interface: str) -> Placed:
    """Return the static route into a tunnel."""
    statement = Entry("route", str(one.route), (Leaf("next-hop", interface),), inline=True)
    return Placed(STATIC, statement, one.name)
