"""Simulated fleets in a process of their own."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from harness.drivers.protocol import Endpoint, Secret
from harness.drivers.registry import session
from harness.errors import TestbedError
from harness.lab.fleet_serving import fleet_specs, serving_fleets
from harness.plan.deployments import rollout_of
from harness.plan.occupied import occupied
from harness.testbed.load import load_testbed_text

LAB = """\
testbed: {name: lab}
fleets:
  branch:
    count: 30
    platform: nfx250
    simulated: true
    underlay: {external_interface: ge-0/0/0.0, external_zone: untrust}
  hub:
    count: 2
    platform: srx4200
    simulated: true
    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust}
deployments:
  spokes:
    topology: hub-and-spoke
    sites: 30
    links: 2
    hubs: 2
    outer: 10.0.0.0/16
    inner: 100.64.0.0/16
    played_by: [branch]
    hubs_played_by: [hub]
  mesh:
    topology: full-mesh
    sites: 5
    outer: 10.1.0.0/16
    inner: 100.65.0.0/16
    played_by: [branch]
"""


def test_a_device_has_the_addresses_of_its_sites() -> None:
    """What a place's plan needs is on the device: planning around its baseline works."""
    testbed = load_testbed_text(LAB, "lab.yaml")
    spokes, mesh = (rollout_of(testbed, d, run_key=b"k" * 32) for d in testbed.deployments)
    with serving_fleets(fleet_specs(testbed)) as addresses:
        assert len(addresses) == 32
        for rollout, place in (
            (spokes, spokes.hubs[1]),
            (spokes, spokes.place(2)),
            (mesh, mesh.place(4)),
        ):
            at = addresses[place.device.name]
            endpoint = Endpoint(
                device=place.device.name,
                host=at.host,
                port=at.port,
                username=at.username,
                password=Secret(at.password),
                trusted_host_key=at.host_key,
            )
            with session("ncclient", endpoint) as reader:
                plan = rollout.plan(place, occupied(reader.configuration()))
            assert plan.count == rollout.topology.degree(place.index)


def test_a_testbed_without_simulated_fleets_starts_nothing() -> None:
    """No process, no addresses."""
    with serving_fleets([]) as addresses:
        assert addresses == {}


def test_what_the_simulator_refuses_is_told(tmp_path: Path) -> None:
    """A starting configuration that doesn't load ends in one line, and nothing is left running."""
    wrong = LAB.replace("ge-0/0/0.0", "reth0.0").replace(
        "    platform: nfx250\n", "    platform: nfx250\n    custom: {base: base.set}\n"
    )
    (tmp_path / "base.set").write_text("set interfaces ge-0/0/0 unit 0 bogus\n")
    testbed = load_testbed_text(wrong, str(tmp_path / "lab.yaml"))
    with pytest.raises(TestbedError, match="bogus"), serving_fleets(fleet_specs(testbed)):
        pass


def test_a_killed_run_leaves_no_fleet_behind() -> None:
    """The process ends when its parent is gone, which is when nobody holds the pipe."""
    specs = fleet_specs(load_testbed_text(LAB, "lab.yaml"))[:1]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with serving_fleets(specs) as addresses:
            os.write(writing, str(addresses["branch-01"].port).encode())
            signal.pause()
    port = int(os.read(reading, 5))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while sock.recv(1024):
            pass  # the banner; then the end, because the server is gone
    os.close(reading)
    os.close(writing)
