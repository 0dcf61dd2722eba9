"""The words of statements: edit paths, and what is typed for a list entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.sim.config.schema import Kind, Statement
from harness.sim.config.tree import Key, Mark, Node, Value
from harness.sim.messages import SIMULATED, Complaint, error

PLAIN = Mark()


class Refused(Exception):
    """A payload that the device doesn't take; ``complaints`` say why."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__(*(complaint.text for complaint in complaints))
        self.complaints = complaints


def edit_path(words: tuple[str, ...]) -> str:
    """Write a path as Junos does: ``[edit security ike]``; empty at the top."""
    return f"[edit {' '.join(words)}]" if words else ""


def child_words(statement: Statement, key: Key | None = None) -> tuple[str, ...]:
    """Return what is typed for a child statement, or for the entry ``key`` of a list."""
    if statement.kind is not Kind.LIST:
        return () if statement.hidden else (statement.word,)
    if key is None:
        return (statement.tag,)
    names = (key,) if isinstance(key, str) else key
    typed: list[str] = []
    for word, name in zip(statement.key_words, names, strict=True):
        typed.extend((word, name) if word else (name,))
    if statement.valued:
        return tuple(word for word in typed if word)
    return tuple(typed)


def key_named(statement: Statement, entries: Iterable[Key], words: tuple[str, ...]) -> Key | None:
    """Return the entry that ``words`` name, with or without the word of its list."""
    for key in entries:
        typed = child_words(statement, key)
        if words in (typed, typed[1:], (key,), key):
            return key
    return None


@dataclass(frozen=True, slots=True)
class Spot:
    """A statement reached by words: where it is in the tree, and what is there, if anything."""

    statement: Statement
    path: tuple[Key, ...]
    value: Value | None
    listing: bool = False  # at a list as a whole rather than at one of its entries
    words: tuple[str, ...] = ()
    marked: tuple[tuple[tuple[str, ...], Mark], ...] = ()  # what is said on the way, and where


def find(schema: Statement, tree: Node, words: Sequence[str]) -> Spot:
    """Follow words through the model; the value is None where nothing is configured.

    Raises :class:`Refused` at a word that the model doesn't have there.
    """
    spot = Spot(schema, (), tree)
    rest = list(words)
    while rest:
        spot = _entry_at(spot, rest) if spot.listing else _child_at(spot, rest)
    return spot


def _child_at(spot: Spot, rest: list[str]) -> Spot:
    statement = spot.statement.words.get(rest[0])
    typed: tuple[str, ...] = ()
    if statement is not None:
        typed = (rest.pop(0),)
    else:
        statement = spot.statement.unnamed
    if statement is None or spot.statement.kind not in {Kind.CONTAINER, Kind.LIST}:
        raise Refused(error("syntax error", edit_path(spot.words), rest[0]))
    if statement.kind in {Kind.LEAF, Kind.LEAF_LIST}:
        rest.clear()  # a value after the name narrows nothing down
    return _at(spot, statement, statement.tag, typed, listing=statement.kind is Kind.LIST)


def _entry_at(spot: Spot, rest: list[str]) -> Spot:
    names: list[str] = []
    typed: list[str] = []
    for index, _ in enumerate(spot.statement.keys):
        wanted = spot.statement.key_words[index] if index else ""
        if wanted and rest and rest[0] == wanted:
            typed.append(rest.pop(0))
        if not rest:
            raise Refused(error(f"missing argument {SIMULATED}"))
        names.append(rest.pop(0))
        typed.append(names[-1])
    key: Key = names[0] if len(names) == 1 else tuple(names)
    return _at(spot, spot.statement, key, tuple(typed), listing=False)


def _at(
    spot: Spot, statement: Statement, key: Key, typed: tuple[str, ...], *, listing: bool
) -> Spot:
    words = (*spot.words, *typed)
    below: Value | None = None
    marked = spot.marked
    if isinstance(spot.value, Node):
        below = spot.value.get(key)
        if key in spot.value.marks:
            marked = (*marked, (words, spot.value.marks[key]))
    return Spot(statement, (*spot.path, key), below, listing, words, marked)


def only(tree: Node, path: Sequence[Key]) -> Node:
    """Return ``tree`` with nothing but what is at ``path``, and what is said about it."""
    head, *rest = path
    result = Node()
    value = tree.get(head)
    if value is not None:
        result[head] = only(value, rest) if rest and isinstance(value, Node) else value
        if head in tree.marks:
            result.marked(head, tree.marks[head])
    return result
