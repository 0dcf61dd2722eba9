"""Transactions: two sessions, the lock, commits, rollback slots, confirmed commits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from harness.errors import TestbedError
from harness.sim.config.tree import Node, leaf
from harness.sim.store.commit import TRANSITIONS, Event, Phase, Step
from harness.sim.store.datastore import Datastore
from harness.sim.store.profiles import profile

HOST = ("system", "host-name")


def name(store) -> str | None:
    return leaf(store.committed, *HOST)


def commit_name(session, value: str, **how):
    assert session.load(f"set system host-name {value}", "set") == []
    return session.commit(**how)


@pytest.fixture
def other(store):
    """Open a second session, of somebody else, over the CLI."""
    return store.session("mallory", "cli", 815, "pts/3")


def test_a_device_starts_with_one_commit(store, clock):
    """The base is committed by root; the host name and release are those given."""
    (record,) = store.history
    assert (record.sequence, record.user, record.client) == (0, "root", "other")
    assert record.when == clock.now()
    assert name(store) == "srx4100"
    assert leaf(store.committed, "version") == "18.4R3.3"
    assert not store.dirty
    assert store.pending is None
    assert store.lock_holder is None


@pytest.mark.parametrize("base", ["set nonsense", "set system domain-name x"])
def test_a_bad_base_is_the_testbed_s_error(clock, base):
    """A base that doesn't load, or fails the rules, names what is wrong."""
    what = profile("vsrx")
    with pytest.raises(TestbedError, match="starting configuration of d1"):
        Datastore(what.schema, base, clock, hostname="d1", version="18.4R3.3", rules=what.rules)


def test_the_candidate_is_shared(store, session, other):
    """Another session sees uncommitted changes, and its discard destroys them."""
    session.load("set system host-name x", "set")
    assert leaf(store.candidate, *HOST) == "x"
    assert "host-name x" in other.compare()
    assert other.discard() == []
    assert not store.dirty
    assert session.compare() == ""


def test_commits_take_slots_newest_first(store, session, clock):
    """Each commit, an empty one too, takes a slot and stands in the history."""
    clock.advance(60)
    assert commit_name(session, "one", log="first").committed
    clock.advance(60)
    assert session.commit(log="empty").committed
    records = store.history
    assert [(record.sequence, record.log) for record in records] == [
        (0, "empty"),
        (1, "first"),
        (2, ""),
    ]
    assert records[0].when - records[1].when == timedelta(seconds=60)
    assert records[0].client == "netconf"
    assert store.commit_seconds == int(clock.now().timestamp())


def test_fifty_slots_are_kept(store, session):
    """Slot 49 is the oldest; an index beyond is refused and changes nothing."""
    for number in range(60):
        assert commit_name(session, f"n{number}").committed
    assert len(store.history) == 50
    assert session.rollback(49) == []
    assert leaf(store.candidate, *HOST) == "n10"
    (complaint,) = session.rollback(50)
    assert complaint.severity == "error"
    assert leaf(store.candidate, *HOST) == "n10"


def test_rollback_restores_the_very_tree(store, session):
    """A rollback is the same tree with the same order, so every rendering is the same."""
    before = store.committed
    text = store.render(before, "set")
    session.load(
        "delete security ike gateway corp-hq address\n"
        "set security ike gateway corp-hq address 192.0.2.250\n"
        "delete interfaces xe-0/0/0 description\n"
        "set interfaces xe-0/0/9 description new",
        "set",
    )
    assert session.commit().committed
    assert session.rollback(1) == []
    assert session.commit().committed
    assert store.committed is before
    assert store.render(store.committed, "set") == text


def test_a_refused_commit_changes_nothing(store, session):
    """Errors end with "configuration check-out failed", and the candidate stays."""
    session.load("delete system root-authentication", "set")
    result = session.commit()
    assert not result.committed
    assert result.complaints[0].text == "Missing mandatory statement: 'root-authentication'"
    assert result.complaints[-1].text == (
        "configuration check-out failed: (missing mandatory statements)"
    )
    assert len(store.history) == 1
    assert store.dirty


def test_a_check_commits_nothing(store, session):
    """A commit check validates the candidate and leaves it."""
    session.load("set system host-name x", "set")
    assert session.check() == []
    assert not session.commit(check=True).committed
    assert name(store) == "srx4100"
    assert store.dirty


