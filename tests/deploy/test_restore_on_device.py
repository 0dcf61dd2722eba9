"""Back to the baseline by every way there is, with real drivers over real SSH."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest

from harness.deploy.baseline import Baseline, capture
from harness.deploy.mark import Mark, Phase
from harness.deploy.resolve import was_committed
from harness.deploy.restore import restore
from harness.drivers.registry import DRIVER_NAMES, session
from harness.errors import LoadRefused, OutcomeUnknown, RestoreFailed, RpcRefused, Unreachable
from harness.system_clock import SystemClock

MARK = Mark("0badcafe", Phase.RESTORED, "finishing run deadbeef")
PUSH = Mark("deadbeef", Phase.PUSH, "rung=1")
FOREVER = 86400.0  # seconds; nobody waits for them
POLICIES = "security policies from-zone trust to-zone vpn-corp policy"


class Refusing:
    """A writer for a device that knows some ways of loading no more."""

    def __init__(self, writer, *refused):
        self._writer, self._refused = writer, refused

    def __getattr__(self, name):
        return getattr(self._writer, name)

    def load(self, payload, fmt, action="merge"):
        if action in self._refused:
            raise LoadRefused(f"unknown action {action}")
        return self._writer.load(payload, fmt, action)

    def rollback(self, index=0):
        if index and "rollback" in self._refused:
            raise LoadRefused("no rollback")
        return self._writer.rollback(index)


def foreign_commits(dut, count):
    """Let alice change something and take it back, again and again."""
    for number in range(count):
        dut.commit_as("alice", f'set system login message "number {number}"\n')


def put_the_first_policy_last(dut):
    """Let alice reorder: the statements stay the same."""
    dut.commit_as(
        "alice",
        f"delete {POLICIES} z-first\n"
        f"set {POLICIES} z-first match source-address any destination-address any application any\n"
        f"set {POLICIES} z-first then permit\n",
    )


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_by_rollback(dut, driver):
    """The usual way: the configuration before ours is one step back."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    proof = restore(baseline, dut.access(driver), MARK)
    assert (proof.how, proof.commits, proof.notes) == ("rollback 1", 1, ())
    dut.assert_untouched_since(before)
    assert dut.logs()[:2] == [str(MARK), str(PUSH)]


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_by_a_rollback_that_has_moved(dut, driver):
    """A commit of somebody else moves the index: only the content counts."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    foreign_commits(dut, 1)
    proof = restore(baseline, dut.access(driver), MARK)
    assert (proof.how, proof.commits) == ("rollback 2", 1)
    assert proof.notes == ("rollback 1: doesn't give the baseline",)
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("driver", ["pyez", "ncclient"])
def test_by_load_update(dut, driver):
    """Beyond the rollbacks that are tried, the kept baseline is loaded; secrets and all."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    foreign_commits(dut, 5)
    proof = restore(baseline, dut.access(driver), MARK)
    assert (proof.how, proof.commits) == ("load update", 1)
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("driver", ["pyez", "ncclient"])
def test_by_load_override(dut, driver):
    """A device that can't update gets the whole configuration."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    dut.wrap = lambda writer: Refusing(writer, "rollback", "update")
    proof = restore(baseline, dut.access(driver), MARK)
    assert (proof.how, proof.commits) == ("load override", 1)
    assert "load update: unknown action update" in proof.notes
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("refused", [(), ("update",)], ids=["update", "override"])
def test_the_order_of_policies_comes_back(dut, refused):
    """Policies match in order: the same ones in another order aren't the baseline."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    put_the_first_policy_last(dut)
    foreign_commits(dut, 5)
    dut.wrap = lambda writer: Refusing(writer, *refused)
    proof = restore(baseline, dut.access(), MARK)
    assert proof.how == ("load override" if refused else "load update")
    dut.assert_untouched_since(before)
    with dut.access().reader() as reader:
        lines = reader.configuration(fmt="set").splitlines()
    names = [line.split()[8] for line in lines if line.startswith(f"set {POLICIES}")]
    assert list(dict.fromkeys(names)) == ["z-first", "m-second", "a-last"]


