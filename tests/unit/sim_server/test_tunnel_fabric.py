"""Tunnels between simulated devices: up only where both committed configurations agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.clock import ManualClock
from harness.sim import negotiation
from harness.sim.device import SimulatedDevice
from harness.sim.fabric import Fabric
from harness.sim.negotiation import Reader
from harness.sim.spec import DeviceSpec

ONE, OTHER = "203.0.113.1", "203.0.113.2"
# what each end is told: its own address, the far one, and its set of settings
END = """\
set interfaces xe-0/0/2 unit 0 family inet address {local}/30
set security zones security-zone untrust interfaces xe-0/0/2.0
set interfaces st0 unit 9 family inet address {inner}/31
set security zones security-zone vpn-corp interfaces st0.9
set security ike policy peer proposals corp-ike
set security ike policy peer pre-shared-key ascii-text "{key}"
set security ike gateway peer ike-policy peer
set security ike gateway peer address {remote}
set security ike gateway peer external-interface xe-0/0/2.0
set security ike gateway peer version {version}
set security ipsec vpn peer bind-interface st0.9
set security ipsec vpn peer ike gateway peer
set security ipsec vpn peer ike ipsec-policy corp-esp
set security ipsec vpn peer establish-tunnels immediately
"""
DEFAULTS = {"key": "between-two", "version": "v2-only"}
FIRST = {"local": ONE, "remote": OTHER, "inner": "10.77.0.0", **DEFAULTS}
SECOND = {"local": OTHER, "remote": ONE, "inner": "10.77.0.1", **DEFAULTS}


class Pair:
    """Two devices on one fabric."""

    def __init__(self, **fields) -> None:
        self.clock = ManualClock()
        self.fabric = Fabric()
        self.one, self.other = (
            SimulatedDevice(replace(DeviceSpec(name, "srx4100"), **fields), self.clock, self.fabric)
            for name in ("one", "other")
        )

    def commit(self, device: SimulatedDevice, lines: str) -> None:
        login = device.login("lab", "netconf", lambda: None)
        assert not [c for c in login.config.load(lines, "set", "set") if c.severity == "error"]
        result = login.config.commit()
        assert result.committed, result.complaints
        login.close()

    def connect(self, first: str = "", second: str = "") -> None:
        """Configure both ends, with further lines for each."""
        self.commit(self.one, END.format(**FIRST) + first)
        self.commit(self.other, END.format(**SECOND) + second)

    @staticmethod
    def reason(device: SimulatedDevice) -> str:
        """Return why the tunnel is down; "" when it's up."""
        found = [tunnel for tunnel in device.view().tunnels if tunnel.name == "peer"]
        assert len(found) == 1
        assert found[0].up == (not found[0].reason)
        return found[0].reason


@pytest.fixture
def pair():
    return Pair()


def test_agreement_brings_a_tunnel_up_on_both_ends(pair):
    """Both ends show the tunnel as active once the second one commits, not before."""
    pair.commit(pair.one, END.format(**FIRST))
    assert pair.reason(pair.one) == negotiation.NO_RESPONSE
    pair.commit(pair.other, END.format(**SECOND))
    assert pair.reason(pair.one) == ""
    assert pair.reason(pair.other) == ""


def test_the_answers_show_what_the_fabric_says(pair, bench_for):
    """The active and the inactive table count the same tunnels as the fabric."""
    pair.connect()
    pair.commit(pair.other, "delete security ipsec vpn peer\n")
    assert pair.reason(pair.one) == negotiation.NO_RESPONSE
    bench = bench_for()
    bench.device = pair.one
    inactive = bench.netconf().rpc("<get-inactive-tunnels/>")
    events = [each.text.strip() for each in inactive.iterfind(".//{*}sa-tunnel-event")]
    assert negotiation.NO_RESPONSE in events
    pair.commit(pair.other, END.format(**SECOND))
    active = bench.netconf().rpc("<get-security-associations-information/>")
    assert active.findtext(".//{*}total-active-tunnels").strip() == "1"


