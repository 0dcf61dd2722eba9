"""A session lost while it has the lock: before anything was changed, or after it was undone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest

from harness.deploy.push import rehearse, run_rung
from harness.drivers.registry import session
from harness.errors import DeviceBusy, LoadRefused, Unreachable
from harness.lab.restoring import at_baseline, exit_code, finish, put_back
from harness.lab.unfinished import unfinished_runs
from harness.outcome import Outcome
from harness.testbed.load import load_testbed


class Lost:
    """A writer whose link is gone: the device doesn't notice, and the session stays."""

    def __init__(self, writer, *, at):
        self._writer = writer
        self._at = at

    def __getattr__(self, name):
        if name == self._at:
            raise Unreachable(f"dut: {name}: no answer in time")
        return getattr(self._writer, name)

    def close(self):
        """Tell nobody."""


@pytest.fixture
def silent(dut):
    """Give access by writers that are lost at a step, and stay with the device until the end."""
    opened = []

    def access(at="unlock", *, link=None):
        @contextmanager
        def writer():
            context = session("pyez", dut.endpoint)
            opened.append(context)
            yield Lost(context.__enter__(), at=at)

        ways = replace(dut.access(), writer=writer)

        def reader():
            if link:
                raise Unreachable("dut: connect: no answer in time")
            return ways.reader()

        return replace(ways, reader=reader)

    yield access
    for context in reversed(opened):
        context.__exit__(None, None, None)


@pytest.fixture
def left(dut, bench):
    """Have a session with the lock, of which only the journal's first line tells."""
    with session("pyez", dut.endpoint) as lost:
        facts = {"device": "dut", "session_id": str(lost.session_id), "url": ""}
        dut.journal.locking(run_id="deadbeef", owner="eve@lab", **facts)
        lost.lock()
        yield bench


def unplanned(_):
    """Fail as a plan does whose device can't be asked any more."""
    raise Unreachable("dut: get-configuration: no answer in time")


def events(dut):
    """Return what the journal tells, in order."""
    return [entry["event"] for entry in dut.journal.read().entries]


def test_the_lock_is_announced_and_its_end_noted(dut, owner):
    """The lines stand around those of the rung."""
    run_rung(dut.access(), dut.journal, owner, dut.plan(2), str)
    assert (events(dut)[:2], events(dut)[-2:]) == (["locking", "opened"], ["closed", "unlocked"])
    assert dut.journal.read().pending is None


def test_a_session_that_is_lost_before_the_first_change_is_ended(dut, owner, silent):
    """The device shows afterwards that nobody has the lock."""
    with pytest.raises(Unreachable):
        run_rung(silent(), dut.journal, owner, unplanned, str)
    assert dut.state().lock_holder is None
    assert dut.journal.read().pending is None


def test_a_lost_answer_to_the_lock_is_no_lock_forgotten(dut, owner, silent):
    """Whether the device took the request isn't known, so it's asked."""
    with pytest.raises(Unreachable):
        run_rung(silent("lock"), dut.journal, owner, dut.plan(2), str)
    assert events(dut) == ["locking", "unlocked"]


def test_what_can_not_be_asked_stays_in_the_journal(dut, owner, silent):
    """The next push is refused, and told the command that ends the session."""
    cut = []

    def prepare(baseline):
        cut.append("by somebody's excavator")
        unplanned(baseline)

    with pytest.raises(Unreachable):
        run_rung(silent(link=cut), dut.journal, owner, prepare, str)
    assert events(dut) == ["locking"]
    with pytest.raises(DeviceBusy, match=r"lost the session .*'harness restore dut'"):
        run_rung(dut.access(), dut.journal, owner, dut.plan(2), str)


def test_a_session_lost_after_the_proof_is_ended(dut, owner, silent):
    """The tunnels are off by then; the lock would stay."""
    run_rung(silent(), dut.journal, owner, dut.plan(2), str)
    assert dut.state().lock_holder is None
    assert events(dut)[-2:] == ["closed", "unlocked"]


def test_a_rehearsal_forgets_no_lock_either(dut, owner, silent):
    """It changes nothing, but locks."""
    rehearse(silent(), dut.journal, owner, dut.plan(2))
    assert dut.state().lock_holder is None
    assert events(dut) == ["locking", "unlocked"]


def test_a_refusal_under_the_lock_gives_it_back(dut, owner):
    """What the plan refuses leaves neither lock nor journal."""

    def refused(_):
        raise LoadRefused("no such zone")

    with pytest.raises(LoadRefused):
        run_rung(dut.access(), dut.journal, owner, refused, str)
    assert dut.state().lock_holder is None
    assert dut.journal.read().pending is None


def test_somebody_who_has_the_lock_keeps_it(dut, owner):
    """He is named, nothing of ours stays."""
    with session("pyez", dut.endpoint) as hers:
        hers.lock()
        with pytest.raises(DeviceBusy):
            run_rung(dut.access(), dut.journal, owner, dut.plan(2), str)
        assert dut.state().lock_holder is not None
    assert events(dut) == ["locking", "unlocked"]


@pytest.mark.parametrize("end", [put_back, finish])
def test_controller_and_restore_end_the_session(dut, left, end):
    """Nothing was pushed, and still something was left behind."""
    result = end(left)
    assert (result.proven, dut.state().lock_holder) == (True, None)
    assert dut.journal.read().pending is None


def test_until_then_the_device_is_not_at_its_baseline(left, testbed):
    """The case of the restore says so, and so does the list of what is to be restored."""
    case = at_baseline(left)
    assert (case.outcome, "was lost" in case.reason) == (Outcome.FAIL, True)
    (one,) = unfinished_runs(load_testbed(testbed), left.run, ["dut"])
    assert "it lost a session that may have the lock, and left nothing else" in str(one)


def test_a_session_that_somebody_else_has_now_is_not_ended(dut, left, monkeypatch):
    """Then the lock isn't proven free, and the exit code says so."""
    monkeypatch.setattr("harness.lab.bench.Bench.user", "bob")
    result = finish(left)
    assert (result.proven, exit_code(result)) == (False, 76)
    assert "a lost session of ours may still have its configuration locked" in result.reason
    assert dut.state().lock_holder is not None
    assert dut.journal.read().pending is not None


def test_a_session_without_a_number_is_proven_gone_by_taking_the_lock(dut, bench):
    """A terminal doesn't tell its number before it has the lock."""
    dut.journal.locking(run_id="deadbeef", owner="eve@lab", device="dut", session_id="")
    assert finish(bench).proven
    assert events(dut)[-2:] == ["locking", "unlocked"]


def test_a_device_that_can_not_be_asked_is_not_proven(dut, left):
    """It's away for longer than a restore waits."""
    dut.arm("reboot", seconds=86_400.0)
    result = put_back(left)
    assert (result.proven, exit_code(result)) == (False, 76)
    assert dut.journal.read().pending is not None
