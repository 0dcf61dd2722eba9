"""Faults switched on and off while devices run: one JSON object asked, one answered.

``{"device": NAME, "arm": {"name": FAULT, "options": {…}, "after": 5, "lasting": 60}}``,
``{"device": NAME, "disarm": FAULT}`` or ``{"device": NAME}``; the answer is
``{"armed": [{"name": …, "options": {…}}]}`` or ``{"error": TEXT}``, and ``{"absent": true}`` when
the device isn't served here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol

from harness.errors import UsageError
from harness.sim.faults.named import Faults
from harness.sim.spec import FaultSpec, FaultValue

MAX_REQUEST = 64 * 1024  # bytes


class Faulty(Protocol):
    """What is asked of a device."""

    faults: Faults

    def arm(self, spec: FaultSpec) -> None:
        """Switch a fault on."""
        ...

    def disarm(self, name: str) -> None:
        """Switch a fault off."""
        ...


def answer(request: bytes, find: Callable[[str], Faulty | None]) -> bytes:
    """Carry out one request; ``find`` returns the device of a name. Never raises."""
    try:
        said = _carry_out(request, find)
    except UsageError as error:
        said = {"error": str(error)}
    return json.JSONEncoder().encode(said).encode() + b"\n"


def _carry_out(request: bytes, find: Callable[[str], Faulty | None]) -> dict[str, object]:
    asked = _object(request)
    device = find(_text(asked, "device"))
    if device is None:
        return {"absent": True}
    if "arm" in asked:
        device.arm(_spec(asked["arm"]))
    elif "disarm" in asked:
        device.disarm(_text(asked, "disarm"))
    return {
        "armed": [
            {"name": fault.name, "options": dict(fault.options)} for fault in device.faults.armed()
        ]
    }


def _object(request: bytes) -> dict[str, object]:
    try:
        asked = json.loads(request)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise UsageError("a request is one JSON object")
    return asked


def _text(asked: dict[str, object], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str):
        raise UsageError(f"'{name}' is a text")
    return value


def _spec(given: object) -> FaultSpec:
    if not isinstance(given, dict):
        raise UsageError("'arm' is an object with the name of a fault")
    options = given.get("options", {})
    if not isinstance(options, dict):
        raise UsageError("'options' is an object")
    checked: dict[str, FaultValue] = {}
    for name, value in options.items():
        if not isinstance(value, str | int | float | bool):
            raise UsageError(f"option {name!r} is a text, a number, true or false")
        checked[str(name)] = value
    lasting = given.get("lasting")
    return FaultSpec(
        _text(given, "name"),
        checked,
        after=_seconds(given.get("after", 0.0), "after"),
        lasting=None if lasting is None else _seconds(lasting, "lasting"),
    )


def _seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise UsageError(f"'{name}' is a number of seconds")
    return float(value)
