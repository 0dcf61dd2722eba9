"""Who says what, over the entries of lists, kept up to date by looking only at what changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeAlias

from harness.sim.config.changes import Comparisons
from harness.sim.config.tree import EMPTY, Node

Owner: TypeAlias = tuple[str, str]  # group and key: ("st0", "7")
Facts = Callable[[str, Node], Iterable[Hashable]]

_SMALL = 64  # entries: an index of them costs some 0.1 ms to make and 10 KiB to keep


class Index:
    """Facts and who states them; ``shared`` walks the facts that more than one entry states.

    It follows from tree to tree in any direction, so a refused candidate leaves it usable.
    """

    def __init__(self, facts: Facts) -> None:
        self._extract = facts
        self._groups: dict[str, Node] = {}
        self._facts: dict[Owner, tuple[Hashable, ...]] = {}
        self._owners: dict[Hashable, dict[Owner, None]] = {}
        self._shared: dict[Hashable, None] = {}

    def follow(self, groups: Mapping[str, Node], comparisons: Comparisons) -> None:
        """Make the index that of these lists; the cost is that of the entries that differ."""
        for group in [name for name in self._groups if name not in groups]:
            self._move(group, self._groups.pop(group), EMPTY, comparisons)
        for group, node in groups.items():
            before = self._groups.get(group, EMPTY)
            if before is not node:
                self._move(group, before, node, comparisons)
                self._groups[group] = node

    def __len__(self) -> int:
        """Return how many entries state something."""
        return len(self._facts)

    def _move(self, group: str, before: Node, node: Node, comparisons: Comparisons) -> None:
        found = comparisons.of(before, node)
        for key in (*found.gone, *found.changed):
            self._forget((group, str(key)))
        for key in (*found.changed, *found.added):
            entry = node[key]
            if isinstance(entry, Node):
                self._learn((group, str(key)), tuple(self._extract(str(key), entry)))

    def _learn(self, owner: Owner, facts: tuple[Hashable, ...]) -> None:
        if facts:
            self._facts[owner] = facts
        for fact in facts:
            owners = self._owners.setdefault(fact, {})
            owners[owner] = None
            if len(owners) > 1:
                self._shared[fact] = None

    def _forget(self, owner: Owner) -> None:
        for fact in self._facts.pop(owner, ()):
            owners = self._owners[fact]
            owners.pop(owner, None)
            if len(owners) < 2:
                self._shared.pop(fact, None)
            if not owners:
                del self._owners[fact]

    def shared(self) -> Iterator[tuple[Hashable, tuple[Owner, ...]]]:
        """Walk (fact, its owners) where there are several."""
        for fact in self._shared:
            yield fact, tuple(self._owners[fact])


class Indexes:
    """The indexes of one datastore, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Index] = {}
        self.incomplete = False  # some were let go: who was first to state a fact is forgotten
        self.comparisons = Comparisons()

    def of(self, name: str, groups: Mapping[str, Node], facts: Facts) -> Index:
        """Return the index ``name``, brought to the state of ``groups``."""
        index = self._by_name.get(name)
        if index is None:
            index = self._by_name[name] = Index(facts)
        index.follow(groups, self.comparisons)
        return index

    def rest(self) -> None:
        """Let go of what is soon made again: thousands of devices have small configurations.

        All or nothing: one that lacks is made from the whole configuration, with all others.
        """
        self.comparisons.forget()
        if self._by_name and all(len(index) < _SMALL for index in self._by_name.values()):
            self._by_name.clear()
            self.incomplete = True