def test_the_lock_keeps_others_out(store, session, other, clock):
    """While one session holds the lock no other loads, commits, checks or discards."""
    assert session.lock() == []
    assert [one.text for one in session.lock()] == ["Configuration database is already open"]
    clock.advance(3725)
    text = (
        "configuration database locked by:\n  lab terminal  (pid 4711) on since "
        "2026-01-01 00:00:00 UTC, idle 01:02:05\n      exclusive"
    )
    for refusal in (
        other.lock(),
        other.load("set system host-name x", "set"),
        other.discard(),
        other.rollback(0),
        other.check(),
        list(other.commit().complaints),
    ):
        assert [complaint.text for complaint in refusal] == [text]
    assert store.lock_holder is not None
    assert store.lock_holder.user == "lab"
    assert session.unlock() == []
    assert other.lock() == []
    assert store.lock_holder.user == "mallory"


def test_unlocking_what_one_does_not_hold_is_refused(session, other):
    """A session can't take the lock from another."""
    session.lock()
    assert [one.text for one in other.unlock()] == ["Configuration database is not open"]
    assert session.unlock() == []


def test_a_dirty_candidate_can_not_be_locked(store, session, other):
    """Uncommitted changes of anybody stand against the lock."""
    other.load("set system host-name x", "set")
    (complaint,) = session.lock()
    assert complaint.text == "configuration database modified"
    other.discard()
    assert session.lock() == []


def test_the_end_of_a_session_releases_its_lock_and_discards(store, session, other):
    """With the lock goes what was uncommitted; without it the candidate stays."""
    session.lock()
    session.load("set system host-name x", "set")
    session.close()
    assert store.lock_holder is None
    assert not store.dirty
    other.load("set system host-name y", "set")
    other.close()
    assert store.dirty


def test_an_unconfirmed_commit_rolls_back_at_its_deadline(store, session, clock):
    """Native form: minutes, survives the session, a commit by root of its own."""
    before = store.committed
    result = commit_name(session, "x", log="hil", confirm_minutes=5)
    assert result.committed
    assert result.confirmed_minutes == 5
    assert store.history[0].comment == "commit confirmed, rollback in 5mins"
    session.close()
    clock.advance(299)
    store.tick()
    assert name(store) == "x"
    deadline = store.pending.deadline
    clock.advance(60)
    store.tick()
    assert store.committed is before
    assert store.pending is None
    assert not store.dirty
    newest = store.history[0]
    assert (newest.user, newest.client, newest.when) == ("root", "other", deadline)
    assert store.history[1].comment == "commit confirmed, rollback in 5mins"


@pytest.mark.parametrize("how", ["commit", "check", "rpc check"])
def test_any_commit_or_check_from_any_session_confirms(store, session, other, clock, how):
    """Nothing is pending after a commit or check that succeeded, whoever sent it."""
    commit_name(session, "x", confirm_minutes=5)
    if how == "commit":
        assert other.commit().committed
    elif how == "check":
        assert other.check() == []
    else:
        assert other.commit(check=True).complaints == ()
    assert store.pending is None
    clock.advance(3600)
    store.tick()
    assert name(store) == "x"


def test_a_failed_check_does_not_confirm(store, session, other):
    """A check that finds errors leaves the rollback pending."""
    commit_name(session, "x", confirm_minutes=5)
    other.load("delete system root-authentication", "set")
    assert other.check() != []
    assert store.pending is not None


@pytest.mark.parametrize(("switch", "after"), [("previous", "one"), ("first", "srx4100")])
def test_the_target_of_a_follow_up_is_a_switch(make_store, clock, switch, after):
    """A second confirmed commit returns to the first one, or to what was before both."""
    store = make_store(followup_confirm_target=switch)
    session = store.session("lab", "netconf", 1)
    commit_name(session, "one", confirm_minutes=5)
    clock.advance(200)
    commit_name(session, "two", confirm_minutes=5)
    clock.advance(200)
    store.tick()
    assert name(store) == "two"
    clock.advance(200)
    store.tick()
    assert name(store) == after


