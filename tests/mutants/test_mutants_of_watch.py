"""A harness that doesn't look round between its steps: for each look left out, a guard is red."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from harness.sim.answers import Report
from harness.sim.config.tree_edit import placed, removed
from harness.sim.faults.tunnel_faults import new_tunnels
from harness.sim.store.commit import CommitRecord, Event

CONTROL = 2  # tunnels of the negative control
TABLE = "get-inactive-tunnels"
STATUS = "get-database-status-information"
FOREVER = 3600.0  # seconds; nobody waits for them
MESSAGE = ("system", "login", "message")


# -- guards: what must hold, each on a device of its own


def on_top(stage):
    """Stop when somebody commits on top of ours."""
    dut = stage.fresh()

    def commit(device, ask):
        if device.store.history[0].user != "alice":
            device.store.commit(CommitRecord(0, "alice", "cli", device.clock.now(), "by hand"))
            device.store.happen(Event.COMMIT)
        return ask()

    dut.answers(commit, TABLE)
    dut.must_end("SecondWriter", "before the way back: somebody else committed: 'by hand' by alice")


def between_rungs(stage):
    """Don't push onto what somebody changed since the last rung."""
    dut = stage.fresh()
    dut.arm("second-writer", when="after-commit")
    dut.must_end("SecondWriter", "under the lock: somebody else committed: '' by alice via cli")


def out_for_the_run(stage):
    """Push no more to a device on which somebody else is at work; the first cause stays."""
    dut = stage.fresh()
    dut.arm("second-writer", when="after-commit")
    first = dut.end()
    assert first.word == "SecondWriter", first
    dut.must_end("LabError", "is out for this run: .*under the lock: somebody else committed")


def lock_of_alice(stage):
    """Stop when the device says that somebody else holds the lock that was ours."""
    dut = stage.fresh()

    def told(_device, _ask):
        xml = (
            "<database-status-information><database-status><user>alice</user><pid>4242</pid>"
            "<exclusive/></database-status></database-status-information>"
        )
        return Report(lambda: xml, lambda: "")

    dut.answers(told, STATUS)
    dut.must_end("SecondWriter", "after the commit: somebody else holds the .* lock: alice .pid 42")


def edit_in_the_candidate(stage):
    """Commit nothing that came into the candidate after the diff was looked at."""
    dut = stage.fresh()

    def spoil(device):
        store, honest = device.store, device.store.check

        def check(tree):
            said = honest(tree)
            if len(new_tunnels(store.committed, store.candidate)) > CONTROL:
                store.change(placed(store.candidate, "hello", *MESSAGE))
            return said

        store.check = check

    dut.spoil(spoil)
    dut.must_end("SecondWriter", r"changed the candidate: \+ system login message hello")


def plain_commit(stage):
    """Take a push off at once that the device doesn't hold as confirmed."""
    dut = stage.fresh()

    def spoil(device):
        commit, happen = device.store.commit, device.store.happen
        device.store.commit = lambda record, tree=None: commit(replace(record, comment=""), tree)
        device.store.happen = lambda event, pending=None: happen(
            Event.COMMIT if event is Event.CONFIRMED else event
        )

    dut.spoil(spoil)
    dut.must_end("TimerNotRunning", "its history shows a plain commit")


def reboot(stage):
    """Say that the device rebooted in the middle of a rung."""
    dut = stage.fresh()

    def long_ago(device):
        device.booted -= timedelta(hours=1)

    dut.spoil(long_ago)
    dut.arm_in_rung("reboot", seconds=0.0)
    dut.must_end("unhealthy", r"Rebooted: .*it rebooted during the rung: up \d+ s, where 36")


def scheduled(stage):
    """Don't push where somebody's commit waits for its time."""
    dut = stage.fresh()

    def schedule(device):
        hand = device.store.session("alice", "cli", 4711)
        assert hand.commit(at=device.clock.now() + timedelta(hours=3)).scheduled

    dut.spoil(schedule)
    dut.must_end("DeviceBusy", "a commit is scheduled by alice via cli at .*clear system commit")


def half_committed(stage):
    """Don't go on with a lost commit of which a part is missing."""
    dut = stage.fresh()
    dut.arm("die-during-commit", when="after", from_count=CONTROL + 1)
    dut.commits(lambda taken, _new: removed(taken, "security", "ike", "gateway", "hil-t00003"))
    dut.must_end("OutcomeUnknown", "lacks 7 statements of ours: .*hil-t00003.*: partial")


