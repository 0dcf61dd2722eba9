"""Back beside somebody else's commits: theirs stay, ours goes, and what is left is proven."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from harness.deploy.access import history
from harness.deploy.baseline import capture
from harness.deploy.beside import Left
from harness.deploy.mark import Mark, Phase
from harness.deploy.others import Since, identity
from harness.deploy.restore import restore
from harness.drivers.registry import session
from harness.errors import Quarantined, RestoreFailed
from harness.render.readback import fingerprint, statements

MARK = Mark("0badcafe", Phase.RESTORED, "finishing run deadbeef")
PUSH = str(Mark("deadbeef", Phase.PUSH, "rung=1"))
RUNS = frozenset({"deadbeef", "0badcafe"})
MESSAGE = 'set system login message "alice was here"\n'
UNIT_OF_OURS = "set interfaces st0 unit 1 description alice\n"
ZONE_OF_OURS = "set security zones security-zone hil-ipsec description alice\n"
NETCONF = ("pyez", "ncclient")
BEFORE = "root via other at 1767225600 '' ''"  # the commit that the devices begin with


def left_by(dut, **changes):
    """Return what the journal of the dead run says."""
    return Left(Since(RUNS, PUSH), dut.journal.saved_statements(), **changes)


def put_back(dut, baseline, driver="pyez", patience=0.0, **changes):
    """Restore as a later run does."""
    access = replace(dut.access(driver), patience=lambda: patience)
    return restore(baseline, access, MARK, left=left_by(dut, **changes))


def shown(dut):
    """Return the set lines of what the device runs."""
    with dut.access().reader() as reader:
        return set(reader.configuration(fmt="set").splitlines())


@pytest.fixture(params=["previous", "first"])
def either(request, dut_at):
    """Give a device of either kind: where a second confirmed commit rolls back to."""
    return dut_at(switches={"followup-confirm-target": request.param})


@pytest.mark.parametrize("driver", NETCONF)
def test_their_commit_on_top_of_ours_stays(dut, driver):
    """It confirmed ours, so nothing goes by itself: ours is deleted, as a difference."""
    before = shown(dut)
    baseline = dut.pushed_by_a_dead_run()
    dut.commit_as("alice", MESSAGE)
    assert dut.state().pending is None
    proof = put_back(dut, baseline, driver)
    assert (proof.how, proof.commits) == ("ours deleted, theirs kept", 1)
    assert proof.kept == "'' by alice via cli"
    assert shown(dut) == before | {MESSAGE.strip()}
    assert dut.logs()[:3] == [str(MARK), "", PUSH]
    with dut.access().reader() as reader:
        assert fingerprint(reader.configuration()) == proof.fingerprint != baseline.fingerprint


def test_what_they_took_from_the_baseline_stays_away(dut):
    """A deletion is a change, too; and several commits of several people are named."""
    before = shown(dut)
    baseline = dut.pushed_by_a_dead_run()
    (gone,) = [line for line in before if "host-name" in line]
    dut.commit_as("alice", gone.replace("set ", "delete ", 1).rsplit(" ", 1)[0] + "\n")
    dut.commit_as("bob", MESSAGE, log="night shift")
    proof = put_back(dut, baseline)
    assert proof.kept == "'night shift' by bob via cli; '' by alice via cli"
    assert shown(dut) == (before | {MESSAGE.strip()}) - {gone}


@pytest.mark.parametrize("lines", [UNIT_OF_OURS, ZONE_OF_OURS])
def test_theirs_inside_of_ours_is_quarantined(dut, lines):
    """Deleting ours would take theirs along: nothing is changed, and both are named."""
    baseline = dut.pushed_by_a_dead_run()
    dut.commit_as("alice", lines)
    now = dut.committed
    with pytest.raises(Quarantined, match="somebody else's statements stand inside of ours: "):
        put_back(dut, baseline)
    dut.assert_untouched_since(now)


def test_a_key_of_ours_that_they_changed_is_quarantined(dut):
    """No path tells it; the configuration that the device keeps of our push does."""
    baseline = dut.pushed_by_a_dead_run()
    dut.commit_as(
        "alice", 'set security ike policy hil-t00001 pre-shared-key ascii-text "hers now"\n'
    )
    now = dut.committed
    with pytest.raises(Quarantined, match=r"somebody changed keys of ours: .*hil-t00001") as said:
        put_back(dut, baseline)
    assert "$9$" not in str(said.value)
    dut.assert_untouched_since(now)


def test_theirs_that_refers_to_ours_is_quarantined(dut):
    """The device refuses to lose what is referred to, and that is told."""
    baseline = dut.pushed_by_a_dead_run()
    dut.commit_as(
        "alice",
        "set security ipsec vpn hers ike gateway hil-t00001\n"
        "set security ipsec vpn hers ike ipsec-policy hil-esp\n"
        "set security ipsec vpn hers bind-interface st0.77\n"
        "set interfaces st0 unit 77 family inet\n",
    )
    now = dut.committed
    with pytest.raises(Quarantined, match=r"refuses to lose ours, .*by alice via cli"):
        put_back(dut, baseline)
    dut.assert_untouched_since(now)


def test_they_deleted_all_of_ours(dut):
    """What they wanted gone, we want gone: nothing is left to do, and no commit is made."""
    before = shown(dut)
    baseline = dut.pushed_by_a_dead_run()
    named = r"security (?:zones security-zone|\S+ \S+) hil-\S+"
    objects = rf"interfaces st0 unit \d+|{named}|routing.*route \S+"
    added = "\n".join(sorted(shown(dut) - before))
    dut.commit_as("alice", "".join(f"delete {one}\n" for one in set(re.findall(objects, added))))
    dut.commit_as("alice", MESSAGE)
    commits = len(dut.logs())
    proof = put_back(dut, baseline)
    assert (proof.how, proof.commits) == ("untouched, theirs kept", 0)
    assert len(dut.logs()) == commits


def test_they_rolled_ours_back(dut):
    """The baseline runs again, by their hand: that is all there is to prove."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()

    def undo(device):
        hand = device.store.session("alice", "cli", 4711)
        assert not hand.lock()
        assert not hand.rollback(1)
        assert hand.commit().committed
        hand.close()

    dut.handle.call(undo)
    proof = put_back(dut, baseline)
    assert (proof.how, proof.commits, proof.kept) == ("untouched", 0, "")
    dut.assert_untouched_since(before)


