"""One event to one JSON line and back: bounded, redacted, in its own encoder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum, IntEnum
from itertools import islice
from typing import Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from harness.errors import HarnessBug
from harness.reporting.redact import HIDDEN, names_a_secret, redact

MAX_LINE: Final = 1 << 20  # bytes, newline included

# (characters of a string, items of a list or mapping) tried in turn until a line fits
_BOUNDS: Final = ((1 << 17, 10_000), (4096, 2000), (1024, 200), (256, 20), (64, 5))
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


Event = TypeVar("Event")


class LineError(ValueError):
    """A line that isn't an event; the text says why."""


class _Encoder(json.JSONEncoder):
    """The encoder of the record, passed explicitly: importing PyEZ replaces json's default one."""

    def default(self, o: object) -> object:
        raise HarnessBug(f"the record can't hold a {type(o).__name__}")


@dataclass(frozen=True, slots=True)
class Decoded(Generic[Event]):
    """An event, or None for a type that this version doesn't know, and what to say about it."""

    event: Event | None
    notes: tuple[str, ...] = ()


def encode(type_name: str, event: object, *, at: datetime, version: int) -> bytes:
    """Return ``event`` (a dataclass) as one line of at most ``MAX_LINE`` bytes.

    An event that's too big loses the ends of its long strings and lists and is marked
    ``"shortened": true``. Raises :class:`harness.errors.HarnessBug` for what JSON can't hold.
    """
    for step, (characters, items) in enumerate(_BOUNDS):
        body: dict[str, object] = {"v": version, "type": type_name, "at": _utc(at)}
        if step:
            body["shortened"] = True
        body |= _plain_fields(event, characters, items)
        try:
            text = json.dumps(
                body, cls=_Encoder, ensure_ascii=True, allow_nan=False, separators=(",", ":")
            )
        except ValueError as error:
            raise HarnessBug(f"the record can't hold this {type_name} event: {error}") from error
        if len(text) < MAX_LINE:
            return text.encode("ascii") + b"\n"
    raise HarnessBug(f"a {type_name} event doesn't fit into {MAX_LINE} bytes")


def decode(line: bytes, types: Mapping[str, TypeAdapter[Event]], *, version: int) -> Decoded[Event]:
    """Return the event in ``line``; raises :class:`LineError` for a line that isn't whole."""
    if len(line) > MAX_LINE:
        raise LineError(f"longer than {MAX_LINE} bytes, dropped")
    if not line.endswith(b"\n"):
        raise LineError("torn (no end of line), dropped")
    try:
        body = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LineError(f"not JSON, dropped ({error})") from error
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise LineError("not an event, dropped")
    name = body["type"]
    if name not in types:
        return Decoded(None, (f"unknown event type {name[:40]!r}, ignored",))
    try:
        event = types[name].validate_python(body)
    except (ValidationError, KeyError) as error:
        raise LineError(f"not a valid {name} event, dropped ({_first_problem(error)})") from error
    return Decoded(event, tuple(_notes(body, version)))


def _notes(body: Mapping[str, object], version: int) -> list[str]:
    notes = []
    written_by = body.get("v")
    if not isinstance(written_by, int) or written_by > version:
        notes.append(f"written as version {str(written_by)[:20]}, read as version {version}")
    if body.get("shortened"):
        notes.append("was too long and has been shortened when it was written")
    return notes


def _first_problem(error: ValidationError | KeyError) -> str:
    if isinstance(error, KeyError):
        return f"unknown word {str(error)[:60]}"
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise HarnessBug("the record takes aware times only")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain_fields(value: object, characters: int, items: int) -> dict[str, object]:
    if not is_dataclass(value):
        raise HarnessBug(f"the record takes events, not a {type(value).__name__}")
    return {f.name: _plain(getattr(value, f.name), characters, items) for f in fields(value)}


def _plain(value: object, characters: int, items: int) -> object:
    """Return ``value`` as JSON types, every string redacted and bounded."""
    plain = value
    match value:
        case IntEnum():  # grades and levels: the word stays true when a member is added
            plain = str(value)
        case Enum():
            plain = value.value
        case str():
            plain = _text(value, characters)
        case datetime():
            plain = _utc(value)
        case Mapping():
            plain = _plain_mapping(value, characters, items)
        case list() | tuple():
            plain = [_plain(each, characters, items) for each in value[:items]]
        case _ if is_dataclass(value):
            plain = _plain_fields(value, characters, items)
    return plain


def _plain_mapping(
    mapping: Mapping[object, object], characters: int, items: int
) -> dict[str, object]:
    plain: dict[str, object] = {}
    for key, value in islice(mapping.items(), items):
        name = _text(str(key), 256)
        hide = isinstance(value, str) and names_a_secret(name)
        plain[name] = HIDDEN if hide else _plain(value, characters, items)
    return plain


def _text(text: str, characters: int) -> str:
    """Redact first, cut second: a secret must not survive by losing the end it's known by."""
    clean = redact(_SURROGATE.sub(_escape_surrogate, text))
    if len(clean) <= characters:
        return clean
    return f"{clean[:characters]}… [{len(clean) - characters} more characters]"


def _escape_surrogate(match: re.Match[str]) -> str:
    # PEP 383 hides a byte that isn't UTF-8 in U+DC80..U+DCFF
    code = ord(match.group())
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
