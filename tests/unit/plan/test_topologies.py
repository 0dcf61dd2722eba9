"""Topologies: formulas and iteration agree, numbers are unique and never move."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import PlanError
from harness.plan.dvpn import OnDemand, Thresholds
from harness.plan.full_mesh import FullMesh
from harness.plan.hub_and_spoke import HubAndSpoke
from harness.plan.site_names import Names, check_site_name
from harness.plan.tenants import Tenants
from harness.plan.topology import End, Pair, Purpose, Topology


@st.composite
def hubs_and_spokes(draw) -> HubAndSpoke:
    """Draw a hub-and-spoke topology of a size that can be looked at whole."""
    hubs = draw(st.integers(1, 5))
    return HubAndSpoke(
        sites=draw(st.integers(1, 20)),
        links=draw(st.integers(1, 4)),
        hubs=hubs,
        hubs_per_site=draw(st.integers(1, min(2, hubs))),
        oam=draw(st.booleans()),
    )


MESHES = st.builds(FullMesh, sites=st.integers(2, 16), tag_pairs=st.integers(1, 3))
TENANTS = st.builds(Tenants, st.integers(1, 6), st.integers(2, 8), st.integers(1, 3))


@st.composite
def on_demand(draw) -> OnDemand:
    """Draw a mesh in which some pairs have tunnels."""
    mesh = draw(MESHES)
    every = list(combinations(range(mesh.sites), 2))
    return OnDemand(mesh, frozenset(draw(st.sets(st.sampled_from(every)))))


TOPOLOGIES = st.one_of(hubs_and_spokes(), MESHES, TENANTS, on_demand())
FULL_SIZE = {
    "500 sites": HubAndSpoke(500, links=2, hubs=1),
    "3500 sites": HubAndSpoke(3500, links=2, hubs=10, hubs_per_site=2, oam=True),
    "6000 sites": HubAndSpoke(6000, links=2, hubs=20, hubs_per_site=2, oam=True),
    "mesh of 250": FullMesh(250),
    "mesh of 250, three tags": FullMesh(250, tag_pairs=3),
    "200 tenants of 10": Tenants(200, 10, tag_pairs=3),
}


def assert_sound(topology: Topology) -> None:
    """Check what must hold of every topology."""
    pairs = list(topology.pairs())
    numbers = [pair.number for pair in pairs]
    assert len(pairs) == topology.count == len(set(numbers))
    assert all(0 <= number < topology.numbers for number in numbers)
    assert len({topology.pair_name(pair) for pair in pairs}) == topology.count

    of_site: dict[int, list[Pair]] = {site: [] for site in range(topology.size)}
    for pair in pairs:
        assert pair.a.site != pair.b.site
        of_site[pair.a.site].append(pair)
        of_site[pair.b.site].append(pair)
        assert all(0 <= end.link < topology.addresses_per_site for end in (pair.a, pair.b))
    for site, expected in of_site.items():
        found = list(topology.pairs_of(site))
        assert len(found) == topology.degree(site)
        assert {pair.number for pair in found} == {pair.number for pair in expected}
        # Witnesses of a device tell its tunnels apart by the other end's outer address.
        assert len({pair.seen_from(site)[1] for pair in found}) == len(found)
        assert topology.index(topology.name(site)) == site


@given(TOPOLOGIES)
def test_formulas_and_iteration_agree(topology):
    """What a site yields is what the whole has of it, and as many as the formula says."""
    assert_sound(topology)


@pytest.mark.parametrize("topology", FULL_SIZE.values(), ids=FULL_SIZE)
def test_the_documented_sizes_are_sound(topology):
    """500, 3500 and 6000 sites, the mesh of 250, and 200 tenants of 10."""
    assert_sound(topology)


@pytest.mark.parametrize(
    ("topology", "count", "degree"),
    [
        (FullMesh(250), 31_125, 249),
        (FullMesh(250, tag_pairs=2), 62_250, 498),
        (FullMesh(250, tag_pairs=3), 93_375, 747),
        (FullMesh(10), 45, 9),
        (Tenants(200, 10), 9_000, 9),
        (HubAndSpoke(6000, links=2, hubs=8), 12_000, 1_500),  # a hub; 750 sites on each
        (HubAndSpoke(6000, links=2, hubs=20, hubs_per_site=2, oam=True), 30_000, 1_500),
    ],
)
def test_counts_are_those_of_the_arithmetic(topology, count, degree):
    """k·n·(n-1)/2 and k·(n-1) for a mesh, s·(w·h + 1) and its share for hubs."""
    assert (topology.count, topology.degree(0)) == (count, degree)


@given(MESHES, st.integers(1, 8))
def test_a_smaller_mesh_is_the_beginning_of_a_bigger_one(mesh, more):
    """Sites that are added move nobody's number."""
    bigger = FullMesh(mesh.sites + more, mesh.tag_pairs)
    assert set(mesh.pairs()) <= set(bigger.pairs())
    assert {pair.number for pair in mesh.pairs()} == set(range(mesh.count))


