"""Extended regular expressions of the CLI's pipes, matched in time linear in the text.

Clients choose both the pattern and, by what they configured, the text; a backtracking matcher
would let one of them hold up every device of the process. This one runs all alternatives at once
(Thompson's construction, with the sets of states remembered as they are met).
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from harness.sim.answers import Refusal
from harness.sim.digits import number_of
from harness.sim.messages import SIMULATED, error

MAX_PATTERN: Final = 1024  # characters
MAX_PROGRAM: Final = 4000  # instructions, after repetitions are written out
MAX_REPEAT: Final = 255  # RE_DUP_MAX of POSIX
_MAX_WORK: Final = 2_000_000  # instructions looked at for one pattern; bounds its memory, too
_MAX_DEPTH: Final = 50  # groups within groups

_META: Final = frozenset(r"\^$.[|()*+?{")
_CLASSES: Final = {
    "alpha": string.ascii_letters,
    "digit": string.digits,
    "alnum": string.ascii_letters + string.digits,
    "upper": string.ascii_letters,  # the case of letters doesn't count
    "lower": string.ascii_letters,
    "space": string.whitespace,
    "blank": " \t",
    "punct": string.punctuation,
    "xdigit": string.hexdigits,
}


class PatternError(Refusal):
    """A pattern is ill-formed, or costs more than a device gives it."""

    def __init__(self, why: str) -> None:
        super().__init__(error(f"invalid regular expression: {why} {SIMULATED}"))


class _Op(Enum):
    CHAR = "one character"
    SPLIT = "either of two ways"
    JUMP = "go on elsewhere"
    START = "only at the start"
    END = "only at the end"
    MATCH = "found"


@dataclass(slots=True)
class _Step:
    """One instruction; ``to`` and ``other`` are the ways on of JUMP and SPLIT."""

    op: _Op
    accepts: Callable[[str], bool] | None = None
    to: int = 0
    other: int = 0


@dataclass(slots=True, eq=False)
class _State:
    """A set of instructions that wait for a character, and what was learnt about it."""

    waiting: tuple[int, ...]
    found: bool
    found_at_end: bool
    next: dict[str, _State] = field(default_factory=dict)


class Pattern:
    """A compiled pattern; raises :class:`PatternError` at an ill-formed one."""

    def __init__(self, text: str, *, fold: bool = True) -> None:
        """``fold``: the case of letters doesn't count."""
        if len(text) > MAX_PATTERN:
            raise PatternError("pattern is too long")
        self._fold = fold
        folded = text.lower() if fold else text
        self._literal = folded if folded and not _META & set(folded) else None
        self._work = 0
        self._states: dict[tuple[tuple[int, ...], bool], _State] = {}
        self._program = _Compiler(folded).program
        self._start = self._state((0,), at_start=True)

    def search(self, text: str) -> bool:
        """Say whether the pattern matches anywhere in ``text``."""
        folded = text.lower() if self._fold else text
        if self._literal is not None:
            return self._literal in folded
        state = self._start
        for character in folded:
            if state.found:
                return True
            following = state.next.get(character)
            state = following if following is not None else self._follow(state, character)
        return state.found or state.found_at_end

    def replace(self, text: str, new: str) -> str:
        """Return ``text`` with ``new`` in place of each match, the longest one at each place."""
        folded = text.lower() if self._fold else text
        if len(folded) != len(text) or not self.search(text):
            return text
        parts: list[str] = []
        place = 0
        while place < len(text):
            length = self._longest(folded, place)
            parts.append(new if length else text[place])
            place += length or 1
        return "".join(parts)

    def _longest(self, text: str, start: int) -> int:
        """Return the length of the longest match that begins at ``start``; 0: none."""
        waiting, _ = self._closure((0,), at_start=start == 0, at_end=False)
        longest = 0
        for place in range(start, len(text)):
            targets = tuple(
                one + 1
                for one in waiting
                if (accepts := self._program[one].accepts) is not None and accepts(text[place])
            )
            if not targets:
                break
            at_end = place + 1 == len(text)
            waiting, found = self._closure(targets, at_start=False, at_end=at_end)
            longest = place + 1 - start if found else longest
        return longest

    def _follow(self, state: _State, character: str) -> _State:
        targets = [0]  # a match may begin at any character
        for place in state.waiting:
            accepts = self._program[place].accepts
            if accepts is not None and accepts(character):
                targets.append(place + 1)
        following = self._state(tuple(targets), at_start=False)
        state.next[character] = following
        return following

    def _state(self, places: tuple[int, ...], *, at_start: bool) -> _State:
        key = (places, at_start)
        known = self._states.get(key)
        if known is None:
            waiting, found = self._closure(places, at_start=at_start, at_end=False)
            _, at_end = self._closure(places, at_start=at_start, at_end=True)
            known = self._states[key] = _State(waiting, found, at_end)
        return known

    def _closure(
        self, places: tuple[int, ...], *, at_start: bool, at_end: bool
    ) -> tuple[tuple[int, ...], bool]:
        """Follow the instructions that take no character."""
        seen: set[int] = set()
        rest = list(places)
        waiting: list[int] = []
        found = False
        while rest:
            place = rest.pop()
            if place in seen:
                continue
            seen.add(place)
            step = self._program[place]
            match step.op:
                case _Op.CHAR:
                    waiting.append(place)
                case _Op.MATCH:
                    found = True
                case _Op.JUMP:
                    rest.append(step.to)
                case _Op.SPLIT:
                    rest += (step.to, step.other)
                case _Op.START | _Op.END:
                    if at_start if step.op is _Op.START else at_end:
                        rest.append(place + 1)
        self._work += len(seen)
        if self._work > _MAX_WORK:
            raise PatternError("pattern is too complex")
        return tuple(sorted(waiting)), found


