"""A harness that is careless on the way in: for each step left out, a guard turns red."""

from __future__ import annotations

from datetime import timedelta

import pytest

from harness.deploy import refuse
from harness.deploy.blast_radius import check_addition
from harness.deploy.deadman import Action
from harness.deploy.push import _Rung
from harness.deploy.resolve import CommitOutcome, Resolved
from harness.lease import FileLease
from harness.sim.config.tree_edit import placed, removed
from harness.sim.faults.tunnel_faults import new_tunnels
from harness.sim.store.commit import CommitRecord
from harness.sim.tunnels import added

CONTROL = 2  # tunnels of the negative control


# -- guards: what must hold, each on a device of its own


def stays_under_the_timer(stage):
    """Push under commit confirmed alone, confirm nothing, check nothing while it's pending."""
    dut = stage.fresh()
    told = []

    def watch(device):
        honest = device.store.happen

        def happen(event, pending=None):
            before = " while pending" if device.store.pending else ""
            ours = (
                " of tunnels" if added(device._base_tunnels, device._configured_tunnels()) else ""
            )
            told.append(f"{event.value}{before}{ours}")
            honest(event, pending)

        device.store.happen = happen

    dut.spoil(watch)
    end = dut.end()
    rung = ["commit check", "commit confirmed of tunnels", "commit while pending"]
    assert told == rung * 2, f"the device was sent: {', '.join(told)}; ended as {end}"
    assert end.word == "pass", end


def foreign_confirm(stage):
    """Don't confirm somebody else's commit by committing."""
    dut = stage.fresh()
    dut.arm("foreign-confirm")
    dut.must_end("DeviceBusy", "alice's commit confirmed may be pending")


def scheduled_commit(stage):
    """Don't push where somebody's commit waits for its time: it would confirm ours."""
    dut = stage.fresh()

    def schedule(device):
        hand = device.store.session("alice", "cli", 4711)
        assert hand.commit(at=device.clock.now() + timedelta(hours=3)).scheduled

    dut.spoil(schedule)
    dut.must_end("DeviceBusy", "a commit is scheduled by alice")


def unfinished_push(stage):
    """Don't push on top of another runner's tunnels."""
    dut = stage.fresh()
    log = "hil-harness run=0ther0ne phase=push rung=1"

    def push(device):
        device.store.commit(CommitRecord(0, "lab", "netconf", device.clock.now(), log))

    dut.spoil(push)
    dut.must_end("DeviceBusy", "its newest commit is the test push of run 0ther0ne")


def open_journal(stage):
    """Don't push where an earlier run didn't prove its restore."""
    dut = stage.fresh()
    dut.bench.journal.open(dut.bench.baseline(), run_id="0ther0ne", owner="bob@lab")
    dut.must_end("DeviceBusy", "run 0ther0ne by bob@lab .*restore isn't proven")


def leased(stage):
    """Don't write to a device that another process is writing to."""
    dut = stage.fresh()
    run = dut.bench.run
    other = FileLease(run.state / "leases", dut.bench.key, run.holder("somebody else's run"))
    assert other._try()
    with other, pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.lab.bench._WRITER_WAIT", 0.0)
        dut.must_end("DeviceBusy", "held by .*somebody else's run")


def locked(stage):
    """Don't write to a configuration that somebody holds."""
    dut = stage.fresh()
    dut.arm("lock-held")
    dut.must_end("DeviceBusy", "locked by: alice")


def hidden_secrets(stage):
    """Don't touch a device whose baseline can't be put back."""
    dut = stage.fresh()
    dut.arm("secret-data")
    dut.must_end("LabError", "this login reads secrets as SECRET-DATA")


def foreign_statement(stage):
    """Commit nothing that isn't ours."""
    dut = stage.fresh()
    dut.loads(lambda tree: placed(tree, "hello", "system", "login", "message"))
    dut.must_end("UnsafeChange", r"\+ system login message")


def deleted_route(stage):
    """Commit no deletion."""
    dut = stage.fresh()
    path = ("routing-options", "static", "route", "10.202.0.0/16")
    dut.loads(lambda tree: removed(tree, *path))
    dut.must_end("UnsafeChange", r"- routing-options static route 10.202.0.0/16")


def no_difference(stage):
    """Commit nothing when the device says that nothing changed."""
    dut = stage.fresh()

    def spoil(device):
        honest = device.store.compare
        device.store.compare = lambda old, new, **_: (
            "" if len(new_tunnels(old, new)) > CONTROL else honest(old, new)
        )

    dut.spoil(spoil)
    dut.must_end("UnsafeChange", "the device's own diff is empty")


def lost_before_the_commit(stage):
    """Say that nothing was committed, and that it isn't known to be the device's fault."""
    dut = stage.fresh()
    dut.arm("die-during-commit", when="before", from_count=3)
    dut.must_end("OutcomeUnknown", "the commit history doesn't show it: not committed")


def lost_after_the_commit(stage):
    """Find a commit whose answer was lost, and judge it."""
    dut = stage.fresh()
    dut.arm("die-during-commit", when="after", from_count=3)
    dut.must_end("pass", "the answer to the commit was lost; the history shows it")


# -- mutants: what is left out, and which guard misses it


def nothing(*_, **__):
    """Do nothing."""


def additions_alone(patch, allowed):
    """Hold only what is added against the allow-list."""
    kept = [line for line in patch.splitlines() if not line.startswith("-")]
    return check_addition("\n".join(kept), allowed)


def emptiness_forgiven(patch, allowed):
    """Take an empty difference for a push."""
    return check_addition(patch, allowed) if patch else 1


