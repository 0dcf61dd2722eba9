"""``harness testbed probe``: what it measures, what it keeps, and that it leaves nothing behind."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest

from harness.cli.main import main
from harness.deploy.probe import FIRST, SECOND, Way
from harness.drivers.netconf_driver import NetconfDriver
from harness.errors import OutcomeUnknown
from harness.lease import FileLease, Holder
from harness.sim.config.tree import leaf
from harness.sim.config.tree_edit import placed

EVE = Holder("eve@lab", 1, "cafe0000", "2026-01-01T00:00:00+00:00", "this run")
TARGETS, FATES = ("previous", "first"), ("lost", "kept")
SWITCHES = list(product(TARGETS, FATES))


@pytest.fixture
def state(dut, tmp_path, monkeypatch):
    """Give a state directory of its own, and let the command live in the device's time."""
    monkeypatch.setenv("HARNESS_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("HARNESS_TESTBED", raising=False)
    monkeypatch.setattr("harness.cli.testbed_probe.SystemClock", lambda: dut.clock)
    dut.keep_journal_in(tmp_path / "state")
    return tmp_path / "state"


@pytest.fixture
def dut(dut_at, request):
    """Give a device whose unsettled behaviour is what the test says."""
    followup, reboot = getattr(request, "param", SWITCHES[0])
    return dut_at(switches={"followup-confirm-target": followup, "pending-at-reboot": reboot})


@pytest.fixture
def probe(testbed, state):
    """Give a function that probes the device and returns the exit code."""
    return lambda *arguments: main(
        ["testbed", "probe", "dut", "--testbed", str(testbed), *arguments]
    )


@pytest.mark.parametrize("dut", SWITCHES, indirect=True, ids=" ".join)
@pytest.mark.parametrize("reboot", [False, True], ids=["plain", "reboot"])
def test_what_is_measured(dut, probe, capsys, request, reboot):
    """Each answer is the device's own, whichever way the unsettled questions turn out."""
    followup, fate = request.node.callspec.params["dut"]
    before = dut.committed
    assert probe("--json", *["--reboot"] * reboot) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["followup"] == followup
    assert told["survives_reboot"] is ((fate == "kept") if reboot else None)
    assert told["confirmed_by"] == {str(way): True for way in Way}
    assert told["rolls_back"] is told["rolls_back_locked"] is told["marks_pending"] is True
    assert told["refused"] == ""
    assert "commit confirmed not supported for private" in told["refused_in_private"]
    assert told["grade"] == "simulated"
    dut.assert_untouched_since(before)
    assert dut.journal.read().open_entry is None
    assert not dut.journal.baseline_path.exists()


def test_it_takes_its_time_from_the_clock(dut, probe):
    """About three minutes of the device's time where the history marks what is pending."""
    began = dut.clock.monotonic()
    assert probe() == 0
    assert 120 < dut.clock.monotonic() - began < 200


def test_a_device_that_marks_nothing(dut, probe, capsys):
    """It's waited for each time, and the answers are the same."""

    def unmarked(device):
        honest = device.view
        device.view = lambda: _without_pending(honest())

    dut.handle.call(unmarked)
    began = dut.clock.monotonic()
    assert probe("--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["marks_pending"] is False
    assert told["confirmed_by"] == {str(way): True for way in Way}
    assert 300 < dut.clock.monotonic() - began < 450


def _without_pending(view):
    return replace(view, pending=None)


def test_a_rollback_that_waits_for_the_lock(dut, probe, capsys):
    """A session that lingers would keep the tunnels on such a device: that's told loudly."""

    def patient(device):
        store, honest = device.store, device.store.tick
        store.tick = lambda: None if store.lock_holder is not None else honest()

    before = dut.committed
    dut.handle.call(patient)
    assert probe() == 0
    assert "goes by itself, BUT NOT WHILE THE LOCK IS HELD; " in capsys.readouterr().out
    dut.assert_untouched_since(before)


def test_a_device_without_the_switch(dut, probe, capsys):
    """A device on which nothing rolls back is told loudly, and put back all the same."""

    def stuck(device):
        device.store.tick = lambda: None

    before = dut.committed
    dut.handle.call(stuck)
    assert probe() == 0
    assert "an unconfirmed commit STAYS: the switch doesn't work" in capsys.readouterr().out
    dut.assert_untouched_since(before)


def test_a_device_that_takes_none(dut, probe, capsys):
    """Its words are told, and nothing more is tried."""
    dut.arm("no-confirmed-commit")
    before = dut.committed
    assert probe() == 0
    said = capsys.readouterr().out
    assert "[simulated, probed 2026-01-01]: confirmed commits are refused" in said
    assert "confirmed commits: dut refused the commit: [edit] commit confirmed is not" in said
    dut.assert_untouched_since(before)


def test_a_full_disk_is_no_answer(dut, probe, capsys):
    """A commit that's refused in any form says nothing of confirmed ones, and nothing is kept."""
    dut.arm("disk-full")
    before = dut.committed
    assert probe() == 65
    assert "No space left on device" in capsys.readouterr().err
    dut.assert_untouched_since(before)


def test_no_reboot_unless_asked(dut, probe, capsys):
    """Only --reboot reboots, and it's said before anything is sent."""
    booted = dut.handle.call(lambda device: device.booted)
    assert probe() == 0
    assert dut.handle.call(lambda device: device.booted) == booted
    assert "reboot" not in capsys.readouterr().err
    assert probe("--reboot") == 0
    assert dut.handle.call(lambda device: device.booted) > booted
    assert capsys.readouterr().err.startswith("dut will be rebooted once, and is away for minutes")


def test_a_device_that_stays_away(dut, probe, monkeypatch, state, capsys):
    """It's said; the way back waits longer, and puts it back once it's there. Nothing is kept."""
    before = dut.committed
    monkeypatch.setattr("harness.deploy.probe._AWAY_SECONDS", 30.0)
    assert probe("--reboot") == 69
    assert "not back 0 minutes after its reboot" in capsys.readouterr().err
    dut.assert_untouched_since(before)
    assert dut.journal.read().open_entry is None
    assert not list(state.glob("dead-mans-switch/*"))


class Killed(BaseException):
    """What nothing catches: the process is gone."""


@pytest.fixture
def die_at(monkeypatch):
    """Give a function that lets the process die with the n-th commit, before or after it."""

    def arrange(number: int, *, after: bool) -> None:
        honest, made = NetconfDriver.commit, iter(range(1, 100))

        def commit(driver, log, minutes=None):
            due = next(made) == number
            if due and not after:
                raise Killed
            reply = honest(driver, log, minutes)
            if due:
                raise Killed
            return reply

        monkeypatch.setattr(NetconfDriver, "commit", commit)
        monkeypatch.setattr("harness.deploy.probe._Probe.close", lambda *_: None)

    return arrange


DEATHS = [(1, False), (1, True), (2, True), (5, True), (9, True)]  # commit, and when it dies


@pytest.mark.parametrize("dut", SWITCHES, indirect=True, ids=" ".join)
@pytest.mark.parametrize("death", DEATHS, ids=str)
def test_death_in_the_middle(dut, probe, testbed, die_at, capsys, death):  # noqa: PLR0917 - fixtures
    """The journal was open before the first change; the next one refuses, restore finishes."""
    before = dut.committed
    die_at(death[0], after=death[1])
    with pytest.raises(Killed):
        probe()
    capsys.readouterr()
    assert dut.journal.read().open_entry["note"] == "probe"
    assert probe() == 69
    assert "run 'harness restore dut' first" in capsys.readouterr().err
    assert main(["restore", "dut", "--testbed", str(testbed)]) == 0
    dut.assert_untouched_since(before)
    assert dut.journal.read().open_entry is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer(dut, probe, state, when):
    """What became of the commit is asked, the device is put back, and nothing is kept."""
    before = dut.committed
    dut.arm("die-during-commit", when=when, from_count=0)
    assert probe() == OutcomeUnknown.exit_code
    dut.assert_untouched_since(before)
    assert not list(state.glob("dead-mans-switch/*"))


@pytest.mark.parametrize("dut", SWITCHES, indirect=True, ids=" ".join)
@pytest.mark.parametrize("moment", [15, 20, 26])
def test_somebody_commits_meanwhile(  # noqa: PLR0917 - fixtures
    dut, probe, state, monkeypatch, capsys, moment
):
    """It's told who, theirs stays and ours goes, and nothing is kept: no answer holds any more."""
    honest, naps = dut.clock.sleep, iter(range(1, 1000))

    def sleep(seconds):
        if next(naps) == moment:
            dut.commit_as("alice", 'set system login message "hi"\n')
        honest(seconds)

    monkeypatch.setattr(dut.clock, "sleep", sleep)
    assert probe() == 69
    assert "somebody else committed while it was probed ('' by alice via cli" in (
        capsys.readouterr().err
    )
    assert leaf(dut.committed, "system", "login", "message") == "hi"
    assert leaf(dut.committed, "groups", FIRST, "system", "location", "building") is None
    assert leaf(dut.committed, "groups", SECOND, "system", "location", "building") is None
    assert dut.journal.read().open_entry is None
    assert dut.state().pending is None
    assert not list(state.glob("dead-mans-switch/*"))


def test_somebody_elses_lease(dut, probe, state, capsys):
    """A device that a run holds isn't probed."""
    with FileLease(state / "leases", f"{dut.key}.run", EVE) as lease:
        lease.acquire(dut.clock)
        assert probe() == 69
    assert "held by eve@lab" in capsys.readouterr().err
    assert len(dut.logs()) == 1


def test_somebody_elses_confirmed_commit(dut, probe, capsys):
    """It would be confirmed; the device is refused, untouched."""
    dut.arm("foreign-confirm")
    before = dut.committed
    assert probe() == 69
    assert "alice's commit confirmed may be pending" in capsys.readouterr().err
    assert dut.committed == before


def test_an_unknown_device(testbed, state, capsys):
    """The known ones are named."""
    assert main(["testbed", "probe", "srx", "--testbed", str(testbed)]) == 64
    assert "known: dut, absent" in capsys.readouterr().err


def test_what_is_kept_and_shown(dut, probe, testbed, state, capsys):
    """A later probe keeps what is known of a reboot; testbed show names it with its grade."""
    assert probe("--reboot") == 0
    assert probe() == 0
    (kept,) = (state / "dead-mans-switch").iterdir()
    assert kept.name.startswith("srx4100-")
    assert kept.name.endswith("-simulated.json")
    assert json.loads(kept.read_text())["answers"]["survives_reboot"] is False
    capsys.readouterr()
    assert main(["testbed", "show", str(testbed)]) == 0
    said = capsys.readouterr().out
    assert said.count("probed: dead-man's switch on srx4100 ") == 1
    assert "[simulated, probed 2026-01-01]: an unconfirmed commit goes by itself; " in said
    assert "second confirmed commit: goes to the previous; reboot: lost" in said


# -- the probe's own safety, taken out once


def nothing(*_, **__):
    """Do nothing."""


def test_a_probe_without_a_journal_is_noticed(dut, probe, die_at, state, monkeypatch):
    """What test_death_in_the_middle looks for isn't there then."""
    (state / "journals").mkdir(parents=True)
    die_at(1, after=True)
    for step in ("open", "note"):
        monkeypatch.setattr(f"harness.deploy.journal.Journal.{step}", nothing)
    with pytest.raises(Killed):
        probe()
    assert dut.journal.read().open_entry is None


def test_a_probe_that_skips_the_way_back_is_noticed(dut, probe, monkeypatch):
    """What every test here compares at its end is not the baseline then."""
    before = dut.committed
    monkeypatch.setattr("harness.deploy.probe.restore", nothing)
    assert probe() == 70
    with pytest.raises(AssertionError):
        dut.assert_untouched_since(before)


def test_the_diff_is_held_against_the_allow_list(dut, probe, capsys):
    """What isn't the probe's own group is never committed, whoever put it into the candidate."""

    def spoil(device):
        honest = device.store.change

        def change(tree, *editor):
            ours = leaf(tree, "groups", FIRST, "system", "location", "building")
            spoilt = placed(tree, "hello", "system", "login", "message") if ours else tree
            honest(spoilt, *editor)

        device.store.change = change

    dut.handle.call(spoil)
    assert probe() == 69
    assert "+ system login message" in capsys.readouterr().err
    assert all("push" not in log for log in dut.logs())


def test_the_groups_are_applied_nowhere(dut, probe):
    """No daemon is told of them: the configuration that is acted on stays as it was."""
    acted = []

    def watch(device):
        honest = device.store.happen

        def happen(*event):
            acted.append(leaf(device.acting, "system", "location", "building"))
            honest(*event)

        device.store.happen = happen

    dut.handle.call(watch)
    assert probe() == 0
    assert set(acted) == {None}
    assert FIRST != SECOND
