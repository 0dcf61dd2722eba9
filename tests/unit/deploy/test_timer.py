"""Whether a history speaks against the confirm timer of a push, in the words of releases."""

from __future__ import annotations

import pytest

from harness.deploy.timer import wrong_timer
from harness.drivers.history import CommitEntry

LOG = "hil-harness run=0badcafe phase=push rung=1"
TEN = "commit confirmed, rollback in 10mins"


def entry(sequence=0, **fields):
    """Return an entry of the history."""
    return CommitEntry(sequence, "lab", "netconf", 1_700_000_000, **fields)


@pytest.mark.parametrize(
    ("history", "says"),
    [
        ([entry(log=LOG, comment=TEN)], ""),
        ([entry(log=LOG, comment=TEN, pending=True)], ""),
        ([entry(log=LOG, pending=True)], ""),
        ([entry(comment=LOG)], ""),
        ([entry(), entry(1, log="by hand")], ""),
        ([], ""),
        ([entry(log=LOG)], "a plain commit ('')"),
        ([entry(log=LOG, comment="synchronized")], "a plain commit ('synchronized')"),
        (
            [entry(log=LOG, comment=TEN.replace("10", "60"))],
            "10 minutes were asked for",
        ),
        ([entry(log="by hand"), entry(1, log=LOG)], "a plain commit ('')"),
        (
            [entry(log=LOG, comment=TEN, node="node0"), entry(log=LOG, node="node1")],
            "node1: its history shows a plain commit",
        ),
    ],
    ids=[
        "as asked",
        "as asked, marked",
        "marked alone",
        "our log in place of its comment",
        "our commit isn't shown",
        "empty",
        "plain",
        "another comment",
        "other minutes",
        "under another",
        "one node of two",
    ],
)
def test_only_what_is_told_speaks_against_the_timer(history, says):
    """What a release doesn't print is no finding; a plain commit, or other minutes, is one."""
    found = wrong_timer(history, LOG, 10)
    assert (says in found) if says else (found == "")
