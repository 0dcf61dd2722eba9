"""A route-based IPsec tunnel: IKE gateway, VPN and st0 unit, and one prefix routed into it."""

from __future__ import annotations

from harness.plan.addressing import Block, Numbers
from harness.plan.model import SecureLeg, Tunnel


def tunnel(number: int, name: str, numbers: Numbers) -> Tunnel:
    """Build one tunnel from the next free numbers."""
    block = numbers.block()
    return Tunnel(
        number=number,
        name=name,
        local=numbers.local,
        peer=numbers.peer(),
        route=block.route(),
        secure=secure_leg(name, block, numbers),
    )


def secure_leg(name: str, block: Block, numbers: Numbers) -> SecureLeg:
    """Build the IKE/IPsec half."""
    inner, inner_peer = block.st0_link()
    return SecureLeg(
        st0_unit=numbers.st0_unit(), inner=inner, inner_peer=inner_peer, psk=numbers.key(name)
    )
