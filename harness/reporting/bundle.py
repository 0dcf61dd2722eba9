"""A folder of evidence: text files that can be attached to a ticket, and an index of them.

Whatever is written was cleaned: keys hidden by their place and by their looks, characters that
a terminal obeys written out. A file that can't be had, or written, is a line of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from harness.reporting.redact import redact
from harness.reporting.runfolder import write_whole
from harness.reporting.text import one_line, printable

INDEX: Final = "README.txt"
LIMIT: Final = 4 * 1024 * 1024  # characters of one file
_CLEANED: Final = (
    "Keys and passwords are hidden (*hidden*, [redacted]). Characters that a terminal obeys are\n"
    "written out (\\x1b). Times are UTC unless a device printed them.\n"
)


class Bundle:
    """Writes one folder; ``hide`` removes what only the owner of the text knows to be a key."""

    def __init__(self, folder: Path, hide: Callable[[str], str]) -> None:
        """Take ``folder``, which exists; what an earlier attempt of the same case left is gone."""
        self.folder = folder
        self._hide = hide
        self._files: dict[str, str] = {}
        self._lacking: dict[str, str] = {}
        for old in folder.iterdir():
            if old.is_file():
                old.unlink()

    @property
    def files(self) -> tuple[str, ...]:
        """Return the names of what was written, the index first once it's there."""
        return tuple(self._files)

    @property
    def lacking(self) -> Mapping[str, str]:
        """Return what couldn't be had: name → why."""
        return dict(self._lacking)

    def add(
        self, name: str, text: str, what: str, *, limit: int = LIMIT, newest: bool = False
    ) -> None:
        """Write a file; of one that's too long the beginning stays, or the end if ``newest``."""
        shown = self._clean(_bounded(text, limit, newest=newest))
        try:
            write_whole(self.folder / name, f"{shown.rstrip()}\n".encode("utf-8", "replace"))
        except OSError as error:
            self.lacks(name, f"can't be written: {error.strerror}")
        else:
            self._files[name] = what

    def lacks(self, name: str, why: str) -> None:
        """Say in the index that a file isn't there, and why."""
        self._lacking[name] = one_line(self._clean(why))

    def finish(self, heading: Mapping[str, str]) -> None:
        """Write the index below the lines of ``heading``: name → words, of one line or several."""
        lines = [f"{name:<11}{self._told(words)}" for name, words in heading.items() if words]
        lines += ["", "Files", *_table(self._files)]
        if self._lacking:
            lines += ["", "Not had", *_table(self._lacking)]
        self.add(INDEX, "\n".join([*lines, "", _CLEANED]), "this index")
        if INDEX in self._files:
            self._files = {INDEX: self._files.pop(INDEX), **self._files}

    def _told(self, words: str) -> str:
        return one_line(self._clean(words), LIMIT)

    def _clean(self, text: str) -> str:
        return printable(redact(self._hide(text)))


def _table(rows: Mapping[str, str]) -> list[str]:
    width = max((len(name) for name in rows), default=0) + 2
    return [f"  {name:<{width}}{words}" for name, words in rows.items()]


def _bounded(text: str, limit: int, *, newest: bool) -> str:
    """Cut at a line: the rest of a cut one could be a key without its name."""
    left_out = len(text) - limit
    if left_out <= 0:
        return text
    words = f"[… about {left_out} of {len(text)} characters left out …]"
    if not newest:
        return f"{text[: max(0, text.rfind(chr(10), 0, limit))]}\n{words}"
    start = text.find("\n", left_out)
    return f"{words}{text[start:] if start >= 0 else ''}"
