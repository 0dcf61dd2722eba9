"""What the datastore of each platform is made of: model, starting configuration, rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from harness.errors import UsageError
from harness.sim.config.schema import Schema, schema_of
from harness.sim.rules import engine as rules
from harness.sim.rules import gre, gre_over_ipsec, interfaces, ipsec, references, routing
from harness.sim.rules.engine import CommitRule
from harness.sim.yang.compiled import beside_the_models, load_compiled

_HOST: tuple[CommitRule, ...] = (
    rules.root_authentication,
    rules.duplicate_addresses,
    rules.routes_need_a_hop,
    *interfaces.RULES,
    *routing.RULES,
    *references.RULES,
)
_GATEWAY: tuple[CommitRule, ...] = (
    *_HOST,
    rules.zone_interfaces,
    rules.zone_of_policies,
    rules.parts_of_policies,
    *interfaces.GATEWAY_RULES,
    *references.GATEWAY_RULES,
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


# Which published models fit a platform; none exist for JDM.
_COMPILED = {
    "srx4100": ("junos-es",),
    "srx4200": ("junos-es",),
    "vsrx": ("junos-es",),
    "nfx250": ("junos-es",),  # its gateway is a vSRX
    "nfx250-jdm": (),
    "vmx": ("junos",),
}


def families_of(platform: str) -> tuple[str, ...]:
    """Return the families whose compiled schema fits a platform; none for an unknown one."""
    return _COMPILED.get(platform, ())


@cache
def _base_of(platform: str) -> str:
    return (files("harness.sim") / "data" / "base" / f"{platform}.set").read_text(encoding="ascii")


def profile(platform: str, schema: Path | None = None) -> Profile:
    """Return the profile of a platform, with the model of a compiled ``schema`` if given.

    Raises :class:`UsageError` for an unknown platform, naming the known ones, for a file that
    isn't a compiled schema, and for one of a family that the platform isn't of.
    """
    if platform not in _FAMILIES:
        known = ", ".join(sorted(_FAMILIES))
        raise UsageError(f"unknown platform {platform!r} for a simulated device; known: {known}")
    family, commit_rules = _FAMILIES[platform]
    base = _base_of(platform)
    if schema is None:
        return Profile(platform, family, schema_of(family), base, commit_rules)
    compiled = load_compiled(schema)
    fitting = _COMPILED[platform]
    if compiled.family not in fitting:
        wanted = f"it takes {' or '.join(fitting)}" if fitting else "it takes none"
        raise UsageError(f"{schema}: a schema of {compiled.family} for a {platform}; {wanted}")
    rules_of_both = beside_the_models(compiled, commit_rules)
    return Profile(platform, compiled.family, compiled.schema, base, rules_of_both)
