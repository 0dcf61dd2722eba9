"""The way back beside somebody else's commits: what may go is what we added, and nothing else.

Pure. Of three configurations (the baseline, what our push made of it, what is committed now) the
target is what is committed now without what our push added. Where the two changes can't be told
apart, only a person can say which may go: that is :class:`~harness.errors.Quarantined`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from harness.deploy.baseline import Baseline
from harness.deploy.others import told
from harness.deploy.patch import changes
from harness.drivers.history import CommitEntry
from harness.errors import Quarantined
from harness.render.readback import HIDDEN, Path, is_secret, statements
from harness.render.removal import Removal, without

_SHOWN = 3  # statements, or commits, that a message names
_ANSWERS_KEPT = 8  # a restore asks twice about the same texts, on a few devices at once


def reconcile(baseline: Baseline, ours: frozenset[Path], now: str) -> Removal:
    """Return how to take ``ours`` out of ``now``, down to the baseline and never below it.

    Raises :class:`Quarantined` where somebody else's statement stands inside of ours or in its
    place, :class:`~harness.errors.DeviceError` when ``now`` can't be read.
    """
    removal = without(now, ours, statements(baseline.xml).members)
    if removal.entangled:
        raise Quarantined(
            f"{baseline.device}: somebody else's statements stand inside of ours: "
            f"{_some(removal.entangled)}"
        )
    return removal


@lru_cache(maxsize=_ANSWERS_KEPT)
def explained(baseline: Baseline, ours: frozenset[Path], now: str) -> bool:
    """Say whether ``now`` is the baseline with some or all of ``ours``, and nothing else."""
    kept, found = statements(baseline.xml), statements(now)
    before, after = kept.members, found.members
    # What is in the baseline needs no other explanation, and ours are as many as the rest.
    return (
        before <= after
        and after - before <= _with_blocks(ours)
        and all(found.secrets.get(path) == was for path, was in kept.secrets.items())
    )


def check_taken(baseline: Baseline, ours: frozenset[Path], pushed: str, now: str) -> None:
    """Check that ``ours`` is what our push changed, and that nobody changed a key of it since.

    ``pushed`` is the configuration that the device itself remembers for our commit. Raises
    :class:`Quarantined`: what the device derived or made up can't be told from somebody else's.
    """
    before, taken, found = statements(baseline.xml), statements(pushed), statements(now)
    odd = taken.members - before.members - _with_blocks(ours)
    if odd:
        raise Quarantined(
            f"{baseline.device}: our push left what wasn't sent, which can't be told from somebody "
            f"else's: {_some(odd)}"
        )
    changed = [
        path
        for path, was in taken.secrets.items()
        if path not in before.members and found.secrets.get(path, was) != was
    ]
    if changed:
        raise Quarantined(f"{baseline.device}: somebody changed keys of ours: {_some(changed)}")


def check_removal(device: str, patch: str, removal: Removal) -> None:
    """Check by the device's own diff that nothing goes but what is ours, and nothing comes.

    Raises :class:`Quarantined` naming the first lines that are somebody else's, without their
    values, and :class:`~harness.errors.UnsafeChange` for a diff that can't be read.
    """
    may_go = {_as_text(path) for path in removal.removed}
    outside = [
        (change.sign, *change.path[:-1])
        for change in changes(patch)
        if change.sign != "-" or _hidden(change.path) not in may_go
    ]
    if outside:
        raise Quarantined(
            f"{device}: the device's own diff changes more than what is ours: {_some(outside)}"
        )


def named(commits: Sequence[CommitEntry]) -> str:
    """Name who committed, newest first."""
    shown = "; ".join(told(entry) for entry in commits[:_SHOWN])
    more = len(commits) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _with_blocks(paths: Iterable[Path]) -> set[Path]:
    return {path[:end] for path in paths for end in range(1, len(path) + 1)}


def _as_text(path: Path) -> Path:
    """Return a path in the words of a patch: a port and a prefix are called by name alone."""
    if path[:2] == ("interfaces", "interface"):
        return (path[0], *path[2:])
    if path[:2] == ("policy-options", "prefix-list") and path[3:4] == ("prefix-list-item",):
        return (*path[:3], *path[4:])
    return path


def _hidden(words: Path) -> Path:
    if len(words) > 1 and is_secret(words[-2], words[-1]):
        return (*words[:-1], HIDDEN)
    return words


def _some(paths: Iterable[Path]) -> str:
    ordered = sorted(set(paths))
    shown = ", ".join(" ".join(path) for path in ordered[:_SHOWN])
    return f"{shown}, …" if len(ordered) > _SHOWN else shown
