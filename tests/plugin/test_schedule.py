"""Cases of one device stay together, in an order that doesn't depend on the selection."""

import itertools

import pytest

from harness.pytest_plugin.schedule import (
    device_of,
    scope_of,
    suite_order,
    worker_count,
)

DEVICES = ("srx", "srx-a", "nfx250", "nfx250-jdm")


@pytest.mark.parametrize(
    ("nodeid", "device"),
    [
        ("tunnels/test_tunnels.py::test_tunnels[srx-a-ipsec-1500]", "srx-a"),
        ("tunnels/test_tunnels.py::test_tunnels[srx-gre-over-ipsec-2]", "srx"),
        ("preflight/test_preflight.py::test_preflight[nfx250-jdm]", "nfx250-jdm"),
        ("preflight/test_preflight.py::test_preflight[nfx250]", "nfx250"),
        ("other/test_x.py::test_x[nfx2500-ipsec-2]", None),
        ("other/test_x.py::test_x", None),
    ],
)
def test_a_case_belongs_to_the_longest_name_that_begins_its_parameters(nodeid, device):
    """Device names may contain the separator, and one may begin another, in any order."""
    for order in itertools.permutations(DEVICES):
        assert device_of(nodeid, order) == device


def test_preflight_is_first_and_restore_last():
    """Whatever else is selected stands between them."""
    nodeids = ["restore/t.py::r[a]", "tunnels/t.py::t[a]", "preflight/t.py::p[a]", "x/t.py::x"]
    ordered = sorted(nodeids, key=suite_order)
    assert [n.partition("/")[0] for n in ordered] == ["preflight", "tunnels", "x", "restore"]


def test_auto_means_one_worker_per_device():
    """And one where there is none, so that pytest can say so."""
    assert [worker_count(devices) for devices in ((), ("a",), DEVICES)] == [1, 1, 4]


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("hub_and_spoke/t.py::t[small-hubs]", "deployments"),
        ("hub_and_spoke/t.py::t[small-wave-01]", "deployments"),
        ("mesh/t.py::t[small-mesh-whole]", "deployments"),
        ("tunnels/t.py::t[srx-a-ipsec-2]", "deployments"),  # it plays in one
        ("tunnels/t.py::t[srx-ipsec-2]", "srx"),
        ("tunnels/t.py::t[small-srx-ipsec-2]", "small-srx"),  # begins as a deployment does
        ("other/t.py::t", "other/t.py::t"),
    ],
)
def test_deployments_are_one_scope(nodeid, scope):
    """They share fleets and hubs, and single devices that play in them belong there."""
    devices, deployments = (*DEVICES, "small-srx"), ("small", "small-mesh")
    assert scope_of(nodeid, devices, deployments, {"srx-a"}) == scope
