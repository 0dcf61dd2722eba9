"""The order of a payload: what is deleted in it and then stated anew is there afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

from lxml import etree

from harness.sim.config.schema import Schema, Statement


def later(
    root: etree._Element, elements: Iterable[etree._Element], schema: Schema
) -> etree._Element:
    """Return a payload of its own for ``elements`` of ``root``, each in its place.

    The containers and entries around each are there with their keys and without what is said about
    them. Ansible's modules exchange a list entry by deleting it and stating it in one payload.
    """
    again = etree.Element(root.tag)
    for element in elements:
        place, statement = again, schema
        for above in _around(element, root):
            found = statement.children[etree.QName(above).localname]
            place = etree.SubElement(place, above.tag)
            _copy_keys(above, place, found)
            statement = found
        place.append(deepcopy(element))
    return again


def _around(element: etree._Element, root: etree._Element) -> list[etree._Element]:
    """Return the elements between ``root`` and ``element``, the outermost first."""
    around = []
    for above in element.iterancestors():
        if above is root:
            break
        around.append(above)
    return around[::-1]


def _copy_keys(entry: etree._Element, place: etree._Element, statement: Statement) -> None:
    keys = {key.tag for key in statement.keys}
    for child in entry:
        if isinstance(child.tag, str) and etree.QName(child).localname in keys:
            place.append(deepcopy(child))
