"""What became of a commit whose answer was lost, decided on replies on paper."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.clock import ManualClock
from harness.deploy.access import Access
from harness.deploy.mark import Mark, Phase
from harness.deploy.resolve import MEANINGS, CommitOutcome, resolve, was_committed
from harness.drivers.protocol import Reply
from harness.errors import DeviceBusy, OutcomeUnknown, Unreachable

MARK = Mark("0badcafe", Phase.PUSH, "rung=1")
OURS = frozenset({("system",), ("system", "host-name", "new")})
NEW = "<configuration><system><host-name>new</host-name></system></configuration>"
OLD = NEW.replace("new", "old")
BUSY = (
    "dut: the configuration can't be locked: configuration database locked by: {user} terminal "
    "(pid {pid}) on since 2026-01-01 00:00:00 UTC, idle 00:00:00 exclusive"
)


def history(*logs, node=""):
    """Write a history of these logs, newest first, of a node or a device."""
    entries = "".join(
        f"<commit-history><sequence-number>{place}</sequence-number><user>lab</user>"
        f"<client>netconf</client><log>{log}</log></commit-history>"
        for place, log in enumerate(logs)
    )
    text = f"<commit-information>{entries}</commit-information>"
    if not node:
        return text
    item = f"<re-name>{node}</re-name>{text}"
    return f"<multi-routing-engine-item>{item}</multi-routing-engine-item>"


def cluster(*items):
    """Join the histories of two nodes."""
    return f"<multi-routing-engine-results>{''.join(items)}</multi-routing-engine-results>"


@dataclass
class Paper:
    """A device that answers from lists; the last answer of a list is given for ever."""

    histories: list
    locks: list = field(default_factory=lambda: [None])
    configuration_text: str = NEW
    clock: ManualClock = field(default_factory=ManualClock)
    asked: int = 0

    def access(self) -> Access:
        """Return the ways to it."""

        @contextmanager
        def lend():
            yield self

        return Access("dut", lend, lend, self.clock)

    def rpc(self, name, arguments=None):
        """Answer with the next history, or raise it."""
        assert name == "get-commit-information"
        self.asked += 1
        answer = self.histories.pop(0) if len(self.histories) > 1 else self.histories[0]
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer)

    def configuration(self, database, fmt):
        """Answer with what is committed."""
        assert (database, fmt) == ("committed", "xml")
        return self.configuration_text

    def lock(self):
        """Give the lock, or refuse it."""
        answer = self.locks.pop(0) if len(self.locks) > 1 else self.locks[0]
        if answer is not None:
            raise answer


LOG, OTHER = str(MARK), "by hand"
OWN = DeviceBusy(BUSY.format(user="lab", pid=77))
ALICE = DeviceBusy(BUSY.format(user="alice", pid=4242))
GONE = Unreachable("dut: connecting: refused")
HERE, NOT = history(LOG, OTHER), history(OTHER)
BOTH = cluster(history(LOG, node="node0"), history(LOG, node="node1"))
HALF = cluster(history(LOG, node="node0"), history(OTHER, node="node1"))
NONE = cluster(history(OTHER, node="node0"), history(OTHER, node="node1"))

DECISIONS = {
    "shown": (Paper([HERE]), "committed", "shows it"),
    "shown after the link is back": (Paper([GONE, GONE, HERE]), "committed", "shows it"),
    "shown once the lock is ours": (Paper([NOT, HERE]), "committed", "shows it"),
    "shown by both nodes": (Paper([BOTH]), "committed", "shows it"),
    "shown by the second node later": (Paper([HALF, BOTH]), "committed", "shows it"),
    "waited for": (Paper([NOT, HERE], [OWN, OWN, None]), "committed", "shows it"),
    "not shown under the lock": (Paper([NOT]), "not committed", "doesn't show it"),
    "not shown by either node": (Paper([NONE]), "not committed", "doesn't show it"),
    "no history at all": (Paper([history()]), "not committed", "doesn't show it"),
    "the lock is somebody else's": (Paper([NOT], [ALICE]), "not committed", "doesn't show it"),
    "one node alone": (Paper([HALF]), "partial", "history of node1 doesn't show it"),
    "statements are missing": (
        Paper([HERE], configuration_text=OLD),
        "partial",
        "lacks 1 statements of ours: system host-name new",
    ),
    "our session keeps the lock": (Paper([NOT], [OWN]), "still running", "locked by: lab"),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_what_the_device_shows_decides(case):
    """History, configuration and lock, of every node, and nothing that was answered before."""
    paper, outcome, why = DECISIONS[case]
    found = resolve(paper.access(), MARK, OURS, own="77")
    assert found.outcome == outcome
    assert why in found.why
    assert found.seconds == paper.clock.monotonic()


def test_every_outcome_is_decided_and_has_a_meaning():
    """No outcome without a case above, and none without words."""
    assert {outcome for _, outcome, _ in DECISIONS.values()} == set(CommitOutcome) == set(MEANINGS)


def test_without_its_number_a_lock_may_be_that_of_our_own_session():
    """Then nobody knows that the commit is over."""
    assert resolve(Paper([NOT], [ALICE]).access(), MARK).outcome is CommitOutcome.RUNNING


@pytest.mark.parametrize("histories", [[GONE], [NOT, GONE]])
def test_a_device_that_stays_away_is_asked_within_bounds(histories):
    """Growing waits, a bounded number of times, and then it's said that nobody knows."""
    paper = Paper(histories)
    with pytest.raises(OutcomeUnknown, match="the device can't be asked: dut: connecting") as lost:
        resolve(paper.access(), MARK, OURS)
    assert lost.value.outcome == ""
    assert paper.asked <= 9
    assert 30 < paper.clock.monotonic() < 200


def test_slow_attempts_are_bounded_by_time():
    """Eight attempts that take minutes each aren't waited for."""
    paper = Paper([GONE])
    honest = paper.rpc

    def slow(*arguments):
        paper.clock.advance(300)
        return honest(*arguments)

    paper.rpc = slow
    with pytest.raises(OutcomeUnknown):
        resolve(paper.access(), MARK)
    assert paper.asked == 2


@pytest.mark.parametrize(
    ("paper", "expected"), [(Paper([HERE]), True), (Paper([NOT]), False)], ids=["yes", "no"]
)
def test_a_clear_outcome_is_a_yes_or_a_no(paper, expected):
    """For who only wants to know whether it's there."""
    assert was_committed(paper.access(), MARK) is expected


@pytest.mark.parametrize(
    ("paper", "outcome"),
    [(Paper([HALF]), "partial"), (Paper([NOT], [OWN]), "still running")],
)
def test_an_outcome_that_is_not_clear_is_none(paper, outcome):
    """Neither yes nor no: it's raised, with the word for the record."""
    with pytest.raises(OutcomeUnknown, match=outcome) as unclear:
        was_committed(paper.access(), MARK)
    assert unclear.value.outcome == outcome


def test_the_page_tells_the_same():
    """docs/verification.md is held to the table that decides what is done."""
    page = Path(__file__).parents[3] / "docs" / "verification.md"
    rows = [
        tuple(cell.strip() for cell in line.strip("| \n").split(" | "))
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.count(" | ") == 2
    ]
    assert {(str(outcome), *words) for outcome, words in MEANINGS.items()} <= set(rows)
