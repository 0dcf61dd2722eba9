"""Reasons to leave a device alone, each found and told with the holder's name."""

from datetime import UTC, datetime

import pytest

from harness.clock import ManualClock
from harness.deploy.baseline import Baseline
from harness.deploy.journal import Journal
from harness.deploy.mark import Mark, Phase, parse_mark, unfinished
from harness.deploy.refuse import (
    refuse_foreign_confirm,
    refuse_open_journal,
    refuse_unfinished_commit,
)
from harness.drivers.history import CommitEntry
from harness.errors import DeviceBusy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = int(NOW.timestamp())


def entry(sequence=0, user="alice", seconds=SECONDS, **fields):
    """Return a commit history entry."""
    return CommitEntry(sequence, user, "cli", seconds, **fields)


def confirmed(minutes=10, **fields):
    """Return an entry of somebody's confirmed commit."""
    return entry(comment=f"commit confirmed, rollback in {minutes}mins", **fields)


PUSH = entry(user="lab", log=str(Mark("0badcafe", Phase.PUSH, "rung=1 kind=gre count=2")))
RESTORED = entry(user="lab", log=str(Mark("0badcafe", Phase.RESTORED)))


def test_a_mark_survives_the_device():
    """What is written into a commit log is what is read from it."""
    mark = Mark("0badcafe", Phase.PUSH, "rung=1 kind=gre count=2")
    assert parse_mark(str(mark)) == mark


@pytest.mark.parametrize(
    "log", ["", "hello", "hil-harness run=x phase=push", "run=abcd phase=push"]
)
def test_a_foreign_log_has_no_mark(log):
    """Only the whole shape is ours."""
    assert parse_mark(log) is None


def test_a_long_note_is_cut_to_what_junos_takes():
    """A commit comment holds 512 characters."""
    assert len(str(Mark("0badcafe", Phase.PUSH, "x" * 600))) == 512


def test_an_unfinished_push_refuses_and_names_the_run():
    """The newest commit is a test push: somebody's run isn't over."""
    with pytest.raises(DeviceBusy, match=r"srx-a: .*run 0badcafe .*harness restore srx-a"):
        refuse_unfinished_commit("srx-a", [PUSH])


@pytest.mark.parametrize("newest", [RESTORED, entry(), entry(user="root", comment="")])
def test_a_later_commit_ends_a_push(newest):
    """Restored by us, replaced by somebody, or rolled back by the device itself."""
    older = CommitEntry(1, "lab", "netconf", SECONDS, log=PUSH.log)
    assert unfinished([newest, older]) is None


def test_somebodys_running_confirm_refuses_and_names_him():
    """Any commit of ours would confirm theirs."""
    with pytest.raises(DeviceBusy, match="alice's commit confirmed"):
        refuse_foreign_confirm("srx-a", [confirmed(seconds=SECONDS - 60)], NOW)


@pytest.mark.parametrize(
    "history",
    [
        [],
        [entry()],
        [confirmed(minutes=10, seconds=SECONDS - 1000)],
        [
            entry(),
            CommitEntry(1, "bob", "cli", SECONDS, comment="commit confirmed, rollback in 9mins"),
        ],
    ],
)
def test_a_confirm_that_is_over_refuses_nobody(history):
    """The comment stays in the history after its minutes; then it says nothing."""
    refuse_foreign_confirm("srx-a", history, NOW)


def test_a_confirm_without_a_readable_time_refuses():
    """What can't be read is taken for pending."""
    with pytest.raises(DeviceBusy, match="alice"):
        refuse_foreign_confirm("srx-a", [confirmed(seconds=None)], NOW)


def test_a_marked_pending_rollback_refuses():
    """A release that prints the running timer is believed."""
    with pytest.raises(DeviceBusy, match="alice"):
        refuse_foreign_confirm("srx-a", [entry(pending=True)], NOW)


def test_an_open_journal_refuses_and_names_the_command(tmp_path):
    """The run that died is named, and what to type."""
    journal = Journal(tmp_path, "key", ManualClock())
    refuse_open_journal("srx-a", journal.read())
    journal.open(Baseline("srx-a", "f", 0, "<configuration/>"), run_id="r1", owner="eve@lab")
    with pytest.raises(DeviceBusy, match=r"run r1 by eve@lab .*harness restore srx-a"):
        refuse_open_journal("srx-a", journal.read())
