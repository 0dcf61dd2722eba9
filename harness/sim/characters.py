"""Which characters a configuration, a comment and so every reply may hold."""

from __future__ import annotations

import re
from typing import Final

# All but those of XML 1.0, section 2.2: a reply that has another one is no XML to anybody.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def outside_xml(text: str) -> str:
    """Return the first character of ``text`` that XML can't carry, spelt out; "" without one."""
    found = _NOT_XML.search(text)
    return f"U+{ord(found.group()):04X}" if found else ""


def on_one_line(text: str) -> str:
    """Return ``text`` with each run of line ends and tabs as a blank."""
    return re.sub(r"[\t\n\r\x85\u2028\u2029]+", " ", text)


def lines_of(text: str) -> list[str]:
    """Return the lines of ``text``; unlike ``splitlines`` at line ends alone, not at U+0085."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
