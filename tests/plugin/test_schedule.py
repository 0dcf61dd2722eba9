"""Cases of one device stay together, in an order that doesn't depend on the selection."""

import itertools

import pytest

from harness.pytest_plugin.schedule import device_of, suite_order, worker_count

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
