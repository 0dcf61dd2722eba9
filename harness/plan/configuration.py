"""A configuration as a device returns it in XML, taken apart into statements.

The statements are tuples of the words that ``show configuration | display set`` has after
``set``: ``("interfaces", "st0", "unit", "0", "family", "inet", "address", "100.64.0.0/31")``.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from harness.document.xml import parse as read_xml
from harness.errors import DeviceError

Words = tuple[str, ...]

# Lists whose keyword is only in the XML: <interfaces><interface><name>st0</name> is written
# "interfaces st0". (parent, element), from the Junos configuration schema.
KEYWORD_ONLY_IN_XML = frozenset(
    {
        ("interfaces", "interface"),
        ("vlans", "vlan"),
        ("routing-instances", "instance"),
        ("bridge-domains", "domain"),
        ("dhcp-local-server", "dhcp-group"),
    }
)


def parse(xml: str) -> etree._Element:
    """Return the ``configuration`` element of ``xml``, however it's wrapped.

    No entities, no document type, no network, at most 64 MiB: the text comes from a device.
    Raises :class:`DeviceError` for anything else.
    """
    root = read_xml(xml, "configuration")
    for element in root.iter():
        if isinstance(element.tag, str) and etree.QName(element).localname == "configuration":
            return element
    raise DeviceError(f"no <configuration> in the reply, only <{etree.QName(root).localname}>")


def flatten(configuration: etree._Element, *, inactive: bool = False) -> Iterator[Words]:
    """Yield one tuple of words per leaf, empty element or list entry without content.

    Statements that are deactivated, or below one that is, come only with ``inactive``.
    """
    for child in configuration:
        yield from _flatten(child, (), "configuration", inactive=inactive)


def _flatten(
    element: etree._Element, above: Words, parent: str, *, inactive: bool
) -> Iterator[Words]:
    if not isinstance(element.tag, str) or (not inactive and element.get("inactive")):
        return
    tag = etree.QName(element).localname
    words = above if (parent, tag) in KEYWORD_ONLY_IN_XML else (*above, tag)
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        text = (element.text or "").strip()
        yield (*words, text) if text else words
        return
    if etree.QName(children[0]).localname == "name":
        words = (*words, (children.pop(0).text or "").strip())
    if not children:
        yield words
    for child in children:
        yield from _flatten(child, words, tag, inactive=inactive)
