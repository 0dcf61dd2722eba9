"""Somebody else at work on the device during a run: noticed at each step, named, and kept."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from harness.deploy.journal import NOTICED
from harness.deploy.push import run_rung
from harness.drivers.registry import DRIVER_NAMES
from harness.errors import (
    DeviceBusy,
    Rebooted,
    RestoreFailed,
    SecondWriter,
    TimerNotRunning,
    Unreachable,
)
from harness.sim.config.tree_edit import placed
from harness.sim.store.commit import CommitRecord, Event

HI = 'set system login message "hi"\n'


class Around:
    """A writer around one of whose steps something happens, the first time that it's taken."""

    def __init__(self, writer, step, act, *, before=True):
        self._writer, self._step, self._act, self._before = writer, step, act, before

    def __getattr__(self, name):
        honest = getattr(self._writer, name)
        if name != self._step or self._act is None:
            return honest

        def call(*arguments, **options):
            act, self._act = self._act, None
            if self._before and act:
                act()
            answer = honest(*arguments, **options)
            if not self._before and act:
                act()
            return answer

        return call


@pytest.fixture
def run(dut, owner):
    """Return a function that runs a rung and hands back its result."""

    def go(driver="pyez", probe=lambda pushed: "seen", note="rung=1", **endpoint):
        plan = dut.plan(2, driver=driver, note=note)
        return run_rung(dut.access(driver, **endpoint), dut.journal, owner, plan, probe)

    return go


def commits_anyway(dut, user="alice", log="by hand"):
    """Commit a change past the lock, as an event script or a lost lock lets somebody do."""

    def act(device):
        store = device.store
        kept = store.candidate
        # What runs, whatever the candidate holds.
        changed = placed(store.committed, "hi", "system", "login", "message")
        store.commit(CommitRecord(0, user, "cli", device.clock.now(), log), changed)
        store.happen(Event.COMMIT)
        store.change(kept)

    dut.handle.call(act)


def noticed(dut):
    """Return what the journal says was noticed: moment and kind."""
    entries = dut.journal.read().entries
    return [(e["moment"], e["what"]) for e in entries if e["event"] == NOTICED]


STEPS = {
    "load": ("load", "after the load"),
    "check": ("commit_check", "before the commit"),
    "commit": ("commit", "after the commit"),
}


@pytest.mark.parametrize(
    ("driver", "step"),
    [
        (driver, step)
        for driver in DRIVER_NAMES
        for step in STEPS
        if (driver, step) != ("netmiko", "commit")
    ],
)
def test_a_commit_at_each_step_is_seen(dut, run, driver, step):
    """Who, from where, when and with which log is told; the rung goes no further."""
    before, (name, moment) = dut.logs(), STEPS[step]
    dut.wrap = lambda writer: Around(writer, name, partial(commits_anyway, dut), before=False)
    with pytest.raises(
        SecondWriter,
        match=rf"^dut: {moment}: somebody else committed: 'by hand' by alice via cli at 2026-01-01 "
        r"00:00:00 UTC; theirs is kept",
    ):
        run(driver, probe=lambda _: pytest.fail("it was looked at"))
    assert "by hand" in dut.logs()[: len(dut.logs()) - len(before)]
    assert noticed(dut) == [(moment, "SecondWriter")]


def test_a_cli_that_can_not_take_ours_out_says_who_does(dut, run):
    """What is theirs is kept all the same; ours is left to the way back over NETCONF."""
    dut.wrap = lambda writer: Around(writer, "commit", partial(commits_anyway, dut), before=False)
    with pytest.raises(RestoreFailed, match="'by hand' by alice via cli") as failed:
        run("netmiko")
    assert isinstance(failed.value.__cause__, SecondWriter)
    assert dut.journal.read().open_entry is not None


def test_a_commit_under_the_probe_is_seen(dut, run):
    """Their commit confirmed ours: the rung doesn't conclude anything."""
    with pytest.raises(SecondWriter, match="before the way back: somebody else committed"):
        run(probe=lambda _: commits_anyway(dut))
    assert noticed(dut) == [("before the way back", "SecondWriter")]


def test_a_commit_before_a_lost_link_goes_before_the_loss(dut, run):
    """What broke the probe is told as the cause: somebody else was at work."""

    def probe(_pushed):
        commits_anyway(dut)
        raise DeviceBusy("and then something broke")

    with pytest.raises(SecondWriter, match="after the way back") as seen:
        run(probe=probe)
    assert isinstance(seen.value.__cause__, DeviceBusy)


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_an_edit_in_our_candidate_is_seen(dut, run, driver):
    """The device's own diff is asked again before the commit; nothing of it is committed."""
    before, logs = dut.committed, dut.logs()

    def edit():
        def act(device):
            hand = device.store.session("alice", "cli", 4711)
            tree = device.store.candidate
            device.store.access.take_lock, kept = (lambda *_: None), device.store.access._lock
            device.store.access._lock = None
            assert not hand.load(HI, "set", "set")
            device.store.access._lock = kept
            assert device.store.candidate is not tree

        dut.handle.call(act)

    dut.wrap = lambda writer: Around(writer, "commit_check", edit, before=False)
    with pytest.raises(
        SecondWriter,
        match=r"before the commit: somebody else changed the candidate: \+ system login message hi"
        r".*in the configuration beside us: alice \(pid 4711\)",
    ):
        run(driver)
    assert dut.committed == before
    assert dut.logs() == logs


