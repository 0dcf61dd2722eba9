"""GRE over IPsec: both halves, and the route goes into the GRE unit."""

from __future__ import annotations

from collections.abc import Iterator

from harness.plan.model import Plan, Tunnel
from harness.render import gre, ipsec
from harness.render.placement import Placed


def common(plan: Plan) -> Iterator[Placed]:
    """Yield what all tunnels share: the zone is one for both halves."""
    yield from ipsec.common(plan)


def tunnel(plan: Plan, one: Tunnel, *, placeholders: bool) -> Iterator[Placed]:
    """Yield what one tunnel adds."""
    yield from ipsec.secure_leg(plan, one, placeholders=placeholders)
    yield from gre.tunnel(plan, one, placeholders=placeholders)
