"""Overlays: both ends of every tunnel agree, and a site's share is a plan like any other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import PlanError
from harness.plan.dvpn import OnDemand
from harness.plan.full_mesh import FullMesh
from harness.plan.hub_and_spoke import HubAndSpoke
from harness.plan.model import Kind, Site, Tunnel
from harness.plan.overlay import Overlay
from harness.plan.pools import Addresses, Pools
from harness.plan.tenants import Tenants
from harness.plan.topology import End, Topology
from harness.render.rendering import render

RUN_KEY = bytes(range(32))
POOLS = Pools(outer=IPv4Network("198.18.0.0/15"), inner=IPv4Network("100.64.0.0/10"))
SITE = Site(
    device="dut",
    platform="srx4200",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("203.0.113.0/24"),
    inner=IPv4Network("10.0.0.0/8"),
)
KINDS = st.sampled_from(list(Kind))
TOPOLOGIES = st.one_of(
    st.builds(FullMesh, sites=st.integers(2, 9), tag_pairs=st.integers(1, 3)),
    st.builds(Tenants, st.integers(1, 4), st.integers(2, 5), st.integers(1, 3)),
    st.builds(
        HubAndSpoke,
        sites=st.integers(1, 12),
        links=st.integers(1, 4),
        hubs=st.just(3),
        hubs_per_site=st.integers(1, 2),
        oam=st.booleans(),
    ),
)


def overlay(topology: Topology, kind: Kind = Kind.GRE_OVER_IPSEC, **addressing) -> Overlay:
    """Make an overlay with the pools of these tests."""
    addresses = Addresses(topology, **{"pools": POOLS, **addressing})
    return Overlay.of(addresses, kind, run_key=RUN_KEY)


def ends(of: Overlay) -> dict[str, list[tuple[int, Tunnel]]]:
    """Return both ends of every tunnel by its name, each made for its own site."""
    found: dict[str, list[tuple[int, Tunnel]]] = {}
    for site in range(of.addresses.topology.size):
        for tunnel in of.ends_of(site):
            found.setdefault(tunnel.name, []).append((site, tunnel))
    return found


def assert_agree(one: Tunnel, other: Tunnel) -> None:
    """Check that two ends are of one tunnel: what is local here is the peer's there."""
    assert (one.local, one.peer) == (other.peer, other.local)
    assert one.route != other.route
    for here, there in ((one.secure, other.secure), (one.gre, other.gre)):
        assert (here is None) == (there is None)
        if here is not None:
            assert here.inner.network == there.inner.network
            assert (here.inner.ip, here.inner_peer) == (there.inner_peer, there.inner.ip)
            assert here.inner.ip != there.inner.ip
    if one.secure is not None:
        assert one.secure.psk.reveal() == other.secure.psk.reveal()
    if one.gre is not None:
        assert (one.gre.source, one.gre.destination) == (other.gre.destination, other.gre.source)


def networks(tunnels: Iterator[Tunnel]) -> list[IPv4Network]:
    """Return every inner network of one end, link networks and the route."""
    found = []
    for tunnel in tunnels:
        found.append(tunnel.route)
        found += [leg.inner.network for leg in (tunnel.secure, tunnel.gre) if leg is not None]
    return found


@given(TOPOLOGIES, KINDS)
def test_the_two_ends_of_every_tunnel_agree(topology, kind):
    """Addresses, key and name are one, seen from two sides; every tunnel has two ends."""
    found = ends(overlay(topology, kind))
    assert len(found) == topology.count
    for (site, one), (other_site, other) in found.values():
        assert site != other_site
        assert_agree(one, other)
        assert 4 < len(one.name) <= 32
    keys = [one.secure.psk.reveal() for (_, one), _ in found.values() if one.secure]
    assert len(set(keys)) == len(keys)


@given(TOPOLOGIES, KINDS)
def test_nothing_overlaps_anywhere_in_a_topology(topology, kind):
    """Outer addresses belong to one site each; inner networks of two tunnels never meet."""
    made = overlay(topology, kind)
    owners: dict[IPv4Address, int] = {}
    inner: dict[str, set[IPv4Network]] = {}
    for site in range(topology.size):
        tunnels = list(made.ends_of(site))
        for tunnel in tunnels:
            assert owners.setdefault(tunnel.local, site) == site
            assert tunnel.local in POOLS.outer
            inner.setdefault(tunnel.name, set()).update(networks(iter([tunnel])))
        assert len({(t.gre.source, t.gre.destination) for t in tunnels if t.gre}) == sum(
            t.gre is not None for t in tunnels
        )
    every = sorted(network for one in inner.values() for network in one)
    assert all(a.broadcast_address < b.network_address for a, b in pairwise(every))
    assert all(network.subnet_of(POOLS.inner) for network in every)


