"""What a device said in an ``rpc-reply``: every error and warning, wherever it stands.

Clients judge replies wrongly: an error beside ``<ok/>``, an ``xnm:error``, or a reply without the
NETCONF namespace pass as success, and warnings alone as failure. So the raw text is read here
once more, by local names, in both dialects (``rfc-compliant`` on and off). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from harness.document.xml import parse as read_xml
from harness.drivers.framing import MAX_MESSAGE
from harness.drivers.protocol import Reply
from harness.errors import DeviceError, DeviceMessage, RpcRefused

_XNM = "http://xml.juniper.net/xnm/1.1/xnm"
Element = etree._Element  # noqa: SLF001 - lxml's only name for the type

XML_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_NAMESPACES = ("urn:ietf:params:xml:ns:netconf:base:1.0", _XNM, None)

# Elements by which a reply says that the commit was carried out; ``commit-check-success`` is not
# one of them: one node of a cluster says it before another refuses.
_DONE = frozenset({"ok", "commit-success"})


def document(raw: str, *, repair: bool = True) -> Element:
    """Parse a reply, repairing what Junos is known to leave open.

    A chassis cluster leaves ``<routing-engine>`` unclosed after a commit check. What is asked for
    as evidence isn't repaired: a configuration whose closing tag was lost reads as another one.
    Entities are neither declared nor followed: RFC 6241 section 3 forbids a document type. Raises
    :class:`~harness.errors.RpcRefused` if nothing can be made of it.
    """
    try:
        return _parsed(raw, recover=False)
    except DeviceError as error:
        if not repair:
            raise RpcRefused(str(error)) from error
    try:
        return _parsed(raw, recover=True)
    except DeviceError as error:
        raise RpcRefused(str(error)) from error


def _parsed(raw: str, *, recover: bool) -> Element:
    # huge: a configuration in set format is one text node.
    return read_xml(raw, "reply", limit=MAX_MESSAGE, recover=recover, huge=True)


def read(raw: str, *, repair: bool = True) -> tuple[Reply, Element]:
    """Return the reply with all of its messages, and its root element."""
    root = document(raw, repair=repair)
    # Walking 45 000 elements of a configuration costs more than parsing them.
    found = tuple(messages(root)) if "error" in raw or "warning" in raw else ()
    return Reply(raw, found), root


def parse(raw: str) -> Reply:
    """Return the reply with all of its messages; see :func:`document` for what's raised."""
    return read(raw)[0]


def messages(root: Element) -> Iterator[DeviceMessage]:
    """Yield each ``rpc-error``, ``xnm:error`` and ``xnm:warning`` in document order."""
    for element in root.iter(etree.Element):
        name = local_name(element)
        if name == "rpc-error":
            yield _rpc_error(element)
        elif name in ("error", "warning") and (_is_xnm(element) or _is_bare(element)):
            yield _junos_error(element, name)


def carried_out(root: Element) -> bool:
    """Say whether anything in a commit reply claims that the commit happened."""
    return any(local_name(element) in _DONE for element in root.iter(etree.Element))


def configuration_xml(root: Element, *, whole: bool) -> str:
    """Return the ``<configuration>`` element of a reply as a document of its own.

    Its namespace declarations come along. Without the element, a subtree is empty; a whole
    configuration never is, and raises :class:`~harness.errors.RpcRefused`.
    """
    found = find(root, "configuration")
    if found is None:
        if whole:
            raise RpcRefused("the reply holds no <configuration>")
        return "<configuration/>"
    found.tail = None
    return etree.tostring(found, encoding="unicode")


def local_name(element: Element) -> str:
    """Return the tag without namespace, and without a prefix that nothing declares."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def find(root: Element, name: str) -> Element | None:
    """Return the first element of this local name, in document order."""
    return next((e for e in root.iter(etree.Element) if local_name(e) == name), None)


def text_of(root: Element, *names: str) -> str:
    """Return the stripped text of the first element of the first of these names that's there."""
    for name in names:
        element = find(root, name)
        if element is not None:
            return " ".join("".join(map(str, element.itertext())).split())
    return ""


def _is_xnm(element: Element) -> bool:
    tag = str(element.tag)
    return tag.startswith((f"{{{_XNM}}}", "xnm:"))


def _is_bare(element: Element) -> bool:
    """Tell ``<error>`` as a whole answer from a counter named ``error`` deep in a table."""
    parent = element.getparent()
    return etree.QName(element).namespace in _NAMESPACES and (
        parent is None or local_name(parent) in ("rpc-reply", "commit-results")
    )


def _rpc_error(element: Element) -> DeviceMessage:
    severity = text_of(element, "error-severity").lower()
    tag = text_of(element, "error-tag")
    return DeviceMessage(
        severity="warning" if severity == "warning" else "error",
        text=text_of(element, "error-message", "message") or tag or text_of(element, "rpc-error"),
        path=text_of(element, "error-path", "edit-path"),
        bad_element=text_of(element, "bad-element", "statement"),
        daemon=text_of(element, "source-daemon"),
        tag=tag,
    )


def _junos_error(element: Element, severity: str) -> DeviceMessage:
    return DeviceMessage(
        severity=severity,
        text=text_of(element, "message", severity),
        path=text_of(element, "edit-path", "error-path"),
        bad_element=text_of(element, "statement", "token", "bad-element"),
        daemon=text_of(element, "source-daemon"),
    )
