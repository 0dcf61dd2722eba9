"""GRE between the two st0 addresses of an IPsec tunnel: two halves, one tunnel."""

from __future__ import annotations

from harness.plan import gre, ipsec
from harness.plan.addressing import Numbers
from harness.plan.model import Tunnel


def tunnel(number: int, name: str, numbers: Numbers, *, mpls: bool) -> Tunnel:
    """Build one tunnel from the next free numbers.

    The GRE destination is the other end of the st0 link, connected to st0; the routed prefix
    goes into the GRE unit. So the GRE packets never come back to the GRE unit.
    """
    block = numbers.block()
    secure = ipsec.secure_leg(name, block, numbers)
    return Tunnel(
        number=number,
        name=name,
        local=numbers.local,
        peer=numbers.peer(),
        route=block.route(),
        secure=secure,
        gre=gre.gre_leg(secure.inner.ip, secure.inner_peer, block, numbers, mpls=mpls),
    )
