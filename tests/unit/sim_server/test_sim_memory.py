"""What sessions and devices cost in memory, and that nothing of them stays when they are gone."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import paramiko
import pytest

from harness.clock import ManualClock
from harness.sim.device import SimulatedDevice
from harness.sim.effects import Send
from harness.sim.netconf.framing import frame
from harness.sim.server import SimulatorServer
from harness.sim.server.channel import Channel
from harness.sim.server.connection import Connection
from harness.sim.server.login import Login
from harness.sim.sessions import open_netconf, open_shell
from harness.sim.spec import DeviceSpec

KIB = 1024
MANY = 200
TIMEOUT = 20.0


def grown(make: Callable[[], object]) -> tuple[float, object]:
    """Return how many bytes more are in use after ``make``, and what it made."""
    gc.collect()
    tracemalloc.start()
    try:
        made = make()
        gc.collect()
        return tracemalloc.get_traced_memory()[0], made
    finally:
        tracemalloc.stop()


@pytest.fixture
def device():
    """Return a device that has served one session of each kind, so that all is imported."""
    made = SimulatedDevice(DeviceSpec("dut", "srx4100"), ManualClock())
    for each in opened(made):
        each.close()
    return made


def opened(device) -> list:
    sessions = [
        open_netconf(device, "lab", lambda: None),
        open_shell(device, "lab", lambda: None, echo=True),
    ]
    for session in sessions:
        assert all(isinstance(effect, Send) for effect in session.run())
    return sessions


def test_a_session_is_small(device):
    """A session of NETCONF and one of the command line cost some KiB, before SSH."""
    size, sessions = grown(lambda: [opened(device) for _ in range(MANY)])
    assert size / MANY < 24 * KIB
    assert len(sessions) == MANY


def test_nothing_stays_of_a_closed_session(device):
    """Sessions that come, ask and go leave nothing behind."""

    def come_and_go() -> None:
        for _ in range(MANY):
            for session in opened(device):
                session.feed(frame(b"<rpc><get-configuration/></rpc>", chunked=False))
                list(session.run())
                session.close()

    come_and_go()
    size, _ = grown(come_and_go)
    assert size / MANY < 200


def test_a_message_leaves_its_bytes(device):
    """What a large message took is given back when it's answered."""
    session = open_netconf(device, "lab", lambda: None)
    list(session.run())
    message = frame(b"<rpc><a>" + b"x" * 4_000_000 + b"</a></rpc>", chunked=False)

    def send() -> None:
        session.feed(message)
        list(session.run())

    send()
    size, _ = grown(send)
    assert size < 64 * KIB


def test_idle_devices_share_what_they_are_made_of():
    """A device that nobody has used is its specification; used ones share their beginning."""
    specs = [DeviceSpec(f"d{n}", "srx4100") for n in range(MANY)]
    clock = ManualClock()
    SimulatorServer(specs[:1], clock)
    idle, server = grown(lambda: SimulatorServer(specs, clock))
    assert idle / MANY < 1 * KIB
    used, _ = grown(lambda: [server.device(spec.name).call(lambda d: d.serial) for spec in specs])
    assert used / MANY < 10 * KIB


def test_nothing_stays_of_a_closed_connection():
    """When clients have gone, however they went, no object of theirs is left."""
    server = SimulatorServer([DeviceSpec("dut", "srx4100")], ManualClock())
    address = server.start()["dut"]
    for _ in range(5):
        transport = paramiko.Transport((address.host, address.port))
        transport.connect(username="lab", password="lab")
        channel = transport.open_session(timeout=TIMEOUT)
        channel.settimeout(TIMEOUT)
        channel.invoke_subsystem("netconf")
        channel.recv(100)
        transport.close()
    for _ in range(100_000):
        if not server.run_on_loop(lambda: len(server._service.connections)):
            break
    else:
        pytest.fail("a connection that was closed is still counted")
    left = server.run_on_loop(lambda: server.device("dut").call(lambda d: dict(d._logins)))
    assert left == {}
    server.stop()
    del transport, channel
    gc.collect()
    kinds = (Connection, Login, Channel)
    assert [each for each in gc.get_objects() if type(each) in kinds] == []