def test_another_order_is_not_the_baseline(dut):
    """Without a push of ours in sight, a reordered policy is put back all the same."""
    before = dut.committed
    with dut.access().reader() as reader:
        baseline = capture(reader)
    put_the_first_policy_last(dut)
    assert restore(baseline, dut.access(), MARK).how == "rollback 1"
    dut.assert_untouched_since(before)


def test_untouched(dut):
    """A device that runs the baseline is asked, and not changed."""
    with dut.access().reader() as reader:
        baseline = capture(reader)
    logs = dut.logs()
    proof = restore(baseline, dut.access(), MARK)
    assert (proof.how, proof.commits, proof.notes) == ("untouched", 0, ())
    assert dut.logs() == logs


def test_untouched_after_its_own_rollback(dut):
    """When the device's minutes are over before we come, nothing is left to do."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    dut.clock.advance(5 * 60 + 1)
    proof = restore(baseline, dut.access(), MARK)
    assert (proof.how, proof.commits) == ("the device rolled itself back", 0)
    dut.assert_untouched_since(before)


def test_a_pending_push_without_a_difference(dut):
    """A device that made nothing of our push runs the baseline, but only until its timer ends."""
    with dut.access().reader() as reader:
        baseline = capture(reader)
    with dut.access().writer() as writer:
        writer.lock()
        writer.commit(str(PUSH), 5)
    assert restore(baseline, dut.access(), MARK).how == "rollback 1"
    assert dut.state().pending is None


def test_somebodys_edits_are_left_and_told(dut):
    """What a colleague has in the candidate isn't ours to discard."""
    with dut.access().reader() as reader:
        baseline = capture(reader)
    dut.arm("dirty-candidate")
    proof = restore(baseline, dut.access(), MARK)
    assert proof.how == "untouched"
    assert "uncommitted changes" in proof.notes[0]
    assert dut.state().dirty


def test_the_restoring_answer_is_lost(dut):
    """The history tells that the way back was committed."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    dut.arm("die-during-commit", when="after", from_count=0)
    proof = restore(baseline, dut.access(), MARK)
    assert (proof.how, proof.commits) == ("rollback 1", 1)
    dut.assert_untouched_since(before)


def test_the_restoring_commit_never_arrives(dut):
    """A way back that isn't proven is no way back."""
    baseline = dut.pushed_by_a_dead_run()
    dut.arm("die-during-commit", when="before", from_count=0)
    with pytest.raises(RestoreFailed, match="not proven to be at its baseline"):
        restore(baseline, dut.access(), MARK)
    assert dut.state().pending is not None


def test_a_lock_that_stays_held(dut):
    """Restoring waits for the holder, not for ever, and then names him."""
    baseline = dut.pushed_by_a_dead_run()
    dut.arm("lock-held")
    with pytest.raises(RestoreFailed, match="alice"):
        restore(baseline, dut.access(), MARK)
    assert 180 < dut.clock.monotonic() < 300


def test_a_lock_that_is_given_back(dut):
    """A lost session of ours may hold it until the device is through with its commit."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    dut.arm("lock-held")

    class Patient(SystemClock):
        def sleep(self, seconds):
            dut.handle.disarm("lock-held")

    proof = restore(baseline, dut.access(clock=Patient()), MARK)
    assert proof.how == "rollback 1"
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_nothing_helps(dut, driver):
    """Each way that was tried is named, and so is what is left."""
    baseline = dut.pushed_by_a_dead_run()
    dut.arm("rollback-leftover")
    with pytest.raises(RestoreFailed, match=r"differs by 1 too many: .*load override: ") as caught:
        restore(baseline, dut.access(driver), MARK)
    for way in ("rollback 1", "rollback 4", "load update"):
        assert f"{way}: " in str(caught.value)
    assert dut.state().lock_holder is None


class Silent:
    """A reader of a device that doesn't tell its commit history."""

    def __init__(self, reader):
        self._reader = reader

    def __getattr__(self, name):
        return getattr(self._reader, name)

    def rpc(self, name, arguments=None):
        raise RpcRefused(f"no {name}")


