"""Configuration groups: what ``apply-groups`` makes a configuration inherit.

What is configured wins over what is inherited; a group named nearer to a statement wins over one
named further up, and of the groups named in one place the first. Lists and leaf-lists are joined.
``<*>`` and ``<ge-*>`` in a group stand for the entries that there are. In an expanded tree the
marks say which group something is from (CLI User Guide, "Configuration Groups").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final, TypeAlias

from harness.sim.config.ranges import with_ranges
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.tree import EMPTY, Key, Mark, Node, Value, effective, get

APPLYING: Final = ("apply-groups", "apply-groups-except")
_HIDDEN: Final = frozenset(("groups", *APPLYING))

# What each group has at one place: several nodes when several patterns fit.
_Pool: TypeAlias = Mapping[str, tuple[Node, ...]]


def in_effect(tree: Node, schema: Schema) -> Node:
    """Return what the device acts on: without what is deactivated, with what groups give.

    So do interface ranges. Without both that's :func:`effective`, at the cost of what changed;
    with groups the whole configuration is gone through once; the answer is remembered in ``tree``.
    """
    active = effective(tree)
    if "groups" not in active and not get(active, "interfaces", "interface-range"):
        return active
    if tree.expanded is None:
        tree.expanded = with_ranges(expanded(active, schema), schema)
    return tree.expanded


def expanded(tree: Node, schema: Schema) -> Node:
    """Return ``tree`` with what its groups give in place of the groups; deactivated parts stay."""
    listed = tree.get("groups")
    if not isinstance(listed, Node):
        return tree
    pool = {
        str(name): (body,) for name, body in effective(listed).items() if isinstance(body, Node)
    }
    return _container(tree, schema, pool, ())


def _container(own: Node, statement: Statement, pool: _Pool, above: tuple[str, ...]) -> Node:
    """Expand a container or list entry; the same node when nothing is inherited in it."""
    applied = _applied(own, pool, above)
    result = own
    for tag, value in own.items():
        if tag in _HIDDEN:
            new: Value | None = None
        else:
            new, mark = _child(value, statement.children[str(tag)], pool, applied)
            if mark is not None:
                result = own.copy() if result is own else result
                result.marked(tag, mark)
        if new is not value:
            result = own.copy() if result is own else result
            if new is None:
                del result[tag]
                result.marked(tag, None)
            else:
                result[tag] = new
    for tag, origin in _inheritable(result, statement, pool, applied):
        new, mark = _child(None, statement.children[tag], pool, applied)
        if new is not None:
            result = own.copy() if result is own else result
            result[tag] = new
            result.marked(tag, mark or Mark(group=origin))
    return result


def _applied(own: Node, pool: _Pool, above: tuple[str, ...]) -> tuple[str, ...]:
    """Return the groups that are applied to a place, the strongest first."""
    named = list(_names(own, "apply-groups"))
    excepted = set(_names(own, "apply-groups-except"))
    names = [*named, *(name for name in above if name not in named)]
    for name in list(names):  # a group may apply others at the same place
        for node in pool.get(name, ()):
            names.extend(one for one in _names(node, "apply-groups") if one not in names)
    return tuple(name for name in names if name not in excepted)


def _names(node: Node, tag: str) -> tuple[str, ...]:
    value = node.get(tag)
    inactive = node.marks and tag in node.marks and node.marks[tag].inactive
    return value if isinstance(value, tuple) and not inactive else ()


def _inheritable(
    node: Node, statement: Statement, pool: _Pool, applied: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Walk what is in the groups of a place and not in it, with the group that comes first."""
    taken = set(node)
    for name in applied:
        for body in pool.get(name, ()):
            for tag in body:
                rivals = statement.rivals.get(str(tag), ())
                if tag in taken or tag in _HIDDEN or not taken.isdisjoint(rivals):
                    continue
                taken.add(tag)
                yield str(tag), name