def test_the_rfc_form_is_bound_to_its_session(store, session, other, clock):
    """A confirmed commit of RFC 6241 rolls back when its session ends, and only then."""
    commit_name(session, "x", rfc_confirm_seconds=600)
    other.close()
    assert name(store) == "x"
    session.close()
    assert name(store) == "srx4100"
    assert store.pending is None


def test_the_rfc_form_has_a_deadline_in_seconds(store, session, clock):
    """It rolls back when its time is over as well."""
    commit_name(session, "x", rfc_confirm_seconds=30)
    clock.advance(31)
    store.tick()
    assert name(store) == "srx4100"
    session.close()
    assert len(store.history) == 3


@pytest.mark.parametrize("minutes", [0, 65536])
def test_minutes_out_of_range_are_refused(store, session, minutes):
    """1 to 65535 minutes, or nothing is committed."""
    assert not commit_name(session, "x", confirm_minutes=minutes).committed
    assert name(store) == "srx4100"


def test_a_long_comment_is_refused(store, session):
    """512 characters are the most."""
    assert not commit_name(session, "x", log="x" * 513).committed
    assert session.commit(log="x" * 512).committed


def test_every_event_has_its_transition():
    """The table is complete: only what can't happen is missing."""
    impossible = {
        (Phase.SETTLED, Event.DEADLINE),
        (Phase.SETTLED, Event.OWNER_CLOSED),
        (Phase.NATIVE, Event.OWNER_CLOSED),
        (Phase.SETTLED, Event.KILLED),
        (Phase.SETTLED, Event.CANCELLED),
        (Phase.NATIVE, Event.CANCELLED),
    }
    everything = {(phase, event) for phase in Phase for event in Event}
    assert set(TRANSITIONS) == everything - impossible
    settled = {step for phase, step in TRANSITIONS.values() if phase is Phase.SETTLED}
    assert settled == {Step.NOTHING, Step.SETTLE, Step.ROLL_BACK}


def test_mangle_decides_what_becomes_committed(make_store):
    """A device that drops something on commit shows it nowhere after."""

    def drop(old: Node, new: Node) -> Node:
        result = new.copy()
        result.pop("routing-options", None)
        return result

    store = make_store(mangle=drop)
    session = store.session("lab", "netconf", 1)
    assert commit_name(session, "x").committed
    assert "routing-options" not in store.committed
    assert not store.dirty
    assert "[edit]\n-  routing-options {\n" in session.compare(1)


def test_unchanged_configurations_are_rendered_once(store, session):
    """The same configuration in the same form is the same text object."""
    first = store.render(store.committed, "xml")
    assert store.render(store.committed, "xml") is first
    commit_name(session, "x")
    assert store.render(store.committed, "xml") is not first


def test_headers_say_which_database_it_is(store, session, clock):
    """Committed: when and by whom; a changed candidate: when."""
    assert store.render(store.candidate, "text").startswith(
        "## Last commit: 2026-01-01 00:00:00 UTC by root\n"
    )
    clock.advance(61)
    session.load("set system host-name x", "set")
    assert store.render(store.candidate, "text").startswith(
        "## Last changed: 2026-01-01 00:01:01 UTC\n"
    )
    assert store.render(store.candidate, "xml").startswith(
        '<configuration junos:changed-seconds="1767225661" '
        'junos:changed-localtime="2026-01-01 00:01:01 UTC">\n'
    )
    session.commit()
    assert store.render(store.committed, "xml").startswith(
        '<configuration junos:commit-seconds="1767225661" '
        'junos:commit-localtime="2026-01-01 00:01:01 UTC" junos:commit-user="lab">\n'
    )


def test_hidden_secrets_are_nowhere(store):
    """A login without the permission sees a placeholder in every form."""
    for fmt in ("xml", "text", "set", "json"):
        text = store.render(store.committed, fmt, hide_secrets=True)
        assert "$9$" not in text
        assert "$6$" not in text
        assert "/* SECRET-DATA */" in text


def test_what_is_deleted_and_stated_again_is_no_change(store, session, other):
    """It neither shows in a comparison nor keeps anybody from taking the lock."""
    lines = "delete routing-options static\nset routing-options static route 10.9.0.0/16 discard"
    session.load(lines, "set", "set")
    session.commit()
    session.load(lines, "set", "set")
    assert session.compare() == ""
    assert not store.dirty
    assert other.lock() == []
