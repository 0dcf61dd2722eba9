"""Read the patch text that a Junos device prints for its own candidate.

The format is what ``show | compare`` prints: a line ``[edit security ike]`` names where the
following lines belong, ``+``, ``-`` and ``!`` mark added, removed and reordered statements, braces
nest. Pure; any line that doesn't fit is an error, because a guess here would let a change through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import UnsafeChange

Path = tuple[str, ...]

_EDIT = re.compile(r"^\[edit(?: (?P<path>[^\]]*))?\]$")
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\[|\]|[^\s\[\]]+')


@dataclass(frozen=True, slots=True)
class Change:
    """One changed statement: ``+``, ``-`` or ``!``, and its whole path in words."""

    sign: str
    path: Path

    def __str__(self) -> str:
        """Write the statement as a person would look for it."""
        return f"{self.sign} {' '.join(self.path)}"


def changes(patch: str) -> Iterator[Change]:
    """Yield every changed leaf, empty container and list entry of a patch, in order.

    Raises :class:`UnsafeChange` naming the line that can't be read.
    """
    reader = _Reader()
    for number, line in enumerate(patch.splitlines(), 1):
        yield from reader.line(number, line)
    reader.end()


class _Reader:
    def __init__(self) -> None:
        self._top: Path = ()
        self._open: list[tuple[str, Path, bool]] = []  # sign, words, had children

    def line(self, number: int, line: str) -> Iterator[Change]:
        text = line.strip()
        if not text:
            return
        edit = _EDIT.match(text)
        if edit:
            self._begin(number, edit["path"] or "")
            return
        sign = line[0] if line[0] in "+-!" else " "
        body = _without_comment((line[1:] if sign != " " else line).strip())
        if body in {"", "..."} or (sign == " " and body.endswith("{ ... }")):
            return  # unchanged neighbours, shown for orientation
        yield from self._statement(number, sign, body)

    def _begin(self, number: int, path: str) -> None:
        if self._open:
            raise UnsafeChange(f"device diff, line {number}: a section begins inside another")
        self._top = _words(path)

    def _statement(self, number: int, sign: str, body: str) -> Iterator[Change]:
        if body == "}":
            if not self._open:
                raise UnsafeChange(f"device diff, line {number}: a brace closes nothing")
            opened, path, had_children = self._open.pop()
            if opened != " " and not had_children:
                yield Change(opened, path)
        elif body.endswith("{"):
            self._mark_children()
            self._open.append((sign, self._here() + _words(body[:-1]), False))
        elif body.endswith(";"):
            self._mark_children()
            if sign != " ":
                yield Change(sign, self._here() + _words(body[:-1]))
        else:
            raise UnsafeChange(f"device diff, line {number}: can't be read: {body[:120]}")

    def end(self) -> None:
        if self._open:
            raise UnsafeChange("device diff: it ends inside a statement")

    def _here(self) -> Path:
        return self._open[-1][1] if self._open else self._top

    def _mark_children(self) -> None:
        if self._open:
            sign, path, _ = self._open[-1]
            self._open[-1] = (sign, path, True)


def _without_comment(body: str) -> str:
    return re.sub(r"(?<=[;{}])\s*##.*$", "", body)


def _words(text: str) -> Path:
    words = (word for word in _WORD.findall(text) if word not in {"[", "]"})
    return tuple(word[1:-1] if word.startswith('"') else word for word in words)
