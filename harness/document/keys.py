"""The keys that a JSON schema made by pydantic allows at one place."""

from __future__ import annotations

from typing import Any

from harness.document.problems import Path

Schema = dict[str, Any]


def keys_at(schema: Schema, loc: Path) -> tuple[str, ...]:
    """Return the keys allowed at a pydantic error location; empty where any key is.

    A step in angle brackets is the tag of a union, and must name the definition that it chose.
    """
    node = schema
    for step in loc:
        node = _follow(schema, node, step)
    return tuple(node.get("properties", ()))


def _follow(schema: Schema, node: Schema, step: str | int) -> Schema:
    if isinstance(step, int):
        return _resolve(schema, node.get("items"))
    if step.startswith("<"):
        return _definition(schema, step.strip("<>"))
    named: Schema = node.get("properties", {})
    if step in named:
        return _resolve(schema, named[step])
    formed = next(iter(node.get("patternProperties", {}).values()), None)
    return _resolve(schema, formed or node.get("additionalProperties"))


def _resolve(schema: Schema, node: Any) -> Schema:
    """Follow a reference, and take the branch of an optional value that isn't null."""
    if not isinstance(node, dict):  # absent, or a plain true or false
        return {}
    branches = [branch for branch in node.get("anyOf", ()) if branch.get("type") != "null"]
    chosen: Schema = branches[0] if len(branches) == 1 else node
    reference: str = chosen.get("$ref", "")
    return _definition(schema, reference.rpartition("/")[2]) if reference else chosen


def _definition(schema: Schema, name: str) -> Schema:
    found: Schema = schema["$defs"].get(name, {})
    return found
