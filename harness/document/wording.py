"""pydantic's errors in our words: one problem each, without the value unless it can't be secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.document.keys import Schema, keys_at
from harness.document.parse import Document, Value
from harness.document.problems import Path, Problem, unknown_key

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "string_type": "text",
        "int_type": "a whole number",
        "float_type": "a number",
        "bool_type": "true or false",
        "list_type": "a list",
        "dict_type": "a mapping",
        "model_type": "a mapping",
    }
)
_BOUNDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = MappingProxyType(
    {
        "greater_than_equal": lambda c: f"is too small; allowed: {_number(c['ge'])} or more",
        "less_than_equal": lambda c: f"is too large; allowed: {_number(c['le'])} or less",
        "string_too_short": lambda _: "is empty; allowed: text",
        "string_too_long": lambda c: f"is too long; allowed: {c['max_length']} characters",
        "too_short": lambda _: "is empty; allowed: one entry or more",
        "too_long": lambda c: f"has too many entries; allowed: {c['max_length']}",
    }
)


@dataclass(frozen=True, slots=True)
class Wording:
    """What one kind of document calls its forms and ranges."""

    schema: Callable[[], Schema]  # JSON schema of the models; made when there's a mistake
    forms: Mapping[str, str]  # pattern → what it means
    ranges: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # by key
    borrowed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def problems_of(self, error: ValidationError, document: Document) -> list[Problem]:
        """Return one problem for each of pydantic's errors."""
        return [self._problem(detail, document) for detail in error.errors(include_url=False)]

    def _problem(self, detail: ErrorDetails, document: Document) -> Problem:
        loc = detail["loc"]
        path = tuple(s for s in loc if isinstance(s, int) or not s.startswith(("<", "[key]")))
        return Problem(document.line(path), path, self._words(detail, loc, path))

    def _words(self, detail: ErrorDetails, loc: Path, path: Path) -> str:
        kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
        name = str(path[-1]) if path else ""
        if kind in _KINDS:
            return _wrong_kind(kind, value)
        if kind in _BOUNDS:
            # Asked for a port, "is too large" helps less than the range does.
            if name in self.ranges:
                return f"is {_shown(value)}; allowed: {self.ranges[name]}"
            return _BOUNDS[kind](context)
        if kind == "extra_forbidden":
            return unknown_key(name, keys_at(self.schema(), loc[:-1]), self.borrowed)
        form = self.forms.get(str(context.get("pattern")), "another form")
        return {
            "missing": "is missing",
            "literal_error": f"is {_shown(value)}; allowed: {_choices(context)}",
            "string_pattern_mismatch": f"is malformed; allowed: {form}",
        }.get(kind, "is not allowed")


def _choices(context: Mapping[str, Any]) -> str:
    return str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")


def _wrong_kind(kind: str, value: Value) -> str:
    allowed = _KINDS[kind]
    if kind == "string_type" and isinstance(value, int | float):
        allowed = "text, so put it in quotes"
    if kind == "bool_type" and isinstance(value, str):
        allowed = "true or false, without quotes (yes and no are words)"
    return f"is {_kind(value)}; allowed: {allowed}"


def _kind(value: Value) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return {dict: "a mapping", list: "a list"}.get(type(value), "text")


def _shown(value: Value) -> str:
    """Repeat a value from a closed set or a range; only called where it can't be a secret."""
    text = ascii(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 and not isinstance(value, dict | list) else _kind(value)


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
