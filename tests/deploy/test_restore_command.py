"""``harness restore``: what it takes, what it touches, and how it ends."""

from __future__ import annotations

import json

import pytest

from harness.cli.main import main
from harness.clock import ManualClock
from harness.deploy.journal import Journal
from harness.deploy.refuse import refuse_open_journal
from harness.errors import DeviceBusy
from harness.lease import FileLease, Holder

EVE = Holder("eve@lab", 1, "cafe0000", "2026-01-01T00:00:00+00:00", "this run")


@pytest.fixture
def state(tmp_path, monkeypatch):
    """Give a state directory of its own."""
    monkeypatch.setenv("HARNESS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HARNESS_RESTORE_WAIT", "0")  # of the real clock
    monkeypatch.delenv("HARNESS_TESTBED", raising=False)
    return tmp_path / "state"


@pytest.fixture
def left_behind(dut, state):
    """Leave two tunnels on the device, as a killed run does; return what was there before."""
    before = dut.committed
    dut.keep_journal_in(state)
    dut.pushed_by_a_dead_run()
    return before


@pytest.mark.parametrize("arguments", [(), ("dut", "--all")])
def test_either_a_device_or_all(testbed, state, capsys, arguments):
    """Neither and both are refused."""
    assert main(["restore", *arguments, "--testbed", str(testbed)]) == 64
    assert capsys.readouterr().err == "give either a DEVICE or --all\n"


def test_an_unknown_device(testbed, state, capsys):
    """The known ones are named."""
    assert main(["restore", "srx", "--testbed", str(testbed)]) == 64
    assert "known: dut, absent" in capsys.readouterr().err


def test_the_testbed_is_needed(state, capsys):
    """Without one nobody knows where the device is."""
    assert main(["restore", "--all"]) == 64
    assert "--testbed" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("dut",), ("--all",), ("--all", "--dry-run")])
def test_nothing_is_open(dut, testbed, state, capsys, arguments):
    """A device without an open journal isn't connected to, nor is a lease taken."""
    dut.server.stop()
    assert main(["restore", *arguments, "--testbed", str(testbed)]) == 0
    assert capsys.readouterr().out == f"no journal is open in {state}: nothing to restore\n"
    assert not state.exists()


@pytest.mark.parametrize("how", ["--all", "dut"])
@pytest.mark.usefixtures("left_behind")
def test_what_another_testbed_would_restore_is_named(dut, testbed, state, capsys, how):
    """At night the file at hand may be the wrong one."""
    known = json.loads(testbed.read_text())
    known["devices"]["dut"]["connections"]["netconf"]["host"] = "localhost"
    testbed.write_text(json.dumps(known))
    assert main(["restore", how, "--testbed", str(testbed)]) == 0
    said = capsys.readouterr()
    assert said.out == f"no journal is open in {state}: nothing to restore\n"
    assert said.err == (
        f"not restored: {dut.key}, open since run deadbeef by eve@lab: no device of {testbed} "
        "has that address; name the testbed that has it\n"
    )


def test_one_journal_that_can_not_be_read_keeps_no_other_open(
    dut, testbed, left_behind, state, capsys
):
    """It's named, and the exit code is its own."""
    (state / "journals" / f"{dut.endpoint.host}_1.journal.jsonl").mkdir()
    assert main(["restore", "--all", "--testbed", str(testbed)]) == 69
    dut.assert_untouched_since(left_behind)
    said = capsys.readouterr()
    assert "can't read the journal: Is a directory" in said.out
    assert "not proven to be at the baseline: absent" in said.err


@pytest.mark.parametrize("subject", ["dut", "the-dut", "--all"])
def test_proven(dut, testbed, left_behind, capsys, subject):
    """The device is back, the journal closed; one that nobody asked for isn't connected to."""
    assert main(["restore", subject, "--testbed", str(testbed)]) == 0
    said, header, line = capsys.readouterr().out.splitlines()
    assert said.startswith("dut: being restored: run deadbeef by eve@lab since 2026-01-01T")
    assert header.split() == ["device", "proven", "how"]
    assert line.split() == ["dut", "yes", "rollback", "1"]
    dut.assert_untouched_since(left_behind)
    assert "phase=restored finishing run deadbeef rung=1" in dut.logs()[0]
    assert dut.journal.read().entries[-1]["event"] == "closed"
    assert dut.journal.read().entries[-1]["commits"] == 2
    assert not dut.journal.baseline_path.exists()


def test_all_are_those_with_something_to_restore(dut, testbed, left_behind, state):
    """A device that somebody's run uses, and that has nothing open, isn't in the way."""
    with FileLease(state / "leases", f"{dut.endpoint.host}_1.run", EVE) as lease:
        lease.acquire(ManualClock())
        assert main(["restore", "--all", "--testbed", str(testbed)]) == 0
    dut.assert_untouched_since(left_behind)


