"""Rollback configurations: the newest two whole, each older one as its difference from the next.

A whole tree shares its nodes with its neighbour only where nothing changed, so a kept tree costs
a copy of every wide list on the path of its change (hundreds of KiB on a device with 1500 tunnels).
A difference costs what was changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from harness.sim.config.changes import Comparisons
from harness.sim.config.tree import Key, Mark, Node, Value
from harness.sim.store.commit import ROLLBACK_SLOTS, CommitRecord

_WHOLE = 2  # slots 0 and 1: what is rolled back to most often


@dataclass(frozen=True, slots=True)
class Difference:
    """How to get an older node back from a newer one of the same place."""

    gone: tuple[Key, ...]  # only the newer node has them
    back: tuple[tuple[Key, Value | Difference], ...]  # what was there, or how to get it back
    places: tuple[tuple[Key, int], ...]  # of what only the older node has; ascending
    order: tuple[Key, ...] | None  # of the older node, where the rest doesn't imply it
    marks: Mapping[Key, Mark] | None  # None: the same


def difference(newer: Node, older: Node, comparisons: Comparisons) -> Difference:
    """Return what :func:`restored` needs to make ``older`` from ``newer``."""
    found = comparisons.of(older, newer)
    back: list[tuple[Key, Value | Difference]] = [(key, older[key]) for key in found.gone]
    for key in found.changed:
        now, before = newer[key], older[key]
        if isinstance(now, Node) and isinstance(before, Node):
            back.append((key, difference(now, before, comparisons)))
        else:
            back.append((key, before))
    places: tuple[tuple[Key, int], ...] = ()
    if found.gone:
        lost = set(found.gone)
        places = tuple((key, index) for index, key in enumerate(older) if key in lost)
    order = None
    if not found.aligned and _order(newer, found.added, places) != list(older):
        order = tuple(older)
    same_marks = newer.marks is older.marks or newer.marks == older.marks
    return Difference(found.added, tuple(back), places, order, None if same_marks else older.marks)


def _order(newer: Node, gone: tuple[Key, ...], places: tuple[tuple[Key, int], ...]) -> list[Key]:
    dropped = set(gone)
    keys = [key for key in newer if key not in dropped]
    for key, index in places:
        keys.insert(index, key)
    return keys


def restored(newer: Node, step: Difference) -> Node:
    """Return the older node; what didn't change is the newer one's own."""
    node = newer.copy()
    for key in step.gone:
        del node[key]
    for key, value in step.back:
        if isinstance(value, Difference):
            below = newer[key]
            if isinstance(below, Node):
                node[key] = restored(below, value)
        else:
            node[key] = value
    order = step.order
    if order is None and step.places:
        order = tuple(_order(newer, step.gone, step.places))
    if order is not None:
        node = _reordered(node, order)
    if step.marks is not None:
        node.marks = step.marks
    return node


def _reordered(node: Node, order: tuple[Key, ...]) -> Node:
    twin = Node({key: node[key] for key in order})
    twin.marks = node.marks
    return twin


class Slots:
    """The committed configuration and up to 49 earlier ones, each with its record."""

    def __init__(self, tree: Node, record: CommitRecord) -> None:
        self._whole: list[Node] = [tree]
        self._steps: list[Difference] = []  # to slot 1 from slot 0, to slot 2 from slot 1, …
        self._records: list[CommitRecord] = [record]
        self._history: tuple[CommitRecord, ...] | None = None
        self._rebuilt: dict[int, Node] = {}

    def __len__(self) -> int:
        """Return how many slots are filled."""
        return len(self._records)

    @property
    def committed(self) -> Node:
        """The configuration of slot 0."""
        return self._whole[0]

    @property
    def newest(self) -> CommitRecord:
        """The record of slot 0."""
        return self._records[0]

    @property
    def history(self) -> tuple[CommitRecord, ...]:
        """The records, newest first, numbered."""
        if self._history is None:
            numbered = enumerate(self._records)
            self._history = tuple(replace(record, sequence=index) for index, record in numbered)
        return self._history

    def push(self, tree: Node, record: CommitRecord, comparisons: Comparisons) -> None:
        """Make ``tree`` slot 0; the oldest falls out."""
        self._steps.insert(0, difference(tree, self._whole[0], comparisons))
        del self._steps[ROLLBACK_SLOTS - 1 :]
        self._whole.insert(0, tree)
        del self._whole[_WHOLE:]
        self._records.insert(0, record)
        del self._records[ROLLBACK_SLOTS:]
        self._history = None
        self._rebuilt.clear()

    def tree(self, index: int) -> Node | None:
        """Return the configuration of a slot; None when it isn't filled."""
        if not 0 <= index < len(self._records):
            return None
        if index < len(self._whole):
            return self._whole[index]
        if index not in self._rebuilt:
            self._rebuilt.clear()
            tree = self._whole[-1]
            for step in self._steps[_WHOLE - 1 : index]:
                tree = restored(tree, step)
            self._rebuilt[index] = tree
        return self._rebuilt[index]

    def record_of(self, tree: Node) -> CommitRecord | None:
        """Return the record of the slot that ``tree`` was taken from."""
        for index, whole in self._known():
            if whole is tree:
                return self._records[index]
        return None

    def _known(self) -> Iterator[tuple[int, Node]]:
        yield from enumerate(self._whole)
        yield from self._rebuilt.items()
