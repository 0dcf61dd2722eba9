"""Command lines of the CLI: words, pipes, and how a word that isn't known is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r'"((?:[^"\\]|\\.)*)"?|\||[^\s|]+')
_ESCAPE: Final = re.compile(r"\\(.)")

EXPECTING: Final = "syntax error, expecting <command>."
UNKNOWN: Final = "unknown command."
SYNTAX: Final = "syntax error."
MISSING: Final = "missing argument."


class UnknownWord(Exception):
    """A word that the CLI doesn't know there; ``column`` counts from the start of the line."""

    def __init__(self, column: int, text: str, word: str = "") -> None:
        super().__init__(text)
        self.column = column
        self.text = text
        self.word = word


@dataclass(frozen=True, slots=True)
class Word:
    """One word as meant, quotes removed, and where it stands in the line."""

    text: str
    column: int
    end: int = 0

    def unknown(self, text: str) -> UnknownWord:
        """Refuse this word."""
        return UnknownWord(self.column, text, self.text)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command and what its output goes through."""

    words: tuple[Word, ...]
    pipes: tuple[tuple[Word, ...], ...] = ()
    raw: str = ""

    @property
    def paged(self) -> bool:
        """Say whether the output stops at each screen: unless a pipe is ``no-more``."""
        names = (pipe[0].text for pipe in self.pipes if pipe)
        return not any(name and "no-more".startswith(name) for name in names)

    @property
    def end(self) -> int:
        """Return where the command ends, which is where a missing word is missed."""
        return self.words[-1].end + 1 if self.words else 0

    def after(self, count: int) -> str:
        """Return what was typed behind the first ``count`` words, pipes included."""
        if len(self.words) > count:
            return self.raw[self.words[count].column :]
        return ""


def parse_line(line: str) -> CommandLine:
    """Split a line at blanks and pipes; quoted text is one word."""
    parts: list[list[Word]] = [[]]
    for match in _TOKEN.finditer(line):
        if match.group() == "|":
            parts.append([])
        else:
            quoted = match.group(1)
            text = match.group() if quoted is None else _ESCAPE.sub(r"\1", quoted)
            parts[-1].append(Word(text, match.start(), match.end()))
    return CommandLine(tuple(parts[0]), tuple(tuple(part) for part in parts[1:]), line)


def split_commands(text: str) -> list[str]:
    """Split what one ``cli -c`` runs at line ends and semicolons outside quotes."""
    commands = [""]
    quoted = escaped = False
    for character in text:
        if character in ";\r\n" and not quoted:
            commands.append("")
            continue
        if character == '"' and not escaped:
            quoted = not quoted
        escaped = character == "\\" and not escaped
        commands[-1] += character
    return [command.strip() for command in commands if command.strip()]


def choose(word: Word, choices: Mapping[str, str], otherwise: str = EXPECTING) -> str:
    """Return the choice that ``word`` is, or is an unambiguous beginning of.

    ``choices`` maps words to what ``Possible completions`` says of them. Raises
    :class:`UnknownWord`, with ``otherwise`` where nothing begins so.
    """
    if word.text in choices:
        return word.text
    meant = [choice for choice in choices if word.text and choice.startswith(word.text)]
    if not meant:
        raise word.unknown(otherwise)
    if len(meant) > 1:
        raise ambiguous(word, ((choice, choices[choice]) for choice in meant))
    return meant[0]


def ambiguous(word: Word, choices: Iterable[tuple[str, str]]) -> UnknownWord:
    """Refuse a word that several choices begin with; the mark stands at its end."""
    listed = "\n".join(f"  {name:<20} {about}".rstrip() for name, about in sorted(choices))
    return UnknownWord(
        word.end, f"'{word.text}' is ambiguous.\nPossible completions:\n{listed}", word.text
    )
