"""XML in and out of the simulated device: one hardened parser, and writers of plain strings.

Replies are written as strings because the tables of a full device have tens of thousands of
elements; Junos puts each element on a line of its own and pads many values with newlines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

_NO_ATTRIBUTES: Final[Mapping[str, str]] = {}


class MarkupError(ValueError):
    """The bytes aren't one well-formed XML document without a document type."""


def parse(message: bytes) -> etree._Element:
    """Parse bytes from a client: no entities, no network, no document type.

    Size is bounded by the framing; ``huge_tree`` only lifts libxml2's 10 MB limit on one text
    node, which a set-format load of many thousand tunnels exceeds.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_pis=True
    )
    try:
        root = etree.fromstring(message.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise MarkupError(str(exc)) from exc
    if root.getroottree().docinfo.internalDTD is not None:
        raise MarkupError("document type declarations are refused")
    return root


def local_name(element: etree._Element) -> str:
    """Return the tag without its namespace; "" for comments."""
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def children(element: etree._Element) -> list[etree._Element]:
    """Return the child elements, comments left out."""
    return [child for child in element if isinstance(child.tag, str)]


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child element of that local name."""
    return next((item for item in children(element) if local_name(item) == name), None)


def text_of(element: etree._Element | None) -> str:
    """Return the stripped text, "" for none."""
    return (element.text or "").strip() if element is not None else ""


def leaf(tag: str, value: object = "", attributes: Mapping[str, str] = _NO_ATTRIBUTES) -> str:
    """Write one element with a text, or an empty one, on a line of its own."""
    text = escape(str(value))
    opening = tag + "".join(f" {name}={quoteattr(v)}" for name, v in attributes.items())
    return f"<{opening}>{text}</{tag}>\n" if text else f"<{opening}/>\n"


def padded(tag: str, value: object) -> str:
    """Write one element whose text is wrapped in newlines, as many Junos daemons do."""
    return f"<{tag}>\n{escape(str(value))}\n</{tag}>\n"


def wrapped(tag: str, value: object, attributes: Mapping[str, str]) -> str:
    """Write one element with attributes whose text is wrapped in newlines."""
    opening = tag + "".join(f" {name}={quoteattr(v)}" for name, v in attributes.items())
    return f"<{opening}>\n{escape(str(value))}\n</{tag}>\n"


def node(tag: str, *content: str, attributes: Mapping[str, str] = _NO_ATTRIBUTES) -> str:
    """Write one element around content that is written already."""
    opening = tag + "".join(f" {name}={quoteattr(v)}" for name, v in attributes.items())
    return f"<{opening}>\n{''.join(content)}</{tag}>\n"
