"""The hierarchies that a push of each kind may change; nothing else may move on a device.

A hierarchy is the beginning of a statement in the words of ``set``. A word that ends in ``*``
stands for every word that begins so. ``{…}`` in the table is filled from the plan, so that of
units and routes exactly ours may change, not those of the lab.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.plan.model import NAME_PREFIX, Kind, Plan, Tunnel
from harness.plan.platforms import GRE_INTERFACE
from harness.render.service import NAME as SERVICE

Hierarchy = tuple[str, ...]

_SECURE = frozenset({Kind.IPSEC, Kind.GRE_OVER_IPSEC})
_GRE = frozenset({Kind.GRE, Kind.GRE_OVER_IPSEC})
_ALL = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Allowance:
    """One row: who may change what, and why that's safe."""

    kinds: frozenset[Kind]
    words: Hierarchy
    reason: str


ALLOWANCES: tuple[Allowance, ...] = (
    Allowance(
        _SECURE,
        ("interfaces", "st0", "unit", "{st0}"),
        "one unit per tunnel, free in the baseline",
    ),
    Allowance(
        _GRE,
        ("interfaces", GRE_INTERFACE, "unit", "{gr}"),
        "one unit per tunnel, free in the baseline",
    ),
    *(
        Allowance(
            _SECURE,
            ("security", part, what, f"{NAME_PREFIX}*"),
            "objects with our prefix, which no baseline may have",
        )
        for part, what in (
            ("ike", "proposal"),
            ("ike", "policy"),
            ("ike", "gateway"),
            ("ipsec", "proposal"),
            ("ipsec", "policy"),
            ("ipsec", "vpn"),
        )
    ),
    Allowance(
        _ALL,
        ("security", "zones", "security-zone", "{zone}"),
        "a zone of our own; no policy of another zone refers to it",
    ),
    Allowance(
        _ALL,
        ("routing-options", "static", "route", "{route}"),
        "host routes from the inner pool, which no baseline route overlaps",
    ),
)


def allowed_hierarchies(plan: Plan) -> tuple[Hierarchy, ...]:
    """Return every hierarchy that a push of ``plan`` may change, each written out."""
    found: list[Hierarchy] = []
    for row in ALLOWANCES:
        if plan.kind in row.kinds:
            found.extend(_filled(row.words, plan))
    return (*found, *_of_service(plan))


def _of_service(plan: Plan) -> tuple[Hierarchy, ...]:
    """Return what the service of a VNF may change: what begins in our zone, under our name."""
    if not plan.service or plan.zone is None:
        return ()
    pair = ("from-zone", plan.zone, "to-zone", plan.site.external_zone or "")
    return (
        ("security", "policies", *pair, "policy", SERVICE),
        ("security", "nat", "source", "rule-set", SERVICE),
    )


def _filled(words: Hierarchy, plan: Plan) -> list[Hierarchy]:
    *head, last = words
    if last == "{zone}":
        return [(*head, plan.zone)] if plan.zone is not None else []
    if not last.startswith("{"):
        return [words]
    return [(*head, _own(last, tunnel)) for tunnel in plan.tunnels]


def _own(placeholder: str, tunnel: Tunnel) -> str:
    """Return the word of ``tunnel`` that a placeholder stands for."""
    match placeholder, tunnel:
        case "{st0}", Tunnel(secure=leg) if leg is not None:
            return str(leg.st0_unit)
        case "{gr}", Tunnel(gre=leg) if leg is not None:
            return str(leg.unit)
        case "{route}", _:
            return str(tunnel.route)
    raise AssertionError(f"{tunnel.name} has nothing for {placeholder}")
