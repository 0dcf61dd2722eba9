"""``default-operation none`` of edit-config: only what carries an operation is to be done."""

from __future__ import annotations

from copy import deepcopy
from typing import Final

from lxml import etree

from harness.sim.config.schema import Kind, Statement
from harness.sim.markup import children, local_name

_OPERATION: Final = "operation"
_MARKS: Final = ("delete", "replace", "inactive", "active", "insert", "rename")  # Junos' own


def only_operations(payload: etree._Element, schema: Statement) -> etree._Element:
    """Return a ``<configuration>`` without what carries no operation and leads to none.

    RFC 6241, 7.2: with ``none`` the rest of the content only says where; keys stay.
    """
    reduced = deepcopy(payload)
    _reduce(reduced, schema)
    return reduced


def _reduce(element: etree._Element, statement: Statement | None) -> bool:
    """Say whether anything at or below ``element`` is to be done, and drop what isn't."""
    if _operates(element):
        return True
    below = statement.children if statement is not None else {}
    keys = {key.tag for key in statement.keys} if statement is not None else set()
    wanted = False
    for each in children(element):
        name = local_name(each)
        if statement is not None and statement.kind is Kind.LIST and name in keys:
            continue
        if _reduce(each, below.get(name)):
            wanted = True
        else:
            element.remove(each)
    return wanted


def _operates(element: etree._Element) -> bool:
    names = {str(name).rpartition("}")[2] for name in element.attrib}
    return _OPERATION in names or not names.isdisjoint(_MARKS)
