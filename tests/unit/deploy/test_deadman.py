"""What may be sent when, how long the device may hold our statements, and the page about it."""

from itertools import pairwise
from pathlib import Path

import pytest

from harness.deploy import deadman_page
from harness.deploy.deadman import (
    MEANING,
    OURS,
    TRANSITIONS,
    Action,
    DeadMansSwitch,
    State,
    confirm_minutes,
)
from harness.errors import HarnessBug, UsageError

PAGE = Path(__file__).parents[3] / "docs/dead-mans-switch.md"
TO_PENDING = (Action.LOAD, Action.CHECK, Action.COMMIT_CONFIRMED)
TO_STANDING = (Action.LOAD, Action.CHECK, Action.COMMIT)
TO_UNKNOWN = (*TO_PENDING, Action.LOST)
BACK = (Action.RETURN, Action.PROVEN)

WAYS = {  # what a rung meets → the steps through the table, from the baseline
    "nothing": (*TO_PENDING, *BACK),
    "a refused load": (Action.LOAD, *BACK),
    "a refused commit": (*TO_PENDING, Action.REFUSED, *BACK),
    "a lost answer, committed": (*TO_UNKNOWN, Action.FOUND_COMMITTED, *BACK),
    "a lost answer, not committed": (*TO_UNKNOWN, Action.FOUND_ABSENT),
    "a lost answer, then a part": (
        *TO_UNKNOWN,
        Action.FOUND_RUNNING,
        Action.FOUND_PART,
        *BACK,
    ),
    "a second writer": (*TO_PENDING, Action.CONFIRMED, Action.RETURN, Action.THEIRS_KEPT),
    "a reboot that loses the timer": (*TO_PENDING, Action.REBOOTED, *BACK),
    "a reboot that keeps the timer": (*TO_PENDING, Action.REBOOTED, Action.LAPSED),
    "a reboot before the commit": (Action.LOAD, Action.CHECK, Action.REBOOTED),
    "the timer": (*TO_PENDING, Action.LAPSED),
    "no switch": (*TO_STANDING, *BACK),
    "no switch, refused": (*TO_STANDING, Action.REFUSED, *BACK),
    "no switch, a lost answer": (*TO_STANDING, Action.LOST, Action.FOUND_STANDING, *BACK),
    "a lost way back": (*TO_PENDING, Action.RETURN, Action.LOST, *BACK),
}


@pytest.mark.parametrize("met", WAYS)
def test_a_rung_ends_where_it_began(met):
    """Whatever it meets, the way through the table ends at the baseline."""
    switch = DeadMansSwitch()
    for action in WAYS[met]:
        switch.step(action)
    assert switch.state is State.BASELINE


def test_every_transition_is_on_some_way():
    """A line of the table that no way takes is one that nobody thought through."""
    taken = set()
    for way in WAYS.values():
        states = [State.BASELINE]
        for action in way:
            states.append(TRANSITIONS[states[-1]][action])
        taken |= {(state, action) for (state, _), action in zip(pairwise(states), way, strict=True)}
    beside = {(s, a) for s, row in TRANSITIONS.items() for a in row if (s, a) not in taken}
    assert beside == {
        (State.BASELINE, Action.REBOOTED),
        (State.LOADED, Action.DISCARD),
        (State.STANDING, Action.CONFIRMED),
        (State.STANDING, Action.REBOOTED),
        (State.UNKNOWN, Action.REBOOTED),
        (State.RETURNING, Action.REBOOTED),
        (State.RETURNING, Action.NOT_PROVEN),
        (State.RETURNING, Action.RETURN),
    }


def test_a_check_is_never_sent_while_a_confirm_is_pending():
    """It would confirm the commit that must never be confirmed."""
    switch = DeadMansSwitch()
    for action in TO_PENDING:
        switch.step(action)
    with pytest.raises(HarnessBug, match="'commit check' in state 'pending'"):
        switch.step(Action.CHECK)


@pytest.mark.parametrize("push", [Action.COMMIT_CONFIRMED, Action.COMMIT])
def test_no_state_allows_a_second_push_over_the_first(push):
    """A follow-up confirmed commit may move the rollback target; it's nowhere in the table."""
    reaching = {state for state, row in TRANSITIONS.items() if push in row}
    assert reaching == {State.LOADED}