def test_without_a_history(dut):
    """The configuration is the proof; the history is only a second witness."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()

    @contextmanager
    def reader():
        with session("ncclient", dut.endpoint) as opened:
            yield Silent(opened)

    proof = restore(baseline, replace(dut.access(), reader=reader), MARK)
    assert proof.how == "rollback 1"
    assert "the commit history can't be read: no get-commit-information" in proof.notes
    dut.assert_untouched_since(before)


def test_a_history_that_stands_still(dut):
    """A device that is back and doesn't say so is back; that it doesn't say so is told."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    dut.arm("stale-history")
    proof = restore(baseline, dut.access(), MARK)
    assert proof.notes == ("the commit history doesn't show the restoring commit",)
    dut.assert_untouched_since(before)


def test_what_is_left_can_not_be_read(dut):
    """The first cause is told all the same."""
    baseline = dut.pushed_by_a_dead_run()
    dut.wrap = lambda writer: Refusing(writer, "rollback", "update", "override")
    access = dut.access()
    lent = []

    @contextmanager
    def reader():
        lent.append("once more")
        if len(lent) > 2:
            raise Unreachable("gone")
        with session("ncclient", dut.endpoint) as opened:
            yield opened

    with pytest.raises(RestoreFailed, match=r"what can't be read now \(gone\); tried rollback 1:"):
        restore(baseline, replace(access, reader=reader), MARK)


def test_an_unreadable_baseline_restores_by_rollback(dut):
    """Only the fingerprint decides; the kept text is needed for the last ways alone."""
    before = dut.committed
    kept = dut.pushed_by_a_dead_run()
    baseline = Baseline("dut", kept.fingerprint, kept.commit_seconds, "<configuration/>")
    assert restore(baseline, dut.access(), MARK).how == "rollback 1"
    dut.assert_untouched_since(before)


@pytest.fixture
def at_work(dut_at):
    """Give a device that works on a commit whose client is gone, the baseline, and a real clock."""
    dut = dut_at(commit_seconds=0.4)
    with dut.access().reader() as reader:
        baseline = capture(reader)
    writer = session("pyez", dut.endpoint)
    driver = writer.__enter__()
    driver.lock()
    payload = dut.plan(2)(baseline)
    driver.load(payload.text, payload.fmt)
    sent = threading.Event()
    session_of = driver._manager._session
    write = session_of._write

    def tell(data):
        write(data)
        sent.set()

    session_of._write = tell
    lost = []
    thread = threading.Thread(target=lambda: lost.append(_commit(driver)))
    thread.start()
    assert sent.wait(10)
    session_of.close()
    thread.join(10)
    assert isinstance(lost[0], OutcomeUnknown)
    return dut, baseline


def _commit(driver):
    try:
        return driver.commit(str(PUSH), 5)
    except OutcomeUnknown as error:
        return error


def test_a_goodbye_that_fails(dut):
    """Closing a session whose device has just hung up raises nothing."""

    def hung_up():
        raise EOFError

    with session("pyez", dut.endpoint) as driver:
        driver._manager._session._channel.close = hung_up


def test_a_commit_in_flight_is_awaited(at_work):
    """What runs proves nothing while the device is at work: the lock comes first."""
    dut, baseline = at_work
    before = dut.committed
    proof = restore(baseline, dut.access(clock=SystemClock()), MARK, in_flight=True)
    assert proof.how == "rollback 1"
    assert dut.logs()[:2] == [str(MARK), str(PUSH)]
    dut.assert_untouched_since(before)


def test_a_restoring_commit_in_flight_is_awaited(dut):
    """The timer brings the baseline back, and that proves nothing while our commit is at work."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    dut.clock.sleep(120)  # of the timer's 300 s: it runs out while the lock is waited for
    dut.arm("die-during-commit", when="during", seconds=FOREVER, from_count=0)
    access = replace(dut.access(), patience=lambda: 3600.0)
    with pytest.raises(RestoreFailed, match="locked by: lab"):
        restore(baseline, access, MARK)
    assert dut.committed == before, "the timer didn't run out"


def test_a_commit_in_flight_is_found(at_work):
    """A history that doesn't show the commit yet isn't believed."""
    dut, _ = at_work
    assert was_committed(dut.access(clock=SystemClock()), PUSH)


def test_who_can_not_be_asked_is_unknown(dut):
    """Reconnecting is tried a bounded number of times, with growing waits."""
    access = dut.access()
    dut.server.stop()
    with pytest.raises(OutcomeUnknown, match="can't be asked"):
        was_committed(access, PUSH)
    assert 30 < dut.clock.monotonic() < 120
