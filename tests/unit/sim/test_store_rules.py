"""Each commit-time rule, broken once: which statement, which words, which path."""

from __future__ import annotations

import pytest

from harness.sim.messages import SIMULATED
from harness.sim.rules import gre_over_ipsec

TUNNEL = """\
set interfaces st0 unit {n} family inet address 100.64.0.{n}/32
set security ike gateway g{n} ike-policy corp-ike
set security ike gateway g{n} address 198.18.0.{n}
set security ike gateway g{n} external-interface {wan}.0
set security ipsec vpn v{n} bind-interface st0.{n}
set security ipsec vpn v{n} ike gateway g{n}
set security ipsec vpn v{n} ike ipsec-policy corp-esp
set security zones security-zone hil interfaces st0.{n}
"""
GRE = """\
set interfaces gr-0/0/0 unit {n} tunnel source {source}
set interfaces gr-0/0/0 unit {n} tunnel destination {destination}
set interfaces gr-0/0/0 unit {n} family inet address 100.65.0.{n}/32
"""


def tunnel(n: int, wan: str = "xe-0/0/0") -> str:
    return TUNNEL.format(n=n, wan=wan)


def gre(n: int, source: str = "192.0.2.1", destination: str = "198.18.9.9") -> str:
    return GRE.format(n=n, source=source, destination=destination)


def refusals(store, lines: str):
    """Load lines over a device that has two tunnels, commit, and return the errors."""
    session = store.session("lab", "netconf", 1)
    assert session.load(tunnel(1) + tunnel(2) + gre(1), "set") == []
    assert session.commit().complaints == ()
    assert [c for c in session.load(lines, "set") if c.severity == "error"] == []
    result = session.commit()
    assert not result.committed
    *errors, last = result.complaints
    assert last.text.startswith("configuration check-out failed")
    return errors