def check_after_commit():
    """Check again after the commit, to be sure."""
    honest = _Rung._commit

    def mutant(rung, payload):
        answer = honest(rung, payload)
        rung._writer.commit_check()
        return answer

    return mutant


def check_through_the_switch():
    """Check again after the commit, and ask the state machine first."""
    honest = _Rung._commit

    def mutant(rung, payload):
        answer = honest(rung, payload)
        rung._switch.step(Action.CHECK)
        return answer

    return mutant


def confirmed_before_return():
    """Confirm the push before it's taken back."""
    honest = _Rung.back

    def mutant(rung, cause):
        rung._writer.commit("keep it")
        return honest(rung, cause)

    return mutant


row = dict  # the arguments of the fixture "kill"
PUSH = "harness.deploy.push"
START = "harness.deploy.start"
GREEN = "ended as pass"

MUTANTS = {
    "the push is a plain commit": row(
        breaks="harness.drivers.requests.confirm_minutes",
        by=lambda minutes: None,
        guard=stays_under_the_timer,
        says="the device was sent: commit check, commit of tunnels, commit; ended as TimerNotRun",
    ),
    "the push is confirmed before it's taken back": row(
        breaks=f"{PUSH}._Rung.back",
        by=confirmed_before_return(),
        guard=stays_under_the_timer,
        says="commit confirmed of tunnels, commit while pending of tunnels",
    ),
    "the push is checked while it's pending": row(
        breaks=f"{PUSH}._Rung._commit",
        by=check_after_commit(),
        guard=stays_under_the_timer,
        says="commit confirmed of tunnels, commit check while pending of tunnels",
    ),
    "the state machine is asked for a check while it's pending": row(
        breaks=f"{PUSH}._Rung._commit",
        by=check_through_the_switch(),
        guard=stays_under_the_timer,
        says="ended as HarnessBug: 'commit check' in state 'pending'",
    ),
    "somebody's confirmed commit is ignored": row(
        breaks=f"{START}.refuse_foreign_confirm", by=nothing, guard=foreign_confirm, says=GREEN
    ),
    "somebody's scheduled commit is ignored": row(
        breaks=f"{START}.refuse_scheduled_commit",
        by=nothing,
        guard=scheduled_commit,
        says="ended as RestoreFailed: .*configuration is read-only",
    ),
    "another runner's push is ignored": row(
        breaks=f"{START}.refuse_unfinished_commit", by=nothing, guard=unfinished_push, says=GREEN
    ),
    "an open journal is ignored": row(
        breaks=f"{START}.refuse_open_journal", by=nothing, guard=open_journal, says=GREEN
    ),
    "no lease is taken": row(
        breaks="harness.lease.file_lease.FileLease.acquire", by=nothing, guard=leased, says=GREEN
    ),
    "no lock is taken": row(
        breaks="harness.drivers.netconf_driver.NetconfDriver.lock",
        by=nothing,
        guard=locked,
        says="expected DeviceBusy .*ended as RestoreFailed: .*locked by: alice",
    ),
    "hidden secrets aren't noticed": row(
        breaks="harness.deploy.baseline._HIDDEN_SECRET",
        by="no such text",
        guard=hidden_secrets,
        says=GREEN,
    ),
    "the diff isn't held against the allow-list": row(
        breaks=f"{PUSH}.check_addition",
        by=lambda *_: 1,
        guard=foreign_statement,
        says="expected UnsafeChange .*ended as fail: .*1 added: system login message",
    ),
    "the allow-list allows everything": row(
        breaks="harness.deploy.blast_radius.AllowList.allows",
        by=lambda *_: True,
        guard=foreign_statement,
        says="expected UnsafeChange .*ended as fail: .*1 added: system login message",
    ),
    "deletions are forgiven": row(
        breaks=f"{PUSH}.check_addition",
        by=additions_alone,
        guard=deleted_route,
        says="expected UnsafeChange .*ended as fail: .*lost: routing-options static route",
    ),
    "an empty diff is forgiven": row(
        breaks=f"{PUSH}.check_addition", by=emptiness_forgiven, guard=no_difference, says=GREEN
    ),
    "a lost answer is taken for a commit": row(
        breaks=f"{PUSH}.resolve",
        by=lambda *_: Resolved(CommitOutcome.COMMITTED, "so we hope", 0.0),
        guard=lost_before_the_commit,
        says="expected OutcomeUnknown .*ended as fail: .*it doesn't show our commit",
    ),
    "a lost answer is taken for a refusal": row(
        breaks=f"{PUSH}.resolve",
        by=lambda *_: Resolved(CommitOutcome.NOT_COMMITTED, "so we fear", 0.0),
        guard=lost_after_the_commit,
        says="expected pass .*ended as OutcomeUnknown",
    ),
}
GUARDS = {row["guard"] for row in MUTANTS.values()}


def test_each_refusal_is_left_out_once():
    """A refusal without a mutant is one that nobody would miss."""
    refusals = {name for name in vars(refuse) if name.startswith("refuse_")}
    assert refusals <= {str(row["breaks"]).rpartition(".")[2] for row in MUTANTS.values()}


@pytest.mark.parametrize("guard", sorted(GUARDS, key=lambda one: one.__name__))
def test_each_guard_holds(stage, guard):
    """Unbroken, the harness does what the guard wants."""
    guard(stage)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_turns_its_guard_red(kill, mutant):
    """Broken, it doesn't, and the guard says why."""
    kill(**MUTANTS[mutant])
