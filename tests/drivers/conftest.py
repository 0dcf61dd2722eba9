"""One simulated device for each contract test, and the driver under test."""

import threading
from dataclasses import replace

import pytest

from harness.drivers.protocol import Endpoint, Secret
from harness.drivers.registry import DRIVER_NAMES, session
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec, FaultSpec


class Lab:
    """One simulated device, and the endpoint that reaches it."""

    def __init__(self, server, address):
        self.server = server
        self.endpoint = Endpoint(
            device="srx1",
            host=address.host,
            port=address.port,
            username=address.username,
            password=Secret(address.password),
            trusted_host_key=address.host_key,
            timeout=30.0,
        )

    def arm(self, fault, **options):
        self.server.device("srx1").arm(FaultSpec(fault, options))

    def disarm(self, fault):
        self.server.device("srx1").disarm(fault)

    def session(self, name, **changes):
        return session(name, replace(self.endpoint, **changes))

    def committed(self):
        """Ask over a session of its own, whatever became of the one under test."""
        with self.session("ncclient") as reader:
            return reader.configuration(fmt="set").splitlines()


@pytest.fixture
def lab(request):
    """Serve one device; the driver's threads must have ended before the device's do."""
    spec = DeviceSpec("srx1", "srx4100", **getattr(request, "param", {}))
    server = SimulatorServer([spec])
    address = server.start()["srx1"]
    before = set(threading.enumerate())
    try:
        yield Lab(server, address)
        left = set(threading.enumerate()) - before
        for thread in left:
            thread.join(5)
    finally:
        server.stop()
    assert not [thread for thread in left if thread.is_alive()]


@pytest.fixture(params=DRIVER_NAMES)
def name(request):
    """Return the name of the driver under test."""
    return request.param


@pytest.fixture
def driver(lab, name):
    """Return the driver under test, open."""
    with lab.session(name) as opened:
        yield opened
