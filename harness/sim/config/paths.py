"""The words of statements: edit paths, and what is typed for a list entry."""

from __future__ import annotations

from collections.abc import Iterable

from harness.sim.config.schema import Kind, Statement
from harness.sim.config.tree import Key, Mark
from harness.sim.messages import Complaint

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
        return () if statement.hidden else (statement.tag,)
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
