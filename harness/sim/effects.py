"""What a session wants done to its connection; sessions themselves touch no socket and no time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes for the client."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Let ``seconds`` pass before asking for the next effect."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """Drop the connection, and finish what is being worked on all the same."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the session; ``abrupt`` drops the whole connection, as a crashed device does."""

    abrupt: bool = False


Effect = Send | Pause | Cut | HangUp


class Session(Protocol):
    """One login, either NETCONF or CLI: bytes in, effects out.

    ``run`` is a generator: work that comes after a :class:`Pause` is done only when the pause is
    over. ``feed`` may be called meanwhile; a second ``run`` may not.
    """

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        ...

    def run(self) -> Iterator[Effect]:
        """Do all that can be done with what arrived so far."""
        ...

    def close(self) -> None:
        """Release what the session holds: the connection is gone. May be called again."""
        ...
