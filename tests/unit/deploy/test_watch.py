"""What a look between two steps concludes, from replies on paper."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from harness.clock import ManualClock
from harness.deploy.access import Access
from harness.deploy.mark import Mark, Phase
from harness.deploy.others import Since, identity
from harness.deploy.watch import Footing, Moment, Watch, footing, unlike
from harness.drivers.history import CommitEntry
from harness.drivers.protocol import Reply
from harness.drivers.uptime import Times
from harness.errors import Rebooted, RpcRefused, SecondWriter, UnsafeChange

MARK = str(Mark("0badcafe", Phase.PUSH, "rung=1"))
FIRST = ("root", "other", "")
OURS = ("lab", "netconf", MARK)
ALICE = ("alice", "cli", "by hand")
BEFORE = CommitEntry(0, *FIRST[:2], 1000, FIRST[2])


def history(*commits, node=""):
    """Write a history, newest first, a second apart."""
    entries = "".join(
        f"<commit-history><sequence-number>{place}</sequence-number><user>{user}</user>"
        f"<client>{client}</client><date-time junos:seconds='{1000 + len(commits) - 1 - place}'>x"
        f"</date-time><log>{log}</log></commit-history>"
        for place, (user, client, log) in enumerate(commits)
    )
    text = f"<commit-information>{entries}</commit-information>"
    if not node:
        return text
    item = f"<re-name>{node}</re-name>{text}"
    return f"<multi-routing-engine-item>{item}</multi-routing-engine-item>"


def status(*editors):
    """Write a database status: (user, pid, whether he holds the lock)."""
    rows = "".join(
        f"<database-status><user>{user}</user><pid>{pid}</pid><start-time>then</start-time>"
        f"{'<exclusive/>' if exclusive else ''}</database-status>"
        for user, pid, exclusive in editors
    )
    return f"<database-status-information>{rows}</database-status-information>"


def uptime(now, booted):
    """Write the device's clock and when it booted."""
    return (
        f"<u><current-time><date-time junos:seconds='{now}'>x</date-time></current-time>"
        f"<system-booted-time><date-time junos:seconds='{booted}'>x</date-time>"
        "</system-booted-time></u>"
    )


@dataclass
class Paper:
    """A device that answers from a table, or refuses."""

    history: object = history(FIRST)
    status: object = status(("lab", "77", True))
    uptime: object = uptime(5000, 1000)
    clock: ManualClock = field(default_factory=ManualClock)

    def rpc(self, name, _arguments=None):
        """Answer, or raise what stands there."""
        answer = {
            "get-commit-information": self.history,
            "get-database-status-information": self.status,
            "get-system-uptime-information": self.uptime,
        }[name]
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer)

    def watch(self, at_first: Footing) -> Watch:
        """Return a watch over it, of a run that pushed."""

        @contextmanager
        def lend():
            yield self

        since = Since(frozenset({"0badcafe"}), MARK, identity(BEFORE))
        return Watch(Access("dut", lend, lend, self.clock), since, at_first)


OWN = Footing(own="77", user="lab", times=Times(5000, 1000))
REFUSED = RpcRefused("dut refused it")