@given(hubs_and_spokes(), st.integers(1, 8))
def test_more_sites_move_no_number(topology, more):
    """A deployment that grows keeps the numbers of the tunnels it has."""
    bigger = HubAndSpoke(
        topology.sites + more,
        topology.links,
        topology.hubs,
        topology.hubs_per_site,
        topology.oam,
    )
    assert set(topology.pairs()) <= set(bigger.pairs())


@given(hubs_and_spokes())
def test_hubs_fill_evenly(topology):
    """No hub has more sites than another, by more than one as primary and one as secondary."""
    loads = [topology.degree(hub) for hub in range(topology.hubs)]
    assert max(loads) - min(loads) <= 2 * topology.links + topology.oam
    assert sum(loads) == topology.count


@given(hubs_and_spokes())
def test_a_site_has_each_of_its_hubs_on_each_link_and_oam_once(topology):
    """Primary and secondary differ; the OAM tunnel goes to the primary, by its own addresses."""
    for site in range(topology.hubs, topology.size):
        pairs = list(topology.pairs_of(site))
        data = Counter(pair.b.site for pair in pairs if pair.purpose is Purpose.DATA)
        oam = [pair for pair in pairs if pair.purpose is Purpose.OAM]
        assert len(data) == topology.hubs_per_site
        assert set(data.values()) == {topology.links}
        assert len(oam) == topology.oam
        assert all(pair.b.site == (site - topology.hubs) % topology.hubs for pair in oam)
        assert all(pair.a.link == pair.b.link == topology.links for pair in oam)


@given(TENANTS)
def test_no_tunnel_joins_two_tenants(topology):
    """Both ends of every tunnel belong to one tenant."""
    for pair in topology.pairs():
        assert topology.tenant(pair.a.site) == topology.tenant(pair.b.site)


def test_tunnels_come_and_go_with_the_sessions():
    """Five sessions in two minutes create, few in fifteen delete, and nothing else moves."""
    mesh = FullMesh(5, tag_pairs=2)
    rules = Thresholds(delete=2)
    first = OnDemand(mesh).created({(0, 1): 5, (1, 4): 4, (2, 3): 60}, rules)
    assert (first.up, first.count, first.degree(1)) == ({(0, 1), (2, 3)}, 4, 2)

    again = first.created({(1, 4): 5}, rules).created({(0, 1): 900}, rules)
    assert again.up == {(0, 1), (1, 4), (2, 3)}
    assert set(first.pairs()) < set(again.pairs()) < set(mesh.pairs())

    left = again.deleted({(0, 1): 3, (1, 4): 2}, rules)
    assert left.up == {(0, 1)}
    assert left.by_hand(create=[(3, 4)], delete=[(0, 1)]).up == {(3, 4)}


