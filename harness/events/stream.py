"""Messages out of a byte stream: octet-counted or unframed, split anywhere. Bytes in, messages out.

Both framings of RFC 6587 that CSO's collector takes on TCP (structured_syslog_server.cc of
tungstenfabric/tf-analytics): ``LEN <14>1 …]LEN <14>1 …]``, and messages that follow each other,
cut at ``<`` and ``]``. A stream may change between them at every message.
"""

from __future__ import annotations

import re
from typing import Final

from harness.events.message import LONGEST

_COUNTED: Final = re.compile(rb"\s*(\d{1,6}) ?(?=<)")
# Quoted values may hold a bracket; in an unframed message only those say where it ends.
_CLOSED: Final = re.compile(rb'\s*(<\d{1,3}>[^\[<]*\[(?:[^"\]<]|"(?:[^"\\]|\\.)*+")*+\])')
_BEGIN: Final = re.compile(rb"\d{0,6} ?<\d{1,3}>1 ")
_BLANK: Final = b" \t\r\n\0"
_TRAILER: Final = 3  # bytes that may hold a bracket and a line's end


class Stream:
    """The messages of one connection, with what was wrong on the way.

    ``wrong_lengths`` counts messages whose octet count was wrong and whose end was found by their
    brackets. ``torn`` counts the pieces that became no message, ``thrown_away`` their bytes: what
    lies between messages, and more than 5,120 bytes of an unfinished one, which CSO's collector
    gives up too.
    """

    def __init__(self) -> None:
        self.wrong_lengths = 0
        self.torn = 0
        self.thrown_away = 0
        self._rest = b""

    @property
    def unfinished(self) -> int:
        """Return how many bytes of a message wait for more."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read and return the messages that are complete now."""
        buffer = self._rest + data if self._rest else data
        messages: list[bytes] = []
        position = 0
        while position < len(buffer):
            start, end = self._next(buffer, position)
            if end < 0:
                break
            if end > start:
                messages.append(buffer[start:end])
            position = end
        rest = buffer[position:]
        self._rest = b"" if not rest.strip(_BLANK) else self._bounded(rest)
        return messages

    def finish(self) -> list[bytes]:
        """Return what is complete at the end of the connection, whatever its octet count says."""
        rest, self._rest = self._rest, b""
        start = _counted(rest, 0)
        closed = _CLOSED.match(rest, start)
        if closed is not None:
            self.wrong_lengths += start > 0
            return [closed[1]]
        self._throw_away(rest)
        return []

    def _next(self, buffer: bytes, position: int) -> tuple[int, int]:
        """Return where the next message starts and ends; an end of -1 means that more is needed."""
        counted = _COUNTED.match(buffer, position)
        start = counted.end() if counted else position
        if counted is not None:
            end = start + int(counted[1])
            if end <= len(buffer) and _ends_well(buffer, end):
                return start, end
            if len(buffer) < end <= start + LONGEST and not _BEGIN.search(buffer, start + 1, end):
                return start, -1
        # No further than a message may be long: else one of many quotes that never close makes
        # each of many beginnings look through all that was read.
        closed = _CLOSED.match(buffer, start, start + LONGEST)
        if closed is not None:
            self.wrong_lengths += counted is not None
            return closed.span(1)
        later = _BEGIN.search(buffer, start + 1)
        if later is None:
            return start, -1
        self._throw_away(buffer[position : later.start()])
        return later.start(), later.start()

    def _bounded(self, rest: bytes) -> bytes:
        if len(rest) <= LONGEST:
            return rest
        self._throw_away(rest)
        return b""

    def _throw_away(self, data: bytes) -> None:
        solid = len(data.strip(_BLANK))
        self.torn += solid > 0
        self.thrown_away += solid


def _counted(buffer: bytes, position: int) -> int:
    """Return where the message behind an octet count starts."""
    counted = _COUNTED.match(buffer, position)
    return counted.end() if counted else position


def _ends_well(buffer: bytes, end: int) -> bool:
    return buffer[end - _TRAILER : end].rstrip(_BLANK).endswith(b"]")
