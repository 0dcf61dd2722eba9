"""VNFs: who JDM of an NFX250 lists, who of them runs and answers, and how much memory it has.

The columns of the command are published, the XML of the RPC isn't: its model says "anyxml". So the
entries are found by what their elements' names end in, and a reply of another shape is unreadable,
never empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lxml import etree

from harness.plan.vnfs import HostMemory
from harness.render.readback import local_name
from harness.verify.facts import (
    ALIVE,
    MACHINE,
    Answer,
    Refusal,
    Seen,
    Sighting,
    Unreadable,
    every,
    open_reply,
)

ROOT = "vnf-information"
_RUNNING = "running"
_ANSWERING = frozenset({"alive", "up"})  # "alive" in the table, "Up" in the detailed output
_HEADER = re.compile(r"^\s*ID\s+Name\s+State\s+Liveliness\s*$", re.MULTILINE)
_ROW = re.compile(r"^\s*(?:\d+|-)\s+\S")
_SHOWN = 120  # characters of a reply that a reason quotes


class _Row(NamedTuple):
    name: str
    state: str
    liveliness: str

    @property
    def alive(self) -> bool:
        return self.state.lower() == _RUNNING and self.liveliness.lower() in _ANSWERING


def seen_in_information(answers: Sequence[Answer]) -> Seen:
    """Read the answer to ``get-virtual-network-functions-information``."""
    root = open_reply(answers[0])
    if isinstance(root, Refusal):
        return Unreadable(f"the device refused: {root.words}")
    if isinstance(root, Unreadable):
        return root
    for output in every(root, "output"):  # the model's other answer: the command's text
        return seen_in_table((output.text or "",))
    found = every(root, ROOT)
    if not found:
        return Unreadable(f"no <{ROOT}> in the reply")
    rows = [row for top in found for element in top.iter() if (row := _entry(element))]
    if not rows and any(len(top) for top in found):
        return Unreadable(f"no entry of <{ROOT}> has a name and a state")
    return _sighted(rows)


def seen_in_table(answers: Sequence[Answer]) -> Seen:
    """Read the text of ``show virtual-network-functions``."""
    answer = answers[0]
    text = answer.words if isinstance(answer, Refusal) else answer
    if not _HEADER.search(text):
        return Unreadable(f"not a table of VNFs: '{' '.join(text.split())[:_SHOWN]}'")
    return _sighted(_line(line) for line in text.splitlines() if _ROW.match(line))


def _entry(element: etree._Element) -> _Row | None:
    texts = {local_name(child): (child.text or "").strip() for child in element if not len(child)}
    name, state, liveliness = (_ending(texts, word) for word in ("name", "state", "liveliness"))
    return _Row(name, state, liveliness) if name and state else None


def _ending(texts: dict[str, str], word: str) -> str:
    return next((text for name, text in texts.items() if name.endswith(word)), "")


def _line(line: str) -> _Row:
    """Take a row apart; a state may be two words ("Shut Off"), and the last one may be missing."""
    _, name, *rest = line.split()
    return _Row(name, " ".join(rest[:-1]) or "".join(rest), rest[-1] if len(rest) > 1 else "")


def _sighted(rows: Iterable[_Row]) -> Seen:
    listed = list(rows)
    alive = [row.name for row in listed if row.alive]
    names = [row.name for row in listed]
    return {
        MACHINE: Sighting(len(names), frozenset(names), frozenset(alive)),
        ALIVE: Sighting(len(alive), frozenset(alive), frozenset(alive)),
    }


_KIB = re.compile(r"^\s*(Total|Used)\s*\(KiB\)\s*:\s*(\d+)\s*$", re.MULTILINE)
_FREE = re.compile(
    r"^\s*Free\s+(\d+)\s*(M|G)i?B\s+Huge\s*Pages\s*:\s*(\d+)\s*$", re.MULTILINE | re.IGNORECASE
)


def memory(answer: Answer) -> HostMemory | Unreadable:
    """Read the text of ``show system visibility memory``.

    Of hugepages only what its lines say of free ones; a release that words them otherwise says
    nothing of them.
    """
    text = answer.words if isinstance(answer, Refusal) else answer
    found = {name: int(number) for name, number in reversed(_KIB.findall(text))}  # the first counts
    if found.keys() != {"Total", "Used"}:
        return Unreadable(f"it doesn't tell its memory: '{' '.join(text.split())[:_SHOWN]}'")
    free = {
        int(size) * (1024 if unit.upper() == "G" else 1): int(count)
        for size, unit, count in _FREE.findall(text)
    }
    return HostMemory(found["Total"], found["Used"], free)
