"""Which deleted tunnels a device still has: its tables, and a configuration that isn't right. Pure.

That the configuration is the baseline again is proven by its fingerprint. Daemons follow a commit,
so their tables are looked at as well, against those from before the push.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.render.readback import Statements
from harness.verify.expect import Expectation
from harness.verify.facts import Sighting, Unreadable, named
from harness.verify.witnesses import Observation


def lingering(
    deleted: Expectation, before: Iterable[Observation], after: Iterable[Observation]
) -> tuple[str, ...]:
    """Say of each witness what it shows that it didn't before the push; nothing if all is well.

    Tunnels of ``deleted`` are named, anything else is told by its label. A witness that was
    readable before and isn't now says so: it's never taken for an empty table.
    """
    earlier = {observation.witness: observation.seen for observation in before}
    found: list[str] = []
    for observation in after:
        base = earlier.get(observation.witness)
        if base is None or isinstance(base, Unreadable):
            continue
        if isinstance(observation.seen, Unreadable):
            found.append(f"{observation.witness}: {observation.seen.reason}")
            continue
        kept: dict[str, None] = {}
        for leg, sighting in observation.seen.items():
            kept.update(dict.fromkeys(_kept(deleted, leg, base.get(leg), sighting)))
        if kept:
            found.append(f"{observation.witness} still shows {named(list(kept))}")
    return tuple(found)


def _kept(deleted: Expectation, leg: str, base: Sighting | None, now: Sighting) -> Iterator[str]:
    names = deleted.of_leg(leg)
    for label in sorted(now.members - (base.members if base is not None else frozenset())):
        yield names.get(label, label)


def still_configured(deleted: Expectation, read: Statements) -> tuple[str, ...]:
    """Name the tunnels of ``deleted`` of which a configuration read afterwards has statements."""
    ours = deleted.planned.members - deleted.baseline.members
    kept = {deleted.owner(path) for path in read.members & ours} - {""}
    return tuple(one.name for one in deleted.tunnels if one.name in kept)
