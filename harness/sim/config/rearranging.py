"""What happens to statements besides merging: new order, new names, protection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from harness.sim.config.paths import PLAIN, Refused, edit_path
from harness.sim.config.schema import Statement
from harness.sim.config.tree import Key, Node
from harness.sim.messages import SIMULATED, Complaint, error, syntax_error

_Item = TypeVar("_Item")


def beside(others: Sequence[_Item], item: _Item, place: str, other: _Item | None) -> list[_Item]:
    """Return ``others`` with ``item`` before or after ``other``, or first, or last."""
    if place in {"first", "last"} or other is None:
        return [item, *others] if place == "first" else [*others, item]
    at = others.index(other) + (place == "after")
    return [*others[:at], item, *others[at:]]


def absent(words: Sequence[str], path: tuple[str, ...]) -> Refused:
    """Refuse to move or rename what isn't there."""
    name = " ".join(words)
    return Refused(error(f"statement '{name}' not found {SIMULATED}", edit_path(path), name))


def renamed_key(
    statement: Statement, old: Key, words: tuple[str, ...], path: tuple[str, ...]
) -> Key:
    """Return the key that ``words`` give an entry; raises :class:`Refused` unless it fits."""
    names: list[str] = []
    pending = [word for word in statement.key_words if word]
    for word in words:
        if len(words) > len(statement.keys) and word in pending:
            pending.remove(word)
        else:
            names.append(word)
    if len(names) != len(statement.keys):
        raise Refused(*syntax_error(words[-1] if words else str(old), edit_path(path)))
    for name, key in zip(names, statement.keys, strict=True):
        if key.type is not None and not key.type.accepts(name):
            raise Refused(error(key.type.complaint(name), edit_path(path), key.tag))
    return names[0] if len(names) == 1 else tuple(names)


def only_protected(node: Node) -> Node | None:
    """Return what is protected in ``node``, with what is around it; None when nothing is."""
    rest = Node()
    for key, value in node.items():
        mark = node.marks.get(key, PLAIN)
        below = only_protected(value) if isinstance(value, Node) and not mark.protected else None
        if mark.protected or below is not None:
            rest[key] = value if below is None else below
            rest.marked(key, mark)
    return rest or None


def is_protected(path: tuple[str, ...], doing: str) -> Complaint:
    """Warn that a protected statement stays; recorded for ``deleted`` alone."""
    name = " ".join(path)
    suffix = "" if doing == "deleted" else f" {SIMULATED}"
    text = f"[{name}] is protected, '{name}' cannot be {doing}{suffix}"
    return Complaint("warning", text)
