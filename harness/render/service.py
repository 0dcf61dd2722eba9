"""A service chain's first link on a VNF: stateful firewall and source NAT from our zone outwards.

What Contrail chains on a vSRX first are firewall and NAT, in-network-nat mode the one for both
(vSRX Deployment Guide for Contrail, "Overview of Service Chains"): what comes out of the tunnels is
permitted by a policy to the external zone, and leaves by the external interface's address. Neither
touches a policy or a rule set of the lab: both begin in our own zone.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.plan.model import NAME_PREFIX, Plan
from harness.render.placement import Mount, Placed
from harness.render.statements import Container, Entry, Flag, Leaf, ZonePair

NAME = f"{NAME_PREFIX}service"
POLICIES: Mount = (Container("security"), Container("policies"))
SOURCE_NAT: Mount = (Container("security"), Container("nat"), Container("source"))
_MATCHED = ("source-address", "destination-address", "application")


def service(plan: Plan) -> Iterator[Placed]:
    """Yield the service of a plan that asks for one, where its platform has zones."""
    outside = plan.site.external_zone
    if not plan.service or plan.zone is None or outside is None:
        return
    yield Placed(POLICIES, ZonePair(plan.zone, outside, (_policy(),)))
    yield Placed(SOURCE_NAT, _rule_set(plan.zone, outside, str(plan.site.inner)))


def _policy() -> Entry:
    match = Container("match", tuple(Leaf(name, "any") for name in _MATCHED))
    return Entry("policy", NAME, (match, Container("then", (Flag("permit"),))))


def _rule_set(inside: str, outside: str, sources: str) -> Entry:
    action = Container("then", (Container("source-nat", (Flag("interface"),)),))
    match = Container("src-nat-rule-match", (Leaf("source-address", sources),), word="match")
    ends = (
        Container("from", (Leaf("zone", inside),), inline=True),
        Container("to", (Leaf("zone", outside),), inline=True),
    )
    return Entry("rule-set", NAME, (*ends, Entry("rule", NAME, (match, action))))
