"""Give the device's daemons time: after a commit their tables follow, they don't lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.clock import Clock, Deadline
from harness.verify.compare import sightings
from harness.verify.expect import Expectation
from harness.verify.facts import Leg, Sighting, Unreadable
from harness.verify.observe import Readers, look
from harness.verify.witnesses import Observation, Witness, witnesses


@dataclass(frozen=True, slots=True)
class Patience:
    """How long tables may take to show what was committed, and how often they're asked."""

    seconds: float = 60.0
    interval: float = 2.0


def observe_settled(
    expected: Expectation,
    before: Mapping[str, Mapping[Leg, Sighting]],
    readers: Readers,
    clock: Clock,
    patience: Patience,
) -> tuple[Observation, ...]:
    """Ask every witness until it agrees with ``expected``, or the patience is over.

    ``before`` is what each witness saw of the baseline. A witness that agreed isn't asked again;
    what the others said last stands, so that waiting can only turn "not yet" into "yes", never
    hide a tunnel that stays away. A witness without a ``before`` is asked once.
    """
    deadline = Deadline.after(patience.seconds, clock)
    found: dict[str, Observation] = {}
    waiting = list(witnesses(expected.kind))
    while waiting:
        for witness in waiting:
            found[witness.name] = look(witness, readers)
        waiting = [w for w in waiting if _may_change(w, found, before, expected)]
        if not waiting or deadline.passed(clock):
            break
        clock.sleep(min(patience.interval, deadline.remaining(clock)))
    return tuple(found[witness.name] for witness in witnesses(expected.kind))


def _may_change(
    witness: Witness,
    found: Mapping[str, Observation],
    before: Mapping[str, Mapping[Leg, Sighting]],
    expected: Expectation,
) -> bool:
    """Say whether asking again makes sense: it was readable, and doesn't agree yet."""
    seen, base = found[witness.name].seen, before.get(witness.name)
    if base is None or isinstance(seen, Unreadable) or seen.keys() != base.keys():
        return False
    return not all(finding.ok for finding in sightings(expected, seen, base, witness.name))