@pytest.mark.parametrize(
    "topology",
    [
        HubAndSpoke(6000, links=2, hubs=20, hubs_per_site=2, oam=True),
        FullMesh(250),
        FullMesh(250, tag_pairs=3),
        Tenants(200, 10, tag_pairs=3),
    ],
    ids=["6000 sites", "mesh of 250", "mesh of 250, three tags", "200 tenants of 10"],
)
def test_the_documented_sizes_have_addresses_without_overlap(topology):
    """Each link has its own outer address and each pair its own block, within two usual pools."""
    addresses = Addresses(topology, POOLS)
    outer = {
        addresses.outer(End(site, link))
        for site in range(topology.size)
        for link in range(topology.addresses_per_site)
    }
    assert len(outer) == topology.size * topology.addresses_per_site
    assert all(address in POOLS.outer for address in (min(outer), max(outer)))
    blocks = {addresses.block(pair, pair.a.site).base for pair in topology.pairs()}
    assert len(blocks) == topology.count
    assert all(base % 8 == 0 for base in blocks)
    assert IPv4Address(min(blocks)) in POOLS.inner
    assert IPv4Address(max(blocks) + 7) in POOLS.inner


@settings(max_examples=25)
@given(TOPOLOGIES, KINDS, st.data())
def test_a_share_is_a_plan_that_renders(topology, kind, data):
    """A site's plan has all its tunnels, and each statement of them belongs to one by name."""
    made = overlay(topology, kind)
    site = data.draw(st.integers(0, topology.size - 1).filter(topology.degree))
    plan = made.plan(site, SITE)
    assert plan.count == topology.degree(site)
    assert [tunnel.number for tunnel in plan.tunnels] == list(range(1, plan.count + 1))
    assert (plan.site.peers, plan.site.inner) == (POOLS.outer, POOLS.inner)
    assert plan.site.local == made.addresses.outer(End(site, 0))
    owners = set(render(plan).owners().values())
    assert owners == {tunnel.name for tunnel in plan.tunnels}


def test_one_share_in_full():
    """The first site of a small deployment, word for word."""
    made = overlay(HubAndSpoke(3, links=1, hubs=2, hubs_per_site=2, oam=True), Kind.IPSEC)
    topology = made.addresses.topology
    lines = render(made.plan(topology.index("site-1"), SITE), placeholders=True).set_lines()
    assert [line.removeprefix("set ") for line in lines if "site-1" in line and "dead" not in line]
    assert [
        line.removeprefix("set ")
        for line in lines
        if any(word in line for word in (" address ", "local-address", "bind-", "next-hop"))
    ] == [
        "security ike gateway hil-site-1_0_hub-1_0 address 198.18.0.1",
        "security ike gateway hil-site-1_0_hub-1_0 local-address 198.18.0.5",
        "security ike gateway hil-site-1_0_hub-2_0 address 198.18.0.3",
        "security ike gateway hil-site-1_0_hub-2_0 local-address 198.18.0.5",
        "security ike gateway hil-site-1_o_hub-1_o address 198.18.0.2",
        "security ike gateway hil-site-1_o_hub-1_o local-address 198.18.0.6",
        "security ipsec vpn hil-site-1_0_hub-1_0 bind-interface st0.0",
        "security ipsec vpn hil-site-1_0_hub-2_0 bind-interface st0.1",
        "security ipsec vpn hil-site-1_o_hub-1_o bind-interface st0.2",
        "interfaces st0 unit 0 family inet address 100.64.0.0/31",
        "interfaces st0 unit 1 family inet address 100.64.0.8/31",
        "interfaces st0 unit 2 family inet address 100.64.0.16/31",
        "routing-options static route 100.64.0.4/32 next-hop st0.0",
        "routing-options static route 100.64.0.12/32 next-hop st0.1",
        "routing-options static route 100.64.0.20/32 next-hop st0.2",
    ]


def test_names_and_keys_depend_on_the_pair_alone():
    """A tunnel that goes and comes back, or one of a mesh that grew, is the same tunnel."""
    small, big = overlay(FullMesh(5, 2)), overlay(FullMesh(9, 2))
    later = overlay(OnDemand(FullMesh(5, 2), frozenset({(1, 3)})))
    of_small = {tunnel.name: tunnel for tunnel in small.ends_of(1)}
    for other in (big, later):
        for tunnel in other.ends_of(1):
            if tunnel.name in of_small:
                first = of_small[tunnel.name]
                assert tunnel.secure.psk == first.secure.psk
                assert (tunnel.peer, tunnel.route) == (first.peer, first.route) or other is big
    assert [tunnel.name for tunnel in later.ends_of(1)] == [
        "hil-site-2_0_site-4_0",
        "hil-site-2_1_site-4_1",
    ]
    strange = Overlay.of(small.addresses, Kind.IPSEC, run_key=bytes(32))
    assert next(strange.ends_of(1)).secure.psk != next(small.ends_of(1)).secure.psk
    assert RUN_KEY.hex() not in repr(small)


