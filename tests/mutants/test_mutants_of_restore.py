"""A harness that is careless on the way back: for each step left out, a guard turns red."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace

import pytest

from harness.deploy.journal import Journal
from harness.deploy.restore import RestoreProof, _Attempt, restore
from harness.drivers import replies
from harness.drivers.netconf_driver import NetconfDriver
from harness.lab.attempt import Attempt
from harness.outcome import Outcome
from harness.plan.model import Kind
from harness.render.readback import statements
from harness.render.removal import without
from harness.sim.config.tree import Node, get
from harness.sim.config.tree_edit import placed
from harness.sim.faults.tunnel_faults import new_tunnels

MESSAGE = 'set system login message "alice was here"\n'
SESSION = '"session_id": {0.session_id}'
CONTROL = 2  # tunnels of the negative control


# -- guards: what must hold, each on a device of its own


def comes_back(stage):
    """Leave an honest device as it was, nothing pending on it, its journal closed."""
    dut = stage.fresh()
    before = dut.committed()
    case = dut.qualify()
    assert case.outcome is Outcome.PASS, f"an honest device ended as {case.outcome}: {case.reason}"
    assert dut.committed() == before, "the tunnels are still on the device"
    assert dut.handle.call(lambda device: device.store.pending) is None, "a rollback is pending"
    assert dut.bench.journal.read().open_entry is None, "the journal is open"


def comes_back_after_a_crash(stage):
    """Put back from the journal what a killed run left behind."""
    dut = stage.fresh()
    before = dut.committed()

    class Killed(BaseException):
        """Ends the run without a chance to restore."""

    with pytest.MonkeyPatch.context() as patch:

        def die(*_):
            patch.setattr("harness.deploy.push._Rung.back", nothing)
            raise Killed

        patch.setattr("harness.lab.qualify._probe", die)
        with pytest.raises(Killed):
            dut.qualify()
    assert dut.committed() != before
    proof = dut.put_back()
    assert proof.proven, f"the controller can't prove the device: {proof.reason}"
    assert dut.committed() == before, "the tunnels are still on the device"


def leftover(stage):
    """Don't believe that a device is back because it said ok."""
    dut = stage.fresh()
    dut.arm("rollback-leftover")
    dut.must_end("RestoreFailed", "differs by 1 too many: interfaces interface st0 unit 1")
    return dut


def leftover_keeps_the_journal_open(stage):
    """Refuse in the next run what this one couldn't restore."""
    leftover(stage).of_another_run().must_end("DeviceBusy", "its restore isn't proven")


def leftover_is_out(stage):
    """Use a device no more whose restore failed."""
    leftover(stage).must_end("LabError", "is out for this run")


def reordered(stage):
    """Don't take another order of policies for the baseline."""
    dut = stage.fresh()
    path = ("security", "policies", "policy")

    def reorder(_, new):
        (first, body), *others = get(new, *path).items()
        return placed(new, Node({**dict(others), first: body}), *path)

    dut.returns(reorder)
    dut.must_end("RestoreFailed", "the same statements in another order")


def other_password(stage):
    """Don't take another password for the baseline."""
    dut = stage.fresh()
    path = ("system", "root-authentication", "encrypted-password")
    dut.returns(lambda _, new: placed(new, "$6$x$y", *path))
    dut.must_end("RestoreFailed", "1 with another secret: system root-authentication")


def wrong_slot(stage):
    """Never commit what a rollback loaded without looking at it."""
    dut = stage.fresh()

    def spoil(device):
        store, honest = device.store, device.store.rollback_tree
        old = placed(store.committed, "old", "system", "host-name")
        store.rollback_tree = lambda index: (
            old if index and len(new_tunnels(old, store.committed)) > CONTROL else honest(index)
        )

    dut.spoil(spoil)
    dut.must_end("pass", "accepted")
    closed = [entry for entry in dut.bench.journal.read().entries if entry["event"] == "closed"]
    used = [entry["commits"] for entry in closed]
    assert used == [2, 2], f"a push and a return each, but {used} commits were used"


