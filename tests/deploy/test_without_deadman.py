"""A push without the dead-man's switch: what dies with us stays, until somebody restores it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.cli.main import main
from harness.deploy.push import _Rung, run_rung
from harness.drivers.netconf_driver import NetconfDriver
from harness.errors import CommitRefused, DeviceBusy, NoConfirmedCommit

A_DAY = 86_400.0


@pytest.fixture
def state(dut, tmp_path, monkeypatch):
    """Keep the journal where harness restore finds it."""
    monkeypatch.setenv("HARNESS_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("HARNESS_TESTBED", raising=False)
    dut.keep_journal_in(tmp_path / "state")


@pytest.fixture
def push(dut, owner):
    """Give a function that pushes two tunnels, changed as its keywords say."""

    def go(probe=lambda pushed: pushed, **changes):
        def prepare(baseline):
            return replace(dut.plan(2)(baseline), **changes)

        return run_rung(dut.access(), dut.journal, owner, prepare, probe)

    return go


class Killed(BaseException):
    """What nothing catches: the process is gone."""


def killed(_pushed):
    raise Killed


def test_it_comes_back_as_ever(dut, push):
    """A plain commit, the tunnels, and the baseline again, proven; the journal says so."""
    before = dut.committed
    result = push(confirm_minutes=None)
    assert result.pushed.confirm_minutes is None
    assert result.restored.how == "rollback 1"
    dut.assert_untouched_since(before)
    assert [each.comment for each in dut.state().history if "phase=push" in each.log] == [""]
    (committing,) = [e for e in dut.journal.read().entries if e["event"] == "committing"]
    assert committing["deadman"] is False


@pytest.mark.usefixtures("state")
def test_when_everything_dies_only_restore_helps(dut, push, testbed, monkeypatch):
    """A day later the tunnels still are there; the device is refused, and restore helps."""
    before = dut.committed
    with monkeypatch.context() as patch:
        patch.setattr(_Rung, "back", lambda *_: None)
        with pytest.raises(Killed):
            push(killed, confirm_minutes=None)
    dut.clock.advance(A_DAY)
    dut.handle.call(lambda device: device.tick())
    assert dut.committed != before
    with pytest.raises(DeviceBusy, match="run 'harness restore dut' first"):
        push()
    assert main(["restore", "dut", "--testbed", str(testbed)]) == 0
    dut.assert_untouched_since(before)


def test_with_the_switch_nothing_has_to_be_done(dut, push, monkeypatch):
    """The same death under a timer: the device is back by itself."""
    before = dut.committed
    monkeypatch.setattr(_Rung, "back", lambda *_: None)
    with pytest.raises(Killed):
        push(killed)
    dut.clock.advance(A_DAY)
    dut.handle.call(lambda device: device.tick())
    dut.assert_untouched_since(before)


def test_a_refused_form(dut, push):
    """It's told from refused statements once, at the first push of a device in a run."""
    dut.arm("no-confirmed-commit")
    before = dut.committed
    with pytest.raises(NoConfirmedCommit, match="--without-deadman"):
        push(confirmed_before=False)
    dut.assert_untouched_since(before)
    assert dut.journal.read().open_entry is None
    assert [each.log.split(" rung")[0].split("phase=")[-1] for each in dut.state().history[:1]] == [
        "restored asking for plain commits"
    ]


def test_a_form_that_was_taken_before(dut, push):
    """A later refusal is about the statements, and nothing more is committed to find out."""
    dut.arm("no-confirmed-commit")
    commits = len(dut.state().history)
    assert isinstance(push().refused, CommitRefused)
    assert len(dut.state().history) == commits


def test_a_refused_check_asks_nothing(dut, push, monkeypatch):
    """What is refused before a commit can't be the form."""

    def refused(_):
        raise CommitRefused("not these")

    monkeypatch.setattr(NetconfDriver, "commit_check", refused)
    commits = len(dut.state().history)
    assert isinstance(push(confirmed_before=False).refused, CommitRefused)
    assert len(dut.state().history) == commits
