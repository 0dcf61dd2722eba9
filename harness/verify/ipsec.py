"""IPsec security associations: tables of a device → facts, from XML and from CLI text.

Shapes: ``get-security-associations-information`` recorded on SRX 18.4R3 (standalone and cluster)
and vSRX 24.4R1; ``get-inactive-tunnels`` after a published exporter (no raw reply is known), its
CLI text after a published vSRX session. The brief forms name neither VPN nor st0 unit: a tunnel is
known by its remote gateway and its tunnel index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from lxml import etree

from harness.verify.facts import (
    GATEWAY,
    NOTHING,
    ST0,
    Answer,
    Refusal,
    Seen,
    Sighting,
    Unreadable,
    address,
    every,
    legs,
    node_of,
    open_reply,
    text_of,
)
from harness.verify.interfaces import units, units_text

PHYSICAL = "st0"

_ROOTS = {
    # Devices answer with the first, the 18.4 model says the second.
    "active": ("ipsec-security-associations-information", "security-associations-information"),
    "inactive": ("ipsec-unestablished-tunnel-information",),
}
_TOTALS = {"active": "total-active-tunnels", "inactive": "total-inactive-tunnels"}
_ASSOCIATIONS = ("ipsec-security-associations-block", "ipsec-security-associations")
_DIRECTIONS = {"<": "in", ">": "out", "inbound": "in", "outbound": "out"}  # brief, detail

# "IKE is not configured" (iked) and "IPSec is not configured" (kmd) mean: no tunnel at all.
_NOT_CONFIGURED = re.compile(r"\b(?:IKE|IPsec) is not configured", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Association:
    """One IPsec tunnel in a table; ``vpn`` and ``interface`` only in the detail form."""

    index: int  # sa-tunnel-index; a rekey doubles the SAs of a tunnel, not its index
    gateway: str
    up: bool
    direction: str = ""  # "in" or "out" of an SA, which secures one; "" where it isn't told
    vpn: str = ""
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The tunnels of one table without repetition, and where it contradicts itself."""

    tunnels: frozenset[Association]
    complaints: tuple[str, ...] = ()


def seen_in_tables(answers: Sequence[Answer]) -> Seen:
    """Read the answers to the questions for inactive tunnels and for security associations."""
    idle, busy = answers
    return legs({GATEWAY: gateways((inactive(idle), active(busy)))})


def seen_in_text_tables(answers: Sequence[Answer]) -> Seen:
    """Read the text of ``show security ipsec inactive-tunnels`` and ``… security-associations``."""
    idle, busy = answers
    return legs({GATEWAY: gateways((inactive_text(idle), active_text(busy)))})


def seen_in_units(answers: Sequence[Answer]) -> Seen:
    """Read the answer to ``get-interface-information`` for st0 units."""
    return legs({ST0: units(answers[0], PHYSICAL)})


def seen_in_text_units(answers: Sequence[Answer]) -> Seen:
    """Read the text of ``show interfaces terse`` for st0 units."""
    return legs({ST0: units_text(answers[0], PHYSICAL)})


def active(answer: Answer) -> Table | Unreadable:
    """Read ``get-security-associations-information``, brief or detail."""
    return _table(answer, "active")


def inactive(answer: Answer) -> Table | Unreadable:
    """Read ``get-inactive-tunnels``: configured tunnels without an SA."""
    return _table(answer, "inactive")


def active_text(answer: Answer) -> Table | Unreadable:
    """Read the text of ``show security ipsec security-associations``."""
    return _text_table(answer, "active")


def inactive_text(answer: Answer) -> Table | Unreadable:
    """Read the text of ``show security ipsec inactive-tunnels``."""
    return _text_table(answer, "inactive")


def gateways(tables: Iterable[Table | Unreadable]) -> Sighting | Unreadable:
    """Join tables into what the device has, active and inactive: one tunnel per tunnel index.

    A tunnel that changed state between two questions is in both tables and counts once. One with
    the SA of a single direction is there, and isn't up.
    """
    indexes: dict[int, str] = {}
    directions: dict[int, set[str]] = {}
    complaints: list[str] = []
    for table in tables:
        if isinstance(table, Unreadable):
            return table
        complaints.extend(table.complaints)
        for tunnel in sorted(table.tunnels, key=lambda tunnel: tunnel.index):
            other = indexes.setdefault(tunnel.index, tunnel.gateway)
            if other != tunnel.gateway:
                complaints.append(f"tunnel {tunnel.index} has gateways {other}, {tunnel.gateway}")
            if tunnel.up:
                directions.setdefault(tunnel.index, set()).add(tunnel.direction)
    up = frozenset(indexes[index] for index, found in directions.items() if _whole(found))
    told = tuple(dict.fromkeys(complaints))
    return Sighting(len(indexes), frozenset(indexes.values()), up, told)


def _whole(directions: set[str]) -> bool:
    return "" in directions or directions == {"in", "out"}