def test_somebody_else_holds_the_lock_that_was_ours(dut, run):
    """A lock that the device gave twice isn't one; who has it now keeps us from discarding ours."""

    def steal():
        def act(device):
            hand = device.store.session("alice", "cli", 4711)
            device.store.access.take_lock(hand, hand._here())

        dut.handle.call(act)

    dut.wrap = lambda writer: Around(writer, "load", steal, before=False)
    with pytest.raises(RestoreFailed, match="locked by: alice") as failed:
        run()
    cause = failed.value.__cause__
    assert isinstance(cause, SecondWriter)
    assert "after the load: somebody else holds the configuration lock: alice (pid 47" in str(cause)


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_a_commit_between_two_rungs_is_seen(dut, run, driver):
    """The second rung doesn't start: the device isn't what the first one proved."""
    run(driver)
    dut.commit_as("alice", HI, log="between")
    with pytest.raises(
        SecondWriter, match="under the lock: somebody else committed: 'between' by alice via cli"
    ):
        run(driver, note="rung=2")
    assert dut.logs()[0] == "between"
    assert dut.journal.read().open_entry is None


def test_a_change_between_two_rungs_that_nobody_committed(dut, run):
    """The fingerprint tells that it moved, even where the history doesn't tell who did it."""
    run()

    def act(device):
        hand = device.store.session("alice", "cli", 4711)
        assert not hand.load(HI, "set", "set")
        device.store.commit(CommitRecord(0, "root", "other", device.clock.now()))

    dut.handle.call(act)
    with pytest.raises(SecondWriter, match=r"since the last rung .* doesn't tell who"):
        run(note="rung=2")


def test_another_run_starts_from_what_is_there(dut, run, owner):
    """What was changed between two runs is part of the next one's baseline."""
    run()
    dut.commit_as("alice", HI)
    plan = dut.plan(2, note="rung=2")
    other = type(owner)("0ther0ne", owner.name)
    result = run_rung(dut.access(), dut.journal, other, plan, lambda _: "seen")
    assert result.conclusion == "seen"


def test_who_has_the_configuration_open_is_named(dut, run):
    """Nothing of theirs gets in while the lock is ours, so it's told and not refused."""

    def enter(device):
        hand = device.store.session("alice", "cli", 4711)
        assert [c.severity for c in hand.open("private")] == ["warning"]

    dut.handle.call(enter)
    result = run()
    assert [words.split(" since")[0] for words in result.pushed.beside] == ["alice (pid 4711)"]


def test_a_scheduled_commit_refuses(dut, run):
    """It would commit what is the candidate then, and confirm ours: who and when is told."""

    def schedule(device):
        hand = device.store.session("alice", "cli", 4711)
        assert not hand.load(HI, "set", "set")
        at = device.clock.now() + timedelta(hours=3)
        assert hand.commit(at=at).scheduled

    dut.handle.call(schedule)
    with pytest.raises(
        DeviceBusy, match=r"scheduled by alice via cli at 2026-01-01 03:00:00 UTC; .*clear system"
    ):
        run()


def plain(device):
    """Take every confirmed commit for a plain one."""
    store = device.store
    commit, happen = store.commit, store.happen

    def committing(record, tree=None):
        commit(CommitRecord(0, record.user, record.client, record.when, record.log), tree)

    store.commit = committing
    store.happen = lambda event, pending=None: happen(
        Event.COMMIT if event is Event.CONFIRMED else event
    )


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_a_push_that_is_not_held_as_confirmed_is_taken_off_at_once(dut, run, driver):
    """The reply said what was wished; the history doesn't, and nobody looks at such a push."""
    before = dut.committed
    dut.handle.call(plain)
    with pytest.raises(TimerNotRunning, match="its history shows a plain commit"):
        run(driver, probe=lambda _: pytest.fail("it was looked at"))
    dut.assert_untouched_since(before)
    assert noticed(dut) == [("after the commit", "TimerNotRunning")]


@pytest.mark.parametrize("kept", [False, True], ids=["lost", "kept"])
@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_a_reboot_in_the_middle_is_seen(dut_at, owner, driver, kept):
    """Whether or not the pending rollback outlives it, the device is put back and it's said."""
    dut = dut_at(switches={"pending-at-reboot": "kept" if kept else "lost"})
    before = dut.committed
    dut.clock.advance(3600)

    def probe(_pushed):
        dut.arm("reboot", seconds=0.0)
        dut.handle.call(lambda device: device.tick())

    with pytest.raises(Rebooted, match=r"it rebooted during the rung: up 0 s, where 3600 s are"):
        run_rung(dut.access(driver), dut.journal, owner, dut.plan(2, driver=driver), probe)
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_a_check_that_never_answers_leaves_no_lock(dut, run, driver):
    """The lost session of ours is ended by its number, instead of waiting for minutes."""
    before = dut.committed
    request = "commit check" if driver == "netmiko" else "commit-configuration"
    dut.arm("slow", seconds=3600.0, rpc=request)
    began = dut.clock.monotonic()
    with pytest.raises(Unreachable):
        run(driver, timeout=1.0)
    assert dut.clock.monotonic() - began < 1.0, "nobody waited for the lock"
    dut.assert_untouched_since(before)
