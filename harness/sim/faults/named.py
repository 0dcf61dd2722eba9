"""Faults of a simulated device, checked against their table, and which are switched on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from harness.errors import UsageError
from harness.sim.faults.kinds import CHOICES, KINDS, RANGES, FaultKind
from harness.sim.spec import FaultSpec, FaultValue

_TYPES: Final[Mapping[type, str]] = {str: "a text", int: "a whole number", float: "a number"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that is switched on, every option filled in and of the right type."""

    name: str
    options: Mapping[str, FaultValue]

    def count(self, option: str) -> int:
        """Return a whole number."""
        return int(self.options[option])

    def seconds(self, option: str = "seconds") -> float:
        """Return a duration, or what one grows by."""
        return float(self.options[option])

    def word(self, option: str) -> str:
        """Return a text."""
        return str(self.options[option])


def fault(spec: FaultSpec) -> Fault:
    """Check one fault; raises :class:`UsageError` naming what is known."""
    kind = _kind(spec.name)
    for option, value in spec.options.items():
        _require_option(spec.name, kind, option, value)
    return Fault(spec.name, {**kind.options, **spec.options})


def _kind(name: str) -> FaultKind:
    kind = KINDS.get(name)
    if kind is None:
        close = get_close_matches(name, KINDS, n=1)
        hint = f", did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"unknown fault {name!r}{hint}; known: {', '.join(KINDS)}")
    return kind


def _require_option(name: str, kind: FaultKind, option: str, value: FaultValue) -> None:
    if option not in kind.options:
        known = ", ".join(kind.options) or "none"
        raise UsageError(f"fault {name!r} has no option {option!r}; known: {known}")
    wanted = type(kind.options[option])
    fits = type(value) is wanted or (wanted is float and type(value) is int)
    if not fits:
        raise UsageError(
            f"fault {name!r}: option {option!r} is {value!r}; allowed: {_TYPES[wanted]}"
        )
    choices = CHOICES.get(f"{name}.{option}", CHOICES.get(option))
    if choices is not None and value not in choices:
        raise UsageError(
            f"fault {name!r}: option {option!r} is {value!r}; allowed: {', '.join(choices)}"
        )
    if isinstance(value, str):
        return
    least, most = RANGES[option]
    if not least <= value <= most:  # nan isn't, either
        raise UsageError(f"fault {name!r}: option {option!r} is {value!r}; allowed: {least}-{most}")


class Faults:
    """The faults of one device that are switched on, at most one of each name."""

    def __init__(self, specs: Sequence[FaultSpec] = ()) -> None:
        self._on: dict[str, Fault] = {}
        for spec in specs:
            self.arm(spec)

    def arm(self, spec: FaultSpec) -> Fault:
        """Switch one on; an earlier one of that name is replaced."""
        armed = fault(spec)
        self._on[armed.name] = armed
        return armed

    def disarm(self, name: str) -> None:
        """Switch one off; one that isn't on is no error, one that doesn't exist is."""
        _kind(name)
        self._on.pop(name, None)

    def armed(self) -> tuple[Fault, ...]:
        """Return those that are on, in the order in which they were switched on."""
        return tuple(self._on.values())

    def get(self, name: str, new_tunnels: int | None = None) -> Fault | None:
        """Return it if it's on and, where a count is given, its ``from_count`` is reached."""
        armed = self._on.get(name)
        if armed is None or new_tunnels is None:
            return armed
        return armed if new_tunnels >= armed.count("from_count") else None
