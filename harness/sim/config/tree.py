"""The configuration as an immutable-by-convention tree of nested mappings.

A :class:`Node` is a container, a list or a list entry:

* container and entry: XML tag → :class:`Node` (container or list), ``str`` (leaf), ``tuple`` of
  ``str`` (leaf-list) or ``True`` (a statement without value);
* list: key → entry, in the order in which entries were made; the key is a ``str``, or a tuple of
  ``str`` when the list has several keys. An entry doesn't repeat its own keys.

Nobody changes a node that is reachable from a configuration. A change copies the nodes on its
path and shares the rest, so two configurations differ only where their nodes are not identical,
and a kept rollback costs the path of its change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, Union

Key: TypeAlias = str | tuple[str, ...]
Value: TypeAlias = Union["Node", str, tuple[str, ...], bool]


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said *about* a statement: state in a configuration, an operation in a payload."""

    inactive: bool = False
    # Only in payloads: delete, remove, create, replace, "replace:" (Junos' own tag), activate,
    # active (merged and active), deactivate, unprotect, insert, rename, copy.
    operation: str = ""
    members: tuple[str, ...] = ()  # the values of a leaf-list, or the value, that it is about
    protected: bool = False
    comment: str = ""  # "/* text */" or "# text", above the statement
    beside: str = ""  # of insert: before, after, first, last
    other: tuple[str, ...] = ()  # words of insert: its neighbour; of rename, copy: the new name
    group: str = ""  # only in what inheritance has expanded: the group that it is from
    inherited: tuple[tuple[str, str], ...] = ()  # the same of a leaf-list: value and group


NO_MARKS: Mapping[Key, Mark] = {}


class Node(dict[Key, Value]):
    """One level of a configuration; ``marks`` says something about some of its children."""

    __slots__ = ("clean", "expanded", "marks", "view", "written")

    marks: Mapping[Key, Mark]
    clean: bool | None  # memo: no marks here and below; None: not looked at yet
    view: Node | None  # memo: this node without what is deactivated, if that differs
    expanded: Node | None  # memo of a whole configuration: with what its groups give
    written: tuple[object, str] | None  # memo of an entry of a wide list: how, and its XML

    def __init__(self, content: Mapping[Key, Value] | None = None) -> None:
        if content:
            self.update(content)
        self.marks = NO_MARKS
        self.clean = self.view = self.expanded = self.written = None

    def copy(self) -> Node:
        """Return a shallow copy that the caller may change before it publishes it."""
        twin = Node(self)
        twin.marks = self.marks
        return twin

    def marked(self, key: Key, mark: Mark | None) -> None:
        """Set or clear the mark of one child; only on a node that isn't published yet."""
        marks = {other: its for other, its in self.marks.items() if other != key}
        if mark is not None and mark != Mark():
            marks[key] = mark
        self.marks = marks or NO_MARKS
        self.clean = None


EMPTY = Node()


def is_clean(node: Node) -> bool:
    """Say whether nothing in the subtree is marked; the answer is remembered in the node."""
    clean = node.clean
    if clean is None:
        clean = not node.marks
        if clean:
            for child in node.values():
                if type(child) is Node and not (child.clean or is_clean(child)):
                    clean = False
                    break
        node.clean = clean
    return clean


def effective(node: Node) -> Node:
    """Return the tree without what is deactivated; the same node when nothing is.

    The answer is remembered, so views of trees that share nodes share them too.
    """
    if is_clean(node):
        return node
    if node.view is not None:
        return node.view
    result = node.view = Node()
    for key, child in node.items():
        mark = node.marks.get(key)
        if mark is not None and mark.inactive:
            continue
        result[key] = effective(child) if isinstance(child, Node) else child
    return result


def get(tree: Node, *path: Key) -> Node:
    """Return the container, list or entry at ``path``; an empty node when there is none.

    ``get(tree, "security", "ipsec", "vpn")`` maps VPN names to entries;
    ``get(tree, "interfaces", "interface", "st0", "unit")`` maps unit numbers to units.
    """
    node = tree
    for step in path:
        child = node.get(step)
        if not isinstance(child, Node):
            return EMPTY
        node = child
    return node


def leaf(tree: Node, *path: Key) -> str | None:
    """Return the value of the leaf at ``path``; the first one of a leaf-list; None if absent."""
    value = get(tree, *path[:-1]).get(path[-1])
    if isinstance(value, str):
        return value
    if isinstance(value, tuple) and value:
        return value[0]
    return None


def values(tree: Node, *path: Key) -> tuple[str, ...]:
    """Return the values of the leaf-list (or leaf) at ``path``, in order; empty if absent."""
    value = get(tree, *path[:-1]).get(path[-1])
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) else ()


def present(tree: Node, *path: Key) -> bool:
    """Say whether anything is configured at ``path``."""
    return path[-1] in get(tree, *path[:-1])


def entries(tree: Node, *path: Key) -> Iterator[tuple[str, Node]]:
    """Walk the entries of the list at ``path`` as (name, entry), in order.

    Of a list with several keys the name is the keys joined by a space.
    """
    for key, child in get(tree, *path).items():
        if isinstance(child, Node):
            yield (key if isinstance(key, str) else " ".join(key)), child


def logical_interface(tree: Node, name: str) -> Node | None:
    """Return the unit called ``"st0.7"``; None when it isn't configured."""
    interface, _, unit = name.partition(".")
    found = get(tree, "interfaces", "interface", interface, "unit").get(unit or "0")
    return found if isinstance(found, Node) else None
