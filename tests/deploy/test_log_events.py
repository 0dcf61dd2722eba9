"""A device that sends for itself: what comes from it in a window is counted by its name."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from harness.clock import ManualClock
from harness.events.cpes import Cpes
from harness.lab import log_events as module
from harness.lab.lab import open_lab
from harness.lab.log_events import log_events
from harness.lab.run import Run
from harness.outcome import Grade, Outcome
from harness.testbed.load import load_testbed
from harness.testbed.model import EventsSetup

SETUP = EventsSetup(seconds=0.5, transport="udp")
STREAM = "set security log stream hil-events"


@pytest.fixture
def bench(dut, testbed, tmp_path):
    """Give the bench of a simulated device that is taken for a real one."""
    run = Run("feedbeef", b"k" * 32, tmp_path / "state", dut.clock)
    dut.keep_journal_in(run.state)
    with open_lab(load_testbed(testbed), run, str, only=frozenset({"dut"})) as lab:
        opened = lab.bench("dut")
        opened.identity = replace(opened.identity, grade=Grade.HARDWARE)
        yield opened


@pytest.fixture
def device_sends(monkeypatch, dut):
    """Give the way to let hosts send when the stream is committed; the clock stands else."""
    readback, seen = module._readback, []

    def make(**events):
        def look(reader):
            found = readback(reader)
            address, transport = module._where(found)
            seen.append((address, transport, frozenset(shown(dut))))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                for host, number in events.items():
                    for line in Cpes([host.encode()]).take(number, dut.clock.now()):
                        sock.sendto(line, address)
            return found

        monkeypatch.setattr(module, "_readback", look)
        monkeypatch.setattr(module._Stream, "_collect", lambda self, seconds: drain(self))
        return seen

    return make


def drain(stream):
    """Take what was sent already, in place of waiting by a clock that stands."""
    while stream._collector.poll(0.2):
        pass


def shown(dut):
    """Return the set lines of what the device runs."""
    with dut.access().reader() as reader:
        return set(reader.configuration(fmt="set").splitlines())


def test_its_own_events_are_counted_and_others_are_not(dut, bench, device_sends):
    """Twelve of its own in the window, five of another host; then the device is as it was."""
    before = shown(dut)
    seen = device_sends(**{bench.facts.hostname: 12, "another": 5})
    case = log_events(bench, SETUP)
    assert case.outcome is Outcome.PASS, case.reason
    assert "12 events came from it" in case.reason
    assert case.properties["events.received"] == 12
    assert case.properties["events.of_others"] == 5
    assert case.properties["events.sent_by"] == "device"
    assert "events.lost" not in case.properties
    ((host, port), transport, running) = seen[0]
    assert (host, transport) == ("127.0.0.1", "udp")
    assert f"{STREAM} host port {port}" in running
    assert shown(dut) == before


def test_a_silent_device_is_blocked(dut, bench, device_sends):
    """Its configuration is proven; that it sends isn't, and the way out is said."""
    device_sends()
    case = log_events(bench, SETUP)
    assert case.outcome is Outcome.BLOCKED
    assert "it's configured, and whether it sends isn't known" in case.reason


def test_what_came_before_the_push_proves_nothing(bench, device_sends, monkeypatch):
    """A device that sends there already isn't believed for what it sends afterwards."""
    listening, lines, at = module._listening, module._lines, []

    def listen(*arguments):
        at.append(listening(*arguments))
        return at[-1]

    def look(asked):
        if len(at) == 1:  # before the push
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                for line in Cpes([bench.facts.hostname.encode()]).take(3, bench.run.clock.now()):
                    sock.sendto(line, at[0].address)
            at.append(None)
        return lines(asked)

    monkeypatch.setattr(module, "_listening", listen)
    monkeypatch.setattr(module, "_lines", look)
    device_sends(**{bench.facts.hostname: 12})
    case = log_events(bench, SETUP)
    assert case.outcome is Outcome.BLOCKED
    assert "collector: 3 came before the push already" in case.reason


def test_a_real_device_needs_an_address(bench):
    """Nothing is assumed: it isn't pushed to where the testbed doesn't say."""
    bench.device = replace(bench.device, simulated=False)
    case = log_events(bench, None)
    assert case.outcome is Outcome.SKIP
    assert "events.collector" in case.reason


def test_a_port_that_another_case_has_is_waited_for():
    """A second a try; given up after ten minutes, with the kernel's words."""
    clock = ManualClock()
    with module._listening(EventsSetup(), clock) as first:
        port = first.address[1]
        with pytest.raises(module.LabError, match="can't listen there"):
            module._listening(EventsSetup(port=port), clock)
        assert clock.monotonic() == module._PORT_SECONDS
    module._listening(EventsSetup(port=port), clock).close()
