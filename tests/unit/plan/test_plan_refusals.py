"""What can't be built is refused in one line, before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.errors import PlanError
from harness.plan.builder import build_plan
from harness.plan.model import Kind, Proposal
from harness.plan.occupied import Occupied, occupied
from harness.plan.platforms import parse_kind, platform_facts

RUN_KEY = bytes(32)


@pytest.mark.parametrize(
    ("changes", "kind", "count", "message"),
    [
        (
            {"max_tunnels": 600},
            Kind.IPSEC,
            1500,
            "device srx-a: 1500 tunnels asked, its testbed entry allows 600 (limits.tunnels)",
        ),
        ({}, Kind.IPSEC, 0, "device srx-a: 0 tunnels asked; at least 1 makes a plan"),
        ({}, Kind.IPSEC, -5, "device srx-a: -5 tunnels asked; at least 1 makes a plan"),
        (
            {},
            Kind.IPSEC,
            16_001,
            "device srx-a: 16001 tunnels asked, Junos has 16000 st0 units (0..15999)",
        ),
        (
            {},
            Kind.GRE_OVER_IPSEC,
            16_001,
            "device srx-a: 16001 tunnels asked, Junos has 16000 st0 units (0..15999)",
        ),
        (
            {},
            Kind.GRE,
            16_385,
            "device srx-a: 16385 tunnels asked, Junos has 16384 units of gr-0/0/0 (0..16383)",
        ),
        (
            {"peers": IPv4Network("198.18.0.0/29")},
            Kind.IPSEC,
            7,
            "device srx-a: peer pool 198.18.0.0/29 (underlay.peers) is too small: 7 addresses "
            "needed, 6 free",
        ),
        (
            {"inner": IPv4Network("100.64.0.0/28")},
            Kind.IPSEC,
            3,
            "device srx-a: inner pool 100.64.0.0/28 (underlay.inner) is too small: 3 blocks of 8 "
            "addresses needed, 2 free",
        ),
        (
            {"inner": IPv4Network("100.64.0.0/30")},
            Kind.IPSEC,
            1,
            "device srx-a: inner pool 100.64.0.0/30 (underlay.inner) is too small: 1 blocks of 8 "
            "addresses needed, 0 free",
        ),
        (
            {"inner": IPv4Network("198.18.0.0/16")},
            Kind.IPSEC,
            1,
            "device srx-a: peer pool 198.18.0.0/15 and inner pool 198.18.0.0/16 overlap; they must "
            "be disjoint",
        ),
        (
            {"local": IPv4Address("100.64.0.1")},
            Kind.IPSEC,
            1,
            "device srx-a: local address 100.64.0.1 lies in the inner pool 100.64.0.0/10",
        ),
        (
            {"platform": "vmx", "external_zone": None},
            Kind.IPSEC,
            1,
            "device srx-a: kind ipsec can't be built on platform vmx; it can: gre",
        ),
        (
            {"platform": "srx"},
            Kind.IPSEC,
            1,
            "device srx-a: unknown platform 'srx'; known: nfx250, srx4100, srx4200, vsrx, vmx",
        ),
        (
            {"platform": "nfx250-jdm"},
            Kind.IPSEC,
            1,
            "device srx-a: platform nfx250-jdm carries VNFs, not tunnels; plan for the gateway "
            "instead",
        ),
        (
            {"external_interface": "xe-0/0/0"},
            Kind.IPSEC,
            1,
            "device srx-a: external interface 'xe-0/0/0' isn't a unit of an interface, as "
            "ge-0/0/0.0 is (underlay.external_interface)",
        ),
        (
            {"external_interface": "xe-0/0/0.0;delete system"},
            Kind.IPSEC,
            1,
            "device srx-a: external interface 'xe-0/0/0.0;delete system' isn't a unit of an "
            "interface, as ge-0/0/0.0 is (underlay.external_interface)",
        ),
        (
            {"external_zone": None},
            Kind.IPSEC,
            1,
            "device srx-a: the zone of external interface xe-0/0/0.0 isn't known "
            "(underlay.external_zone)",
        ),
    ],
)
def test_a_request_beyond_a_limit_is_refused(srx, changes, kind, count, message):
    """The message names the device, what was asked and what is allowed."""
    with pytest.raises(PlanError) as caught:
        build_plan(replace(srx, **changes), kind, count, run_key=RUN_KEY)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "interface", ["ge-0/0/0.0", "xe-0/0/0:1.100", "reth0.0", "ae1.7", "lo0.0", "irb.5", "pp0.0"]
)
def test_every_form_of_unit_may_be_external(srx, interface):
    """Physical, channelised, aggregated, redundant and loopback units are taken."""
    site = replace(srx, external_interface=interface)
    assert build_plan(site, Kind.IPSEC, 1, run_key=RUN_KEY).site == site


def test_units_that_the_baseline_uses_count_against_the_maximum(srx):
    """With one st0 unit used, 16,000 tunnels don't fit, and the line is named."""
    taken = Occupied(st0_units={7: "set interfaces st0 unit 7"}, read=False)
    with pytest.raises(
        PlanError,
        match=r"16000 units of st0 needed, 15999 free; its baseline has "
        r"'set interfaces st0 unit 7'$",
    ):
        build_plan(srx, Kind.IPSEC, 16_000, run_key=RUN_KEY, occupied=taken)


VPN = "<ike><gateway><name>{name}</name><address>198.18.0.1</address></gateway></ike>"
ZONE = "<zones><security-zone><name>{name}</name></security-zone></zones>"
ROUTE = (
    "<routing-options><static><route><name>{prefix}</name><next-hop>192.0.2.9</next-hop></route>"
    "</static></routing-options>"
)


