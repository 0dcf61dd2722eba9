"""A GRE tunnel: a unit of gr-0/0/0 between the outer addresses, and one prefix routed into it."""

from __future__ import annotations

from ipaddress import IPv4Address

from harness.plan.addressing import Block, Numbers
from harness.plan.model import GreLeg, Tunnel


def tunnel(number: int, name: str, numbers: Numbers, *, mpls: bool) -> Tunnel:
    """Build one tunnel from the next free numbers."""
    block = numbers.block()
    peer = numbers.peer()
    return Tunnel(
        number=number,
        name=name,
        local=numbers.local,
        peer=peer,
        route=block.route(),
        gre=gre_leg(numbers.local, peer, block, numbers, mpls=mpls),
    )


def gre_leg(
    source: IPv4Address, destination: IPv4Address, block: Block, numbers: Numbers, *, mpls: bool
) -> GreLeg:
    """Build the GRE half between two addresses that nothing routes into the GRE unit itself."""
    inner, inner_peer = block.gre_link()
    return GreLeg(
        unit=numbers.gr_unit(),
        source=source,
        destination=destination,
        inner=inner,
        inner_peer=inner_peer,
        mpls=mpls,
    )
