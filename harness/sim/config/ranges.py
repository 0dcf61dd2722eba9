"""Interface ranges: the interfaces that a range names, and what they have because of it.

What an interface has itself wins over what a range gives; of several ranges the first wins
(Interfaces User Guide, "Interface Ranges").
"""

from __future__ import annotations

import re
from itertools import product
from typing import Final

from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.tree import Node, entries, get, leaf

MOST: Final = 1024  # interfaces in one range; a device has fewer ports
_NUMBERS: Final = range(48)  # that ``*`` stands for, whatever the device has
_PART = re.compile(r"\*|\[([^\]]*)\]")
_PHYSICAL = re.compile(r"[a-z]+-\d+/\d+/\d+(?::\d+)?").fullmatch
_PORT = re.compile(r"(.*?)(\d+)")


def with_ranges(tree: Node, schema: Schema) -> Node:
    """Return ``tree`` with what its interface ranges give their members."""
    ranges = get(tree, "interfaces", "interface-range")
    if not ranges:
        return tree
    statement = schema.children["interfaces"].children["interface"]
    interfaces = get(tree, "interfaces", "interface").copy()
    for _, body in entries(ranges):
        given = Node({tag: body[tag] for tag in body if tag in statement.order})
        try:
            names = members(body)
        except ValueError:
            continue  # refused at commit
        for name in names:
            own = interfaces.get(name)
            interfaces[name] = _joined(own if isinstance(own, Node) else Node(), given, statement)
    result, level = tree.copy(), get(tree, "interfaces").copy()
    level["interface"] = interfaces
    result["interfaces"] = level
    return result


def members(body: Node) -> tuple[str, ...]:
    """Return the interfaces of a range; raises :class:`ValueError`, with the reason."""
    names: dict[str, None] = {}
    for pattern in get(body, "member"):
        names.update(dict.fromkeys(_spelled_out(str(pattern))))
    for start, entry in entries(body, "member-range"):
        names.update(dict.fromkeys(_between(start, leaf(entry, "end-range") or start)))
    if len(names) > MOST:
        raise ValueError(f"more than {MOST} interfaces")
    other = next((name for name in names if not _PHYSICAL(name)), None)
    if other is not None:
        raise ValueError(f"'{other}' is no physical interface")
    return tuple(names)


def _spelled_out(pattern: str) -> list[str]:
    """Return the names that ``ge-0/0/[0-3,7]`` or ``ge-0/0/*`` stands for."""
    choices: list[tuple[str, ...]] = []
    end = 0
    for match in _PART.finditer(pattern):
        choices.append((pattern[end : match.start()],))
        choices.append(tuple(map(str, _NUMBERS)) if match[1] is None else _numbers(match[1]))
        end = match.end()
    choices.append((pattern[end:],))
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > MOST:
        raise ValueError(f"'{pattern}' is more than {MOST} interfaces")
    return ["".join(parts) for parts in product(*choices)]


def _numbers(listed: str) -> tuple[str, ...]:
    numbers: list[str] = []
    for part in listed.split(","):
        low, _, high = part.partition("-")
        if not low.isdigit() or not (high or low).isdigit() or len(low) > 4 or len(high) > 4:
            raise ValueError(f"'[{listed}]' is no list of numbers")
        numbers.extend(map(str, range(int(low), int(high or low) + 1)))
    return tuple(numbers)


def _between(start: str, end: str) -> list[str]:
    """Return the ports from one to another of the same card."""
    first, last = _PORT.fullmatch(start), _PORT.fullmatch(end)
    if first is None or last is None or first[1] != last[1] or len(last[2]) > 4:
        raise ValueError(f"'{start}' to '{end}' is more than the ports of one card")
    numbers = range(int(first[2]), int(last[2]) + 1)
    if not numbers:
        raise ValueError(f"'{start}' to '{end}' has no interfaces")
    return [f"{first[1]}{number}" for number in numbers]


def _joined(own: Node, given: Node, statement: Statement) -> Node:
    """Return ``own`` and what only ``given`` has."""
    result = own.copy()
    for tag, value in given.items():
        child = statement.children[str(tag)]
        mine = own.get(tag)
        if isinstance(mine, Node) and isinstance(value, Node):
            join = _joined_entries if child.kind is Kind.LIST else _joined
            result[tag] = join(mine, value, child)
        elif isinstance(mine, tuple) and isinstance(value, tuple):
            result[tag] = (*mine, *(one for one in value if one not in mine))
        elif mine is None and own.keys().isdisjoint(statement.rivals.get(str(tag), ())):
            result[tag] = value
    return result


def _joined_entries(own: Node, given: Node, statement: Statement) -> Node:
    result = own.copy()
    for key, entry in given.items():
        mine = own.get(key)
        if isinstance(mine, Node) and isinstance(entry, Node):
            result[key] = _joined(mine, entry, statement)
        elif mine is None:
            result[key] = entry
    return result
