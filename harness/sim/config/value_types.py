"""What a leaf or a list key may hold: types named in the schema data, and why a text is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Address, ip_address, ip_interface

from harness.sim.messages import SIMULATED

Accepts = Callable[[str], bool]

_IPV4_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_IPV4_OCTET}(?:\.{_IPV4_OCTET}){{3}}"
_IPV4_ADDRESS = re.compile(_IPV4).fullmatch
_IPV4_PREFIX = re.compile(rf"{_IPV4}/(?:3[0-2]|[12]?\d)").fullmatch
_INTEGER = re.compile(r"0|[1-9]\d{0,11}").fullmatch
_LOGICAL = re.compile(r"[a-z]+[a-z0-9/:-]*\d*\.\d{1,5}|[a-z]+[a-z0-9/:-]*").fullmatch


@dataclass(frozen=True, slots=True)
class ValueType:
    """One type: ``accepts`` decides, ``wanted`` says in words what is accepted."""

    name: str
    accepts: Accepts
    wanted: str
    numeric: bool = False  # a JSON number
    secret: bool = False  # never shown to a login without the permission "secret"
    reversible: bool = False  # clear text is stored in the $9$ form
    keyword: bool = False  # what isn't accepted is a word that isn't known: a syntax error
    canonical: Callable[[str], str] | None = None  # what is stored for an accepted text
    choices: tuple[str, ...] = ()  # the words of an enumeration
    bounds: tuple[int, int] = (0, 0)  # of an integer, or of the length of a string
    sentence: Callable[[str], str] | None = None  # what the vendor's models say; "": nothing

    def complaint(self, text: str) -> str:
        """Say why ``text`` is refused, in the vendor's words where the models give them."""
        said = self.sentence(text) if self.sentence is not None else ""
        if said:
            return said
        shown = "value" if self.secret else f"'{text[:80]}'"
        return f"{shown} is not {self.wanted} {SIMULATED}"


def _bounds(words: list[str], low: int, high: int) -> tuple[int, int]:
    if not words:
        return low, high
    first, _, last = words[0].partition("..")
    return int(first), int(last)


def _string(words: list[str], *, secret: bool = False, reversible: bool = False) -> ValueType:
    low, high = _bounds(words, 0, 1023)

    def accepts(text: str) -> bool:
        return low <= len(text) <= high

    wanted = f"a string of {low}..{high} characters"
    return ValueType(
        "string", accepts, wanted, secret=secret, reversible=reversible, bounds=(low, high)
    )


def _integer(words: list[str]) -> ValueType:
    low, high = _bounds(words, 0, 4294967295)

    def accepts(text: str) -> bool:
        return _INTEGER(text) is not None and low <= int(text) <= high

    wanted = f"an integer of {low}..{high}"
    return ValueType("int", accepts, wanted, numeric=True, bounds=(low, high))


def _enumeration(words: list[str]) -> ValueType:
    accepts = frozenset(words).__contains__
    wanted = f"one of {', '.join(words)}"
    return ValueType("enum", accepts, wanted, keyword=True, choices=tuple(words))


def _is_address(text: str) -> bool:
    if _IPV4_ADDRESS(text):
        return True
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_ipv4_address(text: str) -> bool:
    return _IPV4_ADDRESS(text) is not None


def _is_prefix(text: str) -> bool:
    if _IPV4_PREFIX(text):
        return True
    try:
        ip_interface(text)
    except ValueError:
        return False
    return True


def _is_area(text: str) -> bool:
    if _INTEGER(text):
        return int(text) <= 0xFFFFFFFF
    return _is_ipv4_address(text)


def _dotted(area: str) -> str:
    return area if "." in area else str(IPv4Address(int(area)))


def _is_hop(text: str) -> bool:
    return _LOGICAL(text) is not None or _is_address(text)  # that a name is no address takes longer


def _is_logical(text: str) -> bool:
    return _LOGICAL(text) is not None


def _pattern(words: list[str]) -> ValueType:
    matches = re.compile(words[0]).fullmatch

    def accepts(text: str) -> bool:
        return matches(text) is not None

    return ValueType("pattern", accepts, "a name that exists on this family", keyword=True)


_MAKERS: dict[str, Callable[[list[str]], ValueType]] = {
    "string": _string,
    "int": _integer,
    "enum": _enumeration,
    "pattern": _pattern,
    "ip": lambda _: ValueType("ip", _is_address, "an IP address"),
    "ipv4": lambda _: ValueType("ipv4", _is_ipv4_address, "an IPv4 address"),
    "prefix": lambda _: ValueType("prefix", _is_prefix, "an IP prefix"),
    "area": lambda _: ValueType("area", _is_area, "an area identifier", canonical=_dotted),
    "hop": lambda _: ValueType("hop", _is_hop, "an IP address or interface name"),
    "ifl": lambda _: ValueType("ifl", _is_logical, "an interface name"),
    "secret": lambda words: _string(words, secret=True, reversible=True),
    "hash": lambda words: _string(words, secret=True),
}


@cache
def value_type(text: str) -> ValueType:
    """Make the type that ``text`` names: ``"string 1..32"``, ``"int 0..5"``, ``"enum a b"``.

    Raises :class:`ValueError` for an unknown name; schema data is ours, so that is a bug.
    """
    name, *words = text.split()
    maker = _MAKERS.get(name)
    if maker is None:
        raise ValueError(f"unknown type {text!r}; known: {', '.join(sorted(_MAKERS))}")
    return maker(words)


@cache
def or_pattern(kind: ValueType) -> ValueType:
    """Return ``kind`` as the name of an entry in a group: ``<ge-*>`` stands for what matches."""

    def accepts(text: str) -> bool:
        return (text[:1] == "<" and text[-1:] == ">") or kind.accepts(text)

    return replace(kind, accepts=accepts)