def test_the_device_rolled_itself_back_and_they_committed(dut):
    """Ours is gone by the timer, theirs is on top of the baseline: nothing is to do."""
    before = shown(dut)
    baseline = dut.pushed_by_a_dead_run()
    dut.clock.advance(5 * 60 + 1)
    dut.handle.call(lambda device: device.store.tick())
    dut.commit_as("alice", MESSAGE)
    proof = put_back(dut, baseline)
    assert (proof.how, proof.commits) == ("untouched, theirs kept", 0)
    assert shown(dut) == before | {MESSAGE.strip()}


def test_a_run_that_died_before_its_commit(dut):
    """Nothing of ours is there; what they committed since isn't undone."""
    with dut.access().reader() as reader:
        baseline, newest = capture(reader), identity(history(reader)[0])
    dut.commit_as("alice", MESSAGE)
    left = Left(Since(RUNS, "", newest), dut.plan(2)(baseline).ours)
    proof = restore(baseline, dut.access(), MARK, left=left)
    assert (proof.how, proof.commits) == ("untouched, theirs kept", 0)
    assert proof.kept == "'' by alice via cli"


def test_their_confirmed_commit_is_never_confirmed_by_us(either):
    """We wait, and if they don't get through in that time we say so; theirs stays pending."""
    baseline = either.pushed_by_a_dead_run()
    either.commit_as("alice", MESSAGE, confirm_minutes=10)
    commits = len(either.logs())
    with pytest.raises(RestoreFailed, match="confirmed commit of somebody else may be pending"):
        put_back(either, baseline, patience=60.0)
    assert either.state().pending is not None
    assert len(either.logs()) == commits


def test_their_confirmed_commit_runs_out(either):
    """Whatever the device goes back to then: at the end the baseline runs, and nothing else."""
    before = either.committed
    baseline = either.pushed_by_a_dead_run()
    either.commit_as("alice", MESSAGE, confirm_minutes=10)
    proof = put_back(either, baseline, patience=3600.0)
    assert (proof.fingerprint, proof.kept) == (baseline.fingerprint, "")
    either.assert_untouched_since(before)


def test_their_confirmed_commit_is_confirmed_by_them(dut):
    """Then it's a commit like any other, and stays."""
    before = shown(dut)
    baseline = dut.pushed_by_a_dead_run()
    dut.commit_as("alice", MESSAGE, confirm_minutes=10)
    honest, slept = dut.clock.sleep, []

    def sleep(seconds):
        honest(seconds)
        slept.append(seconds)
        if len(slept) == 3:
            dut.commit_as("alice", "", log="confirmed")

    dut.clock.sleep = sleep
    proof = put_back(dut, baseline, patience=3600.0)
    assert proof.how == "ours deleted, theirs kept"
    assert shown(dut) == before | {MESSAGE.strip()}
    assert dut.clock.monotonic() < 600


def test_a_device_that_lost_the_pending_commit_at_a_reboot(dut_at):
    """Where the timer doesn't survive, ours stays until it's taken off; theirs stays as well."""
    for kept in ("lost", "kept"):
        dut = dut_at(switches={"pending-at-reboot": kept})
        before = shown(dut)
        baseline = dut.pushed_by_a_dead_run()
        dut.handle.call(lambda device: device.store.reboot())
        dut.commit_as("alice", MESSAGE)
        assert put_back(dut, baseline).how == "ours deleted, theirs kept"
        assert shown(dut) == before | {MESSAGE.strip()}


