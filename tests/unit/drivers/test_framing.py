"""Framing of NETCONF messages: any bytes, split anywhere, give the same messages."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.drivers.framing import Deframer, FramingError, frame

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).filter(
    lambda text: "]" not in text
)


def _feed(stream: bytes, cuts: list[int], *, chunked: bool) -> list[bytes]:
    deframer = Deframer()
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [
        message
        for start, end in itertools.pairwise(edges)
        for message in deframer.feed(stream[start:end], chunked=chunked)
    ]


@pytest.mark.parametrize("chunked", [False, True])
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), cuts=st.lists(st.integers(0, 400)))
def test_messages_survive_any_split(chunked, texts, cuts):
    """Messages come out as they went in, wherever the reads cut delimiters and characters."""
    stream = b"".join(frame(text.encode(), chunked=chunked) for text in texts if text)

    assert _feed(stream, cuts, chunked=chunked) == [text.encode() for text in texts if text]


@pytest.mark.parametrize("cut", range(1, 30))
def test_character_split_between_reads(cut):
    """A three-byte character split between two reads doesn't end the stream."""
    stream = "<a>tünnel → up</a>".encode() + b"]]>]]>"

    assert _feed(stream, [cut], chunked=False) == ["<a>tünnel → up</a>".encode()]


def test_message_of_several_chunks():
    """Chunks of one message are joined, and the rest waits for the next read."""
    deframer = Deframer()

    first = deframer.feed(b"\n#3\n<a>\n#4\n</a>\n##\n\n#2\n<b", chunked=True)
    second = deframer.feed(b"\n#2\n/>\n##\n", chunked=True)

    assert (first, second) == ([b"<a></a>"], [b"<b/>"])


def test_change_of_framing_after_hello():
    """The line feed that follows the hello's delimiter doesn't disturb the first chunk."""
    deframer = Deframer()

    hello = deframer.feed(b"<hello/>]]>]]>\n", chunked=False)
    reply = deframer.feed(b"\n#4\n<a/>\n##\n", chunked=True)

    assert (hello, reply) == ([b"<hello/>"], [b"<a/>"])


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(b"<rpc-reply/>]]>]]>\n", id="1.0 message in a 1.1 session"),
        pytest.param(b"\n#04\n<a/>\n##\n", id="leading zero"),
        pytest.param(b"\n#-1\n", id="negative size"),
        pytest.param(b"\n#99999999999\n", id="size above the limit of RFC 6242"),
        pytest.param(b" " * 65, id="white space without end"),
        pytest.param(b"\n#4\n<a/>x##\n", id="no line feed between chunks"),
    ],
)
def test_bad_chunks_are_refused(stream):
    """What isn't a chunk ends the stream with an error instead of being guessed at."""
    with pytest.raises(FramingError):
        Deframer().feed(stream, chunked=True)


@pytest.mark.parametrize(
    ("chunked", "stream"),
    [(False, b"x" * 11), (True, b"\n#11\n"), (True, b"\n#6\nabcdef\n#5\n")],
)
def test_message_above_the_limit_is_refused(chunked, stream):
    """An endless message is given up at the limit, a chunk before its bytes are awaited."""
    with pytest.raises(FramingError, match="longer than 10 bytes"):
        Deframer(limit=10).feed(stream, chunked=chunked)
