"""Loading a payload of any form into a candidate: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from harness.sim.characters import outside_xml
from harness.sim.config.json_format import read_json
from harness.sim.config.parsed import ParsedPayloads
from harness.sim.config.patch import Merge, unify
from harness.sim.config.patch_text import read_patch
from harness.sim.config.paths import Refused
from harness.sim.config.schema import Schema
from harness.sim.config.set_commands import read_set
from harness.sim.config.text_format import read_text
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader
from harness.sim.config.xml_format import MAX_PAYLOAD, parse, read_xml
from harness.sim.messages import SIMULATED, Complaint, error, syntax_error

LoadFormat = Literal["xml", "text", "set", "json"]
LoadAction = Literal["merge", "replace", "override", "update", "set", "patch"]


_PARSED = ParsedPayloads()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The candidate after a load, and what was said; errors mean that it's the one before."""

    tree: Node
    complaints: tuple[Complaint, ...] = ()


def load(
    tree: Node,
    payload: str | etree._Element,
    schema: Schema,
    reader: ValueReader,
    *,
    fmt: LoadFormat,
    action: LoadAction,
    level: Sequence[str] = (),
) -> Loaded:
    """Return ``tree`` changed as ``payload`` asks.

    ``merge`` and ``replace`` differ only in obeying Junos' own ``replace`` tag. ``override`` and
    ``update`` start from nothing; what is equal afterwards is shared with ``tree``, so that only
    differences count as changed. ``patch`` takes what ``show | compare`` prints. ``level``: the
    words of the edit level that a text or set lines are relative to.
    """
    try:
        form: LoadFormat | Literal["patch"] = "patch" if action == "patch" else fmt
        rebuilt = action in {"override", "update"}
        if isinstance(payload, str) and not rebuilt:
            patches = _PARSED.patches(
                (form, schema, tuple(level), payload),
                reader,
                lambda: _patches(payload, form, schema, reader, level),
            )
        else:
            patches = _patches(payload, form, schema, reader, level)
        merge = Merge(honour_tag=action != "merge")
        result = Node() if rebuilt else tree
        for patch in patches:
            result = merge.apply(result, patch, schema)
        if rebuilt:
            result = unify(tree, result, schema)
    except Refused as refusal:
        return Loaded(tree, refusal.complaints)
    return Loaded(result, tuple(merge.warnings))


def _patches(
    payload: str | etree._Element,
    fmt: LoadFormat | Literal["patch"],
    schema: Schema,
    reader: ValueReader,
    level: Sequence[str],
) -> list[Node]:
    if fmt == "xml":
        root = parse(payload) if isinstance(payload, str) else payload
        return read_xml(root, schema, reader)
    if not isinstance(payload, str):
        raise Refused(error(f"format {fmt} needs text, not elements {SIMULATED}"))
    if len(payload) > MAX_PAYLOAD:
        raise Refused(error(f"payload is larger than {MAX_PAYLOAD} characters {SIMULATED}"))
    if character := outside_xml(payload):
        raise Refused(*syntax_error(character))
    if fmt == "set":
        return read_set(payload, schema, reader, level)
    if fmt == "patch":
        return read_patch(payload, schema, reader)
    if fmt == "json":
        return [read_json(payload, schema, reader)]
    return [read_text(payload, schema, reader, level)]
