"""Private copies, exclusive access, vanished clients, scheduled commits, reboots, rescue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.sim.config.changes import Comparisons
from harness.sim.config.tree import leaf
from harness.sim.messages import Complaint
from harness.sim.store.schedule import parse_at
from harness.sim.store.slots import difference, restored

DISCARDED = "uncommitted changes will be discarded on exit"
HOST = ("system", "host-name")


def texts(complaints) -> list[str]:
    return [complaint.text for complaint in complaints]


def loads(session, *lines: str) -> None:
    assert session.load("\n".join(lines), "set", "set") == []


@pytest.fixture
def alice(store):
    """Open a CLI session of somebody else."""
    return store.session("alice", "cli", 815, "p0")


@pytest.mark.parametrize("kind", ["private", "batch"])
def test_a_private_copy_is_its_owner_s_alone(store, session, alice, kind):
    """Nobody else sees its edits; its commit brings the change, and nothing else, to everybody."""
    assert texts(session.open(kind)) == [DISCARDED]
    loads(session, "set system host-name mine")
    assert session.dirty
    assert not store.dirty
    assert alice.compare() == ""
    assert "+  host-name mine;" in session.compare()
    result = session.commit(log="private")
    assert (result.committed, result.merged) == (True, True)
    assert leaf(store.committed, *HOST) == "mine"
    assert not session.dirty
    assert store.history[0].log == "private"


def test_closing_a_private_copy_drops_it(store, session):
    """Uncommitted changes are lost with the copy, whether it's closed or its session ends."""
    for end in (session.close_configuration, session.close):
        session.open("private")
        loads(session, "set system host-name mine")
        end()
        assert not session.is_private
        assert leaf(session.candidate, *HOST) == "srx4100"
    assert not store.dirty


def test_private_is_refused_on_a_dirty_shared_candidate(session, alice):
    """The words are those of a device; after a discard it opens."""
    loads(alice, "set system host-name x")
    assert texts(session.open("private")) == ["shared configuration database modified"]
    assert texts(session.open("exclusive")) == ["configuration database modified"]
    alice.discard()
    assert texts(session.open("private")) == [DISCARDED]


def test_shared_edits_are_refused_while_a_private_copy_is_open(session, alice):
    """Another session can't edit the shared candidate then, but it can lock or go private."""
    session.open("private")
    wanted = ["private edits in use. Try 'configure private' or 'configure exclusive'"]
    assert texts(alice.load("set system host-name x", "set", "set")) == wanted
    assert texts(alice.rollback(0)) == wanted
    assert alice.lock() == []
    loads(alice, "set system host-name x")
    alice.discard()
    alice.unlock()
    assert texts(alice.open("private")) == [DISCARDED]
    loads(alice, "set system host-name x")


def test_a_lock_keeps_private_copies_from_committing(session, alice):
    """They open with a warning, may be edited, and commit when the lock is gone."""
    alice.lock()
    assert texts(session.open("private")) == [
        "changes cannot be committed while 'configure exclusive' is active",
        DISCARDED,
    ]
    loads(session, "set system host-name mine")
    refused = session.commit()
    assert not refused.committed
    assert refused.complaints[0].text.startswith("configuration database locked by:\n  alice ")
    alice.unlock()
    assert session.commit().committed


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("set system host-name a", "set system domain-name b.example", "both"),
        ("set system host-name a", "set system host-name a", "both"),
        ("set system host-name a", "set system host-name b", "conflict"),
        ("delete system services", "set system services ftp", "conflict"),
        ("set system name-server 192.0.2.1", "set system name-server 192.0.2.2", "both"),
        (
            "delete security ike gateway corp-hq dead-peer-detection",
            "set security ike gateway corp-hq nat-keepalive 5",
            "both",
        ),
        ("deactivate routing-options", "set system host-name b", "both"),
    ],
)
def test_two_private_copies_merge_or_conflict(store, mine, theirs, expected):
    """Changes of different statements merge; of one statement only the first commit stands."""
    session, alice = (store.session(user, "netconf", pid) for pid, user in enumerate("ab"))
    for one in (session, alice):
        one.open("private")
    assert not [c for c in session.load(mine, "set", "set") if c.severity == "error"]
    assert not [c for c in alice.load(theirs, "set", "set") if c.severity == "error"]
    assert alice.commit().committed
    after_theirs = store.committed
    result = session.commit()
    if expected == "conflict":
        assert result.conflicts == 1
        assert not result.committed
        assert result.complaints[0].path.startswith("[edit system")
        assert store.committed is after_theirs
        assert session.dirty
        return
    assert result.committed
    lines = store.render(store.committed, "set")
    for statement in (mine, theirs):
        assert (statement in lines) is not statement.startswith("delete")


