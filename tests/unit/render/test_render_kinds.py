"""What each kind puts on a device."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.plan.model import Kind, Proposal
from harness.render.readback import HIDDEN
from harness.render.rendering import render

IPSEC = """\
security ike proposal hil-ike authentication-method pre-shared-keys
security ike proposal hil-ike dh-group group19
security ike proposal hil-ike authentication-algorithm sha-256
security ike proposal hil-ike encryption-algorithm aes-256-cbc
security ike proposal hil-ike lifetime-seconds 28800
security ike policy hil-t00001 proposals hil-ike
security ike policy hil-t00001 pre-shared-key ascii-text "placeholder-instead-of-the-key"
security ike gateway hil-t00001 ike-policy hil-t00001
security ike gateway hil-t00001 address 198.18.0.1
security ike gateway hil-t00001 dead-peer-detection interval 10
security ike gateway hil-t00001 dead-peer-detection threshold 5
security ike gateway hil-t00001 external-interface xe-0/0/0.0
security ike gateway hil-t00001 local-address 192.0.2.1
security ike gateway hil-t00001 version v2-only
security ipsec proposal hil-esp protocol esp
security ipsec proposal hil-esp encryption-algorithm aes-256-gcm
security ipsec proposal hil-esp lifetime-seconds 3600
security ipsec policy hil-esp perfect-forward-secrecy keys group19
security ipsec policy hil-esp proposals hil-esp
security ipsec vpn hil-t00001 bind-interface st0.0
security ipsec vpn hil-t00001 ike gateway hil-t00001
security ipsec vpn hil-t00001 ike ipsec-policy hil-esp
interfaces st0 unit 0 family inet address 100.64.0.0/31
"""
GRE = """\
interfaces gr-0/0/0 unit 0 tunnel source 192.0.2.1
interfaces gr-0/0/0 unit 0 tunnel destination 198.18.0.1
interfaces gr-0/0/0 unit 0 family inet address 100.64.0.2/31
"""
ROUTE = "routing-options static route 100.64.0.4/32 next-hop {}\n"
ZONE = "security zones security-zone hil-{0} host-inbound-traffic system-services ping\n"
MEMBER = "security zones security-zone hil-{0} interfaces {1}\n"


@pytest.mark.parametrize(
    ("kind", "platform", "expected"),
    [
        (
            Kind.IPSEC,
            "srx4100",
            IPSEC + ZONE.format("ipsec") + MEMBER.format("ipsec", "st0.0") + ROUTE.format("st0.0"),
        ),
        (
            Kind.GRE,
            "nfx250",
            GRE
            + ZONE.format("gre")
            + MEMBER.format("gre", "gr-0/0/0.0")
            + ROUTE.format("gr-0/0/0.0"),
        ),
        (Kind.GRE, "vmx", GRE + ROUTE.format("gr-0/0/0.0")),
        (
            Kind.GRE_OVER_IPSEC,
            "vsrx",
            IPSEC
            + GRE.replace("192.0.2.1", "100.64.0.0").replace("198.18.0.1", "100.64.0.1")
            + ZONE.format("gre-over-ipsec")
            + MEMBER.format("gre-over-ipsec", "st0.0")
            + MEMBER.format("gre-over-ipsec", "gr-0/0/0.0")
            + ROUTE.format("gr-0/0/0.0"),
        ),
    ],
)
def test_one_tunnel_of_each_kind(kind, platform, expected, plan_of):
    """One tunnel is exactly these statements; MX has no zone."""
    rendering = render(plan_of(kind, 1, platform), placeholders=True)
    assert sorted(rendering.set_lines()) == sorted(f"set {line}" for line in expected.splitlines())


def test_statements_of_one_name_stand_together(plan_of):
    """Junos shows all policies, then all gateways; so does the text of ours."""
    lines = render(plan_of(Kind.IPSEC, 3)).text().splitlines()
    ike = lines[lines.index("    ike {") + 1 : lines.index("    ipsec {") - 1]
    heads = [line.split()[0] for line in ike if line.startswith(" " * 8 + line.strip()[0])]
    assert [head for head in heads if head != "}"] == [
        "proposal",
        *["policy"] * 3,
        *["gateway"] * 3,
    ]


def test_tunnels_are_established_only_when_asked(plan_of):
    """Without live peers Junos waits for traffic; with them it starts at once."""
    line = "set security ipsec vpn hil-t00002 establish-tunnels immediately"
    assert line not in render(plan_of(Kind.IPSEC, 2)).set_lines()
    assert line in render(plan_of(Kind.IPSEC, 2, establish_immediately=True)).set_lines()


def test_mpls_is_there_only_when_asked(plan_of):
    """`family mpls` stands beside `family inet`, or not at all."""
    line = "set interfaces gr-0/0/0 unit 1 family mpls"
    assert line not in render(plan_of(Kind.GRE, 2, "vmx")).set_lines()
    assert line in render(plan_of(Kind.GRE, 2, "vmx", mpls=True)).set_lines()


def test_algorithms_that_authenticate_have_no_second_one(plan_of):
    """GCM takes no authentication algorithm, CBC needs one."""
    gcm = Proposal(ike_encryption="aes-256-gcm", esp_encryption="aes-128-cbc")
    lines = render(replace(plan_of(Kind.IPSEC, 1), proposal=gcm)).set_lines()
    assert not [line for line in lines if "ike proposal hil-ike authentication-algorithm" in line]
    assert "set security ipsec proposal hil-esp authentication-algorithm hmac-sha-256-128" in lines


def test_keys_are_the_plans_own_or_placeholders(plan_of):
    """A push has each tunnel's key; with placeholders no key is anywhere."""
    plan = plan_of(Kind.IPSEC, 3)
    keys = [tunnel.secure.psk.reveal() for tunnel in plan.tunnels]
    pushed, shown = render(plan), render(plan, placeholders=True)
    for number, key in enumerate(keys, 1):
        line = f'set security ike policy hil-t{number:05} pre-shared-key ascii-text "{key}"'
        assert line in pushed.set_lines()
        assert key in pushed.xml()
        assert key in pushed.text()
        for form in (shown.xml(), shown.text(), "".join(shown.set_lines()), repr(pushed)):
            assert key not in form
    assert pushed.paths() == shown.paths()


