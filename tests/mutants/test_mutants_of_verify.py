"""A harness that looks less closely: for all that it no longer looks at, a guard turns red."""

from __future__ import annotations

import pytest

from harness.drivers.history import find_log
from harness.outcome import Evidence, Finding, Outcome
from harness.sim.config.tree import Node, get
from harness.sim.config.tree_edit import placed, removed
from harness.sim.store.commit import CommitRecord, Event

TABLES = "ipsec-tunnels, cli-ipsec-tunnels"
IDLE = "get-inactive-tunnels"
HISTORY = "commit history"


# -- guards: what must hold, each on a device of its own


def honest_device(stage):
    """Pass an honest device on every witness, and leave it as it was."""
    dut = stage.fresh()
    before = dut.committed()
    case = dut.qualify()
    assert case.outcome is Outcome.PASS, f"an honest device ended as {case.outcome}: {case.reason}"
    assert not case.unusable_witnesses, f"of an honest device: {case.unusable_witnesses}"
    assert case.evidence is Evidence.READ_BACK, f"without peers the evidence is {case.evidence}"
    assert dut.put_back().proven
    assert dut.committed() == before


def tunnels_that_are_up(stage):
    """Count a tunnel with two security associations once."""
    dut = stage.fresh()
    dut.spoil(lambda d: setattr(d, "switches", {**d.switches, "peers": "answering"}))
    case = dut.qualify()
    assert case.outcome is Outcome.PASS, case.reason
    assert not case.unusable_witnesses, f"of an honest device: {case.unusable_witnesses}"
    assert case.evidence is Evidence.ESTABLISHED, f"all tunnels are up: {case.evidence}"


def other_value(stage):
    """See another host name, as only the read-back can."""
    dut = stage.fresh()
    dut.commits(lambda tree, new: placed(tree, "changed", "system", "host-name"))
    dut.must_end("fail", "1 changed: system host-name .* is changed", "read-back")


def added_statement(stage):
    """See a message of the day, as only the read-back can."""
    dut = stage.fresh()
    dut.commits(lambda tree, new: placed(tree, "hello", "system", "login", "message"))
    dut.must_end("fail", "statements not planned: 1 added: system login message", "read-back")


def lost_statement(stage):
    """See that dead peer detection is gone, as only the read-back can."""
    dut = stage.fresh()
    path = ("security", "ike", "gateway", "hil-t00003", "dead-peer-detection")
    dut.commits(lambda tree, new: removed(tree, *path))
    dut.must_end("fail", r"1 tunnel\(s\) incomplete: hil-t00003", "read-back")


def reordered_zones(stage):
    """See another order, as only the read-back can."""
    dut = stage.fresh()
    path = ("security", "zones", "security-zone")

    def reorder(tree, new):
        (first, body), *others = get(tree, *path).items()
        return placed(tree, Node({**dict(others), first: body}), *path)

    dut.commits(reorder)
    dut.must_end("fail", "order of the baseline: changed from", "read-back")


def swapped_keys(stage):
    """See swapped keys, as only their comparison can."""
    dut = stage.fresh()
    dut.arm("swap-psk", index=3, from_count=3)
    dut.must_end("fail", "keys: 2 different: hil-t00003, hil-t00004", "read-back")


def stale_history(stage):
    """See that the history stands still."""
    dut = stage.fresh()
    dut.arm("stale-history")
    dut.must_end("fail", "commit history: it doesn't show our commit", HISTORY)


def commit_on_top(stage):
    """See a commit on top of ours that looks like the device's own rollback and is none."""
    dut = stage.fresh()

    def commit(device, ask):
        if device.store.history[0].client != "other":
            device.store.commit(CommitRecord(0, "root", "other", device.clock.now()))
            device.store.happen(Event.COMMIT)
        return ask()

    dut.answers(commit, IDLE)
    dut.must_end("fail", "a later commit than ours: '' by root via other", HISTORY)


