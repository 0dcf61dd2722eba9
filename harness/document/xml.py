"""XML from devices, parsed as what it is: text from somebody else.

No entities, no document type (RFC 6241, 3), no network, bounded size.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from harness.errors import DeviceError

MAX_BYTES: Final = 64 * 1024 * 1024

_DECLARATION: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\?>")
# The prefixes that Junos uses, declared round a fragment that was cut out of a reply.
_FRAGMENT: Final = b'<fragment xmlns:junos="junos" xmlns:nc="nc" xmlns:xnm="xnm">'


def parse(
    text: str | bytes,
    what: str,
    *,
    limit: int = MAX_BYTES,
    fragment: bool = False,
    comments: bool = False,
    recover: bool = False,
    huge: bool = False,
) -> etree._Element:
    """Return the root of ``text``; ``what`` names it in errors.

    With ``fragment`` the root is a wrapper that holds what was given. With ``comments`` they are
    kept, those before the root too. With ``recover`` what can be read of an ill-formed text is
    returned. With ``huge`` one text may be longer than 10 MB, as a configuration in set format is
    from about 10,000 tunnels, and elements nest deeper than 256. Raises
    :class:`~harness.errors.DeviceError` otherwise.
    """
    data = text.encode() if isinstance(text, str) else text
    if len(data) > limit:
        raise DeviceError(f"unreadable {what}: {len(data)} bytes, at most {limit} are read")
    if b"<!DOCTYPE" in data:
        raise DeviceError(f"unreadable {what}: it declares a document type; Junos sends none")
    data = _DECLARATION.sub(b"", data, count=1)
    if fragment:
        data = b"%b%b</fragment>" % (_FRAGMENT, data)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=huge,
        recover=recover,
        remove_comments=not comments,
        remove_pis=True,
    )
    try:
        root: etree._Element | None = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        raise DeviceError(f"unreadable {what}: not well-formed XML: {exc}") from exc
    if root is None:  # nothing could be recovered
        raise DeviceError(f"unreadable {what}: not XML")
    return root