def test_secrets_are_found_by_path(plan_of):
    """Every hidden path has its tunnel's key beside it."""
    plan = plan_of(Kind.GRE_OVER_IPSEC, 2)
    assert render(plan).secrets() == {
        (
            *("security", "ike", "policy", tunnel.name, "pre-shared-key", "ascii-text"),
            HIDDEN,
        ): tunnel.secure.psk
        for tunnel in plan.tunnels
    }


@pytest.mark.parametrize("kind", Kind)
def test_each_statement_has_its_tunnel(kind, plan_of):
    """Owned and shared paths together are all paths; no path has two owners."""
    plan = plan_of(kind, 5, mpls=True)
    rendering = render(plan)
    owners = rendering.owners()
    of_tunnels = [p for tunnel in plan.tunnels for p in rendering.statements_of(tunnel.name)]
    assert len(of_tunnels) == len(set(of_tunnels)) == len(owners)
    for tunnel in plan.tunnels:
        owned = rendering.statements_of(tunnel.name)
        assert {owners[path] for path in owned} == {tunnel.name}
        assert len(owned) == len(rendering.statements_of("hil-t00001"))
    shared = set(rendering.paths()) - owners.keys()
    assert (
        shared == set(render(plan_of(kind, 1)).paths()) - render(plan_of(kind, 1)).owners().keys()
    )


def test_a_lost_statement_names_its_tunnel(plan_of):
    """From the path of a bind-interface one gets to the tunnel."""
    owners = render(plan_of(Kind.IPSEC, 9)).owners()
    path = ("security", "ipsec", "vpn", "hil-t00007", "bind-interface", "st0.6")
    assert owners[path] == "hil-t00007"
    unit = ("interfaces", "interface", "st0", "unit", "6", "family", "inet", "address")
    assert owners[(*unit, "100.64.0.48/31")] == "hil-t00007"


@pytest.mark.parametrize(("kind", "per_tunnel"), [(Kind.IPSEC, 15), (Kind.GRE, 5)])
def test_full_size(kind, per_tunnel, plan_of):
    """16,000 tunnels render to so many statements each."""
    rendering = render(plan_of(kind, 16_000))
    assert len(rendering.owners()) == 16_000 * per_tunnel
    assert rendering.xml().count("<next-hop>") == 16_000