def test_the_longest_names_still_fit():
    """Ten characters on either side leave the name of a tunnel within Junos' 32."""
    made = overlay(
        HubAndSpoke(4, 2, 3, oam=True, site_prefix="abcdefgh", hub_prefix="ijklmnop"), Kind.IPSEC
    )
    names = list(ends(made))
    assert max(map(len, names)) == 29
    assert "hil-abcdefgh-4_o_ijklmnop-1_o" in names


def test_a_played_site_keeps_its_own_addresses():
    """A device of a lab has the addresses it has, and every other end is told so."""
    own = (IPv4Address("203.0.113.9"), IPv4Address("203.0.113.10"))
    made = overlay(FullMesh(4, 2), Kind.IPSEC, played={2: own})
    assert [tunnel.local for tunnel in made.ends_of(2)] == [*own] * 3
    for site in (0, 1, 3):
        peers = [tunnel.peer for tunnel in made.ends_of(site)]
        assert [peer for peer in peers if peer in own] == [*own]
    for (_, one), (_, other) in ends(made).values():
        assert_agree(one, other)
    numbered = made.addresses.outer(End(1, 1))
    same = (made.addresses.outer(End(1, 0)), numbered)
    assert overlay(FullMesh(4, 2), played={1: same}).addresses.outer(End(1, 1)) == numbered


@pytest.mark.parametrize(
    ("topology", "addressing", "message"),
    [
        (
            HubAndSpoke(6000, 2, 8, oam=True),
            {"pools": replace(POOLS, outer=IPv4Network("198.18.0.0/20"))},
            "outer pool 198.18.0.0/20 is too small: 6008 sites and hubs with 3 addresses each "
            "need 18024, it has 4094",
        ),
        (
            FullMesh(250, 3),
            {"pools": replace(POOLS, inner=IPv4Network("100.64.0.0/16"))},
            "inner pool 100.64.0.0/16 is too small: 93375 tunnels with a block of 8 addresses "
            "each, it has room for 8192",
        ),
        (
            FullMesh(2),
            {"pools": replace(POOLS, inner=IPv4Network("100.64.0.0/30"))},
            "inner pool 100.64.0.0/30 is too small: 1 tunnels with a block of 8 addresses each, "
            "it has room for 0",
        ),
        (
            FullMesh(4),
            {"pools": replace(POOLS, inner=IPv4Network("198.0.0.0/8"))},
            "outer pool 198.18.0.0/15 and inner pool 198.0.0.0/8 overlap; they must be disjoint",
        ),
        (
            FullMesh(4),
            {"played": {4: (IPv4Address("192.0.2.1"),)}},
            "no site 4 in the topology; there: 0..3",
        ),
        (
            FullMesh(4, 2),
            {"played": {3: (IPv4Address("192.0.2.1"),)}},
            "site-4 has 1 outer addresses of its own; needed: 2, a different one for each link",
        ),
        (
            FullMesh(4, 2),
            {"played": {3: (IPv4Address("192.0.2.1"),) * 2}},
            "192.0.2.1 is an outer address of site-4 and of site-4",
        ),
        (
            FullMesh(4),
            {"played": dict.fromkeys((1, 3), (IPv4Address("192.0.2.1"),))},
            "192.0.2.1 is an outer address of site-2 and of site-4",
        ),
        (
            FullMesh(4),
            {"played": {3: (IPv4Address("100.64.0.1"),)}},
            "site-4: its address 100.64.0.1 lies in inner pool 100.64.0.0/10",
        ),
        (
            FullMesh(4, 2),
            {"played": {3: (IPv4Address("192.0.2.1"), IPv4Address("198.18.0.4"))}},
            "site-4: its address 198.18.0.4 is what pool 198.18.0.0/15 gives to site-2, link 1; "
            "take one outside the pool",
        ),
    ],
)
def test_addresses_that_cannot_be_are_refused_in_one_line(topology, addressing, message):
    """More sites than addresses, and every collision, before anything is made."""
    with pytest.raises(PlanError) as refused:
        overlay(topology, **addressing)
    assert str(refused.value) == message


def test_a_device_that_cannot_hold_its_share_is_named():
    """What the testbed allows, and what the platform can, holds for a share as well."""
    made = overlay(HubAndSpoke(1501, 1), Kind.IPSEC)
    with pytest.raises(PlanError) as refused:
        made.plan(0, replace(SITE, max_tunnels=1500))
    assert str(refused.value) == (
        "device dut: 1501 tunnels asked, its testbed entry allows 1500 (limits.tunnels)"
    )
    with pytest.raises(PlanError, match="device dut: 0 tunnels asked; at least 1 makes a plan"):
        overlay(HubAndSpoke(1, 1, hubs=2)).plan(1, SITE)
    with pytest.raises(PlanError, match="kind ipsec can't be built on platform vmx"):
        made.plan(0, replace(SITE, platform="vmx"))
    with pytest.raises(PlanError, match="16001 tunnels asked, Junos has 16000 st0 units"):
        overlay(HubAndSpoke(16_001, 1, site_prefix="s"), Kind.IPSEC).plan(0, SITE)
