"""One rung on one device, with real drivers over real SSH: what happens, and what stays."""

from __future__ import annotations

import errno
import os
import shutil
from functools import partial

import pytest

from harness.deploy.push import rehearse, run_rung
from harness.deploy.rung import Payload
from harness.drivers.registry import DRIVER_NAMES
from harness.errors import (
    CommitRefused,
    DeviceBusy,
    LabError,
    LoadRefused,
    OutcomeUnknown,
    PlanError,
    RestoreFailed,
    Unreachable,
    UnsafeChange,
)

RENAMING = {
    "xml": "<configuration><system><host-name>renamed</host-name></system></configuration>",
    "set": "set system host-name renamed",
}


class Between:
    """A writer before one of whose steps something happens."""

    def __init__(self, writer, step, act):
        self._writer, self._step, self._act = writer, step, act

    def __getattr__(self, name):
        if name == self._step:
            self._act()
        return getattr(self._writer, name)


@pytest.fixture
def run(dut, owner):
    """Return a function that runs a rung and hands back its result."""

    def go(count=2, probe=lambda pushed: "seen", prepare=None, driver="pyez", **endpoint):
        prepare = prepare or dut.plan(count, driver=driver)
        access = dut.access(driver, **endpoint)
        return run_rung(access, dut.journal, owner, prepare, probe)

    return go


@pytest.fixture
def acts(dut, owner, run):
    """Return what asks a device for two tunnels: a run, and (True) its rehearsal."""
    return {False: run, True: partial(rehearse, dut.access(), dut.journal, owner, dut.plan(2))}


def steps(dut):
    """Return the journal's events."""
    return [entry["event"] for entry in told(dut)]


def told(dut):
    """Return what the journal tells of a run, without the lock around it."""
    around = {"locking", "unlocked"}
    return [entry for entry in dut.journal.read().entries if entry["event"] not in around]


def changed(prepare, **fields):
    """Change what a rung would push."""

    def go(baseline):
        payload = prepare(baseline)
        kept = {name: getattr(payload, name) for name in Payload.__slots__}
        return Payload(**{**kept, **fields})

    return go


@pytest.mark.parametrize(("driver", "count"), [*((name, 2) for name in DRIVER_NAMES), ("pyez", 20)])
def test_from_the_baseline_and_back(dut, run, driver, count):
    """While the probe looks, the tunnels run under the device's timer; then nothing is left."""
    before = dut.committed

    def probe(pushed):
        store = dut.state()
        assert store.pending.minutes == 5
        assert len(store.committed["security"]["ipsec"]["vpn"]) == count + 1
        assert dut.logs()[0] == str(pushed.mark)
        assert pushed.statements > 10 * count
        assert not pushed.answer_lost
        return "seen"

    result = run(count, probe, driver=driver)
    assert (result.conclusion, result.refused) == ("seen", None)
    assert result.restored.how == "rollback 1"
    dut.assert_untouched_since(before)
    assert [log.partition("phase=")[2].split()[0] for log in dut.logs()[:2]] == ["restored", "push"]
    assert result.commits == told(dut)[-1]["commits"] == 2
    assert steps(dut) == ["opened", "committing", "committed", "returning", "closed"]
    assert not dut.journal.baseline_path.exists()


