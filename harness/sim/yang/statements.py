"""A parser of YANG text (RFC 7950, 6): one regular expression, statements as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?:\s+|//[^\n]*|/\*.*?\*/)+        # what separates
    |([{};])
    |"((?:[^"\\]|\\.)*)"
    |'([^']*)'
    |([^\s{};"']+)""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_TAB = 8  # columns, RFC 7950, 6.1.3


class YangSyntaxError(Exception):
    """A text that isn't YANG; the message says what was found, ``line`` counts from 1."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


@dataclass(slots=True)
class YangStatement:
    """``keyword argument { substatements }``; the keyword of an extension has its prefix."""

    keyword: str
    argument: str | None = None
    substatements: list[YangStatement] = field(default_factory=list)

    def find(self, keyword: str) -> YangStatement | None:
        """Return the first substatement of that keyword."""
        return next((one for one in self.substatements if one.keyword == keyword), None)

    def argument_of(self, keyword: str) -> str | None:
        """Return the argument of the first substatement of that keyword."""
        found = self.find(keyword)
        return None if found is None else found.argument

    def every(self, keyword: str) -> Iterator[YangStatement]:
        """Walk the substatements of that keyword."""
        return (one for one in self.substatements if one.keyword == keyword)


def parse_yang(text: str) -> YangStatement:
    """Return the ``module`` or ``submodule`` of a text; raises :class:`YangSyntaxError`."""
    scan = _Scan(text)
    place = 0
    for match in _TOKEN.finditer(text):
        if match.start() != place:
            break
        place = match.end()
        scan.take(match)
    if place != len(text):
        raise YangSyntaxError(f"unexpected {text[place : place + 10]!r}", _line(text, place))
    if scan.words or len(scan.open) > 1:
        raise YangSyntaxError("the text ends inside a statement", _line(text, place))
    modules = scan.open[0].substatements
    if len(modules) != 1:
        raise YangSyntaxError(f"{len(modules)} modules, expected one", 1)
    return modules[0]


class _Scan:
    """The statements that are open, and the words of the next one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.open = [YangStatement("")]
        self.words: list[str] = []
        self._joining = False  # a "+" between two strings

    def take(self, match: re.Match[str]) -> None:
        """Take one token."""
        punctuation, double, single, plain = match.groups()
        if punctuation is not None:
            self._punctuate(punctuation, match.end())
        elif plain == "+" and self.words and not self._joining:
            self._joining = True
        elif match.lastindex is not None:
            word = plain if plain is not None else single
            if word is None:
                word = _double_quoted(double, self._text, match.start())
            if self._joining:
                self.words[-1] += word
            else:
                self.words.append(word)
            self._joining = False

    def _punctuate(self, punctuation: str, place: int) -> None:
        """Act on the ``{``, ``}`` or ``;`` that ends the words."""
        words = self.words
        if self._joining or (punctuation == "}") is bool(words) or len(words) > 2:
            shown = " ".join([*words, punctuation])[:60]
            raise YangSyntaxError(f"{shown!r} is no statement", _line(self._text, place))
        if punctuation == "}":
            if len(self.open) == 1:
                raise YangSyntaxError("'}' closes nothing", _line(self._text, place))
            self.open.pop()
            return
        made = YangStatement(words[0], words[1] if len(words) == 2 else None)
        self.open[-1].substatements.append(made)
        if punctuation == "{":
            self.open.append(made)
        self.words = []


def _double_quoted(inside: str, text: str, start: int) -> str:
    """Undo indentation and escapes of a double-quoted string (RFC 7950, 6.1.3).

    Of each further line, white space up to the column of the opening quote goes, and so does
    white space before a line break.
    """
    if "\n" in inside:
        column = len(text[text.rfind("\n", 0, start) + 1 : start].expandtabs(_TAB)) + 1
        first, *others = inside.split("\n")
        lines = [first, *(_unindented(line, column) for line in others)]
        inside = "\n".join([*(line.rstrip(" \t") for line in lines[:-1]), lines[-1]])
    if "\\" not in inside:
        return inside
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), inside)


def _unindented(line: str, column: int) -> str:
    bare = line.lstrip(" \t")
    indent = len(line[: len(line) - len(bare)].expandtabs(_TAB))
    return " " * max(0, indent - column) + bare


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
