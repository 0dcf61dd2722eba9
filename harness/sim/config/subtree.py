"""Choosing the part of a configuration that a ``<configuration>`` filter element names."""

from __future__ import annotations

from lxml import etree

from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.tree import Node, Value
from harness.sim.config.xml_format import local_name


def select(tree: Node, wanted: etree._Element, schema: Schema) -> Node:
    """Return the part of ``tree`` that ``wanted`` names, in the order of ``tree``.

    An element without children asks for all below it; the key of a list entry, or a leaf with a
    text, must match (RFC 6241, section 6.2.5). ``recurse="false"`` at a list asks for the names of
    its entries alone (Junos XML protocol). A name that the model doesn't have selects nothing.
    """
    return _below(tree, wanted, schema) or Node()


def _below(node: Node, wanted: etree._Element, statement: Statement) -> Node | None:
    """Select in a container or list entry; None when a leaf that must match doesn't."""
    asked: list[tuple[Statement, etree._Element]] = []
    for element in wanted:
        child = statement.children.get(local_name(str(element.tag)))
        if child is None or child.kind is Kind.KEY:
            continue
        text = (element.text or "").strip()
        if text and child.kind in {Kind.LEAF, Kind.LEAF_LIST}:
            value = node.get(child.tag)
            held = value if isinstance(value, tuple) else (value,)
            if text not in held:
                return None
        else:
            asked.append((child, element))
    if not asked:
        known = {*statement.children, *(("name",) if len(statement.keys) == 1 else ())}
        unknown = any(local_name(str(each.tag)) not in known for each in wanted)
        return Node() if unknown else node
    result = Node()
    for child, element in asked:
        value = node.get(child.tag)
        part = _part(value, element, child) if value is not None else None
        if part is not None and (part or not value):
            earlier = result.get(child.tag)
            both = isinstance(earlier, Node) and isinstance(part, Node)
            result[child.tag] = _union(earlier, part) if both else part  # type: ignore[arg-type]  # both are nodes
            if child.tag in node.marks:
                result.marked(child.tag, node.marks[child.tag])
    return result


def _part(value: Value, wanted: etree._Element, statement: Statement) -> Value | None:
    if not isinstance(value, Node):
        return value
    if statement.kind is not Kind.LIST:
        return _below(value, wanted, statement)
    keys = {key.tag for key in statement.keys}
    only_names = wanted.get("recurse") == "false"
    given = {local_name(str(each.tag)): (each.text or "").strip() for each in wanted}
    names = {tag: text for tag, text in given.items() if tag in keys}
    if len(keys) == 1 and not names and "name" in given:  # stands for any single key
        names = dict.fromkeys(keys, given["name"])
    result = Node()
    for key, entry in value.items():
        held = dict(
            zip(
                (one.tag for one in statement.keys),
                (key,) if isinstance(key, str) else key,
                strict=True,
            )
        )
        if any(text and held[name] != text for name, text in names.items()):
            continue
        part = None
        if isinstance(entry, Node):
            part = Node() if only_names else _below(entry, wanted, statement)
        if part is not None:
            result[key] = part
            if key in value.marks:
                result.marked(key, value.marks[key])
    return result or None


def _union(one: Node, other: Node) -> Node:
    """Join two selections from the same node."""
    result = one.copy()
    result.clean = None
    for key, value in other.items():
        earlier = result.get(key)
        if isinstance(earlier, Node) and isinstance(value, Node):
            result[key] = _union(earlier, value)
        else:
            result[key] = value
        if key in other.marks:
            result.marked(key, other.marks[key])
    return result
