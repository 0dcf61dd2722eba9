"""Junos patch text: what ``show | compare`` prints.

Blocks under ``[edit …]`` headers; ``-`` and ``+`` lines in text form, ``!`` for what changed its
place or was (de)activated. A leaf is indented by one more than the depth of its header, a block
by two more, as in published output.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from harness.sim.config.patch import child_words
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.set_format import quote
from harness.sim.config.text_format import TextWriter
from harness.sim.config.tree import EMPTY, NO_MARKS, Key, Mark, Node, Value

_ACTIVE = Mark()


def compare(old: Node, new: Node, schema: Schema, *, hide_secrets: bool = False) -> str:
    """Return the patch text from ``old`` to ``new``; "" when they are the same."""
    differ = _Differ(TextWriter(hide_secrets=hide_secrets))
    differ.container(old, new, schema, _Where((), 0))
    return "".join(f"{line}\n" for line in differ.lines)


def _name(words: Iterable[str]) -> str:
    return " ".join(quote(word) for word in words)


class _Where(NamedTuple):
    """The words of a header, and how many levels of the model they stand for."""

    path: tuple[str, ...]
    depth: int

    def under(self, *words: str, levels: int = 1) -> _Where:
        return _Where((*self.path, *map(quote, words)), self.depth + levels)

    def indent(self, extra: int) -> str:
        return " " * (self.depth + extra)


class _Differ:
    """Collects the lines of one comparison."""

    def __init__(self, writer: TextWriter) -> None:
        self.lines: list[str] = []
        self._writer = writer
        self._header: tuple[str, ...] | None = None

    def _say(self, path: tuple[str, ...], sign: str, lines: Iterable[str]) -> None:
        if self._header != path:
            self._header = path
            self.lines.append(f"[edit {' '.join(path)}]" if path else "[edit]")
        self.lines.extend(f"{sign}{line}" for line in lines)

    def container(self, old: Node, new: Node, statement: Statement, where: _Where) -> None:
        """Compare what is in two containers or list entries."""
        order = statement.order
        marked = old.marks is not NO_MARKS or new.marks is not NO_MARKS
        if old.keys() == new.keys() and not marked:
            tags = [tag for tag, value in new.items() if old[tag] is not value]
        else:
            tags = list({**old, **new})
        for tag in sorted(tags, key=lambda tag: order[str(tag)]):
            child = statement.children[str(tag)]
            self._activity(old, new, tag, child_words(child), where)
            self._child(old.get(tag), new.get(tag), child, where)

    def _child(
        self, before: Value | None, after: Value | None, statement: Statement, where: _Where
    ) -> None:
        if before is after or (not isinstance(after, Node) and before == after):
            return
        old = before if isinstance(before, Node) else EMPTY
        new = after if isinstance(after, Node) else EMPTY
        one_sided = before is None or after is None
        if statement.kind is Kind.LIST and not (statement.block and one_sided):
            inside = where.under(statement.tag) if statement.block else where
            self._list(old, new, statement, inside)
        elif statement.flat:
            self._flat(old, new, statement, where)
        elif statement.kind is Kind.CONTAINER and not (one_sided or statement.line):
            self.container(old, new, statement, where.under(*child_words(statement)))
        else:
            blocks = statement.kind in {Kind.CONTAINER, Kind.LIST}
            indent = where.indent(2 if blocks else 1)
            for sign, value in (("-", before), ("+", after)):
                if value is not None:
                    self._say(where.path, sign, self._writer.child(value, statement, indent))

    def _flat(self, old: Node, new: Node, statement: Statement, where: _Where) -> None:
        """Compare a container that is printed as part of its children's lines."""
        order = statement.order
        for tag in sorted({**old, **new}, key=lambda tag: order[str(tag)]):
            before, after = old.get(tag), new.get(tag)
            self._activity(old, new, tag, (statement.tag, str(tag)), where)
            if isinstance(before, Node) and isinstance(after, Node):
                inside = where.under(statement.tag, str(tag), levels=2)
                self.container(before, after, statement.children[str(tag)], inside)
                continue
            for sign, value in (("-", before), ("+", after)):
                if value is not None:
                    one = Node({tag: value})
                    lines = self._writer.child(one, statement, where.indent(3))
                    self._say(where.path, sign, lines)

    def _list(self, old: Node, new: Node, statement: Statement, where: _Where) -> None:
        """Compare two lists by key."""
        indent = where.indent(2)
        entry_lines = self._writer.entry
        marked = old.marks is not NO_MARKS or new.marks is not NO_MARKS
        for key, before in old.items():
            after = new.get(key)
            if after is before and not marked:
                continue
            if after is None:
                self._say(where.path, "-", entry_lines(key, before, statement, indent))
                continue
            self._activity(old, new, key, _shown(statement, key), where)
            if before is not after:
                self._entry(key, before, after, statement, where)
        previous: Key | None = None
        for key, after in new.items():
            if key not in old:
                if statement.ordered and previous in old and previous is not None:
                    self._say(where.path, " ", (_folded(previous, statement, indent),))
                lines = entry_lines(key, after, statement, indent, _state(new, key))
                self._say(where.path, "+", lines)
            previous = key
        if statement.ordered:
            for key in moved(old, new):
                self._say(where.path, "!", (_folded(key, statement, indent),))

    def _entry(
        self, key: Key, before: Value, after: Value, statement: Statement, where: _Where
    ) -> None:
        """Compare two entries of the same key."""
        if statement.line:
            for sign, value in (("-", before), ("+", after)):
                lines = self._writer.entry(key, value, statement, where.indent(2))
                self._say(where.path, sign, lines)
            return
        old = before if isinstance(before, Node) else EMPTY
        new = after if isinstance(after, Node) else EMPTY
        self.container(old, new, statement, where.under(*_shown(statement, key)))

    def _activity(
        self, old: Node, new: Node, key: Key, words: tuple[str, ...], where: _Where
    ) -> None:
        """Say that something which stays was deactivated or activated."""
        if (old.marks is NO_MARKS and new.marks is NO_MARKS) or key not in old or key not in new:
            return
        inactive = new.marks.get(key, _ACTIVE).inactive
        if old.marks.get(key, _ACTIVE).inactive is not inactive:
            word = "inactive:" if inactive else "active:"
            body = " { ... }" if isinstance(new[key], Node) else ""
            self._say(where.path, "!", (f"{where.indent(2)}{word} {_name(words)}{body}",))


def _shown(statement: Statement, key: Key) -> tuple[str, ...]:
    """Return the words of an entry; the word of a block is in the header already."""
    words = child_words(statement, key)
    return words[1:] if statement.block else words


def _folded(key: Key, statement: Statement, indent: str) -> str:
    return f"{indent}{_name(child_words(statement, key))} {{ ... }}"


def _state(node: Node, key: Key) -> str:
    return "inactive: " if node.marks and key in node.marks else ""


def moved(old: Node, new: Node) -> list[Key]:
    """Return the fewest keys that must move so that ``old`` is in the order of ``new``."""
    place = {key: index for index, key in enumerate(key for key in new if key in old)}
    sequence = [place[key] for key in old if key in place]
    if sequence == sorted(sequence):
        return []
    # Longest increasing subsequence: tails[n] ends the best one of length n + 1.
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for value in sequence:
        slot = bisect_left(tails, value)
        before[value] = tails[slot - 1] if slot else None
        tails[slot : slot + 1] = [value]
    stays: set[int] = set()
    current: int | None = tails[-1]
    while current is not None:
        stays.add(current)
        current = before[current]
    return [key for key, index in place.items() if index not in stays]
