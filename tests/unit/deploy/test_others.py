"""Who committed since a push of ours, told from the device's commit history alone."""

import pytest

from harness.deploy.mark import Mark, Phase
from harness.deploy.others import Since, identity, others, rolled_back
from harness.drivers.history import CommitEntry

PUSH = str(Mark("deadbeef", Phase.PUSH, "rung=1"))
BACK = str(Mark("cafe0000", Phase.RESTORED, "finishing run deadbeef"))
FIRST = ("root", "other", "")
ALICE = ("alice", "cli", "by hand")
OURS = ("lab", "netconf", PUSH)
RUNS = frozenset({"deadbeef"})


def history(*newest_first):
    """Return entries, a second apart, newest first."""
    count = len(newest_first)
    return tuple(
        CommitEntry(index, user, client, 1000 + count - index, log)
        for index, (user, client, log) in enumerate(newest_first)
    )


@pytest.mark.parametrize(
    ("commits", "theirs"),
    [
        ([OURS, FIRST], []),
        ([FIRST, OURS, FIRST], []),
        ([ALICE, OURS, FIRST], ["alice"]),
        ([ALICE, FIRST, OURS, FIRST], ["alice"]),
        ([FIRST, ALICE, OURS, FIRST], ["alice"]),
        ([("lab", "netconf", BACK), ALICE, OURS, FIRST], ["alice"]),
        ([("bob", "netconf", "hil-harness run=0ther0ne phase=push"), OURS, FIRST], ["bob"]),
        ([("bob", "cli", f"like {PUSH}"), ALICE, OURS, ALICE], ["bob", "alice"]),
        ([("root", "other", "event script"), OURS, FIRST], ["root"]),
        ([OURS, ALICE, FIRST], []),
    ],
)
def test_others_are_told_from_us_and_from_the_timer(commits, theirs):
    """Marks of our runs, and whoever puts a device back, are ours; what came before isn't since."""
    found = others(history(*commits), Since(RUNS, PUSH))
    assert [entry.user for entry in found] == theirs


def test_without_a_push_the_newest_commit_before_is_looked_for():
    """A run may die before its commit, and others come after it."""
    before = history(FIRST)
    since = Since(RUNS, newest=identity(before[0]))
    after = (CommitEntry(0, *ALICE[:2], 1002, ALICE[2]), CommitEntry(1, "root", "other", 1001, ""))
    assert [entry.user for entry in others(after, since)] == ["alice"]
    assert others(before, since) == ()


@pytest.mark.parametrize("since", [Since(RUNS), Since(RUNS, PUSH, "somebody at 1 '' ''")])
def test_a_history_that_does_not_reach_back_tells_nothing(since):
    """Fifty commits later nobody knows; an answer would be a guess."""
    assert others(history(ALICE, FIRST), since) is None


def test_the_rollback_of_the_device_is_known_by_what_it_undoes():
    """Root by another way, right above a push of ours."""
    assert rolled_back(history(FIRST, OURS, FIRST))
    assert not rolled_back(history(OURS, FIRST))
    assert not rolled_back(history(FIRST, ALICE, OURS))
    assert not rolled_back(history(FIRST))


def test_a_commit_beneath_our_push_is_theirs():
    """Between the baseline and our commit somebody may get in, too."""
    before = history(FIRST)
    found = others(
        (
            CommitEntry(0, *OURS[:2], 1003, OURS[2]),
            CommitEntry(1, *ALICE[:2], 1002, ALICE[2]),
            CommitEntry(2, "root", "other", 1001, ""),
        ),
        Since(RUNS, PUSH, identity(before[0])),
    )
    assert [entry.user for entry in found] == ["alice"]
