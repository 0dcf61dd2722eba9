"""Which children of a node differ from those of another: by identity, as equal ones are shared."""

from __future__ import annotations

from itertools import compress, islice
from operator import is_not
from typing import NamedTuple

from harness.sim.config.tree import Key, Node, is_clean


class Changes(NamedTuple):
    """What is in one node and isn't the very same thing in the other."""

    added: tuple[Key, ...]
    changed: tuple[Key, ...]
    gone: tuple[Key, ...]
    aligned: bool  # what both have stands in the same order, and what was added behind it


def changes(before: Node, after: Node) -> Changes:
    """Compare the children of two nodes, at the cost of one pass over the wider one.

    A configuration list mostly grows at its end; that case runs without a step of the
    interpreter per entry.
    """
    if before is after:
        return Changes((), (), (), aligned=True)
    count = len(before)
    if len(after) >= count:
        keys = list(before)
        if keys == list(islice(after, count)):
            differing = map(is_not, before.values(), after.values())
            added = tuple(islice(after, count, None))
            return Changes(added, tuple(compress(keys, differing)), (), aligned=True)
    added = tuple(key for key in after if key not in before)
    changed = tuple(
        key for key, value in after.items() if key in before and before[key] is not value
    )
    gone = tuple(key for key in before if key not in after)
    return Changes(added, changed, gone, aligned=False)


class Comparisons:
    """Comparisons of one moment, each made once though many ask; it keeps the nodes alive."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], tuple[Node, Node, Changes]] = {}

    def of(self, before: Node, after: Node) -> Changes:
        """Return what :func:`changes` does."""
        key = (id(before), id(after))
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = (before, after, changes(before, after))
        return made[2]

    def forget(self) -> None:
        """Let go of all nodes."""
        self._made.clear()


def carry_clean(before: Node, after: Node, comparisons: Comparisons) -> None:
    """Note that ``after`` has no marks, if that follows from ``before`` and what changed since."""
    if after.clean is not None or not before.clean or after.marks:
        return
    found = comparisons.of(before, after)
    for key in (*found.changed, *found.added):
        child, was = after[key], before.get(key)
        if isinstance(child, Node):
            if isinstance(was, Node):
                carry_clean(was, child, comparisons)
            if not is_clean(child):
                return
    after.clean = True


def same(one: Node, other: Node) -> bool:
    """Say whether two trees have the same content, in the same order and the same state."""
    if one is other:
        return True
    if len(one) != len(other) or one.marks != other.marks or list(one) != list(other):
        return False
    return all(
        same(value, twin) if isinstance(value, Node) and isinstance(twin, Node) else value == twin
        for value, twin in zip(one.values(), other.values(), strict=True)
    )


def same_nodes(one: Node, other: Node) -> bool:
    """Say whether two trees hold the same nodes, so that neither is a change of the other."""
    if one.marks != other.marks or one.keys() != other.keys():
        return False
    return all(
        value is other[key] or (not isinstance(value, Node) and value == other[key])
        for key, value in one.items()
    )
