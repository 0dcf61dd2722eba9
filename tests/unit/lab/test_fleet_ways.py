"""The ways to devices of fleets: credentials once, addresses by arithmetic, and over a pipe."""

from __future__ import annotations

import json

import pytest

from harness.errors import UsageError
from harness.lab.fleet_ways import NONE, FleetWays
from harness.sim.server import Address
from harness.testbed.load import load_testbed_text

LAB = """\
testbed:
  name: lab
  credentials: {default: {username: ada, password: {prompt: true}}}
fleets:
  real:
    count: 300
    platform: srx4100
    address: 10.9.0.250
    ports: {netconf: 8830}
    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust}
  played:
    count: 20
    platform: nfx250
    simulated: true
    underlay: {external_interface: ge-0/0/0.0, external_zone: untrust}
"""


@pytest.fixture
def asked():
    """Remember the questions that a person would be asked."""
    return []


@pytest.fixture
def testbed():
    """Give a real fleet and one that the lab serves."""
    return load_testbed_text(LAB, "lab.yaml")


@pytest.fixture
def ways(testbed, asked):
    """Resolve them."""

    def prompt(question: str) -> str:
        asked.append(question)
        return "geheim"

    served = {
        device.name: Address("127.0.0.1", 4000 + n, "lab", "lab", "ssh-ed25519 AAAA")
        for n, device in enumerate(testbed.fleet("played").members())
    }
    return FleetWays.to(testbed.fleets, testbed, served, prompt)


def test_a_password_is_asked_once(ways, testbed, asked):
    """However many devices the fleet has."""
    found = [ways.of(device) for device in testbed.fleet("real").members()]
    assert len(asked) == 1
    assert {way.password.reveal() for each in found for way in each.values()} == {"geheim"}


def test_consecutive_addresses(ways, testbed):
    """The seventh of a fleet that begins at .250 is in the next block; ports are the fleet's."""
    way = ways.of(testbed.device("real-007"))
    places = {driver: (one.device, one.host, one.port) for driver, one in way.items()}
    assert places["ncclient"] == ("real-007", "10.9.1.0", 8830)
    assert places["netmiko"] == ("real-007", "10.9.1.0", 22)


def test_served_devices_differ_by_their_port(ways, testbed):
    """Host key and login are alike."""
    way = ways.of(testbed.device("played-20"))
    assert {(one.host, one.port, one.username) for one in way.values()} == {
        ("127.0.0.1", 4019, "lab")
    }


def test_over_the_wire_and_back(ways, testbed):
    """A worker has the same ways; the wire is plain values."""
    wire = ways.wire()
    json.dumps(wire)
    there = FleetWays.from_wire(wire)
    for name in ("real-300", "played-01"):
        assert there.of(testbed.device(name)) == ways.of(testbed.device(name))


@pytest.mark.parametrize("wire", [None, [], "x"])
def test_a_wire_of_something_else(wire):
    """It's refused in a line."""
    with pytest.raises(UsageError, match="not started by a harness controller"):
        FleetWays.from_wire(wire)


def test_a_device_of_no_fleet(testbed):
    """It's said."""
    with pytest.raises(UsageError, match="played-01 is no device of a fleet"):
        NONE.of(testbed.device("played-01"))


def test_only_the_fleets_that_are_wanted_cost_a_question(testbed, asked):
    """Restoring a device of one fleet asks for no other's password."""
    ways = FleetWays.to([testbed.fleet("real")], testbed, {}, lambda q: asked.append(q) or "x")
    assert (len(asked), list(ways.alike)) == (1, ["real"])
