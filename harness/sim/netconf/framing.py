"""NETCONF framing without a socket: bytes in, whole messages out, and the other way.

Two framings exist: the end-of-message mark of RFC 4742 (RFC 6242 section 4.3) and the chunks of
RFC 6242 section 4.2. A session starts with the first and may switch to the second after the
hellos, so messages are pulled one at a time.
"""

from __future__ import annotations

END_OF_MESSAGE = b"]]>]]>"
_END_LINE = b"\n" + END_OF_MESSAGE + b"\n"
_END_OF_CHUNKS = b"\n##\n"
_CARRY = len(END_OF_MESSAGE) - 1
_MAX_HEADER = len(b"\n#4294967295\n")  # RFC 6242: chunk-size is at most 2**32 - 1

MAX_MESSAGE = 64 * 1024 * 1024  # bytes; 15,999 tunnels in indented XML take about 25 MiB


class FramingError(ValueError):
    """The peer's bytes can't be framed; RFC 6242 section 4.2 wants the session ended."""


class MessageReader:
    """Collects bytes and gives out whole messages.

    Raises :class:`FramingError` from :meth:`next_message` for a malformed chunk or a message
    longer than ``limit``; the reader is of no use afterwards.
    """

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0  # bytes of the buffer that hold no complete end-of-message mark
        self._message = bytearray()  # one buffer: a list of chunks of one byte would cost eight
        self.chunked = False

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._buffer += data

    def next_message(self) -> bytes | None:
        """Return the next whole message without its framing, or None when more bytes are needed."""
        return self._next_chunked() if self.chunked else self._next_marked()

    def _next_marked(self) -> bytes | None:
        at = self._buffer.find(END_OF_MESSAGE, self._searched)
        if at < 0:
            self._require_within_limit(len(self._buffer))
            self._searched = max(0, len(self._buffer) - _CARRY)
            return None
        self._require_within_limit(at)
        message = self._cut(0, at)
        self._consume(at + len(END_OF_MESSAGE))
        return message

    def _next_chunked(self) -> bytes | None:
        while not self._message and self._buffer.startswith(b"\n\n"):
            self._consume(1)  # clients, as Junos, end the line behind the mark of their hello
        while True:
            if self._buffer.startswith(_END_OF_CHUNKS):
                return self._end_of_chunks()
            chunk = self._next_chunk()
            if chunk is None:
                return None
            self._message += chunk

    def _next_chunk(self) -> bytes | None:
        header_end = self._buffer.find(b"\n", 1, _MAX_HEADER)
        if header_end < 0:
            self._require_chunk_start(bytes(self._buffer[:_MAX_HEADER]))
            return None
        size = _chunk_size(bytes(self._buffer[: header_end + 1]))
        self._require_within_limit(len(self._message) + size)
        end = header_end + 1 + size
        if len(self._buffer) < end:
            return None
        chunk = self._cut(header_end + 1, end)
        self._consume(end)
        return chunk

    def _end_of_chunks(self) -> bytes:
        if not self._message:
            raise FramingError("end of chunks without a chunk")
        self._consume(len(_END_OF_CHUNKS))
        message = bytes(self._message)
        self._message.clear()
        return message

    def _cut(self, start: int, end: int) -> bytes:
        """Copy a part of the buffer once; slicing a bytearray first would copy it twice."""
        with memoryview(self._buffer) as view:
            return bytes(view[start:end])

    def _require_chunk_start(self, seen: bytes) -> None:
        incomplete = len(seen) < _MAX_HEADER
        if incomplete and (b"\n#".startswith(seen[:2]) and _digits_or_mark(seen[2:])):
            return
        raise FramingError(f"no chunk header in {seen!r}")

    def _require_within_limit(self, size: int) -> None:
        if size > self._limit:
            raise FramingError(f"message longer than {self._limit} bytes")

    def _consume(self, count: int) -> None:
        del self._buffer[:count]
        self._searched = 0


def frame(message: bytes, *, chunked: bool) -> bytes:
    """Return ``message`` as it goes on the wire."""
    if chunked:
        return b"".join((b"\n#%d\n" % len(message), message, _END_OF_CHUNKS))
    return message + _END_LINE  # one copy: a reply may have megabytes


def _digits_or_mark(seen: bytes) -> bool:
    return seen in (b"", b"#") or (seen.isdigit() and not seen.startswith(b"0"))


def _chunk_size(header: bytes) -> int:
    digits = header[2:-1]
    if not header.startswith(b"\n#") or not digits.isdigit() or digits.startswith(b"0"):
        raise FramingError(f"no chunk header in {header!r}")
    return int(digits)
