"""The dead-man's switch: test tunnels live only under ``commit confirmed`` and are never confirmed.

The state machine below is the whole of what may be sent when. The rule behind it: any commit or
``commit check``, from any session, confirms a pending confirmed commit (Junos CLI guide, "commit
confirmed"), so while one is pending the only thing ever committed is the baseline itself.
"""

from __future__ import annotations

import math
from enum import StrEnum
from types import MappingProxyType

from harness.errors import HarnessBug


class State(StrEnum):
    """Where the device is, as far as we know."""

    BASELINE = "baseline"  # committed configuration is the proven baseline, nothing pending
    LOADED = "loaded"  # our statements are in the candidate only
    PENDING = "pending"  # our confirmed commit runs, the device's timer with it
    UNKNOWN = "unknown"  # a commit was sent, the answer didn't come
    RETURNING = "returning"  # the baseline is in the candidate, its commit under way
    BROKEN = "broken"  # the baseline could not be proven; final


class Action(StrEnum):
    """What happens, by our hand or not."""

    LOAD = "load"
    DISCARD = "discard"
    CHECK = "commit check"
    COMMIT_CONFIRMED = "commit confirmed"
    REFUSED = "commit refused"
    LOST = "answer lost"
    FOUND_COMMITTED = "history shows our commit"
    FOUND_ABSENT = "history doesn't show our commit"
    LAPSED = "device rolled back"
    RETURN = "load and commit baseline"
    PROVEN = "baseline proven"
    NOT_PROVEN = "baseline not proven"


TRANSITIONS = MappingProxyType(
    {
        State.BASELINE: MappingProxyType({Action.LOAD: State.LOADED}),
        State.LOADED: MappingProxyType(
            {
                Action.DISCARD: State.BASELINE,
                Action.CHECK: State.LOADED,
                Action.COMMIT_CONFIRMED: State.PENDING,
                Action.REFUSED: State.LOADED,
                Action.LOST: State.UNKNOWN,
                Action.RETURN: State.RETURNING,
            }
        ),
        State.PENDING: MappingProxyType(
            {
                Action.LAPSED: State.BASELINE,
                Action.LOST: State.UNKNOWN,
                Action.RETURN: State.RETURNING,
            }
        ),
        State.UNKNOWN: MappingProxyType(
            {
                Action.FOUND_COMMITTED: State.PENDING,
                Action.FOUND_ABSENT: State.BASELINE,
                Action.RETURN: State.RETURNING,
            }
        ),
        State.RETURNING: MappingProxyType(
            {
                Action.PROVEN: State.BASELINE,
                Action.NOT_PROVEN: State.BROKEN,
                Action.LOST: State.UNKNOWN,
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


def confirm_minutes(commit_seconds: float, verify_seconds: float, *, margin: float = 3.0) -> int:
    """Return the minutes to ask of ``commit confirmed``: time needed, times ``margin``, rounded up.

    Junos takes 1..65535 whole minutes. Too short would roll back under the verification, so the
    answer is at least 5.
    """
    needed = (commit_seconds + verify_seconds) * margin / 60
    return min(65_535, max(5, math.ceil(needed)))
