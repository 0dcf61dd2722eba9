"""Switching a fault of a device that two simulators on this machine serve."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from harness.clock import ManualClock
from harness.errors import LabError
from harness.lab.sim_control import control_socket, switch
from harness.sim.device import SimulatedDevice
from harness.sim.faults.control import answer
from harness.sim.spec import DeviceSpec

REQUEST = {"arm": {"name": "lock-held"}}


def serve(path: Path, device: SimulatedDevice) -> socket.socket:
    """Answer on a control socket, one request a connection, until it's closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    wire.bind(str(path))
    wire.listen()

    def work() -> None:
        while True:
            try:
                connection, _ = wire.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as asked:
                connection.sendall(answer(asked.readline(), {"dut": device}.get))

    threading.Thread(target=work, daemon=True).start()
    return wire


@pytest.fixture
def served(tmp_path):
    """Serve as many devices called ``dut`` as asked for, each by a simulator of its own."""
    wires = []

    def some(count: int) -> list[SimulatedDevice]:
        devices = [
            SimulatedDevice(DeviceSpec("dut", "srx4100"), ManualClock()) for _ in range(count)
        ]
        for number, device in enumerate(devices):
            wires.append(serve(control_socket(tmp_path, number), device))
        return devices

    yield some
    for wire in wires:
        wire.shutdown(socket.SHUT_RDWR)
        wire.close()


def test_of_two_of_one_name_none_is_touched(served, tmp_path):
    """What is refused because the name is not clear has changed nothing at either."""
    devices = served(2)
    with pytest.raises(LabError, match="2 running simulators serve a device called 'dut'"):
        switch(tmp_path, "dut", REQUEST)
    assert [device.faults.armed() for device in devices] == [(), ()]


def test_the_only_one_is_switched(served, tmp_path):
    """And says which faults are on then."""
    (device,) = served(1)
    assert [each.name for each in switch(tmp_path, "dut", REQUEST)] == ["lock-held"]
    assert [each.name for each in device.faults.armed()] == ["lock-held"]