def test_rolled_back_by_itself(dut, testbed, left_behind, capsys):
    """A device that came back on its own is proven without a change."""
    dut.clock.advance(5 * 60 + 1)
    logs = dut.logs()
    assert main(["restore", "dut", "--testbed", str(testbed)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("the device rolled itself back")
    assert len(dut.logs()) == len(logs) + 1  # its own rollback
    assert dut.journal.read().open_entry is None


def test_a_dry_run_connects_to_nothing(dut, testbed, left_behind, capsys):
    """It says whose run is unfinished since when, and leaves it so."""
    dut.server.stop()
    assert main(["restore", "--all", "--dry-run", "--testbed", str(testbed)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("dut: would be restored: run deadbeef by eve@lab since 2026-01-01T")
    assert f"; its baseline is {dut.journal.baseline_path}\n" in said
    assert "(which the device takes back itself by 2026-01-01T00:05:00+00:00): look, then" in said
    assert dut.journal.read().open_entry is not None


def test_not_proven(dut, testbed, left_behind, capsys):
    """Who can't be reached is named with the reason; the journal stays open for the next try."""
    dut.server.stop()
    assert main(["restore", "dut", "--testbed", str(testbed)]) == 76
    captured = capsys.readouterr()
    assert captured.out.splitlines()[2].split()[:2] == ["dut", "NO"]
    assert "no connection" in captured.out
    assert "not proven to be at the baseline: dut" in captured.err
    assert dut.journal.read().entries[-1]["event"] == "restore failed"
    assert dut.journal.read().open_entry is not None


def test_all_goes_on_after_a_failure(dut, testbed, left_behind, state, capsys):
    """One that can't be reached is no reason to leave another dirty; the loudest code counts."""
    absent = Journal(state / "journals", f"{dut.endpoint.host}_1", dut.clock)
    absent.open(dut.baseline_of_now(), run_id="deadbeef", owner="eve@lab", note="rung=7")
    assert main(["restore", "--all", "--testbed", str(testbed)]) == 76
    dut.assert_untouched_since(left_behind)
    captured = capsys.readouterr()
    rows = [line.split()[:2] for line in captured.out.splitlines()[3:]]
    assert rows == [["dut", "yes"], ["absent", "NO"]]
    assert "not proven to be at the baseline: absent" in captured.err


def test_entangled_has_a_code_of_its_own(dut, testbed, left_behind, capsys):
    """Nothing is changed, and the next run is told why it's refused."""
    dut.commit_as("alice", "set interfaces st0 unit 1 description alice\n")
    now = dut.committed
    assert main(["restore", "--all", "--testbed", str(testbed)]) == 77
    assert "somebody else's statements stand inside of ours" in capsys.readouterr().out
    dut.assert_untouched_since(now)
    with pytest.raises(DeviceBusy, match=r"first cause: .*st0 unit 1 description alice"):
        refuse_open_journal("dut", dut.journal.read())


def test_beside_somebody_elses_commit(dut, testbed, left_behind, capsys):
    """Whose commits are on top of the baseline is said with the proof."""
    dut.commit_as("alice", 'set system login message "alice was here"\n')
    assert main(["restore", "dut", "--testbed", str(testbed)]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert "ours deleted, theirs kept; kept: '' by alice via cli" in line


def test_without_a_terminal_it_never_asks(dut, testbed, left_behind, capsys):
    """A job in CI ends with a word on what to do, and waits for nobody."""
    text = testbed.read_text()
    testbed.write_text(text.replace('"password": "lab"', '"password": {"prompt": true}'))
    assert main(["restore", "dut", "--testbed", str(testbed)]) == 64
    assert "there's no terminal to ask on" in capsys.readouterr().out
    assert dut.state().pending is not None


def test_a_lost_baseline(dut, testbed, left_behind, capsys):
    """Without the kept baseline nothing is guessed."""
    dut.journal.baseline_path.unlink()
    assert main(["restore", "dut", "--testbed", str(testbed)]) == 76
    assert "can't read the saved baseline" in capsys.readouterr().out
    assert dut.state().pending is not None


def test_a_journal_without_its_beginning(dut, testbed, left_behind, capsys):
    """Nobody knows whose run it was: nothing is changed, a next run is refused, a person told."""
    now, path = dut.committed, dut.journal.path
    path.write_text("\0" * 300 + "\n" + path.read_text().split("\n", 1)[1])
    with pytest.raises(DeviceBusy, match="a run of which nothing more is known began"):
        refuse_open_journal("dut", dut.journal.read())
    assert main(["restore", "--all", "--dry-run", "--testbed", str(testbed)]) == 0
    assert "by nobody knows whom" in capsys.readouterr().out
    assert main(["restore", "dut", "--testbed", str(testbed)]) == 76
    said = capsys.readouterr().out
    assert f"compare it with the device, put that back by hand, then move {path} away" in said
    assert dut.committed == now


def test_a_run_that_goes_on(dut, testbed, left_behind, state, capsys):
    """A journal is open while its run lives, too: that run restores it."""
    with FileLease(state / "leases", f"{dut.key}.run", EVE) as lease:
        lease.acquire(ManualClock())
        assert main(["restore", "dut", "--testbed", str(testbed)]) == 69
    assert "held by eve@lab (pid 1, run cafe0000, this run)" in capsys.readouterr().out
    assert dut.state().pending is not None


def test_help_says_what_the_exit_codes_mean(capsys):
    """Scripts depend on them."""
    assert main(["restore", "--help"]) == 0
    assert "76 not proven" in " ".join(capsys.readouterr().out.split())
