"""What the controller does when the cases are over, on a device that outlives its run."""

from __future__ import annotations

import json

import pytest

from harness.drivers.registry import session
from harness.errors import DeviceBusy, LabError, RpcRefused, Unreachable, UsageError
from harness.lab.attempt import Attempt
from harness.lab.lab import join_lab
from harness.lab.ladder import Rung
from harness.lab.qualify import qualify, rehearsal
from harness.lab.restoring import at_baseline, exit_code, finish, put_back, touched
from harness.lab.run import Run
from harness.outcome import Outcome
from harness.plan.model import Kind
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed

RUN_ID = "deadbeef"  # of the run that left something on the device
RUNG = Rung("dut", Kind.IPSEC, 2)
MESSAGE = 'set system login message "alice was here"\n'


def shown(dut):
    """Return the set lines of what the device runs."""
    with dut.access().reader() as reader:
        return set(reader.configuration(fmt="set").splitlines())


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


def test_a_journal_that_can_not_be_written_is_no_reason_to_stay(dut, bench, monkeypatch):
    """The tunnels come off; that isn't proven to those who read the journal, so it stays open."""

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    before = dut.committed
    dut.pushed_by_a_dead_run()
    monkeypatch.setattr("harness.deploy.journal._append_line", full)
    restored = put_back(bench)
    assert (restored.proven, exit_code(restored)) == (False, 76)
    assert "can't write the journal: No space left on device" in restored.reason
    dut.assert_untouched_since(before)
    monkeypatch.undo()
    assert finish(bench).how == "untouched"


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
def test_whatever_pushed_ours_is_deleted_over_netconf(dut, lab_as, driver):
    """A terminal can't delete it beside others' commits, nor load a baseline."""
    before = shown(dut)
    bench = lab_as(driver=driver).bench("dut")
    dut.pushed_by_a_dead_run()
    dut.commit_as("alice", MESSAGE)
    restored = put_back(bench)
    assert (restored.proven, restored.how) == (True, "ours deleted, theirs kept")
    assert restored.kept == "'' by alice via cli"
    assert restored.fingerprint_after != restored.fingerprint_before
    assert shown(dut) == before | {MESSAGE.strip()}


def test_theirs_and_ours_are_entangled(dut, bench):
    """Nobody but a person can go on: the journal stays open, the exit code is one of its own."""
    dut.pushed_by_a_dead_run()
    dut.commit_as("alice", "set interfaces st0 unit 1 description alice\n")
    restored = put_back(bench)
    assert (restored.proven, restored.quarantined, exit_code(restored)) == (False, True, 77)
    assert "st0 unit 1 description alice" in restored.reason
    assert restored.reason.count("description alice") == 1
    assert dut.journal.read().open_entry is not None
    assert dut.journal.baseline_path.exists()
    case = at_baseline(bench)
    assert case.outcome is Outcome.FAIL
    assert "what this run pushed isn't proven undone" in case.reason


@pytest.mark.parametrize("driver", ["pyez", "ncclient", "netmiko"])
def test_whatever_pushed_the_kept_baseline_can_be_loaded(dut, lab_as, driver):
    """A device that has forgotten its rollbacks gets the configuration that the journal kept."""
    before = dut.committed
    bench = lab_as(driver=driver).bench("dut")
    dut.pushed_by_a_dead_run()

    def forget(device):
        honest = device.store.rollback_tree
        device.store.rollback_tree = lambda index: None if index else honest(index)

    dut.handle.call(forget)
    assert put_back(bench).how == "load update"
    dut.assert_untouched_since(before)


def test_another_box_at_its_address(dut, bench):
    """A baseline is never loaded into a device that isn't the one it was read from."""
    dut.pushed_by_a_dead_run()
    text = dut.journal.path.read_text().replace('"note"', '"serial": "SIM-OTHER", "note"')
    dut.journal.path.write_text(text)
    restored = put_back(bench)
    assert not restored.proven
    assert "the journal is that of SIM-OTHER; nothing was changed" in restored.reason
    assert dut.state().pending is not None


def test_put_back_by_other_hands_without_the_saved_baseline(dut, bench):
    """The fingerprint alone closes the journal, once the device runs the baseline again."""
    dut.pushed_by_a_dead_run()
    dut.journal.baseline_path.unlink()
    failed = put_back(bench)
    assert not failed.proven
    assert "can't read the saved baseline" in failed.reason
    dut.clock.advance(5 * 60 + 1)
    restored = put_back(bench)
    assert (restored.proven, restored.how) == (True, "put back by other hands")


