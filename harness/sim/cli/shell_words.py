"""A line of a UNIX shell as a list of commands: quotes, variables, redirections, connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

_OPERATORS: Final = ("&&", "||", "2>&1", "2>>", "2>", ">>", ">&", ">", "<", "|", ";", "&")
_REDIRECTIONS: Final = ("2>&1", "2>>", "2>", ">>", ">&", ">", "<")
_GLOB: Final = frozenset("*?")
Variables = Callable[[], Mapping[str, str]]  # asked when a word needs one


class ShellSyntaxError(Exception):
    """A line that the shell can't read; the text is what it prints."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or an operator between words."""

    text: str
    operator: bool = False
    pattern: bool = False  # has unquoted wildcards


@dataclass(slots=True)
class Simple:
    """One command with its redirections, and what connects it to the commands around it."""

    after: str = ";"
    before: str = ";"
    words: list[Token] = field(default_factory=list)
    redirections: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Say whether there is anything to do."""
        return bool(self.words or self.redirections)


def parse(line: str, variables: Variables) -> Iterator[Simple]:
    """Split a line into commands; each is ready when its words, with their variables, are read.

    Raises :class:`ShellSyntaxError`.
    """
    current = Simple()
    tokens = _tokens(line, variables)
    for token in tokens:
        if not token.operator:
            current.words.append(token)
        elif token.text in _REDIRECTIONS:
            current.redirections.append((token.text, _target(token, tokens)))
        else:
            if token.text == "&":
                raise ShellSyntaxError("No job control in this shell.")
            if not current.words and token.text != ";":
                raise ShellSyntaxError("Invalid null command.")
            current.before = token.text
            if current:
                yield current
            current = Simple(after=token.text)
    if not current.words and current.after != ";":
        raise ShellSyntaxError("Invalid null command.")
    if current:
        yield current


def _target(token: Token, tokens: Iterator[Token]) -> str:
    """Return the file that a redirection names."""
    if token.text == "2>&1":
        return ""
    target = next(tokens, None)
    if target is None or target.operator:
        raise ShellSyntaxError("Missing name for redirect.")
    return target.text


def _tokens(line: str, variables: Variables) -> Iterator[Token]:
    scanner = _Scanner(line, variables)
    while (token := scanner.next()) is not None:
        yield token


class _Scanner:
    def __init__(self, line: str, variables: Variables) -> None:
        self._line = line
        self._at = 0
        self._variables = variables

    def next(self) -> Token | None:
        """Return the next token; None at the end, or where a comment begins."""
        line = self._line
        while self._at < len(line) and line[self._at].isspace():
            self._at += 1
        if self._at >= len(line) or line[self._at] == "#":
            return None
        operator = self._operator()
        if operator:
            self._at += len(operator)
            return Token(operator, operator=True)
        return self._word()

    def _operator(self) -> str:
        here = self._line[self._at : self._at + 4]
        return next((each for each in _OPERATORS if here.startswith(each)), "")

    def _word(self) -> Token:
        parts: list[str] = []
        pattern = False
        line = self._line
        while self._at < len(line) and not line[self._at].isspace():
            sign = line[self._at]
            if sign in "|;&<>":
                break
            if sign in "'\"":
                parts.append(self._quoted(sign))
            elif sign == "\\":
                parts.append(line[self._at + 1 : self._at + 2])
                self._at += 2
            elif sign == "$":
                parts.append(self._variable())
            else:
                pattern = pattern or sign in _GLOB or (sign == "]" and "[" in parts)
                parts.append(sign)
                self._at += 1
        return Token("".join(parts), pattern=pattern)

    def _quoted(self, mark: str) -> str:
        parts: list[str] = []
        line = self._line
        self._at += 1
        while self._at < len(line):
            sign = line[self._at]
            if sign == mark:
                self._at += 1
                return "".join(parts)
            if mark == '"' and sign == "$":
                parts.append(self._variable())
                continue
            if (
                mark == '"'
                and sign == "\\"
                and line[self._at + 1 : self._at + 2] in ('"', "\\", "$")
            ):
                self._at += 1
                sign = line[self._at]
            parts.append(sign)
            self._at += 1
        raise ShellSyntaxError(f"Unmatched '{mark}'.")

    def _variable(self) -> str:
        end = self._at + 1
        if self._line[end : end + 1] == "?":
            end += 1
        else:
            while end < len(self._line) and (self._line[end].isalnum() or self._line[end] == "_"):
                end += 1
        name = self._line[self._at + 1 : end]
        self._at = end
        return self._variables().get(name, "") if name else "$"
