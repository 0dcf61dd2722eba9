"""XML in and out of the simulated device: one hardened parser, and writers of plain strings.

Replies are written as strings because the tables of a full device have tens of thousands of
elements; Junos puts each element on a line of its own and pads many values with newlines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

_MAX_TAGS: Final = 4_000_000  # 15,999 tunnels in XML have about a million
_MAX_ATTRIBUTES: Final = 1_000_000
_MAX_PLAIN_TEXT: Final = 10_000_000  # libxml2's own limit on a text node
_NO_ATTRIBUTES: Final[Mapping[str, str]] = {}


class MarkupError(ValueError):
    """The bytes aren't one well-formed XML document without a document type."""


def parse(message: bytes) -> etree._Element:
    """Parse bytes from a client as UTF-8: no entities, no network, no document type.

    The framing bounds the size, the counts of tags and attributes bound the memory of the tree
    (about 120 bytes each). A depth over 256 is refused, or over 2048 in a message of more than
    10 MB: only that lifts libxml2's limit on one text node, which the set lines of many thousand
    tunnels exceed. The encoding is fixed, so that what is searched for here is what is parsed.
    """
    message = message.strip()
    if _has_document_type(message):
        raise MarkupError("document type declarations are refused")
    if message.count(b"<") > _MAX_TAGS or message.count(b"=") > _MAX_ATTRIBUTES:
        raise MarkupError("too many elements or attributes")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=len(message) > _MAX_PLAIN_TEXT,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(message, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise MarkupError(str(exc)) from exc
    if root.getroottree().docinfo.internalDTD is not None:
        raise MarkupError("document type declarations are refused")
    return root


def _has_document_type(message: bytes) -> bool:
    """Say whether one stands before the root; what it declares isn't even looked at."""
    at = 0
    while True:
        while message[at : at + 1].isspace():
            at += 1
        if message.startswith(b"<?", at):
            closing = b"?>"
        elif message.startswith(b"<!--", at):
            closing = b"-->"
        else:
            return message.startswith(b"<!DOCTYPE", at)
        end = message.find(closing, at)
        if end < 0:
            return False
        at = end + len(closing)


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
