"""A route-based IPsec tunnel: IKE gateway, VPN and st0 unit, and one prefix routed into it."""

from __future__ import annotations

from harness.plan.addressing import Block, Supply
from harness.plan.model import SecureLeg, Tunnel


def tunnel(number: int, name: str, supply: Supply) -> Tunnel:
    """Build one tunnel from the next free numbers."""
    block = supply.block()
    return Tunnel(
        number=number,
        name=name,
        local=supply.local,
        peer=supply.peer(),
        route=block.route(),
        secure=secure_leg(name, block, supply),
    )


def secure_leg(name: str, block: Block, supply: Supply) -> SecureLeg:
    """Build the IKE/IPsec half."""
    inner, inner_peer = block.st0_link()
    return SecureLeg(
        st0_unit=supply.st0_unit(), inner=inner, inner_peer=inner_peer, psk=supply.key(name)
    )
