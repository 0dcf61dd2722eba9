"""What may be sent when, and how long the device may hold our statements."""

import pytest

from harness.deploy.deadman import TRANSITIONS, Action, DeadMansSwitch, State, confirm_minutes
from harness.errors import HarnessBug


def test_a_rung_goes_from_baseline_to_baseline():
    """The normal way through the table ends where it began."""
    switch = DeadMansSwitch()
    for action in (
        Action.LOAD,
        Action.CHECK,
        Action.COMMIT_CONFIRMED,
        Action.RETURN,
        Action.PROVEN,
    ):
        switch.step(action)
    assert switch.state is State.BASELINE


def test_a_check_is_never_sent_while_a_confirm_is_pending():
    """It would confirm the commit that must never be confirmed."""
    switch = DeadMansSwitch()
    for action in (Action.LOAD, Action.CHECK, Action.COMMIT_CONFIRMED):
        switch.step(action)
    with pytest.raises(HarnessBug, match="'commit check' in state 'pending'"):
        switch.step(Action.CHECK)


def test_no_state_allows_a_second_push_over_a_pending_one():
    """A follow-up confirmed commit may move the rollback target; it's nowhere in the table."""
    reaching = {s for s, row in TRANSITIONS.items() if Action.COMMIT_CONFIRMED in row}
    assert reaching == {State.LOADED}


def test_broken_stays_broken():
    """No action leads out of a failed proof."""
    assert not TRANSITIONS[State.BROKEN]


def test_every_state_that_holds_something_of_ours_can_return():
    """Wherever a run dies, the way back is in the table."""
    holding = set(State) - {State.BASELINE, State.BROKEN}
    assert {s for s, row in TRANSITIONS.items() if Action.RETURN in row} == holding


@pytest.mark.parametrize(
    ("commit", "verify", "minutes"),
    [(0, 0, 5), (120, 120, 12), (121, 120, 13), (1e9, 0, 65_535)],
)
def test_minutes_are_rounded_up_and_bounded(commit, verify, minutes):
    """Three times the need, at least 5, at most what Junos takes."""
    assert confirm_minutes(commit, verify) == minutes
