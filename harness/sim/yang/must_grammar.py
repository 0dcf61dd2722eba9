"""The language of ``junos:must``: an expression over paths, read into a tree.

::

    expression := "path" | ( expression ) | ! expression
                | expression || expression | expression && expression
                | any expression | all expression | unique expression

The published rules are fully parenthesised, so no operator binds tighter than another. What the
words of a path mean was read off the rules and their messages; nobody documents it:

============  ======================================================================
``..`` ``.``  one level up; here. A list isn't a level of its own, its entry is
``$$``        the value of the statement that the rule stands in
``$$-IFL``    that value, ``ge-0/0/0.7``, as ``ge-0/0/0 unit 7``
``$$={w}``    the value ``w``
``${list}``   the key of the entry of ``list`` around the statement
``<*>``       any entry or value; ``<st*>`` any whose name begins so
============  ======================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

_TOKEN = re.compile(r'\s*(?:"([^"]*)"|(&&|\|\||[()!])|(any|all|unique)\b)')
_WORD = re.compile(r"(\.\.(?=\S)|\S+)")  # "..inner-vlan" is two words


class Word(Enum):
    """What a word of a path stands for."""

    NAME = "name"
    UP = ".."
    OWN = "$$"
    OWN_UNIT = "$$-IFL"
    KEY_OF = "${}"
    LIKE = "<>"


@dataclass(frozen=True, slots=True)
class Step:
    """One word of a path; ``text`` is the name, the list of ``KEY_OF``, the start of ``LIKE``.

    A ``KEY_OF`` may join several: ``${interface}.${unit}``, and ``text`` is as written.
    """

    word: Word
    text: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """What may be configured: ``up`` levels above the statement, or from the top (``up`` < 0)."""

    up: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Never:
    """The path ``FALSE``: what is never there."""


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class Both:
    """One and the other."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Either:
    """One or the other."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Quantified:
    """``any``, ``all`` or ``unique`` of a path."""

    word: str
    path: Path


Expression: TypeAlias = Path | Never | Not | Both | Either | Quantified


class MustSyntaxError(ValueError):
    """An expression that can't be read."""


@lru_cache(maxsize=4096)
def parse_must(text: str) -> Expression:
    """Read an expression; raises :class:`MustSyntaxError`."""
    reader = _Reader(text)
    made = reader.expression()
    if reader.token is not None:
        raise MustSyntaxError(f"{text!r}: {reader.token[1]!r} after the end")
    return made


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)
        self.token: tuple[str, str] | None = next(self._tokens, None)

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        place = 0
        end = len(text.rstrip())
        while place < end:
            match = _TOKEN.match(text, place)
            if match is None:
                raise MustSyntaxError(f"{text!r}: can't be read from {text[place : place + 20]!r}")
            place = match.end()
            path, sign, word = match.groups()
            yield ("path", path) if path is not None else ("sign", sign or word)

    def _take(self) -> tuple[str, str]:
        token = self.token
        if token is None:
            raise MustSyntaxError(f"{self._text!r}: ends too early")
        self.token = next(self._tokens, None)
        return token

    def expression(self) -> Expression:
        """Read operands joined by operators, from left to right."""
        made = self._operand()
        while self.token in {("sign", "&&"), ("sign", "||")}:
            _, sign = self._take()
            right = self._operand()
            made = Both(made, right) if sign == "&&" else Either(made, right)
        return made

    def _operand(self) -> Expression:
        kind, text = self._take()
        if kind == "path":
            return parse_path(text)
        if text == "!":
            return Not(self._operand())
        if text == "(":
            made = self.expression()
            if self._take() != ("sign", ")"):
                raise MustSyntaxError(f"{self._text!r}: a parenthesis stays open")
            return made
        if text in {"any", "all", "unique"}:
            inner = self._operand()
            if isinstance(inner, Path):
                return Quantified(text, inner)
        raise MustSyntaxError(f"{self._text!r}: {text!r} where an operand belongs")


def parse_path(text: str) -> Path | Never:
    """Read the words between the quotes."""
    words = [found[1] for found in _WORD.finditer(text)]
    if words == ["FALSE"]:
        return Never()
    if not words:
        raise MustSyntaxError("an empty path")
    up = -1
    while words and words[0] in {".", ".."}:
        up = max(up, 0) + (words.pop(0) == "..")
    return Path(up, tuple(_step(word) for word in words))


def _step(word: str) -> Step:
    if word == "$$":
        return Step(Word.OWN)
    if word == "$$-IFL":
        return Step(Word.OWN_UNIT)
    if word.startswith("$$={") and word.endswith("}"):
        return Step(Word.NAME, word[4:-1])
    if word.startswith("${"):
        return Step(Word.KEY_OF, word)
    if word.startswith("<") and word.endswith("*>"):
        return Step(Word.LIKE, word[1:-2])
    return Step(Word.NAME, word)


def paths_of(expression: Expression) -> Iterator[Path]:
    """Walk the paths of an expression."""
    if isinstance(expression, Path):
        yield expression
    elif isinstance(expression, Quantified):
        yield expression.path
    elif isinstance(expression, Not):
        yield from paths_of(expression.inner)
    elif isinstance(expression, Both | Either):
        yield from paths_of(expression.left)
        yield from paths_of(expression.right)
