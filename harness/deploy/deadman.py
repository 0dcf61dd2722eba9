"""The dead-man's switch: test tunnels live only under ``commit confirmed`` and are never confirmed.

The table below is the whole of what may be sent when, and of what may happen to a device
meanwhile; ``docs/dead-mans-switch.md`` is drawn from it. The rule behind it: any commit or ``commit
check``, from any session, confirms a pending confirmed commit (Junos CLI guide, "commit
confirmed"), so while one is pending the only thing ever committed is the baseline itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from harness.errors import HarnessBug

SHORTEST_MINUTES = 5  # less would roll back while the device is still asked
DEFAULT_MINUTES = 12
LONGEST_MINUTES = 60  # that we choose ourselves: so long a device stays as a dead run left it
MOST_MINUTES = 65_535  # that Junos takes (Junos XML protocol guide, "confirm-timeout")


class State(StrEnum):
    """Where the device is, as far as we know."""

    BASELINE = "baseline"
    LOADED = "loaded"
    PENDING = "pending"
    STANDING = "standing"
    UNKNOWN = "unknown"
    RETURNING = "returning"
    BROKEN = "broken"


MEANING: Mapping[State, str] = MappingProxyType(
    {
        State.BASELINE: "the committed configuration is the proven baseline, nothing is pending",
        State.LOADED: "our statements are in the candidate only",
        State.PENDING: "our confirmed commit was sent or taken; the device's timer takes it off",
        State.STANDING: "our statements are committed and no timer can be relied on",
        State.UNKNOWN: "a commit was sent and its answer didn't come",
        State.RETURNING: "the way back is under way",
        State.BROKEN: "the baseline could not be proven; the device is out for the run",
    }
)


class Action(StrEnum):
    """What happens, by our hand or not."""

    LOAD = "load"
    DISCARD = "discard"
    CHECK = "commit check"
    COMMIT_CONFIRMED = "commit confirmed"
    COMMIT = "commit"
    REFUSED = "commit refused"
    LOST = "answer lost"
    FOUND_COMMITTED = "history shows our commit"
    FOUND_STANDING = "history shows our plain commit"
    FOUND_PART = "a part of the device shows our commit"
    FOUND_RUNNING = "the device still works on it"
    FOUND_ABSENT = "history doesn't show our commit"
    CONFIRMED = "somebody's commit or check confirms it"
    REBOOTED = "device rebooted"
    LAPSED = "device rolled back"
    RETURN = "load and commit the way back"
    PROVEN = "baseline proven"
    THEIRS_KEPT = "baseline and somebody's change proven"
    NOT_PROVEN = "baseline not proven"


OURS = frozenset(  # what we send; everything else is seen or happens
    {
        Action.LOAD,
        Action.DISCARD,
        Action.CHECK,
        Action.COMMIT_CONFIRMED,
        Action.COMMIT,
        Action.RETURN,
    }
)

TRANSITIONS: Mapping[State, Mapping[Action, State]] = MappingProxyType(
    {
        State.BASELINE: MappingProxyType(
            {Action.LOAD: State.LOADED, Action.REBOOTED: State.BASELINE}
        ),
        State.LOADED: MappingProxyType(
            {
                Action.DISCARD: State.BASELINE,
                Action.CHECK: State.LOADED,
                Action.COMMIT_CONFIRMED: State.PENDING,
                Action.COMMIT: State.STANDING,  # with --without-deadman alone
                Action.REBOOTED: State.BASELINE,  # a candidate is lost with its session
                Action.RETURN: State.RETURNING,
            }
        ),
        State.PENDING: MappingProxyType(
            {
                Action.REFUSED: State.LOADED,
                Action.LOST: State.UNKNOWN,
                Action.CONFIRMED: State.STANDING,
                Action.REBOOTED: State.STANDING,  # whether the timer survives is taken as no
                Action.LAPSED: State.BASELINE,
                Action.RETURN: State.RETURNING,
            }
        ),
        State.STANDING: MappingProxyType(
            {
                Action.REFUSED: State.LOADED,
                Action.LOST: State.UNKNOWN,
                Action.CONFIRMED: State.STANDING,
                Action.REBOOTED: State.STANDING,
                Action.LAPSED: State.BASELINE,  # the timer did survive
                Action.RETURN: State.RETURNING,
            }
        ),
        State.UNKNOWN: MappingProxyType(
            {
                Action.FOUND_COMMITTED: State.PENDING,
                Action.FOUND_STANDING: State.STANDING,
                Action.FOUND_PART: State.STANDING,
                Action.FOUND_RUNNING: State.UNKNOWN,
                Action.FOUND_ABSENT: State.BASELINE,
                Action.REBOOTED: State.UNKNOWN,
                Action.RETURN: State.RETURNING,
            }
        ),
        State.RETURNING: MappingProxyType(
            {
                Action.PROVEN: State.BASELINE,
                Action.THEIRS_KEPT: State.BASELINE,
                Action.NOT_PROVEN: State.BROKEN,
                Action.LOST: State.UNKNOWN,
                Action.REBOOTED: State.UNKNOWN,
                Action.RETURN: State.RETURNING,
            }
        ),
        State.BROKEN: MappingProxyType({}),
    }
)


class DeadMansSwitch:
    """Follows one device through a rung and refuses what must not be sent in its state."""

    def __init__(self) -> None:
        self.state = State.BASELINE

    def step(self, action: Action) -> None:
        """Move on; :class:`HarnessBug` when ``action`` isn't allowed in this state."""
        allowed = TRANSITIONS[self.state]
        if action not in allowed:
            names = ", ".join(allowed) or "nothing"
            raise HarnessBug(f"'{action}' in state '{self.state}'; allowed there: {names}")
        self.state = allowed[action]

    def happens(self, action: Action) -> None:
        """Move on with what isn't our doing; where it makes no difference, nothing changes."""
        if action in OURS:
            raise HarnessBug(f"'{action}' doesn't happen by itself")
        self.state = TRANSITIONS[self.state].get(action, self.state)


def confirm_minutes(commit_seconds: float, verify_seconds: float, *, margin: float = 3.0) -> int:
    """Return the minutes to ask of ``commit confirmed``: time needed, times ``margin``, rounded up.

    At least :data:`DEFAULT_MINUTES`, because too short would roll back under the verification; at
    most :data:`LONGEST_MINUTES`, because for that long a device is left as a dead run left it.
    """
    needed = math.ceil((commit_seconds + verify_seconds) * margin / 60)
    return min(LONGEST_MINUTES, max(DEFAULT_MINUTES, needed))
