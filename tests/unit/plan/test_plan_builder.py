"""Plans: numbers that never meet, the same every time, and clear of the baseline."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.builder import build_plan
from harness.plan.model import Kind, Plan, Site
from harness.plan.occupied import Occupied

RUN_KEY = bytes(range(32))
SITE = Site(
    device="srx-a",
    platform="srx4200",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/15"),
    inner=IPv4Network("100.64.0.0/10"),
)

KINDS = st.sampled_from(list(Kind))
COUNTS = st.integers(1, 60)


def plan_of(kind: Kind, count: int, site: Site = SITE, occupied: Occupied | None = None) -> Plan:
    """Build a plan with the run key of these tests."""
    return build_plan(site, kind, count, run_key=RUN_KEY, occupied=occupied)


def inner_networks(plan: Plan) -> list[IPv4Network]:
    """Return every network that the plan takes from the inner pool."""
    found = []
    for tunnel in plan.tunnels:
        found.append(tunnel.route)
        found += [leg.inner.network for leg in (tunnel.secure, tunnel.gre) if leg is not None]
    return found


def assert_sound(plan: Plan) -> None:
    """Check what must hold of every plan, whatever it was made from."""
    networks = sorted(inner_networks(plan))
    assert all(a.broadcast_address < b.network_address for a, b in pairwise(networks))
    assert all(network.subnet_of(plan.site.inner) for network in networks)
    peers = [tunnel.peer for tunnel in plan.tunnels]
    assert len(set(peers)) == plan.count
    assert all(peer in plan.site.peers and peer != plan.site.local for peer in peers)
    for units in (
        [tunnel.secure.st0_unit for tunnel in plan.tunnels if tunnel.secure],
        [tunnel.gre.unit for tunnel in plan.tunnels if tunnel.gre],
    ):
        assert len(set(units)) == len(units)
    ends = [(t.gre.source, t.gre.destination) for t in plan.tunnels if t.gre]
    assert len(set(ends)) == len(ends)
    keys = [t.secure.psk.reveal() for t in plan.tunnels if t.secure]
    assert len(set(keys)) == len(keys)
    assert [tunnel.number for tunnel in plan.tunnels] == list(range(1, plan.count + 1))


@given(kind=KINDS, count=COUNTS)
def test_no_number_is_given_twice(kind, count):
    """Addresses, units, keys and GRE end pairs are unique, and inner networks never overlap."""
    assert_sound(plan_of(kind, count))


@given(kind=KINDS, count=COUNTS, fewer=COUNTS)
def test_a_smaller_plan_is_the_beginning_of_a_bigger_one(kind, count, fewer):
    """The same arguments give the same plan, and a rung's tunnels are those of the next."""
    small, big = sorted((count, fewer))
    assert plan_of(kind, big).tunnels[:small] == plan_of(kind, small).tunnels


@given(
    kind=KINDS,
    count=COUNTS,
    units=st.sets(st.integers(0, 80)),
    hosts=st.sets(st.integers(0, 120)),
    networks=st.sets(st.tuples(st.integers(0, 255), st.integers(26, 32))),
)
def test_what_the_baseline_uses_is_left_alone(kind, count, units, hosts, networks):
    """No unit, outer address or inner network of a plan is one that the baseline has."""
    pool = int(SITE.inner.network_address)
    used = {IPv4Network((pool + at, length), strict=False): "x" for at, length in networks}
    addresses = {IPv4Address(int(SITE.peers.network_address) + at): "x" for at in hosts}
    taken = Occupied(
        st0_units=dict.fromkeys(units, "x"),
        gr_units=dict.fromkeys(units, "x"),
        gateways=addresses,
        routes=used,
        read=False,
    )

    plan = plan_of(kind, count, occupied=taken)

    assert_sound(plan)
    assert not addresses.keys() & {tunnel.peer for tunnel in plan.tunnels}
    assert not any(a.overlaps(b) for a in used for b in inner_networks(plan))
    assert not units & {t.secure.st0_unit for t in plan.tunnels if t.secure}
    assert not units & {t.gre.unit for t in plan.tunnels if t.gre}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("count", [600, 1500, 16_000])
def test_the_documented_counts_and_the_schema_maximum_fit(kind, count):
    """600, 1500 and all 16,000 st0 units can be planned, each number once."""
    plan = plan_of(kind, count)
    assert plan.count == count
    assert_sound(plan)


def test_gre_has_its_own_maximum():
    """gr-0/0/0 has 16,384 units, and a plan can use them all."""
    plan = plan_of(Kind.GRE, 16_384)
    assert plan.tunnels[-1].gre.unit == 16_383


def test_gre_over_ipsec_runs_between_the_st0_addresses():
    """The GRE ends are the two ends of the st0 link, outside what is routed into the GRE unit."""
    for tunnel in plan_of(Kind.GRE_OVER_IPSEC, 20).tunnels:
        assert tunnel.gre.source == tunnel.secure.inner.ip
        assert tunnel.gre.destination == tunnel.secure.inner_peer
        assert tunnel.gre.destination in tunnel.secure.inner.network
        assert tunnel.gre.destination not in tunnel.gre.inner.network
        assert tunnel.gre.destination not in tunnel.route


def test_both_ends_of_each_link_share_its_network():
    """A link's other end is the one other address of its /31."""
    for tunnel in plan_of(Kind.GRE_OVER_IPSEC, 5).tunnels:
        for leg in (tunnel.secure, tunnel.gre):
            assert set(leg.inner.network) == {leg.inner.ip, leg.inner_peer}


@pytest.mark.parametrize(
    ("kind", "secure", "gre"),
    [(Kind.IPSEC, True, False), (Kind.GRE, False, True), (Kind.GRE_OVER_IPSEC, True, True)],
)
def test_a_kind_has_its_halves(kind, secure, gre):
    """IPsec has the secure half, GRE the GRE half, GRE over IPsec both."""
    (tunnel,) = plan_of(kind, 1).tunnels
    assert (tunnel.secure is not None, tunnel.gre is not None) == (secure, gre)


def test_names_zone_and_flags_are_those_of_the_plan(srx, vmx):
    """Tunnels and zone carry our prefix; MX has no zone; flags arrive where they matter."""
    plan = build_plan(
        srx, Kind.GRE_OVER_IPSEC, 2, run_key=RUN_KEY, mpls=True, establish_immediately=True
    )
    assert [tunnel.name for tunnel in plan.tunnels] == ["hil-t00001", "hil-t00002"]
    assert plan.zone == "hil-gre-over-ipsec"
    assert plan.establish_immediately
    assert all(tunnel.gre.mpls for tunnel in plan.tunnels)
    assert plan_of(Kind.GRE, 1, vmx).zone is None
    assert not plan_of(Kind.GRE, 1, vmx).tunnels[0].gre.mpls


def test_the_own_address_is_never_a_peer(srx):
    """A local address inside the peer pool is left out, as are network and broadcast address."""
    site = replace(srx, local=IPv4Address("203.0.113.2"), peers=IPv4Network("203.0.113.0/29"))
    peers = [str(tunnel.peer) for tunnel in plan_of(Kind.GRE, 5, site).tunnels]
    assert peers == [f"203.0.113.{host}" for host in (1, 3, 4, 5, 6)]
