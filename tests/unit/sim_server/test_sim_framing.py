"""NETCONF framing: whole messages out of any cut of the bytes, and refusals of what isn't one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sim.netconf.framing import FramingError, MessageReader, frame

# Nothing that could hold the mark itself: XML text can't hold "]]>" either.
bodies = st.lists(st.binary(min_size=1, max_size=60).filter(lambda b: b"]" not in b), max_size=4)
cuts = st.integers(min_value=1, max_value=9)


def read(reader: MessageReader, data: bytes, cut: int) -> list[bytes]:
    messages = []
    for start in range(0, len(data), cut):
        reader.feed(data[start : start + cut])
        while (message := reader.next_message()) is not None:
            messages.append(message.strip(b"\n") if not reader.chunked else message)
    return messages


@given(bodies, cuts)
def test_marked_messages_in_any_cut(messages, cut):
    """Messages that end in the mark come out whole however the bytes arrive."""
    data = b"".join(frame(message, chunked=False) for message in messages)
    expected = [message.strip(b"\n") for message in messages]
    found = read(MessageReader(), data, cut)
    assert found[: len(expected)] == expected
    assert not b"".join(found[len(expected) :])


@given(bodies, cuts)
def test_chunked_messages_in_any_cut(messages, cut):
    """Chunked messages come out whole however the bytes arrive."""
    reader = MessageReader()
    reader.chunked = True
    data = b"".join(frame(message, chunked=True) for message in messages)
    assert read(reader, data, cut) == messages


def test_several_chunks_are_one_message():
    """Chunks up to the end mark are joined."""
    reader = MessageReader()
    reader.chunked = True
    reader.feed(b"\n#3\n<a>\n#4\n</a>\n##\n")
    assert reader.next_message() == b"<a></a>"
    assert reader.next_message() is None


@pytest.mark.parametrize(
    "data",
    [
        b"<rpc/>]]>]]>",
        b"\n#0\n",
        b"\n#012\nx",
        b"\n#x\n",
        b"\n##\n",
        b"\n#99999999999\n",
        b"\n#-1\n",
        b"\nx",
        b"\n#12345678901234567890",
    ],
)
def test_what_is_not_a_chunk(data):
    """Bytes that can't be a chunk are refused, not waited for."""
    reader = MessageReader()
    reader.chunked = True
    reader.feed(data)
    with pytest.raises(FramingError):
        reader.next_message()


@pytest.mark.parametrize("chunked", [False, True])
def test_message_above_the_limit(chunked):
    """A message longer than the limit is refused before it's complete."""
    reader = MessageReader(limit=100)
    reader.chunked = chunked
    reader.feed(b"\n#101\n" if chunked else b"x" * 101)
    with pytest.raises(FramingError, match="longer than 100 bytes"):
        reader.next_message()


def test_framing_may_change_between_messages():
    """What follows the hello in the same read is framed by what the hello agreed on."""
    reader = MessageReader()
    reader.feed(b"<hello/>]]>]]>\n#6\n<rpc/>\n##\n")
    assert reader.next_message() == b"<hello/>"
    reader.chunked = True
    assert reader.next_message() == b"<rpc/>"
