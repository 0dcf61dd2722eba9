"""Units of an interface: operational tables and configuration lines → facts."""

from __future__ import annotations

import re

from harness.verify.facts import (
    NOTHING,
    Answer,
    Refusal,
    Sighting,
    Unreadable,
    every,
    open_reply,
    text_of,
)

# Units above this are Junos' own (32767 is internal); a configured one is at most 16385.
_HIGHEST_UNIT = 16385

# "error: device st0 not found" and the like: the interface isn't there, so no unit is.
_NOT_FOUND = re.compile(r"\bnot found\s*$", re.MULTILINE)


def units(answer: Answer, physical: str) -> Sighting | Unreadable:
    """Read ``get-interface-information`` (terse or full) for the units of ``physical``."""
    root = open_reply(answer)
    if isinstance(root, Unreadable):
        return root
    if isinstance(root, Refusal):
        return _refused(root.words)
    if not every(root, "interface-information"):
        return Unreadable("no <interface-information> in the reply")
    names: list[str] = []
    up: set[str] = set()
    for unit in every(root, "logical-interface"):
        name = text_of(unit, "name")
        if not name:
            return Unreadable("a logical interface without a name")
        if _is_unit(name, physical):
            names.append(name)
            if text_of(unit, "oper-status") == "up":
                up.add(name)
    return Sighting(len(names), frozenset(names), frozenset(up))


_HEADER = re.compile(r"^Interface\s+Admin\s+Link\b", re.MULTILINE)
_ROW = re.compile(r"^(\S+)[ \t]+(up|down)[ \t]+(up|down)\b", re.MULTILINE)


def units_text(answer: Answer, physical: str) -> Sighting | Unreadable:
    """Read the text of ``show interfaces terse`` for the units of ``physical``.

    Further families of a unit are on lines that begin with blanks; they aren't units.
    """
    text = answer.words if isinstance(answer, Refusal) else answer
    if not _HEADER.search(text):
        return _refused(" ".join(text.split())[:120])
    rows = [row for row in _ROW.finditer(text) if _is_unit(row[1], physical)]
    names = [row[1] for row in rows]
    return Sighting(
        len(names), frozenset(names), frozenset(row[1] for row in rows if row[3] == "up")
    )


_SET_LINE = re.compile(
    r"^(?P<verb>set|deactivate|protect) interfaces (?P<name>\S+) unit (?P<unit>\d+)(?P<rest>.*)$"
)
_CLI_LINE = re.compile(r"#|\{\w+:\w+\}$|\[edit")
_OTHER_LINE = re.compile(r"^(?:set|deactivate|protect) ")


def tunnel_units_set(answer: Answer, physical: str) -> Sighting | Unreadable:
    """Read ``show configuration … | display set`` for units with a source and a destination.

    A deactivated unit isn't one. No line at all is no unit: that is what Junos prints for an empty
    hierarchy. Comments ("# commit confirmed will be rolled back in 5 minutes") and banners
    ("{primary:node0}") that the CLI adds aren't configuration.
    """
    if isinstance(answer, Refusal):
        return Unreadable(f"the device refused: {answer.words}")
    ends: dict[str, set[str]] = {}
    off: set[str] = set()
    for line in filter(None, map(str.strip, answer.splitlines())):
        found = _SET_LINE.match(line)
        if found is None:
            if not _OTHER_LINE.match(line) and not _CLI_LINE.match(line):
                return Unreadable(f"not a configuration line: '{line[:120]}'")
        elif found["name"] == physical:
            unit = f"{physical}.{found['unit']}"
            if found["verb"] == "deactivate":
                off.add(unit)
            words = found["rest"].split()
            if words[:1] == ["tunnel"] and len(words) == 3:
                ends.setdefault(unit, set()).add(words[1])
    whole = {unit for unit, seen in ends.items() if {"source", "destination"} <= seen}
    return Sighting(len(whole - off), frozenset(whole - off))


def _is_unit(name: str, physical: str) -> bool:
    parent, _, unit = name.rpartition(".")
    return parent == physical and unit.isdecimal() and int(unit) <= _HIGHEST_UNIT


def _refused(words: str) -> Sighting | Unreadable:
    if _NOT_FOUND.search(words):
        return NOTHING
    return Unreadable(f"not a table of interfaces: '{words}'")
