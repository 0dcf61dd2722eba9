"""The witnesses of each kind: what to ask, over which way, and how to read the answers.

A witness never sees the reply to a commit, and no two share an answer: each asks its own
questions. What one proves and can't prove stands beside it and in docs/verification.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from harness.plan.model import Kind
from harness.plan.vnfs import VNF, Subject
from harness.verify import gre, gre_over_ipsec, ipsec, vnf
from harness.verify.facts import Answer, Seen

Way = Literal["netconf", "cli"]


@dataclass(frozen=True, slots=True)
class Rpc:
    """An operational RPC and its arguments."""

    name: str
    arguments: Mapping[str, str | bool] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Command:
    """An operational CLI command, answered as text."""

    line: str


Question = Rpc | Command


@dataclass(frozen=True, slots=True)
class Witness:
    """One independent way to see tunnels; ``read`` gets the answers in the order of questions."""

    name: str
    way: Way
    questions: tuple[Question, ...]
    read: Callable[[Sequence[Answer]], Seen]
    proves: str
    cannot: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What a witness saw once; ``digest`` tells a repeated reply without keeping it."""

    witness: str
    driver: str
    seen: Seen
    digest: str
    raw: tuple[Answer, ...] = field(default=(), repr=False)


_INACTIVE = Rpc("get-inactive-tunnels")
_ACTIVE = Rpc("get-security-associations-information")
_ST0 = Rpc(
    "get-interface-information", MappingProxyType({"terse": True, "interface-name": ipsec.PHYSICAL})
)
_GR = Rpc(
    "get-interface-information", MappingProxyType({"terse": True, "interface-name": gre.PHYSICAL})
)
_CLI_INACTIVE = Command("show security ipsec inactive-tunnels")
_CLI_ACTIVE = Command("show security ipsec security-associations")
_CLI_ST0 = Command(f"show interfaces terse {ipsec.PHYSICAL}")
_CLI_GR = Command(f"show interfaces terse {gre.PHYSICAL}")
_CLI_GR_SET = Command(f"show configuration interfaces {gre.PHYSICAL} | display set")

_VNFS = Rpc("get-virtual-network-functions-information")
_VNF_TABLE = Command("show virtual-network-functions")

_TABLES_PROVE = "the IPsec daemon holds every tunnel, active or inactive, by remote gateway"
_TABLES_CANNOT = "which VPN or st0 unit a tunnel belongs to; that an inactive one could come up"
_UNITS_PROVE = "the interface daemon made every unit"
_UNITS_CANNOT = "that IPsec uses the unit; that anything passes it"

_VNFS_PROVE = "the machine is there, runs and answers JDM, by name"
_VNFS_CANNOT = "what runs in it; that its interfaces carry anything"

WITNESSES: Mapping[Subject, tuple[Witness, ...]] = MappingProxyType(
    {
        Kind.IPSEC: (
            Witness(
                "ipsec-tunnels",
                "netconf",
                (_INACTIVE, _ACTIVE),
                ipsec.seen_in_tables,
                _TABLES_PROVE,
                _TABLES_CANNOT,
            ),
            Witness(
                "st0-units", "netconf", (_ST0,), ipsec.seen_in_units, _UNITS_PROVE, _UNITS_CANNOT
            ),
            Witness(
                "cli-ipsec-tunnels",
                "cli",
                (_CLI_INACTIVE, _CLI_ACTIVE),
                ipsec.seen_in_text_tables,
                _TABLES_PROVE,
                _TABLES_CANNOT,
            ),
            Witness(
                "cli-st0-units",
                "cli",
                (_CLI_ST0,),
                ipsec.seen_in_text_units,
                _UNITS_PROVE,
                _UNITS_CANNOT,
            ),
        ),
        Kind.GRE: (
            Witness("gr-units", "netconf", (_GR,), gre.seen_in_units, _UNITS_PROVE, _UNITS_CANNOT),
            Witness(
                "cli-gr-units",
                "cli",
                (_CLI_GR,),
                gre.seen_in_text_units,
                _UNITS_PROVE,
                _UNITS_CANNOT,
            ),
            Witness(
                "cli-gr-configuration",
                "cli",
                (_CLI_GR_SET,),
                gre.seen_in_set_lines,
                "the committed configuration, in another notation, has both ends of every unit",
                "that any daemon read it",
            ),
        ),
        Kind.GRE_OVER_IPSEC: (
            Witness(
                "overlay-tunnels",
                "netconf",
                (_INACTIVE, _ACTIVE, _GR),
                gre_over_ipsec.seen_in_tables,
                f"{_TABLES_PROVE}, and every GRE unit is there",
                "that GRE goes through IPsec",
            ),
            Witness(
                "overlay-units",
                "netconf",
                (_ST0, _GR),
                gre_over_ipsec.seen_in_units,
                f"{_UNITS_PROVE} of both legs",
                "that GRE goes through IPsec",
            ),
            Witness(
                "cli-overlay-tunnels",
                "cli",
                (_CLI_INACTIVE, _CLI_ACTIVE, _CLI_GR),
                gre_over_ipsec.seen_in_text_tables,
                f"{_TABLES_PROVE}, and every GRE unit is there",
                "that GRE goes through IPsec",
            ),
            Witness(
                "cli-overlay-units",
                "cli",
                (_CLI_ST0, _CLI_GR),
                gre_over_ipsec.seen_in_text_units,
                f"{_UNITS_PROVE} of both legs",
                "that GRE goes through IPsec",
            ),
        ),
        VNF: (
            Witness(
                "vnf-information",
                "netconf",
                (_VNFS,),
                vnf.seen_in_information,
                _VNFS_PROVE,
                _VNFS_CANNOT,
            ),
            Witness(
                "vnf-table", "netconf", (_VNF_TABLE,), vnf.seen_in_table, _VNFS_PROVE, _VNFS_CANNOT
            ),
            Witness(
                "cli-vnf-table", "cli", (_VNF_TABLE,), vnf.seen_in_table, _VNFS_PROVE, _VNFS_CANNOT
            ),
        ),
    }
)


def witnesses(kind: Subject) -> tuple[Witness, ...]:
    """Return the witnesses of a kind, in the order in which they're asked."""
    return WITNESSES[kind]