def test_two_rungs_start_from_the_same_baseline(dut, run):
    """The second finds what the first found."""
    first = run(2, prepare=dut.plan(2, note="rung=1"))
    second = run(3, prepare=dut.plan(3, note="rung=2"))
    assert first.baseline.fingerprint == second.baseline.fingerprint


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_a_refused_load(dut, run, driver):
    """The device's words are the result; nothing was committed."""
    before, logs = dut.committed, dut.logs()
    prepare = changed(dut.plan(2), text="set security nonsense\n", fmt="set")
    result = run(prepare=prepare, driver=driver)
    assert isinstance(result.refused, LoadRefused)
    assert "nonsense" in str(result.refused)
    assert (result.pushed, result.restored.how) == (None, "candidate discarded")
    dut.assert_untouched_since(before)
    assert dut.logs() == logs
    assert result.commits == told(dut)[-1]["commits"] == 0


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_a_refused_check(dut_at, owner, driver):
    """A device without capacity says so at the check, and is asked for nothing more."""
    dut = dut_at(tunnel_limit=3)
    before, logs = dut.committed, dut.logs()
    plan = dut.plan(3, driver=driver)
    result = run_rung(dut.access(driver), dut.journal, owner, plan, lambda _: "seen")
    assert isinstance(result.refused, CommitRefused)
    assert result.conclusion is None
    assert steps(dut) == ["opened", "refused", "returning", "closed"]
    dut.assert_untouched_since(before)
    assert dut.logs() == logs


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_a_refused_commit(dut, run, driver):
    """What passed the check and is refused by the commit used none of the device's slots."""
    before, logs = dut.committed, dut.logs()

    def fill_up():
        dut.handle.call(lambda device: setattr(device.store, "_limit", 1))

    dut.wrap = lambda writer: Between(writer, "commit", fill_up)
    result = run(driver=driver)
    assert isinstance(result.refused, CommitRefused)
    dut.assert_untouched_since(before)
    assert dut.logs() == logs
    assert steps(dut) == ["opened", "committing", "refused", "returning", "closed"]
    assert told(dut)[-1]["commits"] == 0


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_a_change_outside_the_allowed(dut, run, driver):
    """The device's own diff names the line; nothing is committed and the candidate is clean."""
    before, logs = dut.committed, dut.logs()
    fmt = "set" if driver == "netmiko" else "xml"
    prepare = changed(dut.plan(2, driver=driver), text=RENAMING[fmt], fmt=fmt)
    with pytest.raises(UnsafeChange, match=r"- system host-name dut; \+ system host-name renamed"):
        run(prepare=prepare, driver=driver)
    dut.assert_untouched_since(before)
    assert dut.logs() == logs
    assert dut.journal.read().open_entry is None


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_the_answer_is_lost_after_the_commit(dut, run, driver):
    """The history tells that it happened: the rung goes on, and ends at the baseline."""
    before = dut.committed
    dut.arm("die-during-commit", when="after")
    result = run(driver=driver)
    assert result.pushed.answer_lost
    assert result.conclusion == "seen"
    dut.assert_untouched_since(before)
    assert result.commits == 2


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_the_answer_is_lost_before_the_commit(dut, run, driver):
    """The history tells that it didn't happen; it isn't sent again."""
    before, logs = dut.committed, dut.logs()
    dut.arm("die-during-commit", when="before")
    with pytest.raises(OutcomeUnknown, match="doesn't show it: not committed"):
        run(driver=driver)
    dut.assert_untouched_since(before)
    assert dut.logs() == logs
    assert told(dut)[-1]["commits"] == 0


def test_the_answer_never_comes(dut, run):
    """A commit that times out is asked for like one whose connection broke."""
    before = dut.committed
    dut.arm("hang-commit", when="after")
    result = run(timeout=1.0)
    assert result.pushed.answer_lost
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("error", [ValueError("a defect"), KeyboardInterrupt()])
def test_a_probe_that_raises(dut, run, error):
    """Whatever it is, the device is put back before it goes on its way."""
    before = dut.committed

    def probe(_pushed):
        raise error

    with pytest.raises(type(error)):
        run(probe=probe)
    dut.assert_untouched_since(before)
    assert dut.journal.read().open_entry is None


def test_a_plan_that_does_not_fit(dut, run):
    """What the plan raises leaves the device untouched, the journal unopened."""

    def prepare(_baseline):
        raise PlanError("too many")

    before = dut.committed
    with pytest.raises(PlanError):
        run(prepare=prepare)
    dut.assert_untouched_since(before)
    assert steps(dut) == []


def test_the_device_rolls_back_while_the_probe_looks(dut, run):
    """A probe that takes too long finds the device back already; no commit of ours is needed."""
    before = dut.committed

    def probe(_pushed):
        dut.clock.advance(6 * 60)
        dut.handle.call(lambda device: device.tick())

    result = run(probe=probe)
    assert result.restored.how == "the device rolled itself back"
    assert result.restored.commits == 0
    dut.assert_untouched_since(before)


def test_a_session_that_dies_under_the_probe(dut, run):
    """The way back is by a fresh session, and says so."""
    before = dut.committed

    def probe(_pushed):
        dut.handle.call(lambda device: [one.hang_up() for one in list(device._logins.values())])

    result = run(probe=probe)
    assert result.restored.how == "rollback 1"
    assert "the session that pushed was given up" in result.restored.notes[0]
    dut.assert_untouched_since(before)