@pytest.mark.parametrize(
    ("paper", "says"),
    [
        (Paper(history(OURS, FIRST)), ""),
        (Paper(history(ALICE, OURS, FIRST)), "committed: 'by hand' by alice via cli at 1970-01-01"),
        (Paper(history(OURS, ALICE, FIRST)), "committed: 'by hand' by alice"),
        (Paper(history(FIRST, OURS, FIRST)), ""),  # the device's own rollback
        (Paper(history(*[ALICE] * 5, OURS, FIRST)), "; and 2 more"),
        (
            Paper(
                f"<r>{history(OURS, FIRST, node='node0')}"
                f"{history(ALICE, OURS, FIRST, node='node1')}</r>"
            ),
            "committed: 'by hand' by alice",
        ),
        (Paper(status=status(("alice", "42", True))), "lock: alice (pid 42) since then, exclusive"),
        (Paper(status=status(("lab", "78", True))), "lock: lab (pid 78)"),
        (Paper(status=status(("alice", "42", False), ("lab", "77", True))), ""),
        (Paper(status=status()), ""),
        (Paper(history=REFUSED, status=REFUSED, uptime=REFUSED), ""),
        (Paper(history="<garbled", status="<garbled", uptime="<garbled"), ""),
    ],
    ids=[
        "ours",
        "on top of ours",
        "beneath ours",
        "the timer",
        "many",
        "on one node",
        "her lock",
        "a lock by our name",
        "she looks on",
        "nobody inside",
        "refused",
        "garbled",
    ],
)
def test_a_look_names_who_was_at_work(paper, says):
    """What is told is named; what a release doesn't tell is no finding."""
    watch = paper.watch(OWN)
    if not says:
        watch.look(Moment.LOADED)
        return
    with pytest.raises(SecondWriter) as seen:
        watch.look(Moment.LOADED)
    assert says in str(seen.value)
    assert str(seen.value).startswith("dut: after the load: somebody else ")
    assert "theirs is kept" in str(seen.value)


def test_without_a_number_of_our_own_nobody_is_accused():
    """A release that didn't tell who holds the lock at first can't tell later that it changed."""
    Paper(status=status(("alice", "42", True))).watch(Footing()).look(Moment.LOADED)


@pytest.mark.parametrize(
    ("told", "rebooted"),
    [
        (uptime(5060, 1000), False),
        (uptime(5056, 1000), False),  # rounding, and the way of an answer
        (uptime(1_005_060, 1_001_000), False),  # its clock was set forward
        (uptime(4160, 1000), False),  # back, by one that leaves the boot where it was
        (uptime(560, -3500), False),  # and back, to what can't be read
        (uptime(5060, 5050), True),
        (uptime(1_005_060, 1_005_050), True),
        (uptime(5060, 3000), True),
    ],
)
def test_a_reboot_is_told_from_a_clock_that_was_set(told, rebooted):
    """Only lengths are compared: 60 seconds later it has to be up 60 seconds longer."""
    paper = Paper(uptime=told)
    watch = paper.watch(OWN)
    paper.clock.advance(60)
    if rebooted:
        with pytest.raises(Rebooted, match=r"it rebooted during the rung: .* 4060 s are due"):
            watch.look(Moment.RETURNING)
    else:
        watch.look(Moment.RETURNING)


def test_a_session_that_lives_on_is_not_asked_for_a_reboot():
    """It doesn't outlive its device; another session is asked."""
    paper = Paper()
    told = footing(paper, paper.clock, 77)
    paper.uptime = uptime(5060, 5050)
    paper.clock.advance(60)
    paper.watch(told).look(Moment.RETURNING)
    with pytest.raises(Rebooted):
        paper.watch(replace(told, by=Paper())).look(Moment.RETURNING)


@pytest.mark.parametrize(
    ("inside", "session", "own", "beside"),
    [
        (status(("lab", "77", True)), 77, "77", 0),
        (status(("lab", "77", True), ("bob", "42", False)), None, "77", 1),
        (status(("bob", "42", True)), 77, "77", 1),
        (status(), None, "", 0),
        (REFUSED, 77, "77", 0),
        (REFUSED, None, "", 0),
    ],
)
def test_who_has_the_lock_at_first_is_us(inside, session, own, beside):
    """By the number of our session where its protocol tells, else by who holds the lock."""
    paper = Paper(status=inside)
    found = footing(paper, paper.clock, session)
    assert (found.own, len(found.beside), found.times.up) == (own, beside, 4000)


def test_what_came_into_the_candidate_is_named_without_its_key():
    """Statements that we didn't load, and ours that went, whatever their order."""
    loaded = "[edit system]\n+  host-name a;\n+  domain-name b;\n"
    now = (
        "[edit system]\n+  domain-name b;\n[edit security ike policy p]\n"
        '+  pre-shared-key ascii-text "$9$abc";\n'
    )
    assert unlike(now, loaded) == (
        "+ security ike policy p pre-shared-key ascii-text <secret>; gone: + system host-name a"
    )
    with pytest.raises(UnsafeChange):
        unlike("?", loaded)
