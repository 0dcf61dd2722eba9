"""The vendor's rules on a device: each one that our tunnels can break, broken once."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.clock import ManualClock
from harness.plan.builder import build_plan
from harness.plan.model import Kind, Proposal, Site
from harness.render.rendering import render
from harness.sim.config.loading import load
from harness.sim.config.secret9 import Salts
from harness.sim.config.set_format import write_set
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader
from harness.sim.store.datastore import Datastore
from harness.sim.store.profiles import profile
from harness.sim.yang.must_engine import RuleBook
from harness.sim.yang.must_engine import Site as Place

G = "hil-t00001"  # name of the first tunnel's gateway, VPN, policy
OTHER = Proposal(dh_group="group14", ike_encryption="aes-256-gcm", esp_encryption="aes-128-cbc")
NO_IFL = "Referenced interface must be configured under [edit interfaces] hierarchy"
VPN = "security ipsec vpn"
NO_PROPOSAL = "Referenced proposal is not defined"
GCM = "When using aes-gcm for Encryption the Authentication Algorithm must not be set."
HMAC = "HMAC Authentication is not compatible with AES-GCM"
ZONE = "Security zone must be defined"
SWITCHING = "Referenced interface must not be ethernet-switching interface of switching mode"
MONITORED = (
    "When aaa access-profile is configured under security ike gateway, vpn-monitor "
    "configuration is not allowed"
)
DYNAMIC = (
    f"delete security ike gateway {G} address\n"
    f"set security ike gateway {G} dynamic hostname peer.example.net\n"
)
ACCESS = "set access profile people authentication-order password\n"

# (where the rule stands, its message) → what breaks it.
BROKEN = {
    (
        "interfaces interface <name>",
        "Primary and backup ES PIC interfaces must be different",
    ): "set interfaces ge-0/0/9 es-options backup-interface ge-0/0/9",
    (
        "interfaces interface unit family",
        "Can't configure protocol family with encapsulation ppp-over-ether",
    ): "set interfaces xe-0/0/0 unit 0 encapsulation ppp-over-ether",
    (
        "interfaces interface unit family inet",
        "Can't configure protocol family inet with encapsulation vpls",
    ): "set interfaces xe-0/0/0 encapsulation vlan-vpls",
    (
        "interfaces interface unit family inet address",
        "address cannot be defined with unnumbered-address or location-pool-address simultaneously",
    ): "set interfaces xe-0/0/0 unit 0 family inet unnumbered-address lo0.0",
    (
        "interfaces interface unit family mpls",
        "family mpls is not supported on encapsulation frame-relay-ppp",
    ): "set interfaces gr-0/0/0 unit 0 encapsulation frame-relay-ppp",
    ("security ike proposal encryption-algorithm", GCM): (
        "set security ike proposal hil-ike encryption-algorithm aes-256-gcm\n"
        "set security ike proposal hil-ike authentication-algorithm sha-256"
    ),
    (
        "security ike policy <name>",
        "IKE policy must have either local certificate or pre-shared key configured",
    ): f"delete security ike policy {G} pre-shared-key",
    ("security ike policy proposals", NO_PROPOSAL): "delete security ike proposal hil-ike",
    (
        "security ike gateway ike-policy",
        "Reauth is not allowed with AAA access profile.",
    ): ACCESS + f"set security ike policy {G} reauth-frequency 5\n"
    f"set security ike gateway {G} aaa access-profile people",
    (
        "security ike gateway ike-policy",
        "When dynamic ike-user-type is configured, IKEv2 with authentication-method "
        "pre-shared-key is not allowed",
    ): DYNAMIC + f"set security ike gateway {G} dynamic ike-user-type group-ike-id",
    (
        "security ike gateway ike-policy",
        "Main mode for dynamic peer with Preshared key based authentication is not allowed",
    ): DYNAMIC + f"set security ike policy {G} mode main",
    (
        "security ike gateway ike-policy",
        "Referenced IKE policy must be defined under [edit security ike policy]",
    ): f"delete security ike policy {G}",
    (
        "security ike gateway external-interface",
        "Bridge interface is not allowed as external-interface",
    ): "set interfaces xe-0/0/0 unit 0 family bridge interface-mode access",
    ("security ike gateway external-interface", NO_IFL): "delete interfaces xe-0/0/0 unit 0",
    (
        "security ipsec proposal protocol",
        "Encryption algorithm must not be defined for AH",
    ): "set security ipsec proposal hil-esp protocol ah",
    ("security ipsec proposal encryption-algorithm", HMAC): (
        "set security ipsec proposal hil-esp encryption-algorithm aes-256-gcm\n"
        "set security ipsec proposal hil-esp authentication-algorithm hmac-sha1-96"
    ),
    ("security ipsec policy proposals", NO_PROPOSAL): "delete security ipsec proposal hil-esp",
    (f"{VPN} bind-interface", NO_IFL): "delete interfaces st0 unit 1",
    (
        f"{VPN} ike gateway",
        "IKEv2 requires bind-interface configuration as only route-based is supported",
    ): f"delete {VPN} {G} bind-interface",
    (
        f"{VPN} ike gateway",
        "No proxy-identity support on an advpn enabled gateway",
    ): f"set security ike gateway {G} advpn\nset {VPN} {G} ike proxy-identity local 10.0.0.0/8",
    (f"{VPN} ike gateway", MONITORED): ACCESS
    + f"set security ike gateway {G} aaa access-profile people\nset {VPN} {G} vpn-monitor",
    (
        f"{VPN} ike gateway",
        "No destination ip support for vpn-monitor in vpn referring to an advpn enabled gateway",
    ): f"set security ike gateway {G} advpn\nset {VPN} {G} vpn-monitor destination-ip 192.0.2.9",
    (
        f"{VPN} ike gateway",
        "No destination ip support for vpn-monitor in vpn using shared or group ike",
    ): DYNAMIC + f"set security ike gateway {G} dynamic ike-user-type shared-ike-id\n"
    f"set {VPN} {G} vpn-monitor destination-ip 192.0.2.9",
    (
        f"{VPN} ike gateway",
        "Referenced IKE gateway must be defined under [edit security ike gateway]",
    ): f"delete security ike gateway {G}",
    (
        f"{VPN} ike ipsec-policy",
        "Referenced IPSec policy must be defined under [edit security ipsec policy]",
    ): "delete security ipsec policy hil-esp",
    (
        f"{VPN} establish-tunnels",
        "VPN must be IKE-keyed to define establish-tunnel method",
    ): f"delete {VPN} {G} ike\nset {VPN} {G} establish-tunnels immediately",
    (
        "security policies policy <from-zone-name>",
        ZONE,
    ): "set security policies from-zone nowhere to-zone untrust policy p match application any",
    (
        "security policies policy <to-zone-name>",
        ZONE,
    ): "set security policies from-zone untrust to-zone nowhere policy p match application any",
    (
        "security zones security-zone interfaces <name>",
        SWITCHING,
    ): "set interfaces xe-0/0/0 unit 0 family ethernet-switching interface-mode access",
    (
        "security zones security-zone host-inbound-traffic system-services <name>",
        "If `any` is set other services are disallowed",
    ): "set security zones security-zone untrust host-inbound-traffic system-services any-service",
}


def payload(kind: Kind, *, rich: bool = False) -> str:
    """Return the configuration of two tunnels, as the product pushes it."""
    site = Site(
        device="srx",
        platform="srx4100",
        external_interface="xe-0/0/0.0",
        external_zone="untrust",
        local=IPv4Address("192.0.2.1"),
        peers=IPv4Network("198.18.0.0/15"),
        inner=IPv4Network("100.64.0.0/10"),
    )
    options = {"mpls": True, "establish_immediately": True, "proposal": OTHER} if rich else {}
    return render(build_plan(site, kind, 2, run_key=bytes(32), **options)).xml()


@pytest.fixture(scope="module")
def path(compiled):
    """Return the compiled schema of SRX."""
    return compiled("junos-es")


class Bench:
    """A rule book and configurations to try on it, without a device."""

    def __init__(self, path) -> None:
        parts = profile("srx4100", path)
        self.schema = parts.schema
        self.reader = ValueReader(Salts(b""))
        self.book = RuleBook(parts.schema)
        self.base = self.loaded(Node(), parts.base, "set")
        assert self.book.complaints(Node(), self.base) == ()

    def loaded(self, tree: Node, lines: str, fmt: str) -> Node:
        action = "set" if fmt == "set" else "merge"
        done = load(tree, lines, self.schema, self.reader, fmt=fmt, action=action)
        assert [one for one in done.complaints if one.severity == "error"] == []
        return done.tree

    def tunnels(self, kind: Kind, *, rich: bool = False) -> Node:
        """Return the base configuration with two tunnels, which no rule is against."""
        tree = self.loaded(self.base, payload(kind, rich=rich), "xml")
        assert self.book.complaints(self.base, tree) == ()
        return tree


@pytest.fixture(scope="module")
def bench(path) -> Bench:
    """Return a bench that has seen every kind with every option."""
    made = Bench(path)
    for kind in Kind:
        for rich in (False, True):
            made.tunnels(kind, rich=rich)
    return made


def rules_of(site: Place, words: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Walk (where, message) of the rules at and below a place that configurations had."""
    for rule in (*site.rules, *(one for rules in site.of_words.values() for one in rules)):
        yield " ".join(words), rule.message
    for key in site.keys:
        yield from rules_of(key, (*words, f"<{key.statement.tag}>"))
    for tag, below in site.children.items():
        if below is not None:
            yield from rules_of(below, (*words, tag))


