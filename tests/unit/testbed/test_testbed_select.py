"""Which device serves which need: the same in every order, and refusals say why."""

from __future__ import annotations

from itertools import permutations

import pytest

from harness.errors import UsageError
from harness.testbed.model import Device
from harness.testbed.select import Need, assign, lacks, matching

DEVICES = (
    Device("branch", "nfx250", tags=("branch",), chassis="box"),
    Device("branch-jdm", "nfx250", type="jdm", role="jdm", tags=("branch",), chassis="box"),
    Device("hub", "srx4100", tags=("hub", "rack-1")),
    Device("stand-in", "vsrx", emulates="srx4100", tags=("hub",)),
    Device("router", "vmx", emulates="srx4200"),
)


@pytest.mark.parametrize(
    ("need", "names"),
    [
        (Need("any"), ["branch", "hub", "router", "stand-in"]),
        (Need("any endpoint", role=None), ["branch", "branch-jdm", "hub", "router", "stand-in"]),
        (Need("vnfs", role="jdm"), ["branch-jdm"]),
        (Need("srx", platform="srx4100"), ["hub", "stand-in"]),
        (Need("not by its own platform", platform="vsrx"), []),
        (Need("secure", kind="ipsec"), ["branch", "hub", "stand-in"]),
        (Need("plain", kind="gre", tags=frozenset({"hub"})), ["hub", "stand-in"]),
        (Need("both tags", tags=frozenset({"hub", "rack-1"})), ["hub"]),
    ],
    ids=lambda value: value.name if isinstance(value, Need) else "",
)
def test_matching(need: Need, names: list[str]) -> None:
    """All devices that serve a need come by name, whatever the order of the testbed."""
    for order in permutations(DEVICES):
        assert [device.name for device in matching(need, order)] == names


def test_what_a_device_lacks_is_said() -> None:
    """Every reason is given, not only the first."""
    need = Need("x", platform="nfx250", kind="ipsec", role="jdm", tags=frozenset({"b", "a"}))
    assert lacks(DEVICES[4], need) == (
        "is a srx4200",
        "has the role gateway",
        "carries no ipsec",
        "has no tag a",
        "has no tag b",
    )


NEEDS = (
    Need("a", kind="gre"),  # whom everybody serves, asked first: it must give way
    Need("b", kind="ipsec"),
    Need("c", platform="srx4100", tags=frozenset({"rack-1"})),
    Need("d", tags=frozenset({"branch"})),
)


def test_assignment_is_the_same_in_every_order() -> None:
    """Each need has a device of its own, found even where the first choice has to move."""
    seen = {
        tuple((name, device.name) for name, device in assign(needs, devices).items())
        for needs in permutations(NEEDS)
        for devices in (DEVICES, DEVICES[::-1], DEVICES[2:] + DEVICES[:2])
    }
    assert seen == {(("a", "router"), ("b", "stand-in"), ("c", "hub"), ("d", "branch"))}


def test_a_choice_is_the_same_in_every_order() -> None:
    """Where several devices would do, names decide, not the order of asking."""
    needs = [Need(name, kind="ipsec") for name in ("x", "y")]
    for order in (needs, needs[::-1]):
        found = assign(order, DEVICES)
        assert {name: device.name for name, device in found.items()} == {"x": "branch", "y": "hub"}


def test_too_few_devices() -> None:
    """Two needs for the one device with a tag: the message says who would serve."""
    needs = [Need(name, tags=frozenset({"rack-1"})) for name in ("x", "y")]
    with pytest.raises(UsageError, match="need y: too few devices; hub would serve"):
        assign(needs, DEVICES)


def test_no_device_serves() -> None:
    """A need that nobody serves lists for each device why."""
    with pytest.raises(UsageError) as caught:
        assign([Need("x", platform="srx4200", kind="ipsec")], DEVICES[2:])
    assert str(caught.value) == (
        "need x: no device serves: hub is a srx4100; router carries no ipsec; stand-in is a srx4100"
    )
    with pytest.raises(UsageError, match="no device serves: there is none"):
        assign([Need("x")], [])
