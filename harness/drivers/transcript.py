"""What was said between the drivers and one device, kept in memory until a case asks for it.

A recorder keeps the last exchanges as they were sent, cut to size; nothing leaves it before keys
are hidden. A case that passes costs a few slices of strings, because hiding waits until somebody
reads.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from harness.clock import Clock
from harness.drivers.redaction import hide

OPENING: Final = "opening a session"  # what an exchange that connects is called
WINDOW: Final = 16 * 1024  # characters kept of either end of a message
MOST_EXCHANGES: Final = 1000
MOST_CHARACTERS: Final = 8 * 1024 * 1024  # of all messages together
MOST_DIFFERENCES: Final = 16 * 1024 * 1024  # characters of the device's own patches


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A message, or its two ends: ``characters`` and ``sha256`` are those of the whole.

    ``sha256`` is "" where nothing was cut.
    """

    head: str = field(repr=False)
    tail: str = field(default="", repr=False)
    characters: int = 0
    sha256: str = ""

    def __str__(self) -> str:
        """Write the message, saying what was left out."""
        if not self.sha256:
            return self.head
        left_out = self.characters - len(self.head) - len(self.tail)
        return (
            f"{self.head}\n[… about {left_out} of {self.characters} characters left out; "
            f"sha256 of the whole: {self.sha256} …]\n{self.tail}"
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it; keys are hidden."""

    began: datetime  # UTC
    seconds: float
    driver: str
    session: str  # the device's number of a NETCONF session, "" over the CLI
    doing: str
    request: Excerpt
    reply: Excerpt | None  # None: there was none
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One patch that the device wrote of its candidate, whole; keys are hidden."""

    told: datetime  # UTC
    driver: str
    session: str
    patch: str = field(repr=False)


class Transcript:
    """The recorder of one device; ``secrets`` are hidden by value as well.

    Recording never raises: what can't be kept is counted in ``lost``.
    """

    def __init__(self, clock: Clock, secrets: Iterable[str] = ()) -> None:
        self._clock = clock
        self._secrets = tuple(secrets)
        self._kept: deque[Exchange] = deque()  # as they were sent
        self._differences: deque[Difference] = deque()
        self._characters = self._patched = 0
        self.lost = 0  # exchanges and differences, the oldest, since the case began
        self.began = clock.now()

    def __repr__(self) -> str:
        """Show no message."""
        return f"<Transcript of {len(self._kept)} exchanges>"

    def begin(self) -> None:
        """Forget everything: a case begins."""
        self._kept.clear()
        self._differences.clear()
        self._characters = self._patched = self.lost = 0
        self.began = self._clock.now()

    def note(
        self,
        driver: str,
        session: str,
        doing: str,
        *,
        request: str,
        reply: str | None,
        seconds: float,
        failure: str = "",
    ) -> None:
        """Keep one exchange that just ended, dropping the oldest where there are too many."""
        try:
            kept = Exchange(
                self._clock.now() - timedelta(seconds=seconds),
                seconds,
                driver,
                session,
                doing,
                excerpt(request),
                None if reply is None else excerpt(reply),
                failure,
            )
            self._kept.append(kept)
            self._characters += _size(kept)
            while len(self._kept) > MOST_EXCHANGES or self._characters > MOST_CHARACTERS:
                self._characters -= _size(self._kept.popleft())
                self.lost += 1
        except Exception:  # noqa: BLE001 - a push must not fail because it can't be written down
            self.lost += 1

    def compared(self, driver: str, session: str, patch: str) -> None:
        """Keep a patch of the device, whole."""
        self._differences.append(Difference(self._clock.now(), driver, session, patch))
        self._patched += len(patch)
        while self._patched > MOST_DIFFERENCES and len(self._differences) > 1:
            self._patched -= len(self._differences.popleft().patch)
            self.lost += 1

    @property
    def nobody_answers(self) -> bool:
        """Say whether the last thing that was tried is to open a session, in vain."""
        last = self._kept[-1] if self._kept else None
        return last is not None and last.reply is None and last.doing == OPENING

    def exchanges(self) -> Iterator[Exchange]:
        """Yield what was said, oldest first, keys hidden."""
        for kept in tuple(self._kept):
            yield Exchange(
                kept.began,
                kept.seconds,
                kept.driver,
                kept.session,
                kept.doing,
                self._hidden(kept.request),
                None if kept.reply is None else self._hidden(kept.reply),
                hide(kept.failure, self._secrets),
            )

    def differences(self) -> Iterator[Difference]:
        """Yield the device's patches, oldest first, keys hidden."""
        for kept in tuple(self._differences):
            patch = hide(kept.patch, self._secrets)
            yield Difference(kept.told, kept.driver, kept.session, patch)

    def hidden(self, text: str) -> str:
        """Return any text about this device with its keys, and this login's password, hidden."""
        return hide(text, self._secrets)

    def _hidden(self, kept: Excerpt) -> Excerpt:
        head, tail = (hide(part, self._secrets) for part in (kept.head, kept.tail))
        return Excerpt(head, tail, kept.characters, kept.sha256)


def excerpt(text: str) -> Excerpt:
    """Cut the middle out of a long message.

    The second part begins at a tag or at a line: the rest of a value whose name was cut off could
    not be told from ordinary text any more.
    """
    if len(text) <= 2 * WINDOW:
        return Excerpt(text, characters=len(text))
    tail = text[-WINDOW:]
    at = tail.find("<" if text.lstrip().startswith("<") else "\n")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Excerpt(text[:WINDOW], tail[at:] if at >= 0 else "", len(text), digest)


def _size(kept: Exchange) -> int:
    parts = (kept.request, kept.reply)
    return sum(len(part.head) + len(part.tail) for part in parts if part is not None)