@pytest.mark.parametrize(
    ("parts", "changes", "message"),
    [
        (
            {"security": VPN.format(name="hil-t00001")},
            {},
            "names that start with 'hil-' are there already, left by an unrestored run or "
            "somebody else's: 'set security ike gateway hil-t00001'",
        ),
        (
            {"security": ZONE.format(name="hil-ipsec")},
            {},
            "our zone hil-ipsec is there already: 'set security zones security-zone hil-ipsec'",
        ),
        (
            {"security": ZONE.format(name="hil-gre")},
            {},
            "names that start with 'hil-' are there already, left by an unrestored run or "
            "somebody else's: 'set security zones security-zone hil-gre'",
        ),
        (
            {},
            {"external_interface": "ge-0/0/1.0"},
            "external interface ge-0/0/1.0 isn't in its baseline; there: xe-0/0/0.0 "
            "(underlay.external_interface)",
        ),
        (
            {},
            {"external_zone": "wan"},
            "external interface xe-0/0/0.0 should be in zone wan, but is in zone untrust: "
            "'set security zones security-zone untrust' (underlay.external_zone)",
        ),
        (
            {},
            {"local": IPv4Address("192.0.2.7")},
            "local address 192.0.2.7 isn't on external interface xe-0/0/0.0; addresses there: "
            "192.0.2.1 ('set interfaces xe-0/0/0 unit 0') (underlay.local_address)",
        ),
        (
            {"more": ROUTE.format(prefix="100.0.0.0/8")},
            {},
            "inner pool 100.64.0.0/10 (underlay.inner) is too small: 2 blocks of 8 addresses "
            "needed, 0 free; its baseline has 'set routing-options static route "
            "100.0.0.0/8 next-hop 192.0.2.9'",
        ),
        (
            {"security": VPN.format(name="lab")},
            {"peers": IPv4Network("198.18.0.0/30")},
            "peer pool 198.18.0.0/30 (underlay.peers) is too small: 2 addresses needed, 1 free; "
            "its baseline has "
            "'set security ike gateway lab address 198.18.0.1'",
        ),
    ],
)
def test_a_collision_names_the_line_of_the_baseline(srx, baseline, parts, changes, message):
    """What can't be avoided is refused, with the line that is in the way."""
    taken = occupied(baseline(**parts))
    with pytest.raises(PlanError) as caught:
        build_plan(replace(srx, **changes), Kind.IPSEC, 2, run_key=RUN_KEY, occupied=taken)
    assert str(caught.value) == f"device srx-a: {message}"


def test_an_external_interface_in_no_zone_is_refused(srx, baseline):
    """A baseline that put the interface into no zone would drop IKE."""
    text = baseline().replace("<interfaces><name>xe-0/0/0.0</name></interfaces>", "")
    with pytest.raises(PlanError, match=r"but is in no zone \(underlay\.external_zone\)$"):
        build_plan(srx, Kind.IPSEC, 1, run_key=RUN_KEY, occupied=occupied(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<name>xe-0/0/0.0</name></interfaces>", "<name>all</name></interfaces>"),
        ("<address><name>192.0.2.1/24</name></address>", "<dhcp-client/>"),
    ],
)
def test_a_zone_of_all_interfaces_and_a_leased_address_are_taken(srx, baseline, old, new):
    """`interfaces all` is a zone for the interface; a DHCP address can't be checked."""
    text = baseline()
    assert old in text
    taken = occupied(text.replace(old, new))
    assert build_plan(srx, Kind.IPSEC, 1, run_key=RUN_KEY, occupied=taken).count == 1


@pytest.mark.parametrize("services", [False, True])
def test_vmx_needs_tunnel_services_from_the_lab(vmx, baseline, services):
    """Without tunnel-services on FPC 0 PIC 0 there's no gr-0/0/0, and we never set them."""
    chassis = (
        "<chassis><fpc><name>0</name><pic><name>0</name><tunnel-services>"
        "<bandwidth>1g</bandwidth></tunnel-services></pic></fpc></chassis>"
    )
    site = replace(vmx, external_interface="xe-0/0/0.0")
    taken = occupied(baseline(more=chassis if services else ""))
    if services:
        assert build_plan(site, Kind.GRE, 1, run_key=RUN_KEY, occupied=taken).count == 1
        return
    with pytest.raises(PlanError, match="gr-0/0/0 doesn't exist: its baseline has no 'set chassis"):
        build_plan(site, Kind.GRE, 1, run_key=RUN_KEY, occupied=taken)


def test_a_wrong_proposal_names_the_device(srx):
    """The proposal is checked with everything else."""
    with pytest.raises(PlanError, match=r"^device srx-a: proposal dh_group is 'group1'; allowed:"):
        build_plan(srx, Kind.IPSEC, 1, run_key=RUN_KEY, proposal=Proposal(dh_group="group1"))


def test_an_unknown_kind_lists_the_known_ones():
    """The message has all three kinds."""
    with pytest.raises(
        PlanError, match=r"^unknown kind 'vxlan'; known: ipsec, gre, gre-over-ipsec$"
    ):
        parse_kind("vxlan")
    assert parse_kind("gre") is Kind.GRE


def test_platform_facts_follow_from_the_schema():
    """A vMX has neither zones nor IPsec and needs tunnel services; the SRX family has all."""
    assert platform_facts("vmx").kinds == (Kind.GRE,)
    assert not platform_facts("vmx").zones
    assert platform_facts("vmx").tunnel_services
    assert platform_facts("nfx250").kinds == tuple(Kind)
    assert platform_facts("nfx250").zones
