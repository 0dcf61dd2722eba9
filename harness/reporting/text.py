"""Text from devices made inert for XML, terminals and the readers behind them."""

from __future__ import annotations

import re
from typing import Final

# Not allowed in XML 1.0, or acted upon by terminals: C0 but tab and newline, DEL, C1, line and
# paragraph separators, bidirectional controls (Unicode TR 36), surrogates, non-characters.
_ACTIVE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufffe\uffff]"
)


def printable(text: str) -> str:
    """Return ``text`` with active characters as backslash escapes; newlines and tabs stay."""
    return _ACTIVE.sub(_written_out, text)


def one_line(text: str, limit: int = 1000) -> str:
    """Return ``text`` as one printable line of at most ``limit`` characters."""
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _written_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
