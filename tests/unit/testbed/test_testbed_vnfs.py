"""Deployments of VNFs and the compute nodes that run them: read, and refused in one line."""

from __future__ import annotations

import pytest

from harness.errors import TestbedError
from harness.testbed.load import load_testbed_text
from harness.testbed.model import VnfMachine

GOOD = """\
testbed:
  name: lab
  credentials: {default: {username: lab, password: {env: LAB}}}
devices:
  node-a:
    type: compute
    platform: compute-node
    os: linux
    connections: {cli: {host: 10.9.0.9}}
fleets:
  jdm:
    count: 20
    type: jdm
    platform: nfx250
    simulated: true
  fw:
    count: 40
    platform: vsrx
    simulated: true
    underlay: {external_interface: ge-0/0/0.0, external_zone: untrust}
  hub:
    count: 1
    platform: srx4200
    simulated: true
    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust}
  node:
    count: 2
    type: compute
    platform: compute-node
    os: linux
    simulated: true
deployments:
  branches:
    topology: distributed
    claim: small-distributed-sites
    sites: 20
    image: /var/third-party/images/vsrx.qcow2
    memory: 4194304
    vlan: wan
    played_by: [jdm]
  centre:
    topology: centralized
    vnfs: 40
    per_node: 20
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    hubs: 1
    nodes: [node-a, node]
    played_by: [fw]
    hubs_played_by: [hub]
"""


def test_a_distributed_deployment_says_what_its_vnfs_are() -> None:
    """Two on each site, where nothing else is said, in pages of a gigabyte."""
    branches = load_testbed_text(GOOD, "lab.yaml").deployment("branches")
    assert (branches.sites, branches.vnfs_per_site, branches.kind) == (20, 2, "vnf")
    assert branches.machine == VnfMachine(
        "/var/third-party/images/vsrx.qcow2", 2, 4194304, "wan", 1024
    )


def test_a_centralized_deployment_has_its_vnfs_as_sites() -> None:
    """Twenty on a node, as the document says, each with a tunnel to a hub."""
    centre = load_testbed_text(GOOD, "lab.yaml").deployment("centre")
    assert (centre.sites, centre.per_node, centre.nodes) == (40, 20, ("node-a", "node"))
    assert (centre.hubs, centre.kind) == (1, "ipsec")


def test_a_compute_node_carries_no_tunnels() -> None:
    """It's a role of its own."""
    node = load_testbed_text(GOOD, "lab.yaml").device("node-1")
    assert (node.role, node.kinds, node.os) == ("compute", (), "linux")


MISTAKES = {
    "21 on a node": (
        "per_node: 20",
        "per_node: 21",
        "deployments.centre.per_node: is 21; allowed: 1-20",
    ),
    "too few nodes": (
        "nodes: [node-a, node]",
        "nodes: [node-a]",
        "deployments.centre.nodes: has 1 devices; allowed: one for each of the 2 compute nodes",
    ),
    "a node that isn't one": (
        "nodes: [node-a, node]",
        "nodes: [node-a, jdm]",
        "deployments.centre.nodes[1]: is no device of type compute; allowed: those alone",
    ),
    "a gateway for a JDM": (
        "played_by: [jdm]",
        "played_by: [fw]",
        "deployments.branches.played_by[0]: is no device of type jdm; allowed: those alone",
    ),
    "a node for a hub": (
        "nodes: [node-a, node]\n    played_by: [fw]\n    hubs_played_by: [hub]",
        "nodes: [node]\n    played_by: [fw]\n    hubs_played_by: [node-a]",
        "deployments.centre.hubs_played_by[0]: is a compute node, which carries no tunnels",
    ),
    "too few VNFs": (
        "count: 40",
        "count: 39",
        "deployments.centre.played_by: has 39 devices; allowed: one for each of the 40 sites",
    ),
    "pools without tunnels": (
        "vlan: wan",
        "vlan: wan\n    outer: 10.0.0.0/15",
        "deployments.branches.outer: unknown key",
    ),
    "an image elsewhere": (
        "image: /var/third-party/images/vsrx.qcow2",
        "image: images/vsrx.qcow2",
        "deployments.branches.image: is malformed; allowed: an absolute path",
    ),
    "pages of another size": (
        "vlan: wan",
        "vlan: wan\n    hugepages: 4",
        "deployments.branches.hugepages: is 4; allowed: 0, 2, 1024",
    ),
    "a node that runs Junos": (
        "    os: linux\n    connections",
        "    connections",
        "devices.node-a.os: a compute node's is linux; allowed: linux",
    ),
    "a node with NETCONF": (
        "{cli: {host: 10.9.0.9}}",
        "{cli: {host: 10.9.0.9}, netconf: {host: 10.9.0.9}}",
        "devices.node-a.connections.netconf: a compute node speaks none; allowed: cli",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(mistake: str) -> None:
    """File, line, key, what is wrong, what is allowed."""
    old, new, words = MISTAKES[mistake]
    assert old in GOOD
    with pytest.raises(TestbedError) as refused:
        load_testbed_text(GOOD.replace(old, new, 1), "lab.yaml")
    assert len(refused.value.problems) == 1, refused.value.problems
    assert words in refused.value.problems[0]
    assert refused.value.problems[0].startswith("lab.yaml:")
