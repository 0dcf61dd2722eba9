"""Requests in Junos' XML protocol, built as elements; pure.

Shapes: "Junos XML Management Protocol Developer Guide" (load-configuration, commit-configuration,
get-configuration, command).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from harness.drivers.protocol import Database, LoadAction, PayloadFormat
from harness.errors import UsageError

LOG_MAX = 512  # characters of a commit comment that Junos keeps
ROLLBACK_MAX = 49
CONFIRM_MINUTES_MAX = 65535
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


def load_action(fmt: PayloadFormat, action: LoadAction) -> LoadAction:
    """Return the action to send: set format knows ``set`` alone, the others all but ``set``.

    ``merge``, the default of the protocol, means ``set`` for set format. Raises
    :class:`~harness.errors.UsageError`.
    """
    if fmt == "set" and action in ("set", "merge"):
        return "set"
    if fmt == "set" or action == "set":
        raise UsageError(f"a payload in {fmt} format can't be loaded with action {action}")
    return action


def payload_element(payload: str) -> etree._Element:
    """Parse an XML payload into its ``<configuration>`` element."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        root = etree.fromstring(payload.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise UsageError(f"the XML payload isn't well-formed: {error.msg}") from error
    if etree.QName(root).localname != "configuration":
        raise UsageError(f"the XML payload's root is <{root.tag}>, it must be <configuration>")
    return root


def load_configuration(payload: str, fmt: PayloadFormat, action: LoadAction) -> etree._Element:
    """Build ``<load-configuration>``."""
    action = load_action(fmt, action)
    wire_format = "xml" if fmt == "xml" else "text"
    request = etree.Element("load-configuration", action=action, format=wire_format)
    if fmt == "xml":
        request.append(payload_element(payload))
    else:
        tag = "configuration-set" if fmt == "set" else "configuration-text"
        etree.SubElement(request, tag).text = payload
    return request


def rollback(index: int) -> etree._Element:
    """Build the request that loads rollback ``index`` into the candidate."""
    return etree.Element("load-configuration", rollback=str(rollback_index(index)))


def compare(index: int) -> etree._Element:
    """Build the request for the patch between the candidate and rollback ``index``."""
    return etree.Element(
        "get-configuration", compare="rollback", rollback=str(rollback_index(index)), format="text"
    )


def commit_check() -> etree._Element:
    """Build the request that validates the candidate."""
    request = etree.Element("commit-configuration")
    etree.SubElement(request, "check")
    return request


def commit(log: str, confirm_minutes: int | None) -> etree._Element:
    """Build the commit, in the native confirmed form if minutes are given."""
    request = etree.Element("commit-configuration")
    if confirm_minutes is not None:
        etree.SubElement(request, "confirmed")
        etree.SubElement(request, "confirm-timeout").text = str(confirm_minutes)
    etree.SubElement(request, "log").text = log
    return request


def get_configuration(database: Database, fmt: PayloadFormat, subtree: str) -> etree._Element:
    """Build the request for a configuration, or for one path of containers of it."""
    request = etree.Element("get-configuration", database=database, format=fmt)
    parent = request
    for name in ("configuration", *path(subtree)) if subtree else ():
        parent = etree.SubElement(parent, name)
    return request


def operational(name: str, arguments: Mapping[str, str | bool] | None) -> etree._Element:
    """Build an operational RPC; True is an empty element, False none."""
    request = etree.Element(_checked(name))
    for key, value in (arguments or {}).items():
        if value is not False:
            child = etree.SubElement(request, _checked(key))
            child.text = None if value is True else value
    return request


def command(text: str) -> etree._Element:
    """Build the request for the text of a CLI command."""
    request = etree.Element("command", format="text")
    request.text = text
    return request


def path(subtree: str) -> tuple[str, ...]:
    """Split a space-separated path of containers, refusing what isn't a name."""
    return tuple(_checked(name) for name in subtree.split())


def rollback_index(index: int) -> int:
    """Return the index; Junos keeps 0..49."""
    if not 0 <= index <= ROLLBACK_MAX:
        raise UsageError(f"there's no rollback {index}; allowed are 0 to {ROLLBACK_MAX}")
    return index


def commit_log(log: str) -> str:
    """Return a commit log that's safe in both protocols: one line, no quotes, at most 512."""
    if not log or len(log) > LOG_MAX or '"' in log or not log.isprintable():
        raise UsageError(
            f"commit log {log[:40]!r}…: allowed are 1 to {LOG_MAX} printable characters "
            "without double quotes"
        )
    return log


def confirm_minutes(minutes: int | None) -> int | None:
    """Return the minutes of a confirmed commit; Junos takes 1..65535."""
    if minutes is not None and not 1 <= minutes <= CONFIRM_MINUTES_MAX:
        raise UsageError(f"commit confirmed {minutes}: allowed are 1 to {CONFIRM_MINUTES_MAX}")
    return minutes


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} isn't the name of an element")
    return name
