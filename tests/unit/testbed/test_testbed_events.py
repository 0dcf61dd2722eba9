"""Where log events go: defaults, and addresses that no device could reach."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from harness.errors import TestbedError
from harness.testbed.load import load_testbed_text
from harness.testbed.model import EventsSetup

SIMULATED = """\
testbed: {name: lab}
devices:
  hub:
    platform: srx4100
    simulated: true
    underlay: &underlay {external_interface: xe-0/0/0.0, external_zone: untrust,
      local_address: 192.0.2.1, peers: 198.18.0.0/16, inner: 100.64.0.0/16}
"""
REAL = """\
  nfx-a:
    platform: nfx250
    credentials: {default: {username: lab, password: {env: LAB}}}
    connections: {netconf: {host: 10.9.0.1}}
    underlay: *underlay
"""


def test_everything_may_be_left_out() -> None:
    """Defaults need no lab; without the key there's none."""
    assert load_testbed_text(SIMULATED + "events: {}\n", "lab.yaml").events == EventsSetup()
    assert load_testbed_text(SIMULATED, "lab.yaml").events is None


def test_everything_may_be_said() -> None:
    """Each key is read."""
    text = "events: {collector: 192.0.2.9, port: 3514, transport: udp, seconds: 60.0, cpes: 7,"
    loaded = load_testbed_text(
        SIMULATED + REAL + text + " rate: 20, zone: trust, faults: {lost: 3, garbled: 2}}\n",
        "lab.yaml",
    )
    assert loaded.events == EventsSetup(
        IPv4Address("192.0.2.9"), 3514, "udp", 60.0, 7, 20, "trust", 3, 2
    )


@pytest.mark.parametrize(
    ("devices", "said", "problem"),
    [
        (
            SIMULATED + REAL,
            "collector: 127.0.0.1",
            "13: events.collector: 127.0.0.1 is each device's own (nfx-a is a real one); allowed: "
            "the address of this machine by which the devices reach it",
        ),
        (
            SIMULATED,
            "collector: 0.0.0.0",
            "8: events.collector: 0.0.0.0 is no host's; allowed: the address of this machine by "
            "which the devices reach it",
        ),
        (
            SIMULATED,
            "collector: 224.0.0.1",
            "8: events.collector: 224.0.0.1 is no host's; allowed: the address of this machine by "
            "which the devices reach it",
        ),
        (
            SIMULATED,
            "collector: runner.lab",
            "8: events.collector: is malformed; allowed: an IPv4 address, such as 192.0.2.1",
        ),
        (SIMULATED, "port: 70000", "8: events.port: is 70000; allowed: 1-65535"),
        (SIMULATED, "seconds: 0", "8: events.seconds: is too small; allowed: 0.5 or more"),
        (SIMULATED, "transport: tls", "8: events.transport: is 'tls'; allowed: tcp, udp"),
        (
            SIMULATED,
            "host: 192.0.2.9",
            "8: events.host: unknown key; allowed: collector, port, transport, seconds, cpes, "
            "rate, zone, faults",
        ),
    ],
)
def test_a_mistake_is_one_line(devices: str, said: str, problem: str) -> None:
    """File, line, key, what is wrong and what is allowed."""
    with pytest.raises(TestbedError) as caught:
        load_testbed_text(f"{devices}events: {{{said}}}\n", "lab.yaml")
    assert str(caught.value) == f"lab.yaml:{problem}"


def test_a_simulated_device_reaches_loopback() -> None:
    """It's on this machine."""
    loaded = load_testbed_text(SIMULATED + "events: {collector: 127.0.0.1}\n", "lab.yaml")
    assert loaded.events == EventsSetup(IPv4Address("127.0.0.1"))
