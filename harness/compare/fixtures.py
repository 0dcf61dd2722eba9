"""Answers kept on disk, without what is secret or whose it is, to be compared again later.

A folder holds ``device.json`` (who answered) and one file for each probe.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from harness.compare.probe import Observation
from harness.errors import UsageError
from harness.reporting.redact import redact
from harness.reporting.text import printable

T = TypeVar("T")

_ABOUT: Final = "device.json"
_MAX_FILE: Final = 64 * 1024 * 1024
_USER, _HOST = "USER", "HOST"
_SERIAL = re.compile(r"(<serial-number>)[^<]*|(?<=Serial number)(\s+)\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Whose answers they are; ``platform`` and ``version`` choose what they are held against."""

    model: str
    version: str
    platform: str
    rfc_compliant: bool


def scrubbed(observation: Observation, secrets: tuple[str, ...] = ()) -> Observation:
    """Return the answers without keys, serial numbers, hardware addresses and names of people.

    ``secrets`` are further texts that are masked: addresses the device is reached at.
    """
    answers = tuple(
        replace(each, text=_scrub(each.text, observation, secrets)) for each in observation.answers
    )
    return Observation(observation.probe, answers, _USER, _HOST)


def save(folder: Path, about: Recorded, observations: tuple[Observation, ...]) -> None:
    """Write scrubbed answers; raises :class:`UsageError` when the folder can't be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / _ABOUT, asdict(about))
        for each in observations:
            _write(folder / f"{each.probe}.json", asdict(each))
    except OSError as exc:
        raise UsageError(f"{folder}: can't be written: {exc.strerror}") from exc


def load(folder: Path) -> tuple[Recorded, tuple[Observation, ...]]:
    """Read what :func:`save` wrote; raises :class:`UsageError` naming the file that is wrong."""
    about = folder / _ABOUT
    if not about.is_file():
        raise UsageError(f"{folder}: holds no {_ABOUT}; give a folder that --save wrote")
    files = (path for path in sorted(folder.glob("*.json")) if path.name != _ABOUT)
    return _read(about, Recorded), tuple(_read(path, Observation) for path in files)


def _scrub(text: str, observation: Observation, secrets: tuple[str, ...]) -> str:
    text = printable(redact(text))
    text = _SERIAL.sub(r"\1\2SERIAL", text)
    text = _ADDRESS.sub("00:00:5e:00:53:01", text)  # RFC 7042: for documentation
    names = ((observation.host, _HOST), (observation.user, _USER))
    for name, word in (*names, *((secret, "HIDDEN") for secret in secrets)):
        if name:
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", word, text)
    return text


def _write(path: Path, data: object) -> None:
    path.write_text(json.JSONEncoder(indent=1).encode(data) + "\n", encoding="ascii")


def _read(path: Path, kind: type[T]) -> T:
    try:
        if path.stat().st_size > _MAX_FILE:
            raise UsageError(f"{path}: longer than {_MAX_FILE} bytes")
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except OSError as exc:
        raise UsageError(f"{path}: can't be read: {exc.strerror}") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise UsageError(f"{path}: {where}: {first['msg']}") from exc
