"""Messages out of a byte stream, however it's framed and wherever it's split."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.events.message import LONGEST, parse_event
from harness.events.stream import Stream

REFERENCE = Path(
    os.environ.get("HARNESS_REFERENCE_DATA", Path(__file__).parents[4] / "shared" / "data")
)


def message(number: int, text: str = "") -> bytes:
    """Return a message that holds ``text``."""
    value = text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
    head = f'<14>1 2026-01-01T00:00:00Z h RT_FLOW - T [junos@2636.1.1.1.2.26 n="{number}"'
    return f'{head} v="{value}"]'.encode()


def counted(each: bytes) -> bytes:
    """Return a message with its octet count."""
    return b"%d %s" % (len(each), each)


def fed(stream: Stream, pieces: Iterable[bytes]) -> list[bytes]:
    """Return what the stream makes of the pieces, its end included."""
    found = [one for piece in pieces for one in stream.feed(piece)]
    return found + stream.finish()


@given(
    texts=st.lists(st.tuples(st.text(max_size=40), st.booleans()), max_size=8),
    cuts=st.lists(st.integers(0, 2000), max_size=12),
)
def test_any_framing_and_any_split_gives_the_messages(
    texts: list[tuple[str, bool]], cuts: list[int]
) -> None:
    """Counted and unframed messages may follow each other, and reads may cut them anywhere."""
    wanted = [message(n, text) for n, (text, _) in enumerate(texts)]
    data = b"".join(
        counted(each) if framed else each for each, (_, framed) in zip(wanted, texts, strict=True)
    )
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    stream = Stream()
    pieces = (data[a:b] for a, b in pairwise(edges))
    assert fed(stream, pieces) == wanted
    assert (stream.wrong_lengths, stream.torn) == (0, 0)


@pytest.mark.parametrize("wrong", [-30, -1, 1, 30, 4000, 90000])
def test_a_wrong_octet_count_costs_nothing_but_a_note(wrong: int) -> None:
    """The end of a message is found by its brackets; its neighbours are whole."""
    first, second, third = message(1), message(2), message(3)
    data = counted(first) + b"%d %s" % (len(second) + wrong, second) + counted(third)
    stream = Stream()
    assert fed(stream, [data]) == [first, second, third]
    assert stream.wrong_lengths == 1


def test_a_torn_message_costs_itself_alone() -> None:
    """A message that never closes is passed over when the next one begins."""
    stream = Stream()
    assert fed(stream, [message(1)[:-20], message(2)]) == [message(2)]
    assert (stream.torn, stream.thrown_away) == (1, len(message(1)) - 20)


def test_what_lies_between_messages_is_passed_over() -> None:
    """Line ends are nothing; other bytes are torn."""
    stream = Stream()
    assert fed(stream, [message(1) + b"\r\n" + message(2) + b"noise" + message(3)]) == [
        message(1),
        message(2),
        message(3),
    ]
    assert (stream.torn, stream.thrown_away) == (1, 5)


def test_an_endless_message_is_given_up() -> None:
    """No more than 5,120 bytes wait for an end (structured_syslog_server.cc)."""
    stream = Stream()
    begun = message(1, "x" * 6000)[:-10]
    assert stream.feed(begun[:LONGEST]) == []
    assert stream.unfinished == LONGEST
    assert stream.feed(begun[LONGEST:]) == []
    assert stream.unfinished == 0
    assert stream.thrown_away == len(begun)


def test_a_message_that_is_too_long_is_torn_however_it_is_read() -> None:
    """One read or many: what is longer than a message may be isn't looked through for its end."""
    stream = Stream()
    long = message(1, "x" * LONGEST)
    assert fed(stream, [long + message(2)]) == [message(2)]
    assert (stream.torn, stream.thrown_away) == (1, len(long))


def test_quotes_that_never_close_cost_no_more_than_a_message_each() -> None:
    """A sender of beginnings alone, each with an escaped quote, keeps nobody else waiting."""
    stream = Stream()
    assert stream.feed(b'<14>1 [\\"' * 30_000) == []
    assert stream.unfinished <= LONGEST


def test_a_stream_of_noise_keeps_nothing() -> None:
    """A megabyte without a message leaves no more than a message's worth."""
    stream = Stream()
    assert fed(stream, [b"a" * 1000] * 1000) == []
    assert stream.unfinished == 0


def test_the_recorded_stream_is_read_whole() -> None:
    """Six messages of a CPE, octet-counted, and the digit of a seventh's count."""
    path = REFERENCE / "syslog" / "test_StructSys_MsgLenSplit_1.txt"
    if not path.exists():
        pytest.skip(f"{path} isn't here")
    stream = Stream()
    messages = fed(stream, [path.read_bytes()])
    assert [len(each) for each in messages] == [852, 939, 1006, 941, 1008, 1011]
    assert {parse_event(each).host for each in messages} == {"GWR.VF0701-5005.ExampleCo"}


def test_the_recorded_rest_of_a_message_is_torn() -> None:
    """A stream that begins inside a message has none to show for it."""
    path = REFERENCE / "syslog" / "test_StructSys_MsgLenBad.txt"
    if not path.exists():
        pytest.skip(f"{path} isn't here")
    stream = Stream()
    assert fed(stream, [path.read_bytes()]) == []
    assert stream.torn == 1