def test_update_takes_over_what_others_committed(store, session, alice):
    """The copy has both changes then; on a conflict it stays as it is until rolled back."""
    session.open("private")
    alice.open("private")
    loads(session, "set system domain-name mine.example")
    loads(alice, "set system host-name theirs")
    alice.commit()
    assert leaf(session.candidate, *HOST) == "srx4100"
    assert session.update() == []
    assert leaf(session.candidate, *HOST) == "theirs"
    assert session.compare() == "[edit system]\n+  domain-name mine.example;\n"
    loads(session, "set system host-name mine")
    loads(alice, "set system host-name theirs2")
    alice.commit()
    (conflict,) = session.update()
    assert (conflict.path, conflict.bad_element) == ("[edit system]", "host-name")
    assert leaf(session.candidate, *HOST) == "mine"
    assert session.rollback(0) == []
    assert session.candidate is store.committed


def test_a_private_copy_without_changes_commits_nothing(store, session):
    """It's accepted, and takes no slot."""
    session.open("private")
    result = session.commit()
    assert (result.committed, result.unchanged) == (True, True)
    assert len(store.history) == 1


@pytest.mark.parametrize(("version", "taken"), [("18.4R3.3", False), ("21.2R1.11", True)])
def test_confirmed_and_private(make_store, version, taken):
    """A confirmed commit of a private copy is refused before 21.2."""
    store = make_store(version=version)
    session = store.session("lab", "netconf", 1)
    session.open("private")
    loads(session, "set system host-name mine")
    result = session.commit(confirm_minutes=5)
    assert result.committed is taken
    if not taken:
        (complaint,) = result.complaints
        assert complaint.text == "commit confirmed not supported for private configuration"


def test_opening_twice(session):
    """What is open can't be opened again, nor locked."""
    session.open("private")
    for again in (session.open("private"), session.open("exclusive"), session.lock()):
        assert texts(again) == ["Configuration database is already open"]


def test_exclusive_discards_when_it_is_left(store, session, alice):
    """Nobody else edits meanwhile, and what wasn't committed is gone afterwards."""
    assert texts(alice.open("exclusive")) == [DISCARDED]
    loads(alice, "set system host-name x")
    assert texts(session.open("private")) == ["shared configuration database modified"]
    alice.close_configuration()
    assert not store.dirty
    assert store.lock_holder is None
    assert session.lock() == []


def test_who_is_in_the_configuration(store, session, alice, clock):
    """Everybody who opened it is listed with kind, level and idle time, until they leave."""
    alice.open("exclusive")
    alice.edit_path = ("system",)
    clock.advance(60)
    session.open("private")
    first, second = store.editing
    assert (first.user, first.kind, first.edit_path) == ("alice", "exclusive", ("system",))
    assert first.idle == timedelta(seconds=60)
    assert (second.user, second.terminal, second.kind) == ("lab", "", "private")
    alice.close()
    session.close_configuration()
    assert store.editing == ()


def test_a_vanished_client_keeps_its_lock_until_the_keep_alive_gives_up(make_store, clock):
    """Lock, edits and a session-bound confirmed commit stay that long, then all of it ends."""
    store = make_store(keep_alive_seconds=300)
    session, other = store.session("lab", "netconf", 1), store.session("bob", "netconf", 2)
    session.lock()
    loads(session, "set system host-name x")
    session.commit(rfc_confirm_seconds=3000)
    loads(session, "set system host-name y")
    session.close(vanished=True)
    clock.advance(299)
    store.tick()
    assert texts(other.lock())[0].startswith("configuration database locked by:")
    clock.advance(1)
    store.tick()
    assert not store.dirty
    assert leaf(store.committed, *HOST) == "srx4100"
    assert other.lock() == []


@pytest.mark.parametrize("how", ["confirm_minutes", "rfc_confirm_seconds"])
def test_a_killed_session_takes_its_work_with_it(store, session, alice, how):
    """Its edits of the shared candidate, and its pending confirmed commit of either form."""
    loads(session, "set system host-name x")
    session.commit(**{how: 9})
    loads(session, "set system host-name y")
    alice.close(killed=True)
    assert store.dirty
    assert store.pending is not None
    session.close(killed=True)
    assert not store.dirty
    assert store.pending is None
    assert leaf(store.committed, *HOST) == "srx4100"


def test_a_commit_at_a_time(store, session, alice, clock):
    """It's checked now, makes the configuration read-only, and happens at its time."""
    at = clock.now() + timedelta(hours=1)
    loads(session, "set system host-name later")
    result = session.commit(at=at, log="night")
    assert not result.committed
    assert result.scheduled.when == at
    assert leaf(store.committed, *HOST) == "srx4100"
    assert alice.load("set system host-name x", "set", "set") != []
    assert not alice.commit().committed
    clock.advance(3599)
    store.tick()
    assert store.scheduled is not None
    clock.advance(60)
    store.tick()
    assert leaf(store.committed, *HOST) == "later"
    newest = store.history[0]
    assert (newest.user, newest.when, newest.log) == ("lab", at, "night")
    assert alice.commit().committed


