"""A wave keeps sessions to all of its devices: the run needs as many open files."""

import resource

import pytest

from harness.errors import LabError
from harness.lab.open_files import allow_open_files
from harness.testbed.load import load_testbed_text

WAVE = 100
NEEDED = 3 * (WAVE + 1) + 256  # sessions of a wave and of a hub, and what else is open

LAB = f"""
testbed: {{name: lab}}
fleets:
  branch:
    count: 500
    platform: nfx250
    simulated: true
    underlay: {{external_interface: ge-0/0/0.0, external_zone: untrust}}
  hub:
    count: 1
    platform: srx4200
    simulated: true
    underlay: {{external_interface: xe-0/0/0.0, external_zone: untrust}}
deployments:
  small:
    topology: hub-and-spoke
    sites: 500
    hubs: 1
    outer: 10.0.0.0/15
    inner: 100.64.0.0/10
    played_by: [branch]
    hubs_played_by: [hub]
    wave: {WAVE}
"""


@pytest.fixture
def limits():
    """Return the limits of this process, and set them again afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("there", [NEEDED - 1, NEEDED, NEEDED + 1])
def test_soft_limit_is_raised_to_what_a_wave_takes(limits, there):
    """A soft limit below that is raised to it; one above stays."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (there, limits[1]))

    allow_open_files(load_testbed_text(LAB, "lab.yaml"))

    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (max(there, NEEDED), limits[1])


def test_hard_limit_that_is_too_low_is_named(limits, monkeypatch):
    """Where the limit can't be raised so far, one line says where, how many, and the way out."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (200, NEEDED - 1))

    with pytest.raises(LabError) as caught:
        allow_open_files(load_testbed_text(LAB, "lab.yaml"))

    words = str(caught.value)
    assert words.startswith("lab.yaml:")
    assert "deployments.small: 101 devices" in words
    assert f"take {NEEDED} open files, and this process may have {NEEDED - 1}" in words
    assert "allowed: a smaller 'wave', or a higher hard limit (ulimit -Hn)" in words


def test_single_devices_need_no_more_than_there_is(limits):
    """A testbed without a deployment leaves the limit alone."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (NEEDED - 1, limits[1]))

    allow_open_files(load_testbed_text(LAB.partition("deployments:")[0], "lab.yaml"))

    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == NEEDED - 1
