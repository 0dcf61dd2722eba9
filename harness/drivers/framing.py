"""NETCONF message framing over SSH: bytes in, whole messages out (RFC 4742, RFC 6242).

No decoding happens before a message is complete, so a UTF-8 character may be split anywhere
between two reads.
"""

from __future__ import annotations

import re

END_OF_MESSAGE = b"]]>]]>"
END_OF_CHUNKS = b"\n##\n"
MAX_MESSAGE = 256 * 1024 * 1024  # bytes; a full device of 16 000 tunnels stays below 64 MiB

# RFC 6242 4.2; white space before the first header is let through, because devices end the
# hello with a line feed after its delimiter.
_HEADER = re.compile(rb"\s*#(?:([1-9][0-9]{0,9})|(#))\n")
_HEADER_MAX = 64


class FramingError(ValueError):
    """The bytes aren't framed as agreed in the hello exchange, or a message is too long."""


def frame(message: bytes, *, chunked: bool) -> bytes:
    """Wrap one message: in a chunk when base:1.1 was agreed, else with the 1.0 delimiter."""
    if chunked:
        return b"\n#%d\n%b%b" % (len(message), message, END_OF_CHUNKS)
    return message + END_OF_MESSAGE


class Deframer:
    """Collects what was read and returns each message once it's complete."""

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0  # bytes of the buffer that hold no complete 1.0 delimiter
        self._message = bytearray()  # chunks received of the current 1.1 message
        self._missing = 0  # bytes that the current chunk still lacks

    def feed(self, data: bytes, *, chunked: bool) -> list[bytes]:
        """Add bytes as they came and return the messages that they complete.

        Raises :class:`FramingError`; the stream can't be followed after it.
        """
        self._buffer += data
        messages = []
        step = self._next_chunked if chunked else self._next_delimited
        while (message := step()) is not None:
            messages.append(message)
        if len(self._buffer) + len(self._message) > self._limit:
            raise FramingError(f"a message is longer than {self._limit} bytes")
        return messages

    def _next_delimited(self) -> bytes | None:
        found = self._buffer.find(END_OF_MESSAGE, max(0, self._scanned - len(END_OF_MESSAGE) + 1))
        if found < 0:
            self._scanned = len(self._buffer)
            return None
        message = bytes(self._buffer[:found])
        del self._buffer[: found + len(END_OF_MESSAGE)]
        self._scanned = 0
        return message

    def _next_chunked(self) -> bytes | None:
        while True:
            if self._missing:
                taken = self._buffer[: self._missing]
                self._message += taken
                self._missing -= len(taken)
                del self._buffer[: len(taken)]
            if self._missing or not self._buffer:
                return None
            header = _HEADER.match(self._buffer)
            if header is None:
                self._refuse_other_than_header()
                return None
            size, end = header[1], header.end()  # before the buffer moves under the match
            del self._buffer[:end]
            if size is None:
                message, self._message = bytes(self._message), bytearray()
                return message
            self._missing = int(size)
            if self._missing + len(self._message) > self._limit:
                raise FramingError(f"a message is longer than {self._limit} bytes")

    def _refuse_other_than_header(self) -> None:
        start = self._buffer.lstrip()
        whole = len(self._buffer) > _HEADER_MAX or b"\n" in start
        if whole or not b"#".startswith(start[:1]):
            raise FramingError(f"no chunk header at {bytes(self._buffer[:16])!r}")