G1 = "[edit security ike gateway g1]"
V1 = "[edit security ipsec vpn v1]"
CASES = {
    "vpn names a missing gateway": (
        "set security ipsec vpn v1 ike gateway NOPE",
        "[edit security ipsec vpn v1 ike]",
        "gateway NOPE",
        "Referenced IKE gateway must be defined under [edit security ike gateway]",
    ),
    "the gateway of a vpn is deleted": (
        "delete security ike gateway g1",
        "[edit security ipsec vpn v1 ike]",
        "gateway g1",
        "Referenced IKE gateway must be defined under [edit security ike gateway]",
    ),
    "vpn names a missing policy": (
        "set security ipsec vpn v1 ike ipsec-policy NOPE",
        "[edit security ipsec vpn v1 ike]",
        "ipsec-policy NOPE",
        "Referenced IPSec policy must be defined under [edit security ipsec policy]",
    ),
    "vpn binds a missing unit": (
        "set security ipsec vpn v1 bind-interface st0.99",
        V1,
        "bind-interface st0.99",
        "Referenced interface must be configured under [edit interfaces] hierarchy",
    ),
    "the bound unit is deleted": (
        "delete interfaces st0 unit 1\ndelete security zones security-zone hil interfaces st0.1",
        V1,
        "bind-interface st0.1",
        "Referenced interface must be configured under [edit interfaces] hierarchy",
    ),
    "the bound unit is deactivated": (
        "deactivate interfaces st0 unit 1\n"
        "delete security zones security-zone hil interfaces st0.1",
        V1,
        "bind-interface st0.1",
        "Referenced interface must be configured under [edit interfaces] hierarchy",
    ),
    "gateway names a missing policy": (
        "set security ike gateway g1 ike-policy NOPE",
        G1,
        "ike-policy NOPE",
        "Referenced IKE policy must be defined under [edit security ike policy]",
    ),
    "gateway leaves by a missing interface": (
        "set security ike gateway g1 external-interface ge-1/0/0.0",
        G1,
        "external-interface ge-1/0/0.0",
        "Referenced interface must be configured under [edit interfaces] hierarchy",
    ),
    "gateway has no policy": (
        "delete security ike gateway g1 ike-policy",
        G1,
        "gateway g1",
        "Missing mandatory statement: 'ike-policy' [simulated]",
    ),
    "gateway has no interface": (
        "delete security ike gateway g1 external-interface",
        G1,
        "gateway g1",
        "Missing mandatory statement: 'external-interface' [simulated]",
    ),
    "gateway has no peer": (
        "delete security ike gateway g1 address",
        G1,
        "gateway g1",
        "Missing mandatory statement: 'address' [simulated]",
    ),
    "gateway has six addresses": (
        "set security ike gateway g1 address [ 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 ]",
        G1,
        "address",
        "more than 5 addresses [simulated]",
    ),
    "two gateways have one peer": (
        "delete security ike gateway g2 address\nset security ike gateway g2 address 198.18.0.1",
        "[edit security ike gateway g2]",
        "address",
        "gateway g1 has the same peer and interface [simulated]",
    ),
    "vpn has no key exchange": (
        "delete security ipsec vpn v1 ike",
        V1,
        "vpn v1",
        "Missing mandatory statement: 'ike' [simulated]",
    ),
    "vpn has no gateway": (
        "delete security ipsec vpn v1 ike gateway",
        "[edit security ipsec vpn v1 ike]",
        "ike",
        "Missing mandatory statement: 'gateway' [simulated]",
    ),
    "vpn has no policy": (
        "delete security ipsec vpn v1 ike ipsec-policy",
        "[edit security ipsec vpn v1 ike]",
        "ike",
        "Missing mandatory statement: 'ipsec-policy' [simulated]",
    ),
    "establish-tunnels of a manual vpn": (
        "set security ipsec vpn v1 manual spi 256\n"
        "set security ipsec vpn v1 establish-tunnels immediately",
        V1,
        "establish-tunnels immediately",
        "VPN must be IKE-keyed to define establish-tunnel method",
    ),
    "two vpns on one unit": (
        "set security ipsec vpn v2 bind-interface st0.1",
        "[edit security ipsec vpn v2]",
        "bind-interface st0.1",
        "st0.1 is point-to-point and is bound to vpn v1 [simulated]",
    ),
    "ike policy has no credentials": (
        "delete security ike policy corp-ike pre-shared-key",
        "[edit security ike]",
        "policy corp-ike",
        "IKE policy must have either local certificate or pre-shared key configured",
    ),
    "ike policy names a missing proposal": (
        "set security ike policy corp-ike proposals NOPE",
        "[edit security ike policy corp-ike]",
        "proposals NOPE",
        "Referenced proposal is not defined",
    ),
    "the proposal of a policy is deleted": (
        "delete security ipsec proposal corp-esp",
        "[edit security ipsec policy corp-esp]",
        "proposals corp-esp",
        "Referenced proposal is not defined",
    ),
    "ike policy has proposals and a set": (
        "set security ike policy corp-ike proposal-set standard",
        "[edit security ike policy corp-ike]",
        "proposal-set standard",
        "IKE policy must not have both proposals and proposal-set configured",
    ),
    "ipsec policy has proposals and a set": (
        "set security ipsec policy corp-esp proposal-set standard",
        "[edit security ipsec policy corp-esp]",
        "proposal-set standard",
        "IPSec policy must not have both proposals and proposal-set configured",
    ),
    "ipsec policy has no proposals": (
        "delete security ipsec policy corp-esp proposals",
        "[edit security ipsec policy corp-esp]",
        "policy corp-esp",
        "Missing mandatory statement: 'proposals' [simulated]",
    ),
    "gcm and hmac in ike": (
        "set security ike proposal corp-ike encryption-algorithm aes-256-gcm",
        "[edit security ike proposal corp-ike]",
        "encryption-algorithm aes-256-gcm",
        "When using aes-gcm for Encryption the Authentication Algorithm must not be set.",
    ),
    "gcm and hmac in esp": (
        "set security ipsec proposal corp-esp authentication-algorithm hmac-sha-256-128",
        "[edit security ipsec proposal corp-esp]",
        "encryption-algorithm aes-256-gcm",
        "HMAC Authentication is not compatible with AES-GCM",
    ),
    "esp without anything": (
        "delete security ipsec proposal corp-esp encryption-algorithm",
        "[edit security ipsec proposal corp-esp]",
        "protocol esp",
        "Either authentication or encryption must be defined for ESP",
    ),
    "ah with encryption": (
        "set security ipsec proposal ah protocol ah\n"
        "set security ipsec proposal ah authentication-algorithm hmac-sha1-96\n"
        "set security ipsec proposal ah encryption-algorithm 3des-cbc",
        "[edit security ipsec proposal ah]",
        "protocol ah",
        "Encryption must not be defined for AH",
    ),
    "ah without authentication": (
        "set security ipsec proposal ah protocol ah",
        "[edit security ipsec proposal ah]",
        "protocol ah",
        "Authentication must be defined for AH",
    ),
    "st0 unit that is the device's own": (
        "set interfaces st0 unit 16000 family inet address 100.64.9.1/32",
        "[edit interfaces st0]",
        "unit 16000",
        "unit 16000 is not within 0..15999 [simulated]",
    ),
    "next hop of a missing vpn": (
        "set interfaces st0 unit 1 family inet next-hop-tunnel 100.64.9.9 ipsec-vpn NOPE",
        "[edit interfaces st0 unit 1 family inet]",
        "NOPE",
        "vpn NOPE is not defined [simulated]",
    ),
    "two next hops of one vpn": (
        "set interfaces st0 unit 1 family inet next-hop-tunnel 100.64.9.8 ipsec-vpn v1\n"
        "set interfaces st0 unit 2 family inet next-hop-tunnel 100.64.9.9 ipsec-vpn v1",
        "[edit interfaces st0 unit 2 family inet]",
        "v1",
        "vpn v1 has another next-hop tunnel [simulated]",
    ),
    "gre tunnels with the same ends": (
        gre(2) + "set interfaces gr-0/0/0 unit 2 tunnel key 7",
        "[edit interfaces gr-0/0/0 unit 2 tunnel]",
        "destination 198.18.9.9",
        "gr-0/0/0.1 has the same source and destination [simulated]",
    ),
    "gre tunnel without an end": (
        "delete interfaces gr-0/0/0 unit 1 tunnel destination",
        "[edit interfaces gr-0/0/0 unit 1 tunnel]",
        "tunnel",
        "Missing mandatory statement: 'destination' [simulated]",
    ),
    "zone with a missing interface": (
        "set security zones security-zone hil interfaces st0.99",
        "[edit security zones security-zone hil]",
        "interfaces st0.99",
        "Interface st0.99 must be configured under interfaces",
    ),
    "interface in two zones": (
        "set security zones security-zone trust interfaces st0.1",
        "[edit security zones security-zone trust]",
        "interfaces st0.1",
        "Interface st0.1 already assigned to another zone",
    ),
    "policy without application": (
        "delete security policies from-zone trust to-zone untrust policy permit-out "
        "match application",
        "[edit security policies from-zone trust to-zone untrust policy permit-out]",
        "match",
        "Missing mandatory statement: 'application'",
    ),
    "policy without match": (
        "delete security policies from-zone trust to-zone untrust policy permit-out match",
        "[edit security policies from-zone trust to-zone untrust policy permit-out]",
        "match",
        "Missing mandatory statement: 'match'",
    ),
    "policy without then": (
        "delete security policies from-zone trust to-zone untrust policy permit-out then",
        "[edit security policies from-zone trust to-zone untrust policy permit-out]",
        "then",
        "Missing mandatory statement: 'then'",
    ),
    "policy to a missing zone": (
        "delete security zones security-zone trust",
        "[edit security policies]",
        "trust",
        "Security zone must be defined",
    ),
    "address on two interfaces": (
        "set interfaces st0 unit 2 family inet address 100.64.0.1/31",
        "[edit interfaces st0 unit 2 family inet]",
        "address 100.64.0.1",
        "address 100.64.0.1 is already configured on st0.1 [simulated]",
    ),
    "route to nowhere": (
        "set routing-options static route 10.9.0.0/16 no-readvertise",
        "[edit routing-options static route 10.9.0.0/16]",
        "route 10.9.0.0/16",
        "route has no next hop [simulated]",
    ),
    "no root password": (
        "delete system root-authentication",
        "[edit system]",
        "root-authentication",
        "Missing mandatory statement: 'root-authentication'",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_broken_rule_names_the_statement(store, case):
    """One broken thing: its path, its element, its words among the errors."""
    lines, path, element, text = CASES[case]
    errors = refusals(store, lines)
    assert (path, element, text) in [(c.path, c.bad_element, c.text) for c in errors]


def test_several_broken_things_are_all_named(store):
    """Every error is reported, then one that closes the list."""
    errors = refusals(
        store,
        "set security ipsec vpn v1 ike gateway NOPE\nset security ipsec vpn v2 ike gateway NADA",
    )
    assert [complaint.bad_element for complaint in errors] == ["gateway NOPE", "gateway NADA"]


def test_a_refused_candidate_can_be_repaired(store):
    """After an error is undone, what was refused is committed: no rule remembers wrongly."""
    session = store.session("lab", "netconf", 1)
    session.load(tunnel(1) + gre(1) + gre(2), "set")
    assert not session.commit().committed
    session.load("delete interfaces gr-0/0/0 unit 2", "set")
    assert session.commit().committed
    session.load(gre(3, destination="198.18.9.3"), "set")
    assert session.commit().committed
    session.load("set interfaces gr-0/0/0 unit 3 tunnel destination 198.18.9.9", "set")
    assert not session.commit().committed
    session.load("delete interfaces gr-0/0/0 unit 1", "set")
    assert session.commit().committed


def test_selectors_and_multipoint_share_a_unit(store):
    """Several VPNs on one unit are fine when something tells them apart."""
    session = store.session("lab", "netconf", 1)
    session.load(tunnel(1) + tunnel(2), "set")
    session.load(
        "set interfaces st0 unit 1 multipoint\nset security ipsec vpn v2 bind-interface st0.1",
        "set",
    )
    assert session.commit().complaints == ()
    session.load("delete interfaces st0 unit 1 multipoint", "set")
    assert not session.commit().committed
    session.load(
        "set security ipsec vpn v2 traffic-selector a local-ip 10.0.0.0/24 remote-ip 10.1.0.0/24",
        "set",
    )
    assert session.commit().complaints == ()


def test_addresses_of_other_routing_instances_do_not_clash(store):
    """The same address may stand in two routing instances."""
    session = store.session("lab", "netconf", 1)
    session.load(
        "set interfaces ge-0/0/7 unit 0 family inet address 192.0.2.1/24\n"
        "set routing-instances red instance-type virtual-router\n"
        "set routing-instances red interface ge-0/0/7.0",
        "set",
    )
    assert session.commit().complaints == ()


def test_a_tunnel_limit_counts_baseline_and_ours(make_store):
    """With a limit one tunnel more is refused, in words of our own."""
    store = make_store(tunnel_limit=2)  # one of them is the baseline's
    session = store.session("lab", "netconf", 1)
    session.load(tunnel(1), "set")
    assert session.commit().committed
    session.load(tunnel(2), "set")
    errors = session.commit().complaints
    assert errors[0].text == "3 tunnels are configured, this device takes 2 [simulated]"
    assert errors[0].daemon == "kmd"


def test_gre_over_ipsec_is_one_tunnel(make_store):
    """A GRE unit whose source is an st0 address counts with its VPN."""
    store = make_store(tunnel_limit=2)
    session = store.session("lab", "netconf", 1)
    session.load(tunnel(1) + gre(1, "100.64.0.1", "100.64.0.200"), "set")
    assert session.commit().complaints == ()
    assert gre_over_ipsec.carriers(store.committed) == {"gr-0/0/0.1": "st0.1"}
    session.load(gre(2), "set")
    assert not session.commit().committed


def test_a_router_needs_tunnel_services(make_store):
    """On MX a gr- unit is refused once the PIC has no tunnel services."""
    session = make_store("vmx").session("lab", "netconf", 1)
    session.load(gre(1), "set")
    assert session.commit().committed
    session.load("delete chassis fpc 0 pic 0 tunnel-services", "set")
    first = session.commit().complaints[0]
    assert first.text == f"no tunnel services on fpc 0 pic 0 {SIMULATED}"
    assert first.bad_element == "gr-0/0/0"