def test_a_scheduled_commit_can_be_cleared(store, session):
    """The candidate stays, and may be edited again."""
    loads(session, "set system host-name later")
    session.commit(at="reboot")
    assert store.clear_scheduled()
    assert not store.clear_scheduled()
    assert store.dirty
    loads(session, "set system host-name other")


def test_a_refused_commit_is_not_scheduled(store, session):
    """Errors of the check are answered at once."""
    session.load("delete system root-authentication", "set")
    assert session.commit(at="reboot").complaints
    assert store.scheduled is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reboot", None),
        ("20:00", datetime(2026, 1, 1, 20, 0, tzinfo=UTC)),
        ("04:30:15", datetime(2026, 1, 1, 4, 30, 15, tzinfo=UTC)),
        ("2026-02-03 04:05", datetime(2026, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_commit_times(clock, text, expected):
    """The three forms of the documents."""
    assert parse_at(text, clock.now()) == expected


@pytest.mark.parametrize(
    "text", ["", "now", "25:00", "2026-13-01 10:00", "2025-12-31 10:00", "00:00"]
)
def test_commit_times_that_are_refused(clock, text):
    """What isn't a time, is over, or is less than a minute away."""
    assert isinstance(parse_at(text, clock.now()), Complaint)


@pytest.mark.parametrize(("switch", "after"), [("lost", "new"), ("kept", "srx4100")])
def test_reboot_and_a_pending_rollback(make_store, clock, switch, after):
    """Whether it survives is a switch; candidate, lock and a timed commit are gone."""
    store = make_store(pending_at_reboot=switch)
    session = store.session("lab", "netconf", 1)
    session.lock()
    loads(session, "set system host-name new")
    session.commit(confirm_minutes=5)
    loads(session, "set system host-name newer")
    store.reboot()
    session.close()
    assert not store.dirty
    assert store.lock_holder is None
    clock.advance(600)
    store.tick()
    assert leaf(store.committed, *HOST) == after


@pytest.mark.parametrize(("at", "after"), [("reboot", "new"), (3600, "srx4100")])
def test_reboot_and_a_scheduled_commit(store, session, clock, at, after):
    """One for the reboot is carried out, one for a time is lost."""
    loads(session, "set system host-name new")
    session.commit(at=at if at == "reboot" else clock.now() + timedelta(seconds=at))
    store.reboot()
    clock.advance(7200)
    store.tick()
    assert leaf(store.committed, *HOST) == after
    assert store.scheduled is None


def test_the_rescue_configuration(store, session):
    """It's the committed one of when it was saved, until it's deleted."""
    assert session.rollback("rescue") != []
    session.rescue_save()
    loads(session, "set system host-name new")
    session.commit()
    assert session.rollback("rescue") == []
    assert leaf(store.candidate, *HOST) == "srx4100"
    session.discard()
    session.rescue_delete()
    session.rescue_delete()
    assert session.rollback("rescue") != []


def test_every_slot_gives_back_what_was_committed(store, session):
    """Values, order and deactivation, whichever way the changes went."""
    steps = [
        "set system name-server 192.0.2.1",
        "set security ike gateway g2 ike-policy corp-ike\n"
        "set security ike gateway g2 address 192.0.2.9\n"
        "set security ike gateway g2 external-interface xe-0/0/0.0",
        "delete interfaces xe-0/0/1 description",
        "deactivate routing-options static route 0.0.0.0/0",
        "delete security ike gateway g2",
        "set system name-server 192.0.2.2",
        "activate routing-options static route 0.0.0.0/0\nset system host-name z",
        "delete system name-server",
    ]
    wanted = [store.render(store.committed, "set")]
    for step in steps:
        session.load(step, "set", "set")
        assert session.commit().committed, step
        wanted.insert(0, store.render(store.committed, "set"))
    for index, lines in enumerate(wanted):
        tree = store.rollback_tree(index)
        assert store.render(tree, "set") == lines
        assert store.rollback_tree(index) is tree
        assert session.rollback(index) == []
        assert store.render(session.candidate, "set") == lines


def test_revisions_go_on_counting(store, session):
    """A revision has the second of its commit and its number, beyond the slots that are kept."""
    for _ in range(60):
        session.commit()
    assert store.history[0].revision == f"re0-{store.commit_seconds}-61"


def test_a_kept_rollback_holds_what_changed_and_no_more(store, session):
    """The difference of one new entry in a long list names that entry alone."""
    unit = "set interfaces st0 unit {} family inet address 10.9.{}.{}/31"
    loads(session, *(unit.format(n, n // 100, n % 100 * 2) for n in range(1, 400)))
    session.commit()
    older = store.committed
    loads(session, unit.format(400, 40, 2))
    session.commit()
    step = difference(store.committed, older, Comparisons())
    while step.back:
        ((_, step),) = step.back
    assert (step.gone, step.places, step.order) == (("400",), (), None)
    assert restored(store.committed, difference(store.committed, older, Comparisons())) == older