GATEWAY = "security ike gateway peer"
DIFFERENCES = (
    (f'set {GATEWAY.replace("gateway", "policy")} pre-shared-key ascii-text "another"',
     negotiation.WRONG_KEY),
    ("set security ike proposal mine authentication-method pre-shared-keys\n"
     "set security ike proposal mine dh-group group14\n"
     "set security ike proposal mine authentication-algorithm sha-256\n"
     "set security ike proposal mine encryption-algorithm aes-256-cbc\n"
     "delete security ike policy peer proposals\n"
     "set security ike policy peer proposals mine", negotiation.NO_IKE_PROPOSAL),
    ("set security ipsec policy corp-esp perfect-forward-secrecy keys group14",
     negotiation.NO_IPSEC_PROPOSAL),
    ("set security ipsec proposal corp-esp encryption-algorithm aes-128-gcm",
     negotiation.NO_IPSEC_PROPOSAL),
    (f"set {GATEWAY} version v1-only", negotiation.WRONG_VERSION),
    (f"set {GATEWAY} local-identity hostname elsewhere.example", negotiation.WRONG_IDENTITY),
    (f"set {GATEWAY} remote-identity hostname elsewhere.example", negotiation.WRONG_IDENTITY),
    (f"set {GATEWAY} remote-identity inet 203.0.113.77", negotiation.WRONG_IDENTITY),
    ("set security ipsec vpn peer ike proxy-identity local 10.1.0.0/16\n"
     "set security ipsec vpn peer ike proxy-identity remote 10.2.0.0/16",
     negotiation.WRONG_SELECTORS),
    (f"delete {GATEWAY} address\nset {GATEWAY} address 203.0.113.77", negotiation.NO_RESPONSE),
    ("set interfaces xe-0/0/2 disable", negotiation.NO_RESPONSE),
    ("set interfaces st0 unit 9 disable", negotiation.NO_RESPONSE),
)  # fmt: skip


@pytest.mark.parametrize(("lines", "reason"), DIFFERENCES, ids=[d[0][:60] for d in DIFFERENCES])
def test_each_difference_keeps_the_tunnel_down(pair, lines, reason):
    """One statement changed at the far end, committed, and the tunnel is down with its reason."""
    pair.connect()
    assert pair.reason(pair.one) == ""
    pair.commit(pair.other, f"{lines}\n")
    assert pair.reason(pair.one) == reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("set interfaces xe-0/0/2 disable", negotiation.NO_INTERFACE),
        ("set interfaces st0 unit 9 disable", negotiation.BIND_DOWN),
    ],
)
def test_a_fault_of_our_own_end_is_named(pair, line, reason):
    """The end whose interface is down says so; the other one gets no answer."""
    pair.connect()
    assert pair.reason(pair.one) == ""
    pair.commit(pair.one, f"{line}\n")
    assert pair.reason(pair.one) == reason
    assert pair.reason(pair.other) == negotiation.NO_RESPONSE


def test_identities_that_match_are_accepted(pair):
    """Host names as identities bring the tunnel up when each end expects the other's."""
    pair.connect(
        f"set {GATEWAY} local-identity hostname one.example\n"
        f"set {GATEWAY} remote-identity hostname other.example\n",
        f"set {GATEWAY} local-identity hostname other.example\n"
        f"set {GATEWAY} remote-identity hostname one.example\n",
    )
    assert pair.reason(pair.one) == ""


def test_nobody_starts_without_traffic(pair):
    """Where neither end negotiates by itself the tunnel waits: no traffic ever comes."""
    pair.connect()
    for device in (pair.one, pair.other):
        pair.commit(device, "delete security ipsec vpn peer establish-tunnels\n")
    assert pair.reason(pair.one) == negotiation.WAITING


def test_a_zone_without_ike_lets_nobody_start(pair):
    """Where the zones of both ends keep IKE out, no answer ever comes."""
    pair.connect()
    for device in (pair.one, pair.other):
        pair.commit(
            device,
            "delete security zones security-zone untrust host-inbound-traffic\n"
            "set security zones security-zone untrust host-inbound-traffic system-services ping\n",
        )
    assert pair.reason(pair.one) == negotiation.NO_RESPONSE


