"""Junos patch text: what ``show | compare`` prints.

Blocks under ``[edit …]`` headers; ``-`` and ``+`` lines in text form, ``!`` for what changed its
place or was (de)activated, and folded neighbours (``{ ... }``) that say where something is. The
rules were derived from published output of real devices; docs/simulated-device.md has them. At
the depth of the header (the levels of the model that it stands for):

* what a container holds is one run under one header; the first statement decides its indent: a
  container by two more than the depth, anything else (leaf, or list printed as a block) by one;
* a list has a header of its own: first what moved, then the entries that changed inside, then
  what is gone and what is new, by two more than the depth; so does what was (de)activated, by
  three more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.sim.config.paths import child_words, find
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.set_format import quote
from harness.sim.config.text_format import TextWriter
from harness.sim.config.tree import EMPTY, NO_MARKS, Key, Mark, Node, Value

_PLAIN = Mark()


def compare(
    old: Node, new: Node, schema: Schema, *, hide_secrets: bool = False, level: Sequence[str] = ()
) -> str:
    """Return the patch text from ``old`` to ``new``; "" when they are the same.

    ``level``: the words of the edit level that alone is compared. Headers begin at the top all
    the same; the indent begins at the level.
    """
    differ = _Differ(TextWriter(hide_secrets=hide_secrets))
    before, after = find(schema, old, level), find(schema, new, level)
    where = _Where(tuple(map(quote, level)), 0)
    differ.container(_node(before.value), _node(after.value), before.statement, where)
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
        self._header: tuple[str, ...] | None = None  # the open section; None: none
        self._indent = ""  # of the run of statements in it

    def _end(self) -> None:
        """Let the next line begin with a header, even if it's the same."""
        self._header = None

    def _open(self, path: tuple[str, ...]) -> bool:
        """Begin a section unless it's open; say whether it's a new one."""
        if self._header == path:
            return False
        self._header = path
        self.lines.append(f"[edit {' '.join(path)}]" if path else "[edit]")
        return True

    def _say(self, path: tuple[str, ...], sign: str, lines: Iterable[str]) -> None:
        self._open(path)
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
            if marked:
                self._state(old, new, tag, child_words(child), where)
            self._child(old, new, tag, child, where)

    def _child(self, old: Node, new: Node, tag: Key, statement: Statement, where: _Where) -> None:
        before, after = old.get(tag), new.get(tag)
        if before is after or (not isinstance(after, Node) and before == after):
            return
        if statement.line and before == after:
            return  # equal, of trees that don't share it
        one_sided = before is None or after is None
        below, above = _node(before), _node(after)
        if statement.kind is Kind.LIST and not (statement.block and one_sided):
            levels = 0 if statement.block else 1  # the word of a block is no level
            inside = where.under(statement.word, levels=levels) if statement.block else where
            self._list(below, above, statement, inside)
        elif statement.flat:
            self._flat(below, above, statement, where)
        elif statement.kind is Kind.CONTAINER and not (one_sided or statement.line):
            self.container(below, above, statement, where.under(*child_words(statement)))
        else:
            self._whole(old, new, tag, statement, where)

    def _whole(self, old: Node, new: Node, tag: Key, statement: Statement, where: _Where) -> None:
        """Show a statement that is gone, new, or replaced as a whole."""
        if self._open(where.path):
            self._indent = where.indent(2 if statement.kind is Kind.CONTAINER else 1)
        for sign, node in (("-", old), ("+", new)):
            if tag in node:
                state = node.marks.get(tag, _PLAIN)
                lines = self._writer.child(node[tag], statement, self._indent, state)
                self._say(where.path, sign, lines)

    def _flat(self, old: Node, new: Node, statement: Statement, where: _Where) -> None:
        """Compare a container that is printed as part of its children's lines."""
        order = statement.order
        for tag in sorted({**old, **new}, key=lambda tag: order[str(tag)]):
            before, after = old.get(tag), new.get(tag)
            inside = where.under(statement.word)
            words = (statement.word, *child_words(statement.children[str(tag)]))
            self._state(old, new, tag, words, _Where(where.path, inside.depth))
            if isinstance(before, Node) and isinstance(after, Node):
                child = statement.children[str(tag)]
                self.container(before, after, child, inside.under(*child_words(child)))
                continue
            for sign, node in (("-", old), ("+", new)):
                if tag in node:
                    one = Node({tag: node[tag]})
                    one.marks = {tag: node.marks[tag]} if tag in node.marks else NO_MARKS
                    lines = self._writer.child(one, statement, inside.indent(2))
                    self._say(where.path, sign, lines)

    def _list(self, old: Node, new: Node, statement: Statement, where: _Where) -> None:
        """Compare two lists by key."""
        self._end()
        self._moves(old, new, statement, where)
        marked = old.marks is not NO_MARKS or new.marks is not NO_MARKS
        for key, after in new.items():
            before = old.get(key)
            if before is None:
                continue
            if marked:
                self._state(old, new, key, _shown(statement, key), where)
            if before is not after:
                self._entry(old, new, key, statement, where)
        self._end()
        indent = where.indent(2)
        for key, before in old.items():
            if key not in new:
                lines = self._writer.entry(
                    key, before, statement, indent, old.marks.get(key, _PLAIN)
                )
                self._say(where.path, "-", lines)
        previous: Key | None = None
        for key, after in new.items():
            if key not in old:
                if not statement.autosorted and previous is not None and previous in old:
                    self._say(where.path, " ", (_folded(previous, statement, indent),))
                lines = self._writer.entry(
                    key, after, statement, indent, new.marks.get(key, _PLAIN)
                )
                self._say(where.path, "+", lines)
            previous = key
        self._end()

    def _moves(self, old: Node, new: Node, statement: Statement, where: _Where) -> None:
        """Name what isn't where it was, in a section of its own."""
        out_of_place = set() if statement.autosorted else set(moved(old, new))
        previous: Key | None = None
        for key in new if out_of_place else ():
            if key in out_of_place:
                if previous is not None and previous not in out_of_place and previous in old:
                    lines = (_folded(previous, statement, where.indent(2)),)
                    self._say(where.path, " ", lines)
                self._say(where.path, "!", (_folded(key, statement, where.indent(2)),))
            previous = key
        self._end()

    def _entry(self, old: Node, new: Node, key: Key, statement: Statement, where: _Where) -> None:
        """Compare two entries of the same key."""
        if not statement.line:
            inside = where.under(*_shown(statement, key))
            self.container(_node(old[key]), _node(new[key]), statement, inside)
            return
        for sign, node in (("-", old), ("+", new)):
            state = node.marks.get(key, _PLAIN)
            lines = self._writer.entry(key, node[key], statement, where.indent(2), state)
            self._say(where.path, sign, lines)

    def _state(self, old: Node, new: Node, key: Key, words: tuple[str, ...], where: _Where) -> None:
        """Say that something which stays has another state or comment."""
        if key not in old or key not in new:
            return
        before, after = old.marks.get(key, _PLAIN), new.marks.get(key, _PLAIN)
        body = " { ... }" if isinstance(new[key], Node) else ""
        name = f"{_name(words)}{body}"
        if before.comment != after.comment:
            self._end()
            for sign, mark in (("-", before), ("+", after)):
                if mark.comment:
                    lines = [f"{where.indent(2)}{line}" for line in mark.comment.splitlines()]
                    self._say(where.path, sign, lines)
            self._say(where.path, " ", (f"{where.indent(2)}{name}",))
        for was, now, on, off in (
            (before.inactive, after.inactive, "inactive:", "active:"),
            (before.protected, after.protected, "protect:", "unprotect:"),
        ):
            if was is not now:
                self._end()
                self._say(where.path, "!", (f"{where.indent(3)}{on if now else off} {name}",))
                self._end()


def _node(value: Value | None) -> Node:
    return value if isinstance(value, Node) else EMPTY


def _shown(statement: Statement, key: Key) -> tuple[str, ...]:
    """Return the words of an entry; the word of a block is in the header already."""
    words = child_words(statement, key)
    return words[1:] if statement.block else words


def _folded(key: Key, statement: Statement, indent: str) -> str:
    return f"{indent}{_name(_shown(statement, key))} {{ ... }}"


def moved(old: Node, new: Node) -> list[Key]:
    """Return the keys of both that aren't in their turn, as Junos names them.

    The entries of ``new`` are gone through beside those of ``old``; one that isn't the next of
    ``old`` has moved, and the next one waits for its own turn. That isn't the fewest moves: an
    entry that went from the first place to the last leaves all others marked.
    """
    before = [key for key in old if key in new]
    after = [key for key in new if key in old]
    if before == after:
        return []
    result: list[Key] = []
    passed: set[Key] = set()
    turn = 0
    for key in after:
        while turn < len(before) and before[turn] in passed:
            turn += 1
        if turn < len(before) and before[turn] == key:
            turn += 1
        else:
            result.append(key)
            passed.add(key)
    return result