def _refused(refusal: Refusal) -> Sighting | Unreadable:
    if _NOT_CONFIGURED.search(refusal.words):
        return NOTHING
    return Unreadable(f"the device refused: {refusal.words}")


def _table(answer: Answer, which: str) -> Table | Unreadable:
    root = open_reply(answer)
    if isinstance(root, Unreadable):
        return root
    if isinstance(root, Refusal):
        refused = _refused(root)
        return refused if isinstance(refused, Unreadable) else Table(frozenset())
    parts = every(root, *_ROOTS[which])
    if not parts:
        return Unreadable(f"no <{_ROOTS[which][0]}> in the reply")
    tunnels: set[Association] = set()
    complaints: list[str] = []
    for part in parts:
        found: set[Association] = set()
        for association in _associations(part, up=which == "active"):
            if isinstance(association, Unreadable):
                return association
            found.add(association)
        complaints += _total(text_of(part, _TOTALS[which]), found, node_of(part), which)
        tunnels |= found
    return Table(frozenset(tunnels), tuple(complaints))


def _associations(part: etree._Element, *, up: bool) -> Iterator[Association | Unreadable]:
    """Yield the tunnels below; an SA inherits what only its block says (detail form)."""
    for entry in every(part, *_ASSOCIATIONS):
        index = _inherited(entry, "sa-tunnel-index")
        gateway = _inherited(entry, "sa-remote-gateway")
        if not index and not gateway:
            continue  # the block of a brief form: its SAs speak
        if not index.isdecimal() or not gateway:
            yield Unreadable(f"a tunnel with index '{index}' and remote gateway '{gateway}'")
            return
        yield Association(
            index=int(index),
            gateway=address(gateway),
            up=up and not _has_rows(entry) and _inherited(entry, "sa-block-state") != "down",
            direction=_DIRECTIONS.get(text_of(entry, "sa-direction"), ""),
            vpn=_inherited(entry, "sa-vpn-name"),
            interface=_inherited(entry, "sa-bind-interface"),
        )


def _has_rows(block: etree._Element) -> bool:
    """Tell a block whose SAs speak for themselves from one that is all there is."""
    return any(each is not block for each in every(block, _ASSOCIATIONS[1]))


def _inherited(entry: etree._Element, name: str) -> str:
    parent = entry.getparent()
    return text_of(entry, name) or (text_of(parent, name) if parent is not None else "")


def _total(total: str, found: Iterable[Association], node: str, which: str) -> list[str]:
    listed = len({tunnel.index for tunnel in found})
    if not total or (total.isdecimal() and int(total) == listed):
        return []
    where = f" on {node}" if node else ""
    return [f"it says {total} {which} tunnels{where} and lists {listed}"]


_NODE_LINE = re.compile(r"^(node\d+):\s*$", re.MULTILINE)
_TEXT_TOTALS = {
    "active": re.compile(r"Total active tunnels:\s*(\d+)", re.IGNORECASE),
    "inactive": re.compile(r"Total inactive tunnels:\s*(\d+)", re.IGNORECASE),
}
# "  <131073 ESP:aes-gcm-128/None ec78f80e 2528/ unlim - root 500 128.168.104.229"
# "  131073       500    128.168.104.229  1             No response from peer."
_ROW = re.compile(r"^\s*([<>]?)(\d+)\s+(\S.*)$", re.MULTILINE)


def _text_table(answer: Answer, which: str) -> Table | Unreadable:
    text = answer.words if isinstance(answer, Refusal) else answer
    if _NOT_CONFIGURED.search(text):
        return Table(frozenset())
    pieces = _NODE_LINE.split(text)
    nodes = [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    tunnels: set[Association] = set()
    complaints: list[str] = []
    totals = 0
    for node, part in nodes:
        total = _TEXT_TOTALS[which].search(part)
        if total is None:
            continue
        totals += 1
        found = _rows(part[total.end() :], up=which == "active")
        if isinstance(found, Unreadable):
            return found
        complaints += _total(total[1], found, node, which)
        tunnels |= found
    if not totals:
        return Unreadable(f"no total of {which} tunnels in '{' '.join(text.split())[:120]}'")
    return Table(frozenset(tunnels), tuple(complaints))


def _rows(part: str, *, up: bool) -> set[Association] | Unreadable:
    found: set[Association] = set()
    for row in _ROW.finditer(part):
        sign, index, rest = row.groups()
        words = rest.split()
        remote = _first_address(words if not up else words[::-1])
        if remote is None:
            return Unreadable(f"a row without a gateway: '{row[0].strip()[:120]}'")
        found.add(Association(int(index), remote, up, _DIRECTIONS.get(sign, "")))
    return found


def _first_address(words: Sequence[str]) -> str | None:
    for word in words:
        try:
            return str(ip_address(word))
        except ValueError:
            continue
    return None
