"""The types of a compiled table as value types: lengths, ranges, words, patterns, unions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, cast

from harness.sim.config.value_types import Accepts, ValueType, value_type
from harness.sim.yang.table import ItemBody

# Names of the vendor's own types, all of them strings in the models, that say what is in them.
_NAMED: Final = {
    "ipaddr": "ip",
    "ipv4addr": "ipv4",
    "ipv6addr": "ip",
    "ipprefix": "prefix",
    "ipprefix-mandatory": "prefix",
    "ipprefix-only": "prefix",
    "ipv4prefix": "prefix",
    "ipv4prefix-mandatory": "prefix",
    "ipv4prefix-only": "prefix",
    "ipv6prefix": "prefix",
    "ipv6prefix-mandatory": "prefix",
    "ipv6prefix-only": "prefix",
    "unreadable": "secret",
}
_CLASSES: Final = {
    "[:alnum:]": "a-zA-Z0-9",
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:xdigit:]": "0-9a-fA-F",
    "[:space:]": r"\s",
    "[:print:]": r"\x20-\x7e",
}
_BRACKET: Final = re.compile(r"\[(\^?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]")

Spans = Sequence[Sequence[float]]


def posix_pattern(text: str) -> Callable[[str], bool]:
    """Return what a ``posix-pattern`` accepts; one that begins with ``!`` names what isn't.

    In a bracket expression of POSIX a backslash is a character like any other.
    """
    wanted = not text.startswith("!")
    searches: list[Callable[[str], object]] = []  # compiled when the first value comes

    def accepts(value: str) -> bool:
        if not searches:
            expression = _BRACKET.sub(_bracket, text.removeprefix("!"))
            searches.append(re.compile(expression).search)
        return (searches[0](value) is not None) is wanted

    return accepts


def _bracket(found: re.Match[str]) -> str:
    negation, inside = found.groups()
    inside = inside.replace("\\", r"\\")
    for name, characters in _CLASSES.items():
        inside = inside.replace(name, characters)
    if inside.startswith("]"):
        inside = "\\" + inside
    return f"[{negation}{inside.replace('[', chr(92) + '[')}]"


def made_type(shape: ItemBody) -> ValueType:
    """Make the value type that a table describes."""
    makers = {
        "string": _string,
        "integer": _integer,
        "decimal": _decimal,
        "enumeration": _enumeration,
        "union": _union,
    }
    return makers[str(shape[0])](shape)


def is_open(shape: ItemBody) -> bool:
    """Say whether the models leave a value open: a string without length or pattern."""
    return shape[0] == "string" and not any(shape[1:4])


def _string(shape: ItemBody) -> ValueType:
    padding: ItemBody = [""] * (5 - len(shape))
    lengths, pattern, message, name = [*shape[1:], *padding]
    made = value_type(_NAMED.get(str(name), "string 0..65535"))
    spans = cast("Spans", lengths or ())
    if spans:
        made = _with_lengths(made, spans)
    return with_pattern(made, str(pattern), str(message)) if pattern else made


def _with_lengths(kind: ValueType, spans: Spans) -> ValueType:
    earlier = kind.accepts if kind.name != "string" else None
    within = _within(spans)

    def accepts(text: str) -> bool:
        return within(len(text)) and (earlier is None or earlier(text))

    bounds = (int(spans[0][0]), int(spans[-1][1]))
    wanted = f"a string of {_shown(spans)} characters"
    return replace(kind, accepts=accepts, wanted=wanted, bounds=bounds)


def _within(spans: Spans) -> Callable[[float], bool]:
    """Return what says whether a number is in one of the spans, mostly the only one."""
    if len(spans) > 1:
        return lambda number: any(low <= number <= high for low, high in spans)
    low, high = spans[0]
    return lambda number: low <= number <= high


def with_pattern(kind: ValueType, pattern: str, message: str) -> ValueType:
    """Return ``kind`` for values that match a ``posix-pattern`` too, refused with its message."""
    matches = posix_pattern(pattern)
    fits = kind.accepts

    def accepts(text: str) -> bool:
        return fits(text) and matches(text)

    def sentence(text: str) -> str:
        return "" if matches(text) else message

    return replace(kind, accepts=accepts, sentence=sentence)


def _integer(shape: ItemBody) -> ValueType:
    spans = cast("Spans", shape[1])
    within = _within(spans)

    def accepts(text: str) -> bool:
        return _is_integer(text) and within(int(text))

    bounds = (int(spans[0][0]), int(spans[-1][1]))
    return ValueType("int", accepts, f"an integer of {_shown(spans)}", numeric=True, bounds=bounds)


def _decimal(shape: ItemBody) -> ValueType:
    digits, spans = shape[1], cast("Spans", shape[2])
    within = _within(spans)
    pattern = rf"-?\d{{1,18}}(?:\.\d{{1,{digits}}})?"

    def accepts(text: str) -> bool:
        fits = re.fullmatch(pattern, text, re.ASCII) is not None
        return fits and within(float(text))

    return ValueType("decimal", accepts, f"a number of {_shown(spans)}", numeric=True)


def _enumeration(shape: ItemBody) -> ValueType:
    words = cast("list[str]", shape[1])
    accepts = frozenset(words).__contains__
    wanted = f"one of {', '.join(words)}"
    return ValueType("enum", accepts, wanted, keyword=True, choices=tuple(words))


def _union(shape: ItemBody) -> ValueType:
    members = [made_type(member) for member in cast("list[ItemBody]", shape[1])]
    deciders: list[Accepts] = [member.accepts for member in members]

    def accepts(text: str) -> bool:
        return any(decide(text) for decide in deciders)

    def sentence(text: str) -> str:
        said = (member.sentence(text) for member in members if member.sentence is not None)
        return next((one for one in said if one), "")

    return ValueType(
        "union",
        accepts,
        " or ".join(member.wanted for member in members),
        numeric=all(member.numeric for member in members),
        secret=any(member.secret for member in members),
        reversible=any(member.reversible for member in members),
        choices=tuple(word for member in members for word in member.choices),
        sentence=sentence,
    )


def _is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 20


def _shown(spans: Spans) -> str:
    return ", ".join(f"{low}..{high}" for low, high in spans)
