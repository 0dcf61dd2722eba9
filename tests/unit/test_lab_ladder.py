"""Which counts are tried where: from the claims, cut by the owner's limits."""

from dataclasses import replace

import pytest

from harness.claims.catalogue import Catalogue
from harness.lab.ladder import rungs
from harness.testbed.model import Device, Limits, Testbed

CATALOGUE = Catalogue.load()
SRX = Device(name="a", platform="srx4100")


def counts(device, **options):
    """Return the counts of the first kind of one device."""
    found = rungs(Testbed("t", "t.yaml", (device,)), CATALOGUE, **options)
    return [rung.count for rung in found if rung.kind == found[0].kind]


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        (SRX, [150, 750, 1500, 1501]),
        (Device(name="n", platform="nfx250"), [60, 300, 600, 601]),
        (Device(name="v", platform="vsrx", emulates="nfx250"), [60, 300, 600, 601]),
        (Device(name="v", platform="vsrx"), [2]),
        (replace(SRX, limits=Limits(tunnels=1500)), [150, 750, 1500]),
        (replace(SRX, limits=Limits(tunnels=800)), [150, 750, 800]),
    ],
)
def test_a_ramp_follows_claim_and_limit(device, expected):
    """10 %, 50 %, 100 % and one above; a limit of the device's own ends it."""
    assert counts(device) == expected


def test_a_count_replaces_every_ramp():
    """It's tried as it is, whatever the claim says."""
    assert counts(SRX, count=2) == [2]


def test_only_above_the_claim_is_an_observation():
    """The claim itself is judged."""
    found = rungs(Testbed("t", "t.yaml", (SRX,)), CATALOGUE)
    assert {r.count for r in found if r.observation} == {1501}
    assert {r.claim_id for r in found} == {"srx4100-tunnels"}


def test_kinds_are_what_the_platform_can_carry():
    """A vMX has no IPsec, a JDM no tunnels at all."""
    devices = (
        Device(name="m", platform="vmx", emulates="srx4100"),
        Device(name="j", platform="nfx250", type="jdm", role="jdm"),
    )
    found = rungs(Testbed("t", "t.yaml", devices), CATALOGUE)
    assert {(r.device, str(r.kind)) for r in found} == {("m", "gre")}
