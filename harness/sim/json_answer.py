"""Operational answers as JSON, derived from their XML so that the two can't disagree.

Shape and layout are those of ``| display json`` as published outputs of 17.x and 18.x show them:
an element is a list of objects, its text is ``"data"``, its attributes come before the children of
a container and after the data of a leaf, an empty element has ``"data" : [null]`` and a container
without content is an empty object. Equal tags are grouped in the list of the first one.
"""

from __future__ import annotations

import json
from typing import Final

from lxml import etree

_INDENT: Final = "    "
_JUNOS: Final = "junos"
_ENVELOPE: Final = "<rpc-reply xmlns:junos='junos'>"


def json_document(xml: str) -> str:
    """Write the elements of ``xml`` (the inside of an rpc-reply) as one JSON document."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(f"{_ENVELOPE}{xml}</rpc-reply>", parser)
    return "\n".join(["{", *_members(root, 1), "}"]) + "\n"


def _members(element: etree._Element, depth: int) -> list[str]:
    """Write the children of one element, those of one tag together."""
    groups: dict[str, list[etree._Element]] = {}
    for child in element:
        if isinstance(child.tag, str):
            groups.setdefault(etree.QName(child).localname, []).append(child)
    pad = _INDENT * depth
    lines: list[str] = []
    for tag, group in groups.items():
        if lines:
            lines[-1] += ","
        lines.append(f"{pad}{_quoted(tag)} : [")
        for child in group:
            lines += [f"{pad}{{", *_object(child, depth + 1), f"{pad}}},"]
        lines[-1] = lines[-1].removesuffix(",")
        lines.append(f"{pad}]")
    return lines


def _object(element: etree._Element, depth: int) -> list[str]:
    """Write what stands between the braces of one element."""
    pad = _INDENT * depth
    attributes = _attributes(element)
    about = [f'{pad}"attributes" : {attributes}'] if attributes else []
    if len(element):
        members = _members(element, depth)
        return [f"{about[0]},", *members] if about else members
    if element.text is None:
        data = [f'{pad}"data" : [null]']
    elif not element.text.strip():
        return about
    else:
        data = [f'{pad}"data" : {_quoted(element.text.strip())}']
    return [f"{data[0]},", *about] if about else data


def _attributes(element: etree._Element) -> str:
    """Write the attributes on one line, the namespace that the element declares first."""
    found: dict[str, str] = {}
    parent = element.getparent()
    inherited = parent.nsmap.get(None) if parent is not None else None
    declared = element.nsmap.get(None)
    if declared is not None and declared != inherited:
        found["xmlns"] = declared
    for name, value in element.attrib.items():
        qualified = etree.QName(str(name))
        prefix = f"{_JUNOS}:" if qualified.namespace == _JUNOS else ""
        found[f"{prefix}{qualified.localname}"] = str(value)
    inside = ", ".join(f"{_quoted(name)} : {_quoted(value)}" for name, value in found.items())
    return f"{{{inside}}}" if inside else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
