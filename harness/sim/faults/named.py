"""Faults of a simulated device: what each name means, its options, and which are switched on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from harness.errors import UsageError
from harness.sim.spec import FaultSpec, FaultValue


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One row of the table: ``options`` maps each option to its default, whose type counts."""

    meaning: str
    options: Mapping[str, FaultValue]


_FROM_COUNT: Final[Mapping[str, FaultValue]] = {"from_count": 1}  # new tunnels at the least
_INDEX: Final[Mapping[str, FaultValue]] = {"index": 1, **_FROM_COUNT}  # k-th new tunnel, from 1
_MOMENT: Final[Mapping[str, FaultValue]] = {"when": "after", **_FROM_COUNT}  # before, after
_PERSON: Final[Mapping[str, FaultValue]] = {"user": "alice", "pid": 4242}

KINDS: Final[Mapping[str, FaultKind]] = {
    "drop-tunnel": FaultKind("a commit silently loses one of its new tunnels, whole", _INDEX),
    "swap-psk": FaultKind("a commit exchanges the keys of two of its new tunnels", _INDEX),
    "wrong-unit": FaultKind("a commit gives one of its new tunnels another unit", _INDEX),
    "rollback-leftover": FaultKind("a return to an earlier configuration leaves a statement", {}),
    "ok-beside-error": FaultKind(
        "a commit isn't carried out; its reply has an error and ok", _FROM_COUNT
    ),
    "warnings-only": FaultKind(
        "a commit is carried out; its reply has warnings and no ok", _FROM_COUNT
    ),
    "die-during-commit": FaultKind(
        "the connection drops before or after a commit is carried out", _MOMENT
    ),
    "hang-commit": FaultKind(
        "a commit is never answered; before or after it's carried out", _MOMENT
    ),
    "drop-sa": FaultKind("operational tables lack one configured tunnel", _INDEX),
    "ghost-tunnel": FaultKind(
        "operational tables show a tunnel that isn't configured", _FROM_COUNT
    ),
    "stale-sa-table": FaultKind(
        "operational tables show as many tunnels, but those of an earlier night", _FROM_COUNT
    ),
    "stale-history": FaultKind("the commit history lacks every commit made since", {}),
    "repeat-reply": FaultKind(
        "the first operational reply is repeated for each later question of its RPC", {}
    ),
    "secret-data": FaultKind("secrets read as SECRET-DATA", {}),
    "lock-held": FaultKind("somebody else holds the configuration lock", _PERSON),
    "dirty-candidate": FaultKind("somebody else left uncommitted changes", _PERSON),
    "foreign-confirm": FaultKind(
        "somebody else's confirmed commit is pending", {**_PERSON, "minutes": 10}
    ),
    "slow": FaultKind("each request takes longer", {"seconds": 1.0}),
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"when": ("before", "after")}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that is switched on, every option filled in and of the right type."""

    name: str
    options: Mapping[str, FaultValue]

    def count(self, option: str) -> int:
        """Return a whole number."""
        return int(self.options[option])

    def seconds(self) -> float:
        """Return the option of that name."""
        return float(self.options["seconds"])

    def word(self, option: str) -> str:
        """Return a text."""
        return str(self.options[option])


def fault(spec: FaultSpec) -> Fault:
    """Check one fault; raises :class:`UsageError` naming what is known."""
    kind = KINDS.get(spec.name)
    if kind is None:
        close = get_close_matches(spec.name, KINDS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"unknown fault {spec.name!r}{hint} Known: {', '.join(KINDS)}")
    for option, value in spec.options.items():
        _require_option(spec.name, kind, option, value)
    return Fault(spec.name, {**kind.options, **spec.options})


def _require_option(name: str, kind: FaultKind, option: str, value: FaultValue) -> None:
    if option not in kind.options:
        known = ", ".join(kind.options) or "none"
        raise UsageError(f"fault {name!r} has no option {option!r}; known: {known}")
    wanted = type(kind.options[option])
    fits = type(value) is wanted or (wanted is float and type(value) is int)
    if not fits:
        raise UsageError(
            f"fault {name!r}: option {option!r} is {value!r}; allowed: {wanted.__name__}"
        )
    choices = _CHOICES.get(option)
    if choices is not None and value not in choices:
        raise UsageError(
            f"fault {name!r}: option {option!r} is {value!r}; allowed: {', '.join(choices)}"
        )
    if not isinstance(value, str) and value < 0:
        raise UsageError(f"fault {name!r}: option {option!r} is {value!r}; allowed: 0 or more")


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
        """Switch one off; one that isn't on is no error."""
        self._on.pop(name, None)

    def get(self, name: str, new_tunnels: int | None = None) -> Fault | None:
        """Return it if it's on and, where a count is given, its ``from_count`` is reached."""
        armed = self._on.get(name)
        if armed is None or new_tunnels is None:
            return armed
        return armed if new_tunnels >= armed.count("from_count") else None
