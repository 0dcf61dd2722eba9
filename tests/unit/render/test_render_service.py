"""The service of a VNF: firewall and NAT from our own zone, and nothing of the lab's."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.deploy.blast_radius import AllowList
from harness.plan.builder import build_plan
from harness.plan.model import Kind, Plan, Site
from harness.render.allowlist import allowed_hierarchies
from harness.render.readback import statements
from harness.render.rendering import render

SITE = Site(
    device="fw-1",
    platform="vsrx",
    external_interface="ge-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/16"),
    inner=IPv4Network("100.64.0.0/16"),
)
PAIR = ("security", "policies", "from-zone", "hil-ipsec", "to-zone")


def plan(*, service: bool, site: Site = SITE, kind: Kind = Kind.IPSEC) -> Plan:
    """Plan one tunnel, with or without a service."""
    return replace(build_plan(site, kind, 1, run_key=bytes(32)), service=service)


def added() -> list[str]:
    """Return the lines that a service adds."""
    without = set(render(plan(service=False)).set_lines())
    return [line for line in render(plan(service=True)).set_lines() if line not in without]


def test_a_service_is_a_policy_and_a_nat_rule() -> None:
    """What comes out of the tunnels is permitted, and leaves by the interface's address."""
    policy = "set security policies from-zone hil-ipsec to-zone untrust policy hil-service"
    nat = "set security nat source rule-set hil-service"
    assert added() == [
        f"{policy} match source-address any",
        f"{policy} match destination-address any",
        f"{policy} match application any",
        f"{policy} then permit",
        f"{nat} from zone hil-ipsec",
        f"{nat} to zone untrust",
        f"{nat} rule hil-service match source-address 100.64.0.0/16",
        f"{nat} rule hil-service then source-nat interface",
    ]


def test_what_is_written_reads_back_the_same() -> None:
    """Two keys of a pair of zones, and a match whose element is called otherwise."""
    rendering = render(plan(service=True))
    assert set(rendering.paths()) <= statements(rendering.xml()).members


def test_text_shows_the_pair_of_zones() -> None:
    """As `show configuration` writes it."""
    text = render(plan(service=True)).text()
    assert "from-zone hil-ipsec to-zone untrust {" in text
    assert "match {\n" in text


def test_only_what_begins_in_our_zone_may_change() -> None:
    """No policy of the lab, no rule set of it, and no other policy of ours."""
    allowed = AllowList(allowed_hierarchies(plan(service=True)))
    assert allowed.allows((*PAIR, "untrust", "policy", "hil-service", "then", "permit"))
    assert allowed.allows(("security", "nat", "source", "rule-set", "hil-service", "from"))
    assert not allowed.allows((*PAIR, "untrust", "policy", "other"))
    assert not allowed.allows((*PAIR, "trust", "policy", "hil-service"))
    assert not allowed.allows(("security", "policies", "global", "policy", "hil-service"))
    assert not allowed.allows(("security", "nat", "source", "rule-set", "corp"))


def test_a_plan_without_a_service_may_change_neither() -> None:
    """Tunnels alone need no policy."""
    allowed = AllowList(allowed_hierarchies(plan(service=False)))
    assert not allowed.allows((*PAIR, "untrust", "policy", "hil-service"))


@pytest.mark.parametrize("kind", [Kind.GRE])
def test_a_platform_without_zones_has_no_service(kind: Kind) -> None:
    """There is nothing for it to begin in."""
    site = replace(SITE, platform="vmx", external_zone=None)
    assert not any(
        "hil-service" in line
        for line in render(plan(service=True, site=site, kind=kind)).set_lines()
    )
