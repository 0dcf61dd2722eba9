"""What the controller does when the cases are over, on a device that outlives its run."""

from __future__ import annotations

import json

import pytest

from harness.errors import DeviceBusy, RpcRefused, Unreachable, UsageError
from harness.lab.lab import join_lab, open_lab
from harness.lab.ladder import Rung
from harness.lab.qualify import qualify, rehearsal
from harness.lab.restoring import at_baseline, finish, put_back, touched
from harness.lab.run import Run
from harness.outcome import Outcome
from harness.plan.model import Kind
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed

RUN_ID = "deadbeef"  # of the run that left something on the device
RUNG = Rung("dut", Kind.IPSEC, 2)


@pytest.fixture
def lab_as(dut, testbed, tmp_path):
    """Give a maker of open labs: run id, and the driver that pushes."""
    opened = []

    def make(run_id=RUN_ID, driver="pyez"):
        run = Run(run_id, b"k" * 32, tmp_path / "state", dut.clock, driver)
        dut.keep_journal_in(run.state)
        context = open_lab(load_testbed(testbed), run, str, only=frozenset({"dut"}))
        opened.append(context)
        return context.__enter__()

    yield make
    for context in reversed(opened):
        context.__exit__(None, None, None)


@pytest.fixture
def bench(lab_as):
    """Return the bench of the device in the run that left something there."""
    return lab_as().bench("dut")


def test_nothing_was_pushed(dut, bench):
    """A device that no case touched isn't asked, and not judged."""
    assert touched(bench) == ()
    assert put_back(bench).how == "nothing was pushed"
    assert finish(bench).how == "its journal isn't open"
    assert at_baseline(bench).outcome is Outcome.SKIP


def test_each_case_has_restored(dut, bench):
    """The controller only proves it once more, and counts what the cases used."""
    case = qualify(bench, RUNG)
    assert (case.outcome, case.accepted) == (Outcome.PASS, 2)
    restored = put_back(bench)
    assert (restored.proven, restored.how, restored.commits) == (True, "by each case", 4)
    assert at_baseline(bench).outcome is Outcome.PASS


def test_a_rehearsal_leaves_nothing_to_prove(dut, bench):
    """It commits nothing, so that there is nothing to put back."""
    logs = dut.logs()
    case = rehearsal(bench, RUNG)
    assert case.outcome is Outcome.SKIP
    assert "nothing was committed" in case.reason
    assert (dut.logs(), touched(bench)) == (logs, ())


def test_a_case_left_its_tunnels(dut, bench):
    """They are taken back from the journal, and the commits of both are counted."""
    before = dut.committed
    dut.pushed_by_a_dead_run()
    restored = put_back(bench)
    assert (restored.proven, restored.how, restored.commits) == (True, "rollback 1", 2)
    assert restored.fingerprint_after == restored.fingerprint_before
    dut.assert_untouched_since(before)


def test_a_commit_that_was_never_sent_is_not_counted(dut, bench):
    """The journal says that the run died before its commit."""
    with dut.access().reader() as reader:
        baseline = bench.baseline()
        assert baseline.xml == reader.configuration()
    dut.journal.open(baseline, run_id=RUN_ID, owner="eve@lab", note="rung=1")
    restored = put_back(bench)
    assert (restored.proven, restored.how, restored.commits) == (True, "untouched", 0)


def test_a_commit_that_may_be_on_its_way_is_awaited(dut, bench):
    """What runs proves nothing before the lock is ours."""
    before = dut.committed
    dut.journal.open(bench.baseline(), run_id=RUN_ID, owner="eve@lab", note="rung=1")
    dut.journal.note("committing")
    restored = put_back(bench)
    assert (restored.proven, restored.how, restored.commits) == (True, "candidate discarded", 1)
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("driver", ["pyez", "ncclient", "netmiko"])
def test_whatever_pushed_the_kept_baseline_can_be_loaded(dut, lab_as, driver):
    """No rollback leads back, and a terminal can't load it: then NETCONF does."""
    before = dut.committed
    bench = lab_as(driver=driver).bench("dut")
    dut.pushed_by_a_dead_run()
    for number in range(5):
        dut.commit_as("alice", f'set system login message "number {number}"\n')
    assert put_back(bench).how == "load update"
    dut.assert_untouched_since(before)


def test_somebody_changed_it_afterwards(dut, bench):
    """A closed journal proves nothing: what runs is read again."""
    qualify(bench, RUNG)
    dut.commit_as("alice", 'set system login message "hi"\n')
    restored = put_back(bench)
    assert not restored.proven
    assert restored.fingerprint_after != restored.fingerprint_before
    assert "commits of others since our first: '' by alice via " in restored.reason
    case = at_baseline(bench)
    assert (case.outcome, case.findings[0].ok) == (Outcome.FAIL, False)
    assert "commits of others since our first: '' by alice via " in case.reason


@pytest.mark.parametrize("error", [KeyboardInterrupt, Unreachable, RpcRefused])
def test_a_session_that_was_interrupted_is_not_lent_again(dut, bench, error):
    """An answer may be half-read; one that merely says no is kept."""

    def interrupted():
        with bench.reader() as lent:
            seen.append(lent)
            raise error("words")

    seen = []
    for _ in range(2):
        with pytest.raises(error):
            interrupted()
    assert (seen[0] is seen[1]) is (error is RpcRefused)
    assert bench.baseline().device == "dut"


def test_a_device_that_is_gone_is_not_proven(dut, bench):
    """The reason is told instead of raised: the other devices' turn comes."""
    dut.pushed_by_a_dead_run()
    dut.server.stop()
    restored = put_back(bench)
    assert not restored.proven
    assert "no connection" in restored.reason
    assert dut.journal.read().entries[-1]["event"] == "restore failed"


def test_another_run_finishes(dut, lab_as):
    """Its marks name both runs."""
    before = dut.committed
    dut_run = lab_as("cafe0000").bench("dut")
    dut.pushed_by_a_dead_run()
    assert touched(dut_run) == ()
    assert finish(dut_run).how == "rollback 1"
    assert "run=cafe0000 phase=restored finishing run deadbeef rung=1" in dut.logs()[0]
    dut.assert_untouched_since(before)


def test_a_second_run_is_refused(dut, lab_as):
    """The lease is the first one's for as long as it lives."""
    lab_as("aaaa0000")
    with pytest.raises(DeviceBusy, match="run aaaa0000, this run"):
        lab_as("bbbb0000")


def test_a_worker_joins(dut, lab_as, testbed):
    """What goes through the pipe is enough to use the device, and is plain data."""
    wire = json.loads(json.dumps(lab_as().wire()))
    run = Run.from_wire(wire, SystemClock())
    joined = join_lab(load_testbed(testbed), wire, run)
    try:
        assert joined.reached == ("dut",)
        assert joined.bench("dut").baseline().device == "dut"
        assert "k" * 32 not in repr(run)
    finally:
        joined.close()


def test_a_stranger_does_not_join(testbed, lab_as):
    """A worker of something else has no lab."""
    lab = lab_as()
    with pytest.raises(UsageError, match="was not started by a harness"):
        join_lab(lab.testbed, {**lab.wire(), "ways": None}, lab.run)
