"""GRE tunnels: one unit of gr-0/0/0 each."""

from __future__ import annotations

from collections.abc import Iterator

from harness.plan.model import GreLeg, Plan, Tunnel
from harness.plan.platforms import GRE_INTERFACE
from harness.render import shared
from harness.render.placement import GRE, Placed
from harness.render.statements import Container, Entry, Leaf, Statement


def common(plan: Plan) -> Iterator[Placed]:
    """Yield what all tunnels share."""
    yield from shared.zone(plan)


def tunnel(plan: Plan, one: Tunnel, *, placeholders: bool) -> Iterator[Placed]:  # noqa: ARG001 - GRE has no keys; the kinds have one signature
    """Yield what one tunnel adds, and the route into it."""
    leg = one.gre
    if leg is None:
        return
    interface = f"{GRE_INTERFACE}.{leg.unit}"
    yield Placed(GRE, _unit(leg), one.name)
    yield from shared.zone_interface(plan, one, interface)
    yield shared.route(one, interface)


def _unit(leg: GreLeg) -> Statement:
    ends = (Leaf("source", str(leg.source)), Leaf("destination", str(leg.destination)))
    return Entry(
        "unit", str(leg.unit), (Container("tunnel", ends), shared.inet(leg.inner, mpls=leg.mpls))
    )