def test_where_ours_may_run_nothing_is_sent_but_the_way_back():
    """No load, no check and no push while our statements may be committed."""
    for state in (State.PENDING, State.STANDING, State.UNKNOWN, State.RETURNING):
        assert set(TRANSITIONS[state]) & OURS == {Action.RETURN}


def test_a_reboot_is_never_taken_for_a_timer_that_runs():
    """Whether a pending rollback survives isn't settled, so nothing relies on it."""
    assert TRANSITIONS[State.PENDING][Action.REBOOTED] is State.STANDING
    assert TRANSITIONS[State.STANDING][Action.REBOOTED] is State.STANDING


def test_broken_stays_broken():
    """No action leads out of a failed proof."""
    assert not TRANSITIONS[State.BROKEN]


def test_every_state_that_holds_something_of_ours_can_return():
    """Wherever a run dies, the way back is in the table."""
    holding = set(State) - {State.BASELINE, State.BROKEN}
    assert {s for s, row in TRANSITIONS.items() if Action.RETURN in row} == holding


@pytest.mark.parametrize(
    ("commit", "verify", "minutes"),
    [(0, 0, 12), (120, 120, 12), (121, 120, 13), (1080, 120, 60), (1e9, 0, 60)],
)
def test_minutes_are_rounded_up_and_bounded(commit, verify, minutes):
    """Three times the need, at least the default, at most what a dead run may leave behind."""
    assert confirm_minutes(commit, verify) == minutes


def test_the_page_is_what_the_table_draws():
    """Whoever changes the table runs ``make docs``."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == deadman_page.drawn(page), "run: make docs"


def test_the_picture_has_every_line_of_the_table():
    """Nothing of the table is missing in the diagram or in the tables."""
    lines = deadman_page.mermaid().splitlines()
    rows = [(s, a, after) for s, row in TRANSITIONS.items() for a, after in row.items()]
    for state, action, after in rows:
        assert f"    {state} --> {after}: {action}" in lines
    assert sum(":" in line for line in lines) == len(rows)
    assert set(MEANING) == set(State) == set(TRANSITIONS)
    assert {action for row in TRANSITIONS.values() for action in row} == set(Action)


def test_drawing_replaces_what_stood_between_the_marks():
    """What was changed there by hand is gone, what stands around it stays."""
    page = f"# Head\n{deadman_page.BEGIN}\nby hand\n{deadman_page.END}\ntail\n"
    drawn = deadman_page.drawn(page)
    assert "by hand" not in drawn
    assert drawn.startswith("# Head\n")
    assert drawn.endswith("\ntail\n")
    assert deadman_page.drawn(drawn) == drawn


@pytest.mark.parametrize("page", ["", deadman_page.BEGIN, deadman_page.END + deadman_page.BEGIN])
def test_a_page_without_the_marks(page):
    """They're named, and nothing is drawn."""
    with pytest.raises(UsageError, match="in this order"):
        deadman_page.drawn(page)


def test_the_page_can_be_drawn_from_the_command_line(tmp_path):
    """This is what ``make docs`` runs."""
    page = tmp_path / "page.md"
    page.write_text(f"{deadman_page.BEGIN}\n{deadman_page.END}\n")
    deadman_page.main([str(page)])
    assert "stateDiagram-v2" in page.read_text()


def test_what_happens_where_it_makes_no_difference():
    """Somebody's commit while ours is in the candidate alone confirms nothing of ours."""
    switch = DeadMansSwitch()
    switch.step(Action.LOAD)
    switch.happens(Action.CONFIRMED)
    assert switch.state is State.LOADED
    switch.step(Action.COMMIT_CONFIRMED)
    switch.happens(Action.REBOOTED)
    assert switch.state is State.STANDING


def test_what_we_send_doesnt_happen():
    """It's refused where it isn't allowed, and never passed over."""
    with pytest.raises(HarnessBug, match="'commit check' doesn't happen by itself"):
        DeadMansSwitch().happens(Action.CHECK)
