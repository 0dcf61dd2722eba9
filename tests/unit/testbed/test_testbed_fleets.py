"""Fleets and deployments: expanded when asked, and refused in one line where they can't be."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from harness.errors import TestbedError, UsageError
from harness.testbed.load import load_testbed_text
from harness.testbed.model import OnDemandNumbers

GOOD = """\
testbed:
  name: lab
  credentials: {default: {username: lab, password: {env: LAB}}}
devices:
  nfx-a:
    platform: nfx250
    connections: {netconf: {host: 10.9.0.1}}
    underlay: {external_interface: ge-0/0/0.0, external_zone: untrust, local_address: 192.0.2.1,
      peers: 198.18.0.0/16, inner: 100.64.0.0/16}
fleets:
  branch:
    count: 6000
    platform: nfx250
    address: 127.16.0.1
    underlay: {external_interface: ge-0/0/0.0, external_zone: untrust}
  hub:
    count: 4
    platform: srx4200
    type: hub
    simulated: true
    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust}
deployments:
  large:
    topology: hub-and-spoke
    claim: large-hub-and-spoke-sites
    sites: 6000
    hubs: 4
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
    hubs_played_by: [hub]
    plays: {site-17: nfx-a}
  mesh:
    topology: full-mesh
    tenants: 20
    sites: 10
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
    failures_percent: 12.5
  demand:
    topology: dvpn
    sites: 10
    tag_pairs: 2
    waves: 5
    tunnels: 40
    delete_threshold: 2
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
"""


def test_a_fleet_is_made_when_asked() -> None:
    """Names are padded alike, addresses follow each other, and names find their device."""
    testbed = load_testbed_text(GOOD, "lab.yaml")
    branch, hub = testbed.fleets
    assert [d.name for d in hub.members()] == ["hub-1", "hub-2", "hub-3", "hub-4"]
    assert not hub.member(1).connections
    last = testbed.device("branch-6000")
    assert (last.platform, last.connections["netconf"].host) == ("nfx250", "127.16.23.112")
    assert last.connections["cli"].port == 22
    assert branch.named("branch-0017") == branch.member(17)
    assert sum(1 for _ in branch.members()) == 6000


@pytest.mark.parametrize("name", ["branch-0000", "branch-6001", "branch-1", "branch", "hub-04"])
def test_other_names_are_nobodys(name: str) -> None:
    """The error says which there are."""
    with pytest.raises(UsageError, match="branch-0001 … branch-6000"):
        load_testbed_text(GOOD, "lab.yaml").device(name)


def test_a_deployment_says_who_plays() -> None:
    """Numbers, pools and players as they were written, defaults filled in."""
    testbed = load_testbed_text(GOOD, "lab.yaml")
    large, mesh, demand = testbed.deployments
    assert (large.sites, large.hubs, large.links, large.oam, large.wave) == (6000, 4, 1, False, 500)
    assert (large.outer, dict(large.plays)) == (IPv4Network("10.0.0.0/15"), {"site-17": "nfx-a"})
    assert (mesh.all_sites, mesh.failures_allowed, mesh.claim) == (200, 0.125, None)
    assert [d.name for d in testbed.players(large.hubs_played_by)][-1] == "hub-4"
    assert large.line == 23
    assert large.on_demand is None
    assert demand.on_demand == OnDemandNumbers(
        waves=5, tunnels=40, churn=40 + 4 * 20, create_threshold=5, delete_threshold=2, seed="1"
    )


_FLEETS = GOOD[GOOD.index("fleets:") : GOOD.index("deployments:")]
MISTAKES = {
    "more sites than devices": (
        "sites: 6000",
        "sites: 6001",
        "lab.yaml:30: deployments.large.played_by: has 6000 devices; allowed: one for each of the "
        "6001 sites",
    ),
    "more tenants than devices": (
        "tenants: 20",
        "tenants: 601",
        "lab.yaml:39: deployments.mesh.played_by: has 6000 devices; allowed: one for each of the "
        "6010 sites",
    ),
    "more hubs than devices": (
        "hubs: 4",
        "hubs: 5",
        "lab.yaml:31: deployments.large.hubs_played_by: has 4 devices; allowed: one for each of "
        "the 5 hubs",
    ),
    "a player that isn't there": (
        "played_by: [branch]",
        "played_by: [brunch]",
        "lab.yaml:30: deployments.large.played_by[0]: 'brunch' is no fleet and no device; there: "
        "nfx-a, branch, hub",
    ),
    "a player twice": (
        "hubs_played_by: [hub]",
        "hubs_played_by: [hub, branch]",
        "lab.yaml:31: deployments.large.hubs_played_by[1]: 'branch' plays twice; allowed: once",
    ),
    "two hubs for a site of one": (
        "hubs: 4",
        "hubs: 1\n    hubs_per_site: 2",
        "lab.yaml:28: deployments.large.hubs_per_site: is 2; allowed: 1 or less, there are so "
        "many hubs",
    ),
    "a fleet in a site's place": (
        "site-17: nfx-a",
        "site-17: hub",
        "lab.yaml:32: deployments.large.plays.site-17: 'hub' is a fleet; allowed: nfx-a",
    ),
    "overlapping pools": (
        "inner: 100.64.0.0/10",
        "inner: 10.1.0.0/16",
        "lab.yaml:29: deployments.large.inner: overlaps outer (10.0.0.0/15); allowed: two pools "
        "without a common address",
    ),
    "addresses of a device": (
        "host: 10.9.0.1",
        "host: 127.16.0.9",
        "lab.yaml:14: fleets.branch.address: device nfx-a has 127.16.0.9 too; allowed: addresses "
        "of its own",
    ),
    "addresses of another fleet": (
        "    simulated: true\n",
        "    simulated: true\n    address: 127.16.23.112\n",
        "lab.yaml:21: fleets.hub.address: fleet branch has 127.16.23.112 too; allowed: addresses "
        "of its own",
    ),
    "addresses beyond the last": (
        "address: 127.16.0.1",
        "address: 255.255.255.1",
        "lab.yaml:14: fleets.branch.address: leaves no room for so many; allowed: a lower one",
    ),
    "a device of a fleet's name": (
        "  nfx-a:",
        "  branch-0007:",
        "lab.yaml:11: fleets.branch: has a device called branch-0007, as devices has; allowed: "
        "another name",
    ),
    "a fleet without an interface": (
        "    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust}\n",
        "",
        "lab.yaml:16: fleets.hub.underlay: is missing; allowed: external_interface, external_zone",
    ),
    "a real fleet without addresses": (
        "    address: 127.16.0.1\n",
        "",
        "lab.yaml:11: fleets.branch.address: is missing",
    ),
    "IPsec on a vMX": (
        "    count: 6000\n    platform: nfx250",
        "    count: 6000\n    platform: vmx",
        "lab.yaml:30: deployments.large.played_by[0]: a vmx carries no ipsec; allowed: gre",
    ),
    "an unknown topology": (
        "topology: hub-and-spoke",
        "topology: ring",
        "lab.yaml:24: deployments.large.topology: is 'ring'; allowed: hub-and-spoke, full-mesh, "
        "dvpn, distributed, centralized",
    ),
    "a DVPN without a threshold to delete at": (
        "    delete_threshold: 2\n",
        "",
        "lab.yaml:41: deployments.demand.delete_threshold: is missing",
    ),
    "more DVPN tunnels than the mesh has": (
        "tunnels: 40",
        "tunnels: 92",
        "lab.yaml:46: deployments.demand.tunnels: is 92; allowed: 90 or less, the full mesh has "
        "so many",
    ),
    "half a pair of DVPN tunnels": (
        "tunnels: 40",
        "tunnels: 41",
        "lab.yaml:46: deployments.demand.tunnels: is 41; allowed: a multiple of 2, so many come "
        "and go together",
    ),
    "more churn than waves can bring": (
        "tunnels: 40",
        "tunnels: 40\n    churn: 202",
        "lab.yaml:47: deployments.demand.churn: is 202; allowed: 40-200, a multiple of 2: 5 waves "
        "can create so many",
    ),
    "a literal password of a real fleet": (
        "password: {env: LAB}",
        "password: hunter2",
        "lab.yaml:3: testbed.credentials.default.password: literal text for a device that is not "
        "simulated (device branch); allowed: {env: NAME}, {keyring: SERVICE}, {agent: true}, "
        "{prompt: true}, {file: PATH}",
    ),
    "nothing at all": (
        GOOD[GOOD.index("devices:") :],
        "",
        "lab.yaml:1: devices: is missing; allowed: devices, fleets, or both",
    ),
}


@pytest.mark.parametrize(("old", "new", "problem"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line(old: str, new: str, problem: str) -> None:
    """Each is told with file, line, key and what is allowed."""
    assert old in GOOD
    with pytest.raises(TestbedError) as caught:
        load_testbed_text(GOOD.replace(old, new, 1), "lab.yaml")
    assert problem in caught.value.problems