@given(MESHES, st.data())
def test_waves_that_create_and_delete_everything_leave_nothing(mesh, data):
    """After the last session only what was there before is there."""
    every = st.sampled_from(list(combinations(range(mesh.sites), 2)))
    now, rules = OnDemand(mesh), Thresholds(delete=0)
    for _ in range(4):
        wave = data.draw(st.sets(every))
        now = now.created(dict.fromkeys(wave, 5), rules)
        assert now.up >= wave
        now = now.deleted({}, rules)
    assert (now.count, list(now.pairs())) == (0, [])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HubAndSpoke(0, 1), "sites: 0; allowed: 1 or more"),
        (lambda: HubAndSpoke(5, 5), "WAN links of a site: 5; allowed: 1..4"),
        (lambda: HubAndSpoke(5, 2, hubs=0), "hubs: 0; allowed: 1 or more"),
        (lambda: HubAndSpoke(5, 2, hubs_per_site=3), "hubs of a site: 3; allowed: 1..2"),
        (
            lambda: HubAndSpoke(5, 2, hubs=1, hubs_per_site=2),
            "2 hubs for each site, and 1 in all",
        ),
        (
            lambda: HubAndSpoke(5, 2, hub_prefix="site"),
            "sites and hubs are both called 'site-…'",
        ),
        (
            lambda: HubAndSpoke(1000, 2, site_prefix="branch"),
            "site name 'branch-1000' has 11 characters; allowed: 10 at most",
        ),
        (
            lambda: FullMesh(250, prefix="my_site"),
            "site name 'my_site-250' is none; allowed: letters, digits and '-'",
        ),
        (lambda: FullMesh(1), "sites of a mesh: 1; allowed: 2 or more"),
        (lambda: FullMesh(9, tag_pairs=4), "mesh-tag pairs: 4; allowed: 1..3"),
        (
            lambda: FullMesh(9, tag_pairs=3, links=2),
            "3 mesh-tag pairs need as many WAN links; a site has 2",
        ),
        (
            lambda: Tenants(2, 9, tag_pairs=2, links=1),
            "2 mesh-tag pairs need as many WAN links; a site has 1",
        ),
        (lambda: Tenants(0, 10), "tenants: 0; allowed: 1 or more"),
        (lambda: Tenants(2, 1), "sites of a mesh: 1; allowed: 2 or more"),
        (
            lambda: Tenants(10_000, 1000),
            "site name 't10000-s1000' has 12 characters; allowed: 10 at most",
        ),
        (lambda: Thresholds(delete=-1), "delete threshold: -1; allowed: 0 or more"),
        (lambda: Thresholds(create=0, delete=1), "create threshold: 0; allowed: 1 or more"),
        (
            lambda: OnDemand(FullMesh(4), frozenset({(1, 4)})),
            "no pair of sites (1, 4); the lower index comes first, of 0..3",
        ),
        (
            lambda: OnDemand(FullMesh(4)).created({(2, 1): 9}, Thresholds(delete=1)),
            "no pair of sites (2, 1); the lower index comes first, of 0..3",
        ),
        (
            lambda: HubAndSpoke(6, 2, 3).index("site-7"),
            "no site 'site-7' in the topology; there: hub-1 … hub-3, site-1 … site-6",
        ),
        (
            lambda: FullMesh(6).index("site-01"),
            "no site 'site-01' in the topology; there: site-1 … site-6",
        ),
        (
            lambda: Tenants(6, 2).index("t1-s3"),
            "no site 't1-s3' in the topology; there: t1-s1 … t6-s2",
        ),
        (
            lambda: Tenants(6, 2).index("t01-s1"),
            "no site 't01-s1' in the topology; there: t1-s1 … t6-s2",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(make, message):
    """Each refusal says what was asked and what is allowed."""
    with pytest.raises(PlanError) as refused:
        make()
    assert str(refused.value) == message


@pytest.mark.parametrize("name", ["a", "Site-00001", "0123456789"])
def test_ten_letters_digits_and_dashes_are_a_site_name(name):
    """What CSO takes is taken."""
    assert check_site_name(name) == name


@pytest.mark.parametrize("name", ["", "a site", "site_1", "s.1", "sité", "site\n", "01234567890"])
def test_other_site_names_are_refused(name):
    """An eleventh character, or one that isn't a letter, a digit or a dash."""
    with pytest.raises(PlanError, match="site name"):
        check_site_name(name)


def test_names_are_found_again():
    """A name leads to its position; what merely looks like one doesn't."""
    names = Names("site", 12)
    assert [names.position(names.name(at)) for at in range(12)] == list(range(12))
    for stranger in ("site-0", "site-13", "site-1x", "hub-1", "site", "site-٣", "site-001"):
        assert names.position(stranger) is None
    assert [str(names), str(Names("hub", 1)), str(Names("x", 0))] == [
        "site-1 … site-12",
        "hub-1",
        "none",
    ]


def test_a_pair_has_two_views():
    """Either site sees its own end first."""
    pair = Pair(7, End(3, 0), End(9, 1))
    assert pair.seen_from(3) == (End(3, 0), End(9, 1))
    assert pair.seen_from(9) == (End(9, 1), End(3, 0))