def test_nothing_leads_back(dut, run):
    """The reason names what is left on the device, and the journal stays open."""

    def probe(_pushed):
        dut.arm("rollback-leftover")

    with pytest.raises(RestoreFailed, match="1 too many: interfaces interface st0 unit 1"):
        run(probe=probe)
    assert steps(dut)[-1] == "restore failed"
    assert dut.journal.read().open_entry is not None
    assert dut.journal.baseline_path.exists()
    assert dut.state().lock_holder is None


@pytest.mark.parametrize("rehearsed", [False, True], ids=["run", "rehearsal"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("secret-data", "permission 'secret'"),
        ("lock-held", "alice"),
        ("dirty-candidate", "alice|modified"),
        ("foreign-confirm", "alice's commit confirmed"),
    ],
)
def test_a_device_that_is_not_ours_now(dut, acts, fault, words, rehearsed):
    """Who is at work there is named, or what the login lacks; nothing is changed."""
    dut.arm(fault)
    before, logs, dirty = dut.committed, dut.logs(), dut.state().dirty
    with pytest.raises(LabError, match=words):
        acts[rehearsed]()
    assert (dut.committed, dut.logs(), dut.state().dirty) == (before, logs, dirty)
    assert steps(dut) == []


def test_an_open_journal_refuses(dut, run):
    """A device whose restore isn't proven isn't even locked, and what to type is named."""
    dut.pushed_by_a_dead_run()
    logs = dut.logs()
    dut.wrap = lambda writer: Between(writer, "lock", partial(pytest.fail, "locked"))
    with pytest.raises(DeviceBusy, match=r"run deadbeef by eve@lab .*'harness restore dut' first"):
        run()
    assert dut.logs() == logs


def test_an_unfinished_push_of_another_machine_refuses(dut, run, tmp_path):
    """Without its journal, the device's own history tells."""
    dut.pushed_by_a_dead_run()
    dut.journal.path.unlink()
    logs = dut.logs()
    with pytest.raises(DeviceBusy, match=r"test push of run deadbeef \(rung=1\), not restored"):
        run()
    assert dut.logs() == logs
    assert dut.state().pending is not None


def test_who_commits_before_the_lock_is_seen(dut, run):
    """The history is asked again under the lock: a confirm that began meanwhile refuses."""

    def meanwhile():
        dut.commit_as("alice", 'set system login message "hi"\n', confirm_minutes=10)

    dut.wrap = lambda writer: Between(writer, "lock", meanwhile)
    with pytest.raises(DeviceBusy, match="alice's commit confirmed"):
        run()
    assert dut.state().pending is not None


@pytest.mark.parametrize("driver", DRIVER_NAMES)
def test_a_rehearsal(dut, owner, driver):
    """The statements are counted, checked and discarded; nothing is ever committed."""
    before, logs = dut.committed, dut.logs()
    statements, messages = rehearse(
        dut.access(driver), dut.journal, owner, dut.plan(2, driver=driver)
    )
    assert statements > 20
    assert [m for m in messages if m.severity == "error"] == []
    dut.assert_untouched_since(before)
    assert dut.logs() == logs
    assert steps(dut) == []


def test_a_rehearsal_of_an_unsafe_change(dut, owner):
    """It's refused as the push would be, and the candidate is clean afterwards."""
    before = dut.committed
    with pytest.raises(UnsafeChange, match="host-name"):
        rehearse(dut.access(), dut.journal, owner, changed(dut.plan(2), text=RENAMING["xml"]))
    dut.assert_untouched_since(before)


def test_a_rehearsal_that_is_refused(dut, owner):
    """The device's refusal is raised, and the candidate is clean afterwards."""
    before = dut.committed
    with pytest.raises(LoadRefused, match="nonsense"):
        rehearse(
            dut.access(),
            dut.journal,
            owner,
            changed(dut.plan(2), text="set security nonsense", fmt="set"),
        )
    dut.assert_untouched_since(before)


@pytest.mark.parametrize("how", ["gone", "full"])
@pytest.mark.parametrize("end", ["well", "badly"])
def test_a_journal_that_can_not_be_written_any_more_is_no_reason_to_stay(
    dut, run, monkeypatch, how, end
):
    """The tunnels come off all the same; that it couldn't be noted is an error."""
    before = dut.committed

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def probe(_):
        if how == "gone":
            shutil.rmtree(dut.journal.path.parent)
        else:
            monkeypatch.setattr("harness.deploy.journal._append_line", full)
        if end == "badly":
            raise Unreachable("dut: a witness is gone")

    with pytest.raises(LabError, match="can't write the journal: No s"):
        run(probe=probe)
    dut.assert_untouched_since(before)
