"""One structured syslog message: what an SRX says of a session or of a path, read tolerantly.

The shape is RFC 5424 with everything in one structured data element and no free text after it:
``<14>1 TIME HOST RT_FLOW - TAG [junos@2636.1.1.1.2.N key="value" …]`` (samples of the test data of
tungstenfabric/tf-analytics; Juniper/contrail-specs, structured_syslog_appqoe.md). Devices leave out
the blank between fields at times, so it's never relied on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from harness.errors import DeviceError

LONGEST: Final = 5120  # bytes; what the collector of CSO keeps of an unfinished message

_VALUE: Final = rb'"(?:[^"\\]|\\.)*+"'
_MESSAGE: Final = re.compile(
    rb"<(?P<priority>\d{1,3})>1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<process>\S+)"
    rb" (?P<tag>\S+) \[(?P<id>[\w-]+@[\d.]++)(?P<fields>(?: *[\w-]+=" + _VALUE + rb")*+) *\]\s*",
)
_FIELD: Final = re.compile(rb" *([\w-]+)=(" + _VALUE + rb")")
# The key begins behind a value, a blank or the element's id: not within another key.
_SEQUENCE: Final = re.compile(rb'session-id-32="(\d{1,10})"')
_IN_KEY: Final = re.compile(rb"[\w-]")
_TIMES_KEPT: Final = 1024
_ESCAPED: Final = re.compile(rb'\\(["\\\]])')  # RFC 5424, 6.3.3


class MalformedEvent(DeviceError):
    """What a device sent isn't a structured syslog message."""


@dataclass(frozen=True, slots=True)
class Event:
    """One message; ``time`` is as the device wrote it, with its offset from UTC."""

    host: str
    tag: str  # the message id: "APPTRACK_SESSION_CLOSE"
    time: datetime
    priority: int
    element: str  # "junos@2636.1.1.1.2.129"; its last number tells the platform
    fields: Mapping[str, str]  # in the order of the message; of a repeated key the last one holds


@dataclass(frozen=True, slots=True)
class Heading:
    """What counting needs of a message: who, when, and the number that the sender gave it."""

    host: bytes
    seconds: float  # UNIX time
    sequence: int | None  # session-id-32, by which a sender of ours counts


def parse_event(message: bytes) -> Event:
    """Read a whole message; raises :class:`MalformedEvent` that quotes its beginning."""
    found = _whole(message)
    fields = {
        key.decode(): _ESCAPED.sub(rb"\1", value[1:-1]).decode("utf-8", "replace")
        for key, value in _FIELD.findall(found["fields"])
    }
    return Event(
        host=found["host"].decode("utf-8", "replace"),
        tag=found["tag"].decode("utf-8", "replace"),
        time=_time(found["time"], message),
        priority=int(found["priority"]),
        element=found["id"].decode(),
        fields=MappingProxyType(fields),
    )


def heading_of(message: bytes) -> Heading:
    """Check a message's whole shape and return what counting needs of it.

    Raises :class:`MalformedEvent` as :func:`parse_event` does, at a fifth of its cost.
    """
    found = _whole(message)
    try:
        seconds = _seconds(found["time"])
    except ValueError:
        seconds = _time(found["time"], message).timestamp()
    return Heading(found["host"], seconds, _sequence(message, found.start("fields")))


@lru_cache(maxsize=_TIMES_KEPT)
def _seconds(text: bytes) -> float:
    """Return UNIX time of what's usual; events of one moment write the same."""
    time = datetime.fromisoformat(text.decode("ascii"))
    if time.tzinfo is None:
        raise ValueError(text)
    return time.timestamp()


def _sequence(message: bytes, start: int) -> int | None:
    for found in _SEQUENCE.finditer(message, start):
        at = found.start()
        if at == start or not _IN_KEY.match(message, at - 1):
            return int(found[1])
    return None


def _whole(message: bytes) -> re.Match[bytes]:
    found = _MESSAGE.fullmatch(message)
    if found is None:
        raise MalformedEvent(f"not a structured syslog message: {message[:80]!r}")
    return found


def _time(text: bytes, message: bytes) -> datetime:
    words = text.decode("ascii", "replace")
    try:
        time = datetime.fromisoformat(words)
    except ValueError:
        time = _one_digit_offset(words, message)
    if time.tzinfo is None:
        raise MalformedEvent(f"a time without its offset from UTC: {message[:80]!r}")
    return time


def _one_digit_offset(words: str, message: bytes) -> datetime:
    """Read ``…+5:00``, which RFC 3339 doesn't have and CSO's collector takes."""
    padded = re.sub(r"([+-])(\d:\d\d)$", r"\g<1>0\2", words)
    try:
        return datetime.fromisoformat(padded)
    except ValueError:
        raise MalformedEvent(f"not a time: {message[:80]!r}") from None
