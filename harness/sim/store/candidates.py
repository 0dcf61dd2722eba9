"""Private copies of the configuration, and how one is merged into what others committed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harness.sim.config.paths import child_words
from harness.sim.config.schema import Kind as StatementKind
from harness.sim.config.schema import Schema, Statement
from harness.sim.config.set_format import quote
from harness.sim.config.tree import EMPTY, Key, Mark, Node, Value
from harness.sim.messages import SIMULATED, Complaint, error


@dataclass(slots=True)
class PrivateCopy:
    """The configuration as its owner sees it, and the committed one that it was copied from."""

    base: Node
    tree: Node
    changed: datetime

    @property
    def dirty(self) -> bool:
        """Whether it holds changes of its own."""
        return self.tree is not self.base


@dataclass(frozen=True, slots=True)
class Merged:
    """A private copy merged into the committed configuration, or why it can't be."""

    tree: Node
    conflicts: tuple[Complaint, ...] = ()


def merge(copy: PrivateCopy, committed: Node, schema: Schema) -> Merged:
    """Carry the changes of a private copy over to ``committed``.

    A statement that both changed in different ways is a conflict; the values of a leaf-list merge.
    """
    merger = _Merger()
    tree = merger.node(copy.base, copy.tree, committed, schema, ())
    return Merged(tree, tuple(merger.conflicts))


class _Merger:
    """Collects the conflicts of one merge of three trees."""

    def __init__(self) -> None:
        self.conflicts: list[Complaint] = []

    def node(
        self,
        base: Node,
        ours: Node,
        theirs: Node,
        statement: Statement,
        words: tuple[str, ...],
        *,
        listing: bool = False,
    ) -> Node:
        """Merge a container or list entry child by child, or a list (``listing``) by entries."""
        if ours is base or ours is theirs:
            return theirs
        if theirs is base:
            return ours
        result = theirs.copy()
        for key in {**base, **ours}:
            child = statement if listing else statement.children[str(key)]
            above = words[:-1] if listing else words
            inside = (*above, *child_words(child, key if listing else None))
            self._child(key, (base, ours, result), child, inside, entry=listing)
        return self._arranged(base, ours, theirs, result, words)

    def _child(
        self,
        key: Key,
        sides: tuple[Node, Node, Node],
        statement: Statement,
        words: tuple[str, ...],
        *,
        entry: bool = False,
    ) -> None:
        """Put one child into the last of the sides (base, ours, a copy of theirs)."""
        result = sides[-1]
        was, mine, other = (side.get(key) for side in sides)
        if _same(mine, was) or _same(mine, other):
            return
        if not _same(other, was):
            merged = self._both((was, mine, other), statement, words, entry=entry)
            if merged is None:
                self._conflict(words)
                return
            mine = merged
        if mine is None or (isinstance(mine, Node) and not mine and not entry and other):
            result.pop(key, None)
        else:
            result[key] = mine

    def _both(
        self,
        sides: tuple[Value | None, Value | None, Value | None],
        statement: Statement,
        words: tuple[str, ...],
        *,
        entry: bool,
    ) -> Value | None:
        """Merge a child that both sides changed; None: they contradict each other."""
        was, mine, other = sides
        if isinstance(mine, Node) and isinstance(other, Node):
            before = was if isinstance(was, Node) else EMPTY
            listing = statement.kind is StatementKind.LIST and not entry
            return self.node(before, mine, other, statement, words, listing=listing)
        if isinstance(mine, tuple) and isinstance(other, tuple):
            old = was if isinstance(was, tuple) else ()
            kept = [value for value in other if value in mine or value not in old]
            return (*kept, *(value for value in mine if value not in old and value not in kept))
        return None

    def _arranged(
        self, base: Node, ours: Node, theirs: Node, result: Node, words: tuple[str, ...]
    ) -> Node:
        """Take over our marks, and our order unless the other side has its own."""
        for key in {**base.marks, **ours.marks}:
            was, mine, other = base.marks.get(key), ours.marks.get(key), theirs.marks.get(key)
            if mine in (was, other) or key not in result:
                continue
            if other != was:
                self._conflict((*words, str(key)))
            result.marked(key, mine if mine is not None else Mark())
        common = [key for key in base if key in ours and key in theirs]
        ours_moved = [key for key in ours if key in set(common)] != common
        theirs_stayed = [key for key in theirs if key in set(common)] == common
        if ours_moved and theirs_stayed:
            order = [key for key in ours if key in result]
            order += [key for key in result if key not in ours]
            twin = Node({key: result[key] for key in order})
            twin.marks = result.marks
            return twin
        return result

    def _conflict(self, words: tuple[str, ...]) -> None:
        path = f"[edit {' '.join(map(quote, words[:-1]))}]" if words[:-1] else "[edit]"
        text = f"statement was changed by another commit as well {SIMULATED}"
        self.conflicts.append(error(text, path, words[-1]))


def _same(one: Value | None, other: Value | None) -> bool:
    """Compare nodes by identity: equal content may still differ in what is deactivated."""
    return one is other or (not isinstance(one, Node) and one == other)
