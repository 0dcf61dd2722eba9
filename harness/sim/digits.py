"""Whole numbers that clients type: ASCII digits alone, and of a bounded length."""

from __future__ import annotations


def number_of(text: str, most: int) -> int | None:
    """Return the number from 0 to ``most`` that ``text`` is; None for anything else.

    Python reads neither thousands of digits nor every sign that ``str.isdigit`` accepts; both
    raise ``ValueError``, which would end the session.
    """
    if not (text.isascii() and text.isdigit()):
        return None
    significant = text.lstrip("0")
    if len(significant) > len(str(most)):
        return None
    number = int(significant or "0")
    return number if number <= most else None