def _child(
    value: Value | None, statement: Statement, pool: _Pool, applied: tuple[str, ...]
) -> tuple[Value | None, Mark | None]:
    """Expand one child; None when it isn't configured and nothing is inherited for it."""
    tag = statement.tag
    if statement.kind in {Kind.CONTAINER, Kind.LIST}:
        below = _below(pool, tag)
        own = value if isinstance(value, Node) else EMPTY
        expand = _entries if statement.kind is Kind.LIST else _container
        result = expand(own, statement, below, applied)
        exists = value is not None or bool(result) or statement.presence
        return (result if exists else None), None
    given = [(node[tag], name) for name in applied for node in pool.get(name, ()) if tag in node]
    if statement.kind is Kind.LEAF_LIST:
        return _joined(value, given)
    if value is not None or not given:
        return value, None
    return given[0][0], Mark(group=given[0][1])


def _joined(
    value: Value | None, given: list[tuple[Value, str]]
) -> tuple[Value | None, Mark | None]:
    """Join the values of a leaf-list with those that groups give."""
    own = value if isinstance(value, tuple) else ()
    inherited: dict[str, str] = {}
    for more, name in given:
        for one in more if isinstance(more, tuple) else ():
            if one not in own:
                inherited.setdefault(one, name)
    if not inherited:
        return value, None
    return (*own, *inherited), Mark(inherited=tuple(inherited.items()))


def _below(pool: _Pool, tag: str) -> _Pool:
    """Return what the groups have under a statement."""
    result: dict[str, tuple[Node, ...]] = {}
    for name, nodes in pool.items():
        found = tuple(below for node in nodes if isinstance(below := node.get(tag), Node))
        if found:
            result[name] = found
    return result


def _entries(own: Node, statement: Statement, pool: _Pool, applied: tuple[str, ...]) -> Node:
    """Expand the entries of a list, and add those that groups have by name."""
    changed = {}
    for key, entry in own.items():
        body = entry if isinstance(entry, Node) else EMPTY
        new = _container(body, statement, _of_entry(pool, key), applied)
        if new is not body:
            changed[key] = new
    added: dict[Key, tuple[Node, str]] = {}
    for name in applied:
        for node in pool.get(name, ()):
            for key in node:
                if key not in own and key not in added and not _is_pattern(key):
                    body = _container(EMPTY, statement, _of_entry(pool, key), applied)
                    added[key] = (Node() if body is EMPTY else body, name)
    if not changed and not added:
        return own
    result = own.copy()
    result.update(changed)
    new_ones = {key: body for key, (body, _) in added.items()}
    if statement.block:  # "system name-server" and the like: what is inherited comes first
        kept = dict(result)
        result.clear()
        result.update(new_ones)
        result.update(kept)
    else:
        result.update(new_ones)
    for key, (_, name) in added.items():
        result.marked(key, Mark(group=name))
    return result


def _of_entry(pool: _Pool, key: Key) -> _Pool:
    """Return what the groups have for one entry: by its name, and by patterns that fit it."""
    result: dict[str, tuple[Node, ...]] = {}
    for name, nodes in pool.items():
        found = [body for node in nodes if isinstance(body := node.get(key), Node)]
        for node in nodes:
            found += [
                body
                for other, body in node.items()
                if isinstance(body, Node) and _is_pattern(other) and _fits(key, other)
            ]
        if found:
            result[name] = tuple(found)
    return result


def _is_pattern(key: Key) -> bool:
    return any(name[:1] == "<" for name in ((key,) if isinstance(key, str) else key))


def _fits(key: Key, pattern: Key) -> bool:
    names = (key,) if isinstance(key, str) else key
    patterns = (pattern,) if isinstance(pattern, str) else pattern
    return all(
        fnmatchcase(name, one[1:-1]) if one[:1] == "<" else name == one
        for name, one in zip(names, patterns, strict=True)
    )
