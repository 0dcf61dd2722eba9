"""A terminal's side of the CLI: line editing, echo and paging; no command is known here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_END_OF_LINE: Final = re.compile(r"\r\n|\r|\n")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPE: Final = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)")
MAX_LINE: Final = 64 * 1024
_ERASE: Final = ("\x7f", "\x08")


@dataclass(frozen=True, slots=True)
class Line:
    """A line was ended."""

    text: str


@dataclass(frozen=True, slots=True)
class Echo:
    """Text that the terminal shows again."""

    text: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Control-C, or control-Z: the line was dropped."""

    sign: str


@dataclass(frozen=True, slots=True)
class EndOfInput:
    """Control-D on an empty line."""


@dataclass(frozen=True, slots=True)
class TooLong:
    """More came without an end of line than a line may have; it was dropped."""


Event = Line | Echo | Interrupt | EndOfInput | TooLong


class LineEditor:
    """Collects keystrokes into lines.

    Control-U drops the line, control-W a word, backspace a character; cursor keys and the other
    control characters are ignored. A tab is a blank: there is no completion.
    """

    def __init__(self, *, echo: bool) -> None:
        self._echo = echo
        self.hidden = False  # a password is typed
        self._typed = ""

    def take(self, text: str) -> tuple[list[Event], str]:
        """Take keystrokes up to the end of one line; return what they mean, and the rest."""
        ended = _END_OF_LINE.search(text)
        keys = text[: ended.start()] if ended else text
        rest = text[ended.end() :] if ended else ""
        events, left = self._keys(keys)
        if left is not None:
            return events, left + text[len(keys) :]
        if len(self._typed) > MAX_LINE:
            self._typed = ""
            events.append(TooLong())
        elif ended:
            line, self._typed = self._typed, ""
            if self._echo:
                events.append(Echo("\n"))
            events.append(Line(line))
        return events, rest

    def _keys(self, keys: str) -> tuple[list[Event], str | None]:
        """Take keys of one line; the second value is what came after one that ends it early."""
        if not _CONTROL.search(keys):
            self._typed += keys
            return self._shown(keys), None
        keys = _ESCAPE.sub("", keys)
        events: list[Event] = []
        plain = ""
        for place, key in enumerate(keys):
            if not _CONTROL.match(key):
                plain += key
                continue
            self._typed += plain
            events += self._shown(plain)
            plain = ""
            early = self._control(key, events)
            if early:
                return events, keys[place + 1 :]
        self._typed += plain
        return events + self._shown(plain), None

    def _control(self, key: str, events: list[Event]) -> bool:
        """Do what a control character asks for; True when it ends the line early."""
        if key in ("\x03", "\x1a"):
            self._typed = ""
            events.append(Interrupt("^C" if key == "\x03" else "^Z"))
            return True
        if key == "\x04" and not self._typed:
            events.append(EndOfInput())
            return True
        if key in _ERASE:
            events += self._erased(1 if self._typed else 0)
        elif key == "\x15":
            events += self._erased(len(self._typed))
        elif key == "\x17":
            kept = self._typed.rstrip()
            kept = kept[: kept.rfind(" ") + 1]
            events += self._erased(len(self._typed) - len(kept))
        return False

    def _erased(self, count: int) -> list[Event]:
        self._typed = self._typed[: len(self._typed) - count]
        return self._shown("\b \b" * count)

    def _shown(self, text: str) -> list[Event]:
        return [Echo(text.replace("\t", " "))] if self._echo and text and not self.hidden else []


class Pager:
    """Output that doesn't fit on the screen, shown as the keys ask for it."""

    MORE: Final = "---(more)---"

    def __init__(self, text: str, length: int) -> None:
        self._lines = text.splitlines(keepends=True)
        self._length = length
        self._shown = 0
        self.taken = 0  # keys so far, of those handed over last

    @property
    def over(self) -> bool:
        """Say whether everything was shown, or the rest isn't wanted."""
        return self._shown >= len(self._lines)

    def begin(self) -> str:
        """Return the first screen, with the invitation where there is more."""
        return self._next(self._length - 1)

    def keys(self, keys: str) -> Iterator[str]:
        """Take keys one by one until all is shown; each yields what it shows."""
        self.taken = 0
        for key in keys:
            if self.over:
                return
            self.taken += 1
            if key in " \x06f":
                yield self._erase() + self._next(self._length - 1)
            elif key in "\r\nej":
                yield self._erase() + self._next(1)
            elif key in "qQ\x03":
                self._shown = len(self._lines)
                yield self._erase()

    def _next(self, count: int) -> str:
        lines = self._lines[self._shown : self._shown + max(1, count)]
        self._shown += len(lines)
        return "".join(lines) + ("" if self.over else self._invitation())

    def _invitation(self) -> str:
        if self._shown <= self._length - 1:
            return self.MORE
        return f"---(more {100 * self._shown // len(self._lines)}%)---"

    @staticmethod
    def _erase() -> str:
        return "\r" + " " * 40 + "\r"