def table_without_a_tunnel(stage):
    """Miss in the daemon's table what the configuration has."""
    dut = stage.fresh()
    dut.arm("drop-sa", index=3, from_count=3)
    dut.must_end("fail", r"missing hil-t00003 \(198.18.0.3\)", TABLES)


def words_of_the_device(stage):
    """Quote an error beside an ok."""
    dut = stage.fresh()
    dut.arm("ok-beside-error", from_count=3)
    dut.must_end("fail", r"commit reply: error: \[edit\] commit failed")


def accepted_count(stage):
    """Report four of five tunnels with one lost."""
    dut = stage.fresh()
    dut.arm("drop-tunnel", index=3, from_count=3)
    case = dut.qualify()
    assert case.accepted == 4, f"one of five is missing, {case.accepted} are reported"


# -- mutants: what is taken out, and which guard misses it


def fine(*_, **__):
    """Find nothing wrong."""
    return Finding("", "", "", ok=True)


def silent(*_, **__):
    """Find nothing at all."""
    return iter(())


row = dict  # the arguments of the fixture "kill"
JUDGE, COMPARE = "harness.verify.judge", "harness.verify.compare"
CALIBRATION, IPSEC = "harness.verify.calibration", "harness.verify.ipsec"

MUTANTS = {
    "the read-back isn't compared": row(
        breaks=f"{JUDGE}._configuration", by=silent, guard=other_value, says="ended as pass"
    ),
    "the history isn't looked at": row(
        breaks=f"{JUDGE}._history", by=silent, guard=stale_history, says="ended as pass"
    ),
    "any place in the history will do": row(
        breaks=f"{JUDGE}.shows",
        by=lambda history, log: find_log(history, log) is not None,
        guard=commit_on_top,
        says="ended as pass",
    ),
    "the witnesses aren't heard": row(
        breaks=f"{JUDGE}._witnesses",
        by=silent,
        guard=table_without_a_tunnel,
        says="ended as pass",
    ),
    "the device's words are dropped from the verdict": row(
        breaks=f"{JUDGE}._messages", by=silent, guard=words_of_the_device, says="commit history:"
    ),
    "the device's words are dropped from the reply": row(
        breaks="harness.drivers.replies.messages",
        by=silent,
        guard=words_of_the_device,
        says="commit history:",
    ),
    "what failed is reported as accepted": row(
        breaks="harness.lab.qualify.accepted",
        by=lambda expected, *_: expected.count,
        guard=accepted_count,
        says="one of five is missing, 5 are reported",
    ),
    "evidence is overstated": row(
        breaks=f"{JUDGE}._all_up",
        by=lambda *_: True,
        guard=honest_device,
        says="without peers the evidence is established",
    ),
    "an established tunnel isn't noticed": row(
        breaks=f"{JUDGE}._all_up",
        by=lambda *_: False,
        guard=tunnels_that_are_up,
        says="all tunnels are up: read back",
    ),
    "missing statements don't count": row(
        breaks=f"{COMPARE}._missing", by=fine, guard=lost_statement, says="ended as pass"
    ),
    "added statements don't count": row(
        breaks=f"{COMPARE}._statements", by=fine, guard=added_statement, says="ended as pass"
    ),
    "changed values don't count": row(
        breaks=f"{COMPARE}._altered", by=fine, guard=other_value, says="ended as pass"
    ),
    "the order doesn't count": row(
        breaks=f"{COMPARE}._order", by=fine, guard=reordered_zones, says="ended as pass"
    ),
    "keys aren't compared": row(
        breaks=f"{COMPARE}._compared",
        by=lambda *_: {},
        guard=swapped_keys,
        says="ended as pass",
    ),
    "keys can't be decoded": row(
        breaks="harness.verify.secret9.decode",
        by=lambda encoded: None,
        guard=swapped_keys,
        says="ended as pass: .*not compared",
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
