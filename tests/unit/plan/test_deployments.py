"""Deployments of a testbed: a device in every place, and its plan."""

from __future__ import annotations

import pytest

from harness.errors import PlanError
from harness.plan.deployments import Rollout, demand_of, rollout_of
from harness.plan.occupied import Occupied
from harness.testbed.load import load_testbed_text
from harness.testbed.model import Testbed

KEY = b"k" * 32
LAB = """\
testbed:
  name: lab
  credentials: {default: {username: lab, password: {env: LAB}}}
devices:
  nfx-a:
    platform: nfx250
    connections: {netconf: {host: 10.9.0.1}}
    underlay: {external_interface: ge-0/0/3.0, external_zone: wan, local_address: 192.0.2.1,
      peers: 198.18.0.0/16, inner: 198.19.0.0/16, proposal: {dh_group: group20}}
fleets:
  branch:
    count: 6000
    platform: nfx250
    simulated: true
    underlay:
      external_interface: ge-0/0/0.0
      external_zone: untrust
      proposal: {pfs_group: group20}
  hub:
    count: 8
    platform: srx4200
    simulated: true
    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust}
deployments:
  large:
    topology: hub-and-spoke
    sites: 6000
    hubs: 4
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
    hubs_played_by: [hub]
    plays: {site-17: nfx-a}
  mesh:
    topology: full-mesh
    sites: 250
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
  tenants:
    topology: full-mesh
    tenants: 200
    sites: 10
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
"""


def lab(*replacements: tuple[str, str]) -> Testbed:
    """Return the testbed with some of its text replaced."""
    text = LAB
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return load_testbed_text(text, "lab.yaml")


def rollout(name: str, testbed: Testbed) -> Rollout:
    """Return the rollout of the deployment of that name."""
    deployment = next(each for each in testbed.deployments if each.name == name)
    return rollout_of(testbed, deployment, run_key=KEY)


def test_every_place_has_a_device_and_a_plan() -> None:
    """6000 sites on four hubs: 1500 tunnels on each hub, one on each site."""
    large = rollout("large", lab())
    sites = list(large.sites())
    assert [place.name for place in (large.hubs[0], sites[0], sites[-1])] == [
        "hub-1",
        "site-1",
        "site-6000",
    ]
    assert [place.device.name for place in (*large.hubs, sites[0])] == [
        *(f"hub-{number}" for number in range(1, 5)),
        "branch-0001",
    ]
    assert [large.plan(hub, Occupied.none()).count for hub in large.hubs] == [1500] * 4
    assert {large.plan(site, Occupied.none()).count for site in sites[::500]} == {1}


def test_a_single_device_plays_with_its_own_address() -> None:
    """The device of the lab keeps interface, zone, proposal and address, and its hub knows that."""
    large = rollout("large", lab())
    place = large.place(large.topology.index("site-17"))
    plan = large.plan(place, Occupied.none())
    assert (place.device.name, plan.site.external_interface) == ("nfx-a", "ge-0/0/3.0")
    assert (str(plan.site.local), plan.proposal.dh_group) == ("192.0.2.1", "group20")
    (tunnel,) = plan.tunnels
    hub = next(h for h in large.hubs if tunnel.peer in large.outer(h.index))
    other = {t.name: t for t in large.plan(hub, Occupied.none()).tunnels}[tunnel.name]
    assert (other.peer, other.local) == (tunnel.local, tunnel.peer)
    assert other.secure is not None
    assert tunnel.secure is not None
    assert other.secure.psk == tunnel.secure.psk


def test_a_fleet_says_where_its_tunnels_leave() -> None:
    """Interface, zone and proposal are the fleet's, addresses the deployment's."""
    large = rollout("large", lab())
    plan = large.plan(next(large.sites()), Occupied.none())
    assert (plan.site.external_interface, plan.site.external_zone) == ("ge-0/0/0.0", "untrust")
    assert plan.proposal.pfs_group == "group20"
    assert plan.site.local in lab().deployments[0].outer


@pytest.mark.parametrize(("name", "sites", "each"), [("mesh", 250, 249), ("tenants", 2000, 9)])
def test_meshes_have_no_hubs(name: str, sites: int, each: int) -> None:
    """Every site has a tunnel to each other of its tenant."""
    mesh = rollout(name, lab())
    assert mesh.hubs == ()
    assert sum(1 for _ in mesh.sites()) == sites
    assert mesh.plan(mesh.place(sites - 1), Occupied.none()).count == each


@pytest.mark.parametrize(
    ("deployment", "old", "new", "words"),
    [
        (
            "large",
            "outer: 10.0.0.0/15",
            "outer: 10.0.0.0/24",
            "lab.yaml:25: deployments.large: outer pool 10.0.0.0/24 is too small: 6004 sites and "
            "hubs with 1 addresses each need 6004, it has 254",
        ),
        (
            "large",
            "hubs: 4",
            "hubs: 4\n    links: 2",
            "lab.yaml:25: deployments.large: site-17 is played by nfx-a, which has one outer "
            "address; here each needs 2",
        ),
        ("large", "site-17: nfx-a", "site-6001: nfx-a", "no site 'site-6001' in the topology"),
        (
            "large",
            "local_address: 192.0.2.1",
            "local_address: 10.0.0.9",
            "site-17: its address 10.0.0.9 is what pool 10.0.0.0/15 gives to site-5, link 0",
        ),
        (
            "tenants",
            "tenants: 200\n    sites: 10",
            "tenants: 1000\n    sites: 6",
            "",
        ),
    ],
)
def test_what_cannot_be_is_one_line(deployment: str, old: str, new: str, words: str) -> None:
    """The line says where in the file, and what is allowed."""
    testbed = lab((old, new))
    if not words:
        assert rollout(deployment, testbed).topology.size == 6000
        return
    with pytest.raises(PlanError) as caught:
        rollout(deployment, testbed)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


DVPN = """\
  demand:
    topology: dvpn
    tenants: 2
    sites: 10
    waves: 3
    tunnels: 20
    churn: 40
    delete_threshold: 2
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
"""


def test_tunnels_on_demand_keep_their_addresses() -> None:
    """What a wave has is a part of the full mesh, with the numbers that it has there."""
    testbed = load_testbed_text(LAB + DVPN, "lab.yaml")
    mesh = rollout("demand", testbed)
    for wave in demand_of(testbed, testbed.deployment("demand")).each():
        now = mesh.now(wave.tunnels)
        sites = [site for site in now.sites() if now.topology.degree(site.index)]
        ends = [t for site in sites for t in now.plan(site, Occupied.none()).tunnels]
        assert len(ends) == 2 * wave.tunnels.count == 2 * 2 * 20
        of_mesh = {t.name: (t.local, t.peer) for t in mesh.plan(sites[0], Occupied.none()).tunnels}
        for tunnel in now.plan(sites[0], Occupied.none()).tunnels:
            assert of_mesh[tunnel.name] == (tunnel.local, tunnel.peer)


def test_only_a_dvpn_has_sessions() -> None:
    """Asking another deployment for them is a mistake."""
    testbed = lab()
    with pytest.raises(PlanError, match=r"deployments\.mesh: no tunnels on demand are asked for"):
        demand_of(testbed, testbed.deployment("mesh"))