def hung_check(stage):
    """Leave no lock behind when a check is never answered."""
    dut = stage.fresh()
    dut.arm("slow", seconds=FOREVER, rpc="commit-configuration")
    dut.shorten(1.0)
    dut.hurry()
    dut.must_end("Unreachable", "commit check: no answer in time")


def hung_unlock(stage):
    """Leave no lock behind when the unlock at the end is never answered."""
    dut = stage.fresh()
    dut.arm("slow", seconds=FOREVER, rpc="unlock-configuration")
    dut.shorten(1.0)
    dut.must_end("pass", "accepted")
    holder = dut.handle.call(lambda device: device.store.lock_holder)
    assert holder is None, "the lost session keeps its lock"


def lock_after_a_loss(stage):
    """Hold the lock again when the session that had it was lost."""
    dut = stage.fresh()
    held = []

    def look(device, ask):
        held.append(device.store.lock_holder)
        return ask()

    dut.arm("die-during-commit", when="after", from_count=CONTROL + 1)
    dut.answers(look, TABLE)
    dut.must_end("pass", "the answer to the commit was lost")
    assert held, "nobody looked"
    assert all(held), "the tunnels were looked at while nobody held the lock"


# -- mutants: what is left out, and which guard misses it


def nothing(*_, **__):
    """Do nothing."""


row = dict  # the arguments of the fixture "kill"
WATCH, LOOKOUT, PUSH = "harness.deploy.watch", "harness.deploy.lookout", "harness.deploy.push"

MUTANTS = {
    "nobody looks who committed": row(
        breaks=f"{WATCH}._foreign",
        by=lambda *_: (),
        guard=on_top,
        says="ended as fail: .*a later commit than ours: 'by hand' by alice",
    ),
    "the baseline isn't held against what was proven": row(
        breaks="harness.deploy.start._same_as_proven",
        by=nothing,
        guard=between_rungs,
        says="ended as pass",
    ),
    "a device with a second writer stays in the run": row(
        breaks="harness.lab.qualify.OUT",
        by=(),
        guard=out_for_the_run,
        says="expected LabError .*ended as SecondWriter",
    ),
    "nobody looks who holds the lock": row(
        breaks=f"{WATCH}.parse_editors", by=lambda _: (), guard=lock_of_alice, says="ended as pass"
    ),
    "the candidate isn't looked at again": row(
        breaks=f"{LOOKOUT}.Lookout.candidate",
        by=nothing,
        guard=edit_in_the_candidate,
        says="ended as fail: .*1 added: system login message hello",
    ),
    "the timer isn't looked for": row(
        breaks=f"{LOOKOUT}.wrong_timer",
        by=lambda *_: "",
        guard=plain_commit,
        says="ended as pass",
    ),
    "the uptime isn't looked at": row(
        breaks=f"{WATCH}.Watch._still_up",
        by=nothing,
        guard=reboot,
        says="ended as unhealthy: .*the device closed the session",
    ),
    "a scheduled commit is ignored": row(
        breaks="harness.deploy.start.refuse_scheduled_commit",
        by=nothing,
        guard=scheduled,
        says="expected DeviceBusy .*ended as RestoreFailed: .*the configuration is read-only",
    ),
    "a lost commit is believed by its history alone": row(
        breaks="harness.deploy.resolve._missing",
        by=lambda *_: "",
        guard=half_committed,
        says="expected OutcomeUnknown .*ended as fail: .*incomplete: hil-t00003",
    ),
    "a lost session keeps its lock": row(
        breaks="harness.deploy.stale.end_stale_session",
        by=nothing,
        guard=hung_check,
        says="ended as RestoreFailed: .*locked by: lab",
    ),
    "a session lost at the very end keeps its lock": row(
        breaks="harness.deploy.locking.end_stale_session",
        by=nothing,
        guard=hung_unlock,
        says="lost the session by which it locked the configuration",
    ),
    "no lock is taken after a loss": row(
        breaks=f"{PUSH}._Rung._lock_again",
        by=nothing,
        guard=lock_after_a_loss,
        says="while nobody held the lock|session was lost",
    ),
}
GUARDS = {row["guard"] for row in MUTANTS.values()}


@pytest.mark.parametrize("guard", sorted(GUARDS, key=lambda one: one.__name__))
def test_each_guard_holds(stage, guard):
    """Unbroken, the harness does what the guard wants."""
    guard(stage)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_turns_its_guard_red(kill, mutant):
    """Broken, it doesn't, and the guard says why."""
    kill(**MUTANTS[mutant])
