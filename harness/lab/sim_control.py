"""Talk to the simulators that run on this machine: which faults are on, and switch them."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import LabError, UsageError
from harness.sim.faults.control import MAX_REQUEST
from harness.sim.faults.kinds import KINDS

SOCKETS = "simulators"  # in the state directory: one socket for each serving process
_SECONDS = 10.0
_LONGEST = 90  # bytes of the folder: the name of a UNIX socket has at most 107 in all

Option = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Armed:
    """One fault that is on."""

    name: str
    options: Mapping[str, Option]


def control_socket(state: Path, number: int) -> Path:
    """Return the path of the socket of the serving process ``number``, its pid."""
    return _folder(state) / f"{number}.sock"


def _folder(state: Path) -> Path:
    """Return where the sockets are: in the state directory, unless that makes too long a name."""
    folder = state / SOCKETS
    if len(os.fsencode(folder)) <= _LONGEST:
        return folder
    mark = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"hil-harness-{os.getuid()}-{mark}"


def switch(state: Path, device: str, request: Mapping[str, object]) -> tuple[Armed, ...]:
    """Send ``request`` about ``device`` to whoever serves it; return the faults that are on then.

    Raises :class:`UsageError` for what the device refuses, :class:`LabError` when nobody on this
    machine serves a device of that name, or two do; then nothing is switched.
    """
    found = [path for path, said in _ask_all(state, {"device": device}) if "absent" not in said]
    if not found:
        raise LabError(f"no running simulator of yours serves '{device}'; see 'harness sim run'")
    if len(found) > 1:
        raise LabError(f"{len(found)} running simulators serve a device called '{device}'")
    said = _ask(found[0], _line({"device": device, **request}))
    if said is None:
        raise LabError(f"the simulator that served '{device}' has ended")
    if "error" in said:
        raise UsageError(f"{device}: {said['error']}")
    armed = said.get("armed")
    return tuple(Armed(each["name"], each["options"]) for each in armed or ())


def kinds() -> tuple[tuple[str, str, str], ...]:
    """Return name, options with their defaults, and meaning of every fault that there is."""
    return tuple(
        (
            name,
            " ".join(f"{option}={value}" for option, value in kind.options.items()),
            kind.meaning,
        )
        for name, kind in KINDS.items()
    )


def typed(fault: str, option: str, text: str) -> Option:
    """Return the value of an option as the fault wants it; raises :class:`UsageError`."""
    kind = KINDS.get(fault)
    default = kind.options.get(option) if kind is not None else None
    if default is None or isinstance(default, str):
        return text  # what isn't known, the device refuses, naming what is
    try:
        return type(default)(text)
    except ValueError:
        wanted = "a whole number" if isinstance(default, int) else "a number"
        raise UsageError(f"fault '{fault}': {option}={text}: allowed is {wanted}") from None


def _ask_all(state: Path, request: Mapping[str, object]) -> Iterator[tuple[Path, dict[str, Any]]]:
    folder = _folder(state)
    for path in sorted(folder.glob("*.sock")) if folder.is_dir() else ():
        said = _ask(path, _line(request))
        if said is not None:
            yield path, said


def _line(request: Mapping[str, object]) -> bytes:
    return json.JSONEncoder().encode(request).encode() + b"\n"


def _ask(path: Path, request: bytes) -> dict[str, Any] | None:
    """Return the answer; None from a socket that nobody serves any more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.settimeout(_SECONDS)
        try:
            wire.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)  # of a process that was killed
            return None
        except OSError as exc:
            raise LabError(f"{path}: {exc.strerror or exc}") from exc
        try:
            wire.sendall(request)
            with wire.makefile("rb") as answers:
                said = json.loads(answers.readline(16 * MAX_REQUEST))
        except (OSError, ValueError) as exc:
            raise LabError(f"{path}: the simulator doesn't answer ({exc})") from exc
    return said if isinstance(said, dict) else None