def test_a_missing_route_is_named(pair):
    """A peer outside every connected network needs a route."""
    far = END.format(**{**FIRST, "remote": "198.51.100.9"})
    pair.commit(pair.one, far + "delete routing-options static route 0.0.0.0/0\n")
    pair.commit(pair.other, "set interfaces xe-0/0/3 unit 0 family inet address 198.51.100.9/24\n")
    assert pair.reason(pair.one) == negotiation.NO_ROUTE


def test_an_automatic_rollback_takes_the_tunnel_down(pair):
    """A peer's confirmed commit runs out, and nobody has to log in there for us to notice."""
    pair.commit(pair.one, END.format(**FIRST))
    login = pair.other.login("lab", "netconf", lambda: None)
    login.config.load(END.format(**SECOND), "set", "set")
    login.config.commit(confirm_minutes=1)
    assert pair.reason(pair.one) == ""
    pair.clock.advance(61)
    assert pair.reason(pair.one) == negotiation.NO_RESPONSE


@pytest.mark.parametrize(
    ("fields", "up"),
    [
        ({}, False),
        ({"switches": {"peers": "answering"}}, True),
        ({"peers": {"192.0.2.250": "answering"}}, True),
        ({"switches": {"peers": "answering"}, "peers": {"192.0.2.250": "silent"}}, False),
    ],
)
def test_a_peer_outside_the_testbed_is_as_declared(fields, up):
    """By address where the testbed says, else by the switch, silent by default."""
    device = Pair(**fields).one
    assert [tunnel.up for tunnel in device.view().tunnels] == [up]


def test_a_member_without_configuration_does_not_answer():
    """The switch is for peers outside: a device of the fabric that has no VPN for us is silent."""
    pair = Pair(switches={"peers": "answering"})
    pair.commit(pair.one, END.format(**FIRST))
    assert pair.reason(pair.one) == ""
    pair.commit(pair.other, f"set interfaces xe-0/0/2 unit 0 family inet address {OTHER}/30\n")
    assert pair.reason(pair.one) == negotiation.NO_RESPONSE


def test_only_what_changed_is_read_again(pair):
    """A commit leaves the offers of other VPNs the same objects, and an idle look changes none."""
    pair.connect()
    reader = Reader()
    before = reader.offers(pair.one.acting)
    pair.commit(pair.one, 'set security ike policy corp-ike pre-shared-key ascii-text "new"\n')
    after = reader.offers(pair.one.acting)
    assert after["peer"] is before["peer"]
    assert after["corp-hq"] is not before["corp-hq"]
    assert pair.fabric.outcome(pair.one) is pair.fabric.outcome(pair.one)


def test_the_reason_of_another_pair_stays(pair):
    """A commit that touches no tunnel of ours leaves our outcome the very same object."""
    pair.connect()
    before = pair.fabric.outcome(pair.one)
    pair.commit(pair.other, "set system domain-name example.net\n")
    assert pair.fabric.outcome(pair.one) is before


def test_offers_hold_no_key_in_clear(pair):
    """The key of an offer is a digest."""
    pair.connect()
    assert "between-two" not in repr(Reader().offers(pair.one.acting))


def test_nothing_is_remembered_of_tunnels_that_are_gone(pair):
    """However often a device gets other tunnels and addresses, the fabric doesn't grow."""
    pair.connect()
    pair.reason(pair.one)
    size = fabric_size(pair.fabric)
    for number in range(1, 4):
        local, remote = f"203.0.113.{8 * number + 1}", f"203.0.113.{8 * number + 2}"
        moved = END.format(**FIRST | {"local": local, "remote": remote})
        gone = "delete interfaces xe-0/0/2\ndelete security ike gateway peer\n"
        pair.commit(pair.one, gone + moved)
        assert pair.reason(pair.one) == negotiation.NO_RESPONSE
    assert fabric_size(pair.fabric) == size


def fabric_size(fabric: Fabric) -> dict[str, int]:
    """Return how much it remembers, by table."""
    return {
        name: len(table) for name, table in vars(fabric).items() if isinstance(table, dict | list)
    }