def test_what_is_ours_is_not_known_any_more(dut):
    """Nothing is deleted on a guess."""
    baseline = dut.pushed_by_a_dead_run()
    dut.commit_as("alice", MESSAGE)
    dut.journal.ours_path.write_bytes(b"torn")
    now = dut.committed
    with pytest.raises(Quarantined, match="what is ours isn't known any more"):
        put_back(dut, baseline)
    dut.assert_untouched_since(now)


def test_a_history_that_tells_nothing(dut):
    """Fifty commits later only the content speaks: ours alone is ours, more is nobody's to take."""
    baseline = dut.pushed_by_a_dead_run()
    for number in range(50):
        dut.commit_as("alice", f'set system login message "{number}"\n')
    now = dut.committed
    with pytest.raises(Quarantined, match="history doesn't tell whose that is"):
        put_back(dut, baseline)
    dut.assert_untouched_since(now)


def test_over_a_command_line_it_says_who_can(dut):
    """It takes no XML, and nothing is guessed at."""
    baseline = dut.pushed_by_a_dead_run()
    dut.commit_as("alice", MESSAGE)
    now = dut.committed
    with pytest.raises(RestoreFailed, match="'harness restore dut' does it over NETCONF"):
        put_back(dut, baseline, "netmiko")
    dut.assert_untouched_since(now)


# -- a device that is away


def test_a_device_that_is_away_is_waited_for(dut):
    """A reboot takes minutes; the way back begins when it answers again."""
    before = dut.committed
    baseline = dut.pushed_by_a_dead_run()
    dut.arm("reboot", seconds=90.0)
    proof = put_back(dut, baseline, patience=600.0)
    assert any("tried again after" in note for note in proof.notes)
    assert 90 <= dut.clock.monotonic() < 600
    dut.assert_untouched_since(before)


def test_a_device_that_stays_away_is_not_proven(dut):
    """The wait is bounded, and the first cause is told."""
    baseline = dut.pushed_by_a_dead_run()
    dut.server.stop()
    with pytest.raises(RestoreFailed, match=r"not proven to be at its baseline: .*no connection"):
        put_back(dut, baseline, patience=600.0)
    assert 600 <= dut.clock.monotonic() < 700


# -- a session of ours that outlived its run


@pytest.fixture
def stale(dut):
    """Leave a session of a dead run that holds the lock, and return its number and the baseline."""
    baseline = dut.pushed_by_a_dead_run()
    with session("pyez", dut.endpoint) as opened:
        opened.lock()
        yield dut, str(opened.session_id), baseline


def ours(dut, number, **changes):
    """Return what the journal says of that session."""
    known = {"session": number, "user": dut.endpoint.username, "opened": dut.clock.now()}
    return {**known, **changes}


def test_a_stale_session_of_ours_is_ended(stale):
    """Its lock would last for hours; the device is put back at once."""
    dut, number, baseline = stale
    dut.clock.advance(30)
    proof = put_back(dut, baseline, **ours(dut, number))
    assert "a stale session of ours that held the lock was ended" in proof.notes
    assert dut.clock.monotonic() == 30
    assert dut.state().lock_holder is None


@pytest.mark.parametrize(
    "changes",
    [
        {"user": "somebody else"},
        {"session": "4"},
        {"session": ""},
        {"opened": None},
        {"in_flight": True, "since": Since(RUNS, "of another commit", BEFORE)},
    ],
)
def test_nobody_elses_session_is_ended(stale, changes):
    """One certainty missing is enough: the lock is waited for, and its holder named."""
    dut, number, baseline = stale
    left = replace(left_by(dut), **ours(dut, number, **changes))
    with pytest.raises(RestoreFailed, match=rf"(?s)locked by:.*pid {number}"):
        restore(baseline, dut.access(), MARK, left=left)
    assert str(dut.state().lock_holder.pid) == number


def test_numbers_begin_anew_with_a_reboot(stale):
    """The device came up after the journal was opened: the number may be anybody's."""
    dut, number, baseline = stale
    before = dut.clock.now() - timedelta(days=400)
    with pytest.raises(RestoreFailed, match="locked by"):
        put_back(dut, baseline, **ours(dut, number, opened=before))
    assert str(dut.state().lock_holder.pid) == number


def test_statements_of_ours_are_those_that_were_pushed(dut):
    """What the journal keeps is what the device shows: the shapes are the same."""
    with dut.access().reader() as reader:
        before = statements(reader.configuration()).members
    dut.pushed_by_a_dead_run()
    with dut.access().reader() as reader:
        after = statements(reader.configuration()).members
    known = dut.journal.saved_statements()
    assert known <= after - before
    blocks = {path[:end] for path in known for end in range(1, len(path) + 1)}
    assert after - before <= blocks