def garbled_configuration(stage):
    """Take no baseline that isn't well-formed."""
    dut = stage.fresh()
    dut.arm("ill-formed-reply", rpc="get-configuration")
    dut.must_end("RpcRefused", "get-configuration: unreadable reply: not well-formed XML")


def commit_that_goes_on(stage):
    """Call nothing proven while a commit of ours is under way, although the baseline runs."""
    dut = stage.fresh()
    dut.hurry()
    dut.arm("die-during-commit", when="during", seconds=3600.0, from_count=CONTROL + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.sim.server.channel.Channel.later", nothing)
        dut.must_end("RestoreFailed", "configuration database locked by: lab")
        assert not dut.put_back().proven, "proven, and the commit goes on"


def killed_with_tunnels(stage):
    """Push two tunnels and die: they're on the device, and the journal is open."""
    dut = stage.fresh()
    dut.hurry()

    class Killed(BaseException):
        """Ends the run without a chance to restore."""

    with pytest.MonkeyPatch.context() as patch:

        def die(*_):
            patch.setattr("harness.deploy.push._Rung.back", nothing)
            raise Killed

        with pytest.raises(Killed):
            Attempt(dut.bench, Kind.IPSEC, CONTROL).run(die)
    return dut


def by_hand(dut, lines, **options):
    """Let alice commit something."""

    def act(device):
        hand = device.store.session("alice", "cli", 4242)
        assert not hand.load(lines, "set", "set")
        assert hand.commit(**options).committed
        hand.close()

    dut.handle.call(act)


def theirs_stays(stage):
    """Keep what somebody else committed on top of ours, and take ours from under it."""
    dut = killed_with_tunnels(stage)
    by_hand(dut, MESSAGE)
    proof = dut.put_back()
    now = dut.committed().splitlines()
    assert MESSAGE.strip() in now, "what alice committed is gone"
    assert not [line for line in now if "hil-" in line], "the tunnels are still on the device"
    assert proof.proven, proof.reason


def entangled_stays(stage):
    """Change nothing where hers stands inside of ours."""
    dut = killed_with_tunnels(stage)
    by_hand(dut, "set security zones security-zone hil-ipsec description alice\n")
    now = dut.committed()
    proof = dut.put_back()
    assert dut.committed() == now, "what alice committed is gone"
    assert proof.quarantined, "nobody is told to look"


def their_key_stays(stage):
    """Change nothing where she gave a tunnel of ours another key."""
    dut = killed_with_tunnels(stage)
    key = 'set security ike policy hil-t00001 pre-shared-key ascii-text "hers now"\n'
    by_hand(dut, key)
    now = dut.committed()
    proof = dut.put_back()
    assert dut.committed() == now, "the key that alice gave is gone"
    assert proof.quarantined, "nobody is told to look"


def their_confirm_is_theirs(stage):
    """Confirm nobody's pending confirmed commit by ours."""
    dut = killed_with_tunnels(stage)
    by_hand(dut, MESSAGE, confirm_minutes=10)
    dut.put_back()
    pending = dut.handle.call(lambda device: device.store.pending)
    assert pending is not None, "alice's commit is confirmed, and not by her"


def another_box(stage):
    """Load no baseline into a device that has another serial number."""
    dut = killed_with_tunnels(stage)
    journal = dut.bench.journal
    serial = str(journal.read().open_entry["serial"])
    journal.path.write_text(journal.path.read_text().replace(serial, "SIM-OTHER"))
    now = dut.committed()
    assert not dut.put_back().proven, "a device is proven that isn't the one of the journal"
    assert dut.committed() == now, "another device was changed"


def another_baseline(stage):
    """Never load what isn't the baseline that was saved."""
    dut = killed_with_tunnels(stage)
    path = dut.bench.journal.baseline_path
    path.write_bytes(gzip.compress(b"<configuration><system/></configuration>"))
    reason = dut.put_back().reason
    assert "the saved baseline is another configuration" in reason, f"it was taken: {reason}"


def stale_lock_goes(stage):
    """Leave no lock of a dead session of ours behind, although the baseline runs."""
    dut = killed_with_tunnels(stage)
    with dut.bench.access.writer() as stale:
        stale.lock()
        journal = dut.bench.journal
        number = journal.read().open_entry["session_id"]
        text = journal.path.read_text()
        journal.path.write_text(text.replace(f'"session_id": {number}', SESSION.format(stale)))
        proof = dut.put_back()
        assert proof.proven, f"its own lock stands in the way: {proof.reason}"


def stale_lock_of_another_stays(stage):
    """End no session that somebody else has under the number of our dead one."""
    dut = killed_with_tunnels(stage)
    with dut.bench.access.writer() as hers:
        hers.lock()
        journal = dut.bench.journal
        number = journal.read().open_entry["session_id"]
        text = journal.path.read_text()
        journal.path.write_text(text.replace(f'"session_id": {number}', SESSION.format(hers)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("harness.lab.bench.Bench.user", "bob")
            dut.put_back()
        holder = dut.handle.call(lambda device: device.store.lock_holder)
        assert holder is not None, "somebody else's session was ended"


def lock_before_the_journal_goes(stage):
    """End a session that was lost before anything was changed."""
    dut = stage.fresh()
    with dut.bench.access.writer() as lost:
        facts = {"device": "dut", "session_id": str(lost.session_id)}
        dut.bench.journal.locking(run_id=dut.bench.run.run_id, owner="eve@lab", **facts)
        lost.lock()
        proof = dut.put_back()
        assert proof.proven, f"it isn't put back: {proof.reason}"
        holder = dut.handle.call(lambda device: device.store.lock_holder)
        assert holder is None, "a lost session of ours keeps the lock"


# -- mutants: what is left out, and which guard misses it


def nothing(*_, **__):
    """Do nothing."""


def said_to_be_back(baseline, *_, **__):
    """Claim that a device is back without touching it."""
    return RestoreProof(baseline.device, "claimed", baseline.fingerprint, 0, 0.0)


def confirming_return():
    """Take the tunnels back by a commit that undoes itself."""
    honest = NetconfDriver.commit
    return lambda driver, log, minutes=None: honest(driver, log, minutes or 5)


def closed_at_any_end():
    """Close the journal when the restore failed, too."""
    honest = Journal.note

    def mutant(journal, event, **facts):
        honest(journal, event, **facts)
        if event == "restore failed":
            journal.close("failed", 0)

    return mutant


def sorted_fingerprint(configuration):
    """Leave the order out of a fingerprint."""
    read = statements(configuration)
    words = sorted(map(str, (*read.paths, *read.secrets.items())))
    return hashlib.sha256("".join(words).encode()).hexdigest()


def names_alone(root, add, tags, *, marked):
    """Leave the values out of a fingerprint."""
    for element in root.iter():
        add(str(element.tag))


def candidate_taken_on_trust():
    """Look at the committed configuration alone."""
    honest = _Attempt._same_in
    return lambda attempt, reader, database="committed": (
        database == "candidate" or honest(attempt, reader, database)
    )


def repaired():
    """Guess at what an ill-formed reply was meant to be."""
    honest = replies.document
    return lambda raw, *, repair=True: honest(raw, repair=True)


class AnyDigest(str):
    """A digest that is equal to every other."""

    __slots__ = ()

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = str.__hash__


def forgetting(honest):
    """Forget that a commit may be under way."""
    return lambda *args, left, **named: honest(
        *args, **{**named, "in_flight": False, "left": replace(left, session="", in_flight=False)}
    )


def careless_removal(honest):
    """Take ours out, whatever stands in it."""
    return lambda *args: replace(honest(*args), entangled=())


row = dict  # the arguments of the fixture "kill"
PUSH, RESTORE = "harness.deploy.push", "harness.deploy.restore"
GREEN = "ended as pass"

MUTANTS = {
    "nothing is restored": row(
        breaks=f"{PUSH}.restore",
        by=said_to_be_back,
        guard=comes_back,
        says="its newest commit is the test push of run",
    ),
    "a crash isn't cleaned up": row(
        breaks="harness.lab.restoring.restore",
        by=said_to_be_back,
        guard=comes_back_after_a_crash,
        says="the controller can't prove the device: fingerprint",
    ),
    "no journal is kept": row(
        breaks="harness.deploy.journal.Journal._append",
        by=nothing,
        guard=comes_back_after_a_crash,
        says="the controller can't prove the device: .*its newest commit is a push of this run",
    ),
    "no journal is kept, and nobody misses it": row(
        breaks="harness.deploy.journal.Journal._append",
        by=nothing,
        also=("harness.lab.restoring.forgotten",),
        guard=comes_back_after_a_crash,
        says="the tunnels are still on the device",
    ),
    "the journal is closed whatever happened": row(
        breaks="harness.deploy.journal.Journal.note",
        by=closed_at_any_end(),
        guard=leftover_keeps_the_journal_open,
        says="expected DeviceBusy",
    ),
    "a device whose restore failed is used again": row(
        breaks="harness.lab.bench.Bench.refuse_broken",
        by=nothing,
        guard=leftover_is_out,
        says="expected LabError .*ended as DeviceBusy",
    ),
    "a restore isn't proven": row(
        breaks=f"{RESTORE}._Attempt._proven",
        by=lambda _: True,
        guard=leftover,
        says=r"expected RestoreFailed (.|\n)*ended as SecondWriter",
    ),
    "what a rollback loaded isn't looked at": row(
        breaks=f"{RESTORE}._Attempt._same_in",
        by=candidate_taken_on_trust(),
        guard=wrong_slot,
        says=r"a push and a return each, but \[2, [3-9]\] commits",
    ),
    "a fingerprint leaves out the order": row(
        breaks=f"{RESTORE}.fingerprint",
        by=sorted_fingerprint,
        also=("harness.deploy.baseline.fingerprint",),
        guard=reordered,
        says=GREEN,
    ),
    "a fingerprint leaves out values": row(
        breaks="harness.render.readback._normalise",
        by=names_alone,
        guard=other_password,
        says=GREEN,
    ),
    "ill-formed replies are repaired": row(
        breaks="harness.drivers.replies.document",
        by=repaired(),
        guard=garbled_configuration,
        says="ended as PlanError: .*external interface .*isn't in its baseline",
    ),
    "the lock of a lost session is forgotten": row(
        breaks="harness.lab.restoring.free_lock_left",
        by=nothing,
        guard=lock_before_the_journal_goes,
        says="a lost session of ours keeps the lock",
    ),
    "a commit under way is forgotten": row(
        breaks="harness.lab.restoring.restore",
        by=forgetting(restore),
        guard=commit_that_goes_on,
        says="proven, and the commit goes on",
    ),
    "others' commits are undone": row(
        breaks=f"{RESTORE}.beside",
        by=nothing,
        guard=theirs_stays,
        says="what alice committed is gone",
    ),
    "entangled statements are taken out": row(
        breaks="harness.deploy.reconcile.without",
        by=careless_removal(without),
        guard=entangled_stays,
        says="what alice committed is gone",
    ),
    "what the device remembers of our push isn't asked": row(
        breaks="harness.deploy.beside.check_taken",
        by=nothing,
        guard=their_key_stays,
        says="the key that alice gave is gone",
    ),
    "others' confirmed commits aren't waited for": row(
        breaks="harness.deploy.beside.Beside.confirm_pending",
        by=lambda *_: 0.0,
        guard=their_confirm_is_theirs,
        says="confirmed, and not by her",
    ),
    "the serial number isn't looked at": row(
        breaks="harness.lab.restoring._check_serial",
        by=nothing,
        guard=another_box,
        says="a device is proven that isn't the one of the journal",
    ),
    "the saved baseline's digest isn't looked at": row(
        breaks="harness.deploy.journal.fingerprint",
        by=AnyDigest,
        guard=another_baseline,
        says="it was taken",
    ),
    "a stale session of ours keeps its lock": row(
        breaks=f"{RESTORE}.end_stale",
        by=nothing,
        guard=stale_lock_goes,
        says="its own lock stands in the way",
    ),
    "whose session it is isn't looked at": row(
        breaks="harness.deploy.stale._is_ours",
        by=lambda *_: True,
        guard=stale_lock_of_another_stays,
        says="somebody else's session was ended",
    ),
    "the return is a commit confirmed": row(
        breaks="harness.drivers.netconf_driver.NetconfDriver.commit",
        by=confirming_return(),
        guard=comes_back,
        says="a rollback is pending",
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
