"""Commits whose answer was lost, on a device: what is decided, recorded and done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.deploy.journal import RESOLVED
from harness.deploy.push import run_rung
from harness.deploy.rung import Payload
from harness.drivers.registry import DRIVER_NAMES
from harness.errors import OutcomeUnknown, RestoreFailed, SecondWriter


@pytest.fixture
def run(dut, owner):
    """Return a function that runs a rung and hands back its result."""

    def go(driver="pyez", probe=lambda pushed: "seen", *, ours=frozenset(), **endpoint):
        plan = dut.plan(2, driver=driver)

        def prepare(baseline) -> Payload:
            return replace(plan(baseline), ours=ours)

        return run_rung(dut.access(driver, **endpoint), dut.journal, owner, prepare, probe)

    return go


def resolved(dut):
    """Return what the journal says became of the commit."""
    return [e["outcome"] for e in dut.journal.read().entries if e["event"] == RESOLVED]


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_committed_after_all(dut, run, driver):
    """The rung goes on under a lock of its own, and the outcome is recorded."""
    before = dut.committed
    dut.arm("die-during-commit", when="after")

    def probe(_pushed):
        return dut.state().lock_holder

    result = run(driver, probe)
    assert result.conclusion is not None, "the lock is held for the whole rung"
    assert result.pushed.outcome == "committed"
    assert resolved(dut) == ["committed"]
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_not_committed(dut, run, driver):
    """It isn't sent again, and the word for the record is on the exception."""
    before = dut.committed
    dut.arm("die-during-commit", when="before")
    with pytest.raises(OutcomeUnknown, match="doesn't show it: not committed") as lost:
        run(driver)
    assert lost.value.outcome == "not committed"
    assert resolved(dut) == ["not committed"]
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_half_of_it(dut, run, driver):
    """History shows it, the configuration lacks a statement: put back at once, not looked at."""
    before = dut.committed
    host = frozenset({("system", "host-name", "another")})
    dut.arm("die-during-commit", when="after")
    with pytest.raises(OutcomeUnknown, match="lacks 1 statements of ours: system") as lost:
        run(driver, lambda _: pytest.fail("it was looked at"), ours=host)
    assert lost.value.outcome == "partial"
    assert resolved(dut) == ["partial"]
    dut.assert_untouched_since(before)


def test_still_running(dut, run):
    """The session that sent it keeps the lock: waited for within bounds, then left to the timer."""
    before = dut.committed
    dut.arm("die-during-commit", when="during", seconds=3600.0)
    with pytest.raises(RestoreFailed, match="locked by: lab") as failed:
        run()
    assert isinstance(failed.value.__cause__, OutcomeUnknown)
    assert failed.value.__cause__.outcome == "still running"
    assert resolved(dut) == ["still running"]
    assert dut.committed == before
    assert dut.journal.read().open_entry is not None


def test_somebody_takes_the_configuration_meanwhile(dut, run):
    """Between a lost link and a lock of our own there's room for somebody else: ours goes off."""
    before = dut.committed
    dut.arm("die-during-commit", when="after")
    hands = []

    def act(device):
        committed = device.store.commit

        def commit(record, tree=None):
            committed(record, tree)
            if "phase=push" in record.log:
                hand = device.store.session("alice", "cli", 4711)
                device.store.access.take_lock(hand, hand._here())
                hands.append(hand)

        device.store.commit = commit

    dut.handle.call(act)
    sleep = dut.clock.sleep

    def sleeping(seconds):
        sleep(seconds)
        if dut.clock.monotonic() > 300:  # she is done when nobody waits for her any more
            dut.handle.call(lambda _: [hand.close() for hand in hands])

    dut.clock.sleep = sleeping
    with pytest.raises(SecondWriter, match=r"since our session was lost: .*locked by: alice"):
        run()
    assert dut.committed == before
    assert dut.journal.read().open_entry is None
