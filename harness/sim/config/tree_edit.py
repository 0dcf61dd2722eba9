"""Path-copying edits of a configuration tree by exact path; faults use them behind the checks."""

from __future__ import annotations

from typing import Final

from harness.sim.config.tree import Key, Node, Value

# Lists whose entries faults touch: an entry without children still exists, a container doesn't.
_LISTS: Final = frozenset(
    ("interface", "unit", "security-zone", "route", "vpn", "gateway", "policy")
)


def placed(tree: Node, value: Value, *path: Key) -> Node:
    """Return ``tree`` with ``value`` at ``path``; nodes on the way are made where they lack."""
    head, *rest = path
    twin = tree.copy()
    if rest:
        below = tree.get(head)
        twin[head] = placed(below if isinstance(below, Node) else Node(), value, *rest)
    else:
        twin[head] = value
    return twin


def removed(tree: Node, *path: Key) -> Node:
    """Return ``tree`` without what is at ``path`` and the containers that are empty then."""
    return _removed(tree, path, entry=False) or Node()


def _removed(node: Node, path: tuple[Key, ...], *, entry: bool) -> Node | None:
    head, rest = path[0], path[1:]
    if head not in node:
        return node
    twin = node.copy()
    below = node[head]
    is_list = head in _LISTS
    shrunk = _shrunk(below, rest, below_list=is_list) if rest and isinstance(below, Node) else None
    if shrunk is None:
        del twin[head]
        twin.marked(head, None)
    else:
        twin[head] = shrunk
    return twin if twin or entry else None


def _shrunk(below: Node, path: tuple[Key, ...], *, below_list: bool) -> Node | None:
    """Remove from a list, whose children are entries, or from a container."""
    if not below_list or len(path) == 1:
        return _removed(below, path, entry=False)
    key, rest = path[0], path[1:]
    item = below.get(key)
    if not isinstance(item, Node):
        return below
    twin = below.copy()
    twin[key] = _removed(item, rest, entry=True) or Node()
    return twin


def renamed(tree: Node, old: Key, new: Key, *path: Key) -> Node:
    """Return ``tree`` with the entry ``old`` of the list at ``path`` called ``new``, in place."""
    head, *rest = path
    twin = tree.copy()
    below = tree.get(head)
    if not isinstance(below, Node):
        return tree
    if rest:
        twin[head] = renamed(below, old, new, *rest)
    else:
        items = Node({(new if key == old else key): value for key, value in below.items()})
        items.marks = below.marks
        twin[head] = items
    return twin
