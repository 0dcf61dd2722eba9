"""What a mode of the CLI answers to a command: steps that the terminal carries out in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Write:
    """Text for the terminal, lines ended by a line feed; ``paged`` output stops at each screen."""

    text: str
    paged: bool = False


@dataclass(frozen=True, slots=True)
class Paste:
    """Read text up to control-D, then go on with it."""

    invitation: str
    take: Callable[[str], Iterator[Step]]


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a question, then go on with the line that answers it; a ``secret`` isn't echoed."""

    question: str
    take: Callable[[str], Iterator[Step]]
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """Go to another mode; None logs out."""

    mode: Mode | None


@dataclass(frozen=True, slots=True)
class Cut:
    """Lose the session: at once, or silently so that the client waits for ever."""

    silent: bool


Step = Write | Paste | Ask | Leave | Cut


class Mode(Protocol):
    """Operational mode, configuration mode, or a shell."""

    @property
    def prompt(self) -> str:
        """Return the prompt with what stands above it: an empty line, the edit level."""
        ...

    def command(self, line: str) -> Iterator[Step]:
        """Carry out one command line, which isn't blank.

        Raises ``Refusal``, ``DaemonRefusal`` or ``UnknownWord``.
        """
        ...

    def commits(self, line: str) -> bool:
        """Say whether the line is a commit, which may be told to take long."""
        ...

    def end_of_input(self) -> Iterator[Step]:
        """Do what control-D on an empty line asks for."""
        ...