def test_every_rule_that_our_tunnels_can_break_is_in_the_table(path):
    """Those that stand at statements of our tunnels and of the device they're put on."""
    book = Bench(path)
    for kind in Kind:
        for rich in (False, True):
            book.tunnels(kind, rich=rich)
    assert set(rules_of(book.book.top)) == BROKEN.keys()


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case[0]}: {case[1][:40]}")
def test_a_broken_rule_is_found(case, bench):
    """With the vendor's words, and where it stands; whether looked at as a change or whole."""
    where, message = case
    before = bench.tunnels(Kind.GRE_OVER_IPSEC, rich=True)
    after = bench.loaded(before, BROKEN[case], "set")
    said = bench.book.complaints(before, after)
    assert said == bench.book.complaints(Node(), after)
    last = where.replace(" <name>", "").split()[-1]
    element = last.removeprefix("<").removesuffix("-name>")
    assert any(element in f"{one.path} {one.bad_element}" for one in said if one.text == message)


def test_a_refusal_reads_as_on_a_device(path):
    """Path of the statement around, bad-element with its value, and the closing error."""
    parts = profile("srx4100", path)
    store = Datastore(
        parts.schema,
        parts.base,
        ManualClock(),
        hostname="srx",
        version="18.4R3.3",
        rules=parts.rules,
    )
    session = store.session("lab", "netconf", 1)
    assert session.load("set security ipsec vpn V ike gateway NOPE", "set") == []
    result = session.commit()
    assert not result.committed
    assert [(one.path, one.bad_element, one.text) for one in result.complaints] == [
        (
            "[edit security ipsec vpn V ike]",
            "gateway NOPE",
            "Referenced IKE gateway must be defined under [edit security ike gateway]",
        ),
        (
            "[edit security ipsec vpn V ike]",
            "ike",
            "Missing mandatory statement: 'ipsec-policy' [simulated]",
        ),
        ("", "", "configuration check-out failed: (statements constraint check failed)"),
    ]


def deletions(lines: str) -> Iterator[str]:
    """Walk every statement and everything around it, once."""
    seen = set()
    for line in lines.splitlines():
        words = line.removeprefix("set ").removesuffix(" ## SECRET-DATA").split()
        for count in range(1, len(words) + 1):
            what = " ".join(words[:count])
            if what not in seen and what.count('"') % 2 == 0:
                seen.add(what)
                yield what


@pytest.mark.parametrize(
    ("kind", "least"), [(Kind.IPSEC, 25), (Kind.GRE, 20), (Kind.GRE_OVER_IPSEC, 25)]
)
def test_a_change_is_judged_as_the_whole_would_be(kind, least, bench):
    """Each part of a configuration deleted, and added to the rest again: the same verdict."""
    tree = bench.tunnels(kind)
    refused = 0
    for what in deletions(write_set(tree, bench.schema)):
        done = load(tree, f"delete {what}", bench.schema, bench.reader, fmt="set", action="set")
        whole = bench.book.complaints(Node(), done.tree)
        assert bench.book.complaints(tree, done.tree) == whole, what
        assert whole or bench.book.complaints(done.tree, tree) == (), what
        refused += bool(whole)
    assert refused >= least
