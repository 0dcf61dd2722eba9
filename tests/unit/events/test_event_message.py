"""What a structured syslog message is, and what isn't one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.events.cpes import Cpes, cpe_names
from harness.events.message import MalformedEvent, heading_of, parse_event

LINE = (
    b"<14>1 2017-10-12T21:52:56.976+05:30 site-1 RT_FLOW - APPTRACK_SESSION_CLOSE "
    b'[junos@2636.1.1.1.2.129 reason="TCP RST" username="a \\"b\\" \\] c" session-id-32="7"]'
)


def test_a_message_is_read_whole() -> None:
    """Host, tag, time with its offset, element and unescaped fields."""
    event = parse_event(LINE)
    assert (event.host, event.tag, event.priority) == ("site-1", "APPTRACK_SESSION_CLOSE", 14)
    assert event.element == "junos@2636.1.1.1.2.129"
    assert event.time.utcoffset() == timedelta(hours=5, minutes=30)
    assert dict(event.fields) == {
        "reason": "TCP RST",
        "username": 'a "b" ] c',
        "session-id-32": "7",
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b".129 reason", b".129reason"),
        (b'RST" username', b'RST"username'),
        (b'"7"]', b'"7" ]'),
        (b'"7"]', b'"7"]\n'),
    ],
)
def test_blanks_may_be_missing_or_too_many(before: bytes, after: bytes) -> None:
    """Devices leave blanks out (structured_syslog_appqoe.md): the fields are the same."""
    assert parse_event(LINE.replace(before, after)).fields == parse_event(LINE).fields


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        LINE[:-1],
        LINE.replace(b"<14>1", b"<14>2"),
        LINE.replace(b'"7"', b"7"),
        LINE.replace(b"2017-10-12T21:52:56.976+05:30", b"Dec 17 14:46:29"),
        LINE.replace(b"2017-10-12T21:52:56.976+05:30", b"2017-13-12T21:52:56+05:30"),
        LINE.replace(b"+05:30", b""),
        LINE + b" and more",
    ],
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    """Both readings refuse it, and quote its beginning."""
    for read in (parse_event, heading_of):
        with pytest.raises(MalformedEvent):
            read(line)


def test_an_offset_of_one_digit_is_read() -> None:
    """CSO's collector takes "+5:00" (a sample of its tests has it)."""
    event = parse_event(LINE.replace(b"+05:30", b"+5:30"))
    assert event.time.utcoffset() == timedelta(hours=5, minutes=30)


def test_a_heading_is_what_the_whole_message_says() -> None:
    """The quick reading agrees with the whole one."""
    heading, event = heading_of(LINE), parse_event(LINE)
    assert heading.host == b"site-1"
    assert heading.seconds == event.time.timestamp()
    assert heading.sequence == 7


def test_a_message_without_a_session_has_no_number() -> None:
    """What isn't numbered can't be missed."""
    assert heading_of(LINE.replace(b"session-id-32", b"session-id")).sequence is None
    assert heading_of(LINE.replace(b"session-id-32", b"nat-session-id-32")).sequence is None


def test_cpes_take_turns_and_number_their_own() -> None:
    """Seven events of three CPEs: each counts from 1, and says how many it sent."""
    cpes = Cpes(cpe_names(3))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    lines = [*cpes.take(4, now), *cpes.take(3, now)]
    seen = [(h.host, h.sequence) for h in map(heading_of, lines)]
    assert seen[:4] == [(b"cpe-00001", 1), (b"cpe-00002", 1), (b"cpe-00003", 1), (b"cpe-00001", 2)]
    assert cpes.sent == {b"cpe-00001": 3, b"cpe-00002": 2, b"cpe-00003": 2}
    assert {parse_event(line).time for line in lines} == {now}
