"""Capacity: which documented number a deployment exceeds, and how many hubs it needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims.catalogue import Catalogue
from harness.errors import PlanError
from harness.plan.capacity import Capacity, hub_capacity, hubs_needed, mesh_capacity
from harness.plan.hub_and_spoke import HubAndSpoke
from harness.plan.tenants import Tenants

CATALOGUE = Catalogue.load()


def standings(found: Capacity) -> dict[str, str]:
    """Return each row's standing by what it says."""
    return {f"{load.what}, {load.claim.id}": load.standing for load in found.loads if load.claim}


@pytest.mark.parametrize(
    ("tag_pairs", "platform", "standing"),
    [
        (1, "nfx250", "within"),
        (2, "nfx250", "within"),
        (3, "nfx250", "exceeded by 147"),
        (3, "srx4100", "within"),
        (3, "srx4200", "within"),
        (3, "vsrx", "no reference value"),
    ],
)
def test_a_mesh_of_250_fits_where_the_arithmetic_says(tag_pairs, platform, standing):
    """747 tunnels are over the NFX250's 600 and within the SRX4x00's 1500."""
    found = mesh_capacity(Tenants(1, 250, tag_pairs, links=3), platform, CATALOGUE)
    assert (found.loads[0].asked, found.loads[0].standing) == (249 * tag_pairs, standing)
    assert found.tunnels == 31_125 * tag_pairs


def test_the_combinations_show_who_is_exceeded():
    """Each number of tag pairs on each platform that the document counts for."""
    found = mesh_capacity(Tenants(1, 250, links=4), "nfx250", CATALOGUE)
    table = {
        (one.settings[0][1], load.what): load.standing
        for one in found.combinations
        for load in one.loads
    }
    assert [key for key, standing in table.items() if standing != "within"] == [
        (3, "a site (nfx250)")
    ]
    assert len(table) == 9
    two_links = mesh_capacity(Tenants(1, 250, links=2), "nfx250", CATALOGUE)
    assert [one.settings for one in two_links.combinations] == [
        (("tag pairs", 1),),
        (("tag pairs", 2),),
    ]


def test_tenants_are_held_to_their_own_rows():
    """200 tenants of 10 sites, and 201 of 11."""
    assert standings(mesh_capacity(Tenants(200, 10, links=1), "nfx250", CATALOGUE)) == {
        "each site (nfx250), nfx250-tunnels": "within",
        "tenants, full-mesh-tenants": "within",
        "sites of each tenant, full-mesh-sites-per-tenant": "within",
        "tunnels of a tenant, all pairs up, dvpn-tunnels-per-tenant": "no reference value",
        "tunnels of all tenants, dvpn-tunnels-per-installation": "no reference value",
    }
    more = mesh_capacity(Tenants(201, 11, links=1), "nfx250", CATALOGUE)
    assert [load.standing for load in more.exceeded] == ["exceeded by 1"] * 2


def test_a_blank_cell_is_judged_by_the_operators_number_alone():
    """Without a number nothing is said of it; with one, the row says whose it is."""
    given = CATALOGUE.with_operator_values({"dvpn-tunnels-per-tenant": 31_000}, "lab.yaml:9")
    found = mesh_capacity(Tenants(1, 250, links=1), "nfx250", given)
    (load,) = found.exceeded
    assert (load.excess, load.claim.source, load.claim.given_in) == (125, "operator", "lab.yaml:9")
    assert mesh_capacity(Tenants(1, 250, links=1), "nfx250", CATALOGUE).exceeded == ()


def test_6000_sites_need_the_hubs_that_the_arithmetic_says():
    """750 dual-link sites on a hub, so 8 hubs; 20 with secondary hubs and OAM."""
    found = hub_capacity(HubAndSpoke(6000, 2, hubs=8), "nfx250", "srx4200", CATALOGUE)
    assert (found.hubs_needed, found.loads[1].asked, found.loads[1].standing) == (8, 1500, "within")
    few = hub_capacity(
        HubAndSpoke(6000, 2, hubs=19, hubs_per_site=2, oam=True), "nfx250", "srx4200", CATALOGUE
    )
    assert (few.hubs_needed, few.loads[1].standing) == (20, "exceeded by 80")
    assert standings(few)["sites, large-hub-and-spoke-sites"] == "within"
    assert standings(few)["sites, medium-hub-and-spoke-sites"] == "exceeded by 2500"
    assert len(few.combinations) == 8
    assert all(one.loads[0].standing == "within" for one in few.combinations)


@given(
    sites=st.integers(1, 400),
    links=st.integers(1, 4),
    hubs_per_site=st.integers(1, 2),
    oam=st.booleans(),
    limit=st.integers(9, 60),
)
def test_the_hubs_needed_suffice_and_one_less_does_not(sites, links, hubs_per_site, oam, limit):
    """No hub carries more than its number, and with one hub less some hub would."""
    hubs = hubs_needed(sites, links, hubs_per_site, limit, oam=oam)

    def fullest(number: int) -> int:
        topology = HubAndSpoke(sites, links, number, hubs_per_site, oam)
        return max(map(topology.degree, range(number)))

    assert fullest(hubs) <= limit
    if hubs > hubs_per_site:
        assert fullest(hubs - 1) > limit


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: hub_capacity(HubAndSpoke(5, 1), "nfx250", "vsrx", CATALOGUE),
            "a hub of platform vsrx has no documented number of tunnels; with one: "
            "nfx250, srx4100, srx4200",
        ),
        (
            lambda: hub_capacity(HubAndSpoke(5, 1), "nfx250", "srx", CATALOGUE),
            "unknown platform 'srx'; known: nfx250, srx4100, srx4200, vsrx, vmx",
        ),
        (
            lambda: hub_capacity(HubAndSpoke(5, 1), "nfx", "srx4200", CATALOGUE),
            "unknown platform 'nfx'; known: nfx250, srx4100, srx4200, vsrx, vmx",
        ),
        (
            lambda: mesh_capacity(Tenants(1, 250, 3, links=2), "nfx250", CATALOGUE),
            "3 mesh-tag pairs need as many WAN links; a site has 2",
        ),
        (
            lambda: hubs_needed(1, 4, 2, 8, oam=True),
            "a hub for 8 tunnels can't take the 9 of one site each",
        ),
    ],
)
def test_what_cannot_be_counted_is_refused(ask, message):
    """A hub without capacity, an unknown platform, more tags than links."""
    with pytest.raises(PlanError) as refused:
        ask()
    assert str(refused.value) == message