def test_the_baseline_proves_nothing_while_a_commit_may_be_at_work(dut, bench):
    """Without the saved baseline, too: its session has the lock until the commit is through."""
    dut.pushed_by_a_dead_run()
    dut.journal.baseline_path.unlink()
    dut.clock.advance(5 * 60 + 1)
    entries = dut.journal.path.read_text().splitlines(keepends=True)
    number = dut.journal.read().open_entry["session_id"]
    with session("pyez", dut.endpoint) as stale:
        stale.lock()
        sent = "".join(entries[:-1]).replace(f": {number},", f": {stale.session_id},")
        dut.journal.path.write_text(sent)
        assert "can't read the saved baseline" in put_back(bench).reason
    assert put_back(bench).how == "put back by other hands"


def test_a_stale_session_is_ended_although_the_baseline_runs(dut, bench):
    """A lock that stays is left behind as much as a tunnel is."""
    dut.pushed_by_a_dead_run()
    with session("pyez", dut.endpoint) as stale:
        dut.clock.advance(5 * 60 + 1)
        stale.lock()
        text = dut.journal.path.read_text()
        number = dut.journal.read().open_entry["session_id"]
        dut.journal.path.write_text(text.replace(f": {number},", f": {stale.session_id},"))
        restored = put_back(bench)
        assert restored.proven
        assert dut.state().lock_holder is None


def test_a_device_that_is_away_for_minutes(dut, bench):
    """A reboot in the middle: it's waited for, until its timer has run out and it could boot."""
    before = dut.committed
    dut.pushed_by_a_dead_run()
    dut.arm("reboot", seconds=240.0)
    restored = put_back(bench)
    assert (restored.proven, restored.commits) == (True, 2)
    assert 240 <= dut.clock.monotonic() < 300
    dut.assert_untouched_since(before)


def test_a_case_waits_for_its_device_too(dut, bench):
    """The cases after it find a device that is put back, and aren't refused."""
    before = dut.committed

    def look(_):
        dut.arm("reboot", seconds=120.0)
        raise Unreachable("the link is gone")

    with pytest.raises(LabError):
        Attempt(bench, Kind.IPSEC, 2).run(look)
    assert dut.journal.read().open_entry is None
    dut.assert_untouched_since(before)
    assert dut.clock.monotonic() >= 120


def test_somebody_changed_it_afterwards(dut, bench):
    """What they committed after us stays, is named, and is all that differs."""
    qualify(bench, RUNG)
    dut.commit_as("alice", MESSAGE)
    restored = put_back(bench)
    assert (restored.proven, restored.kept) == (True, "'' by alice via cli")
    assert restored.fingerprint_after != restored.fingerprint_before
    assert "theirs is kept: '' by alice via cli" in restored.reason
    case = at_baseline(bench)
    assert (case.outcome, case.findings[0].ok) == (Outcome.PASS, True)
    assert "commits of others since our first: '' by alice via " in case.reason


def test_somebody_rolled_back_to_our_tunnels(dut, bench):
    """To undo a commit of theirs: with ours on top of it, that's our push, and no timer runs."""
    qualify(bench, RUNG)

    def act(device):
        hand = device.store.session("alice", "cli", 4711)
        assert not hand.lock()
        assert not hand.rollback(1)
        assert hand.commit().committed
        hand.close()

    dut.handle.call(act)
    assert any("hil-t00002" in line for line in shown(dut))
    restored = put_back(bench)
    assert (restored.proven, restored.quarantined, exit_code(restored)) == (False, True, 77)
    assert "tunnels of ours are committed again, by others ('' by alice via cli" in restored.reason
    assert "'rollback 1' is what this run had proven" in restored.reason
    case = at_baseline(bench)
    assert case.outcome is Outcome.FAIL
    assert "tunnels of ours are committed again" in case.reason


def test_nobody_says_that_he_changed_it(dut, bench):
    """A difference that the history doesn't explain isn't proven."""
    qualify(bench, RUNG)
    dut.arm("stale-history")
    dut.commit_as("alice", MESSAGE)
    restored = put_back(bench)
    assert (restored.proven, exit_code(restored)) == (False, 76)
    assert "commits of others since our first: none in its history" in restored.reason
    case = at_baseline(bench)
    assert (case.outcome, case.findings[0].ok) == (Outcome.FAIL, False)


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
