"""What the datastore of each platform is made of: model, starting configuration, rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from harness.errors import UsageError
from harness.sim.config.schema import Schema, schema_of
from harness.sim.platforms import PLATFORMS, platform
from harness.sim.rules import engine as rules
from harness.sim.rules import gre, gre_over_ipsec, interfaces, ipsec, ranges, references, routing
from harness.sim.rules.engine import CommitRule
from harness.sim.yang.compiled import beside_the_models, load_compiled

_HOST: tuple[CommitRule, ...] = (
    rules.root_authentication,
    rules.duplicate_addresses,
    rules.routes_need_a_hop,
    *interfaces.RULES,
    *ranges.RULES,
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

_RULES = {"junos-es": _GATEWAY, "junos": _ROUTER, "jdm": _HOST}
_PUBLISHED = ("junos-es", "junos")  # families with models of the vendor; none exist for JDM


@dataclass(frozen=True, slots=True)
class Profile:
    """The configuration side of one platform."""

    platform: str
    family: str
    schema: Schema = field(repr=False)
    base: str = field(repr=False)  # set form
    rules: tuple[CommitRule, ...] = field(repr=False)


def published_family(name: str) -> str:
    """Return the family whose published models fit a platform; "" for none, or an unknown one."""
    row = PLATFORMS.get(name)
    return row.schema if row is not None and row.schema in _PUBLISHED else ""


@cache
def _base_of(platform: str) -> str:
    return (files("harness.sim") / "data" / "base" / f"{platform}.set").read_text(encoding="ascii")


def profile(name: str, schema: Path | None = None) -> Profile:
    """Return the profile of a platform, with the model of a compiled ``schema`` if given.

    Raises :class:`UsageError` for an unknown platform, naming the known ones, for a file that
    isn't a compiled schema, and for one of a family that the platform isn't of.
    """
    family = platform(name).schema
    base, rules_of_family = _base_of(name), _RULES[family]
    if schema is None:
        return Profile(name, family, schema_of(family), base, rules_of_family)
    compiled = load_compiled(schema)
    fitting = published_family(name)
    if compiled.family != fitting:
        wanted = f"it takes {fitting}" if fitting else "it takes none"
        raise UsageError(f"{schema}: a schema of {compiled.family} for a {name}; {wanted}")
    rules_of_both = beside_the_models(compiled, rules_of_family)
    return Profile(name, compiled.family, compiled.schema, base, rules_of_both)
