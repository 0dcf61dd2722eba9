"""What the datastore of each platform is made of: model, starting configuration, rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files

from harness.errors import UsageError
from harness.sim.config.schema import Schema, schema_of
from harness.sim.rules import engine as rules
from harness.sim.rules import gre, gre_over_ipsec, ipsec
from harness.sim.rules.engine import CommitRule

_HOST: tuple[CommitRule, ...] = (
    rules.root_authentication,
    rules.duplicate_addresses,
    rules.routes_need_a_hop,
)
_GATEWAY: tuple[CommitRule, ...] = (
    *_HOST,
    rules.zone_interfaces,
    rules.zone_of_policies,
    *ipsec.RULES,
    *gre.RULES,
    *gre_over_ipsec.RULES,
)
_ROUTER: tuple[CommitRule, ...] = (*_HOST, *gre.ROUTER_RULES, *gre_over_ipsec.RULES)

_FAMILIES = {
    "srx4100": ("junos-es", _GATEWAY),
    "srx4200": ("junos-es", _GATEWAY),
    "vsrx": ("junos-es", _GATEWAY),
    "nfx250": ("junos-es", _GATEWAY),  # the gateway of a 15.1X53 NFX250 is a vSRX
    "nfx250-jdm": ("jdm", _HOST),
    "vmx": ("junos", _ROUTER),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """The configuration side of one platform."""

    platform: str
    family: str
    schema: Schema = field(repr=False)
    base: str = field(repr=False)  # set form
    rules: tuple[CommitRule, ...] = field(repr=False)


def profile(platform: str) -> Profile:
    """Return the profile of a platform; raises :class:`UsageError` naming the known ones."""
    if platform not in _FAMILIES:
        known = ", ".join(sorted(_FAMILIES))
        raise UsageError(f"unknown platform {platform!r} for a simulated device; known: {known}")
    family, commit_rules = _FAMILIES[platform]
    base = files("harness.sim") / "data" / "base" / f"{platform}.set"
    return Profile(
        platform, family, schema_of(family), base.read_text(encoding="ascii"), commit_rules
    )