class _Compiler:
    """Turns a pattern into instructions by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self.program = self._alternatives()
        if self._at < len(text):
            raise PatternError("parentheses not balanced")
        self.program.append(_Step(_Op.MATCH))

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _take(self) -> str:
        taken = self._peek()
        self._at += 1
        return taken

    def _alternatives(self) -> list[_Step]:
        left = self._sequence()
        while self._peek() == "|":
            self._at += 1
            right = self._sequence()
            left = [
                _Step(_Op.SPLIT, to=1, other=len(left) + 2),
                *_moved(left, 1),
                _Step(_Op.JUMP, to=len(left) + len(right) + 2),
                *_moved(right, len(left) + 2),
            ]
            _limit(left)
        return left

    def _sequence(self) -> list[_Step]:
        steps: list[_Step] = []
        while self._peek() not in ("", "|", ")"):
            piece = self._repeated(self._atom())
            steps += _moved(piece, len(steps))
            _limit(steps)
        return steps

    def _atom(self) -> list[_Step]:
        taken = self._take()
        match taken:
            case "(":
                return self._group()
            case "[":
                return [_Step(_Op.CHAR, self._bracket())]
            case ".":
                return [_Step(_Op.CHAR, lambda _: True)]
            case "^":
                return [_Step(_Op.START)]
            case "$":
                return [_Step(_Op.END)]
            case "*" | "+" | "?":
                raise PatternError("repetition-operator operand invalid")
            case "\\":
                taken = self._take()
                if not taken:
                    raise PatternError("trailing backslash (\\)")
        return [_Step(_Op.CHAR, taken.__eq__)]

    def _group(self) -> list[_Step]:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise PatternError("pattern is too complex")
        inside = self._alternatives()
        if self._take() != ")":
            raise PatternError("parentheses not balanced")
        self._depth -= 1
        return inside

    def _repeated(self, piece: list[_Step]) -> list[_Step]:
        while True:
            match self._peek():
                case "*":
                    low, high = 0, None
                case "+":
                    low, high = 1, None
                case "?":
                    low, high = 0, 1
                case "{" if self._text[self._at + 1 : self._at + 2].isdigit():
                    piece = _times(piece, *self._bounds())
                    continue
                case _:
                    return piece
            self._at += 1
            piece = _times(piece, low, high)

    def _bounds(self) -> tuple[int, int | None]:
        inside, closing, _ = self._text[self._at + 1 :].partition("}")
        low, comma, high = inside.partition(",")
        least = number_of(low, MAX_REPEAT)
        most = number_of(high, MAX_REPEAT) if comma else least
        endless = bool(comma) and not high
        if not closing or least is None or (not endless and (most is None or most < least)):
            raise PatternError("invalid repetition count(s)")
        self._at += len(inside) + 2
        return least, most

    def _bracket(self) -> Callable[[str], bool]:
        negated = self._peek() == "^"
        self._at += negated
        members: set[str] = set()
        ranges: list[tuple[str, str]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._member(members)
            if not low:
                continue
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("", "]"):
                self._at += 1
                high = self._take()
                if high < low:
                    raise PatternError("invalid character range")
                ranges.append((low, high))
            else:
                members.add(low)
        self._at += 1

        def accepts(character: str) -> bool:
            inside = character in members or any(a <= character <= b for a, b in ranges)
            return inside is not negated

        return accepts

    def _member(self, members: set[str]) -> str:
        """Take one member of a bracket; a named class is added at once and gives ""."""
        if self._text.startswith("[:", self._at):
            name, closing, _ = self._text[self._at + 2 :].partition(":]")
            if not closing or name not in _CLASSES:
                raise PatternError("invalid character class")
            members.update(_CLASSES[name].lower())
            self._at += len(name) + 4
            return ""
        taken = self._take()
        if not taken:
            raise PatternError("brackets ([ ]) not balanced")
        return taken


def _moved(steps: list[_Step], by: int) -> list[_Step]:
    """Return instructions as they read ``by`` places further on."""
    return [_Step(step.op, step.accepts, step.to + by, step.other + by) for step in steps]


def _limit(steps: list[_Step]) -> None:
    if len(steps) > MAX_PROGRAM:
        raise PatternError("pattern is too complex")


def _times(piece: list[_Step], low: int, high: int | None) -> list[_Step]:
    """Write a repetition out; ``high`` None means without end."""
    copies = low + 1 if high is None else high
    if (len(piece) + 2) * copies > MAX_PROGRAM:
        raise PatternError("pattern is too complex")
    steps: list[_Step] = []
    for _ in range(low):
        steps += _moved(piece, len(steps))
    if high is None:
        start = len(steps)
        steps.append(_Step(_Op.SPLIT, to=start + 1, other=start + len(piece) + 2))
        steps += _moved(piece, start + 1)
        steps.append(_Step(_Op.JUMP, to=start))
        return steps
    end = len(steps) + (high - low) * (len(piece) + 1)
    for _ in range(high - low):
        steps.append(_Step(_Op.SPLIT, to=len(steps) + 1, other=end))
        steps += _moved(piece, len(steps))
    return steps
