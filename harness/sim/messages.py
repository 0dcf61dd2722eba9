"""What the simulated device complains about, in the shape of a Junos ``rpc-error``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

SIMULATED = "[simulated]"  # ends every text that no source gives as Junos' own


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error or warning; ``path`` is a Junos edit path, ``"[edit security ike]"`` or empty."""

    severity: Severity
    text: str
    path: str = ""
    bad_element: str = ""
    daemon: str = ""
    tag: str = "operation-failed"


def error(text: str, path: str = "", bad_element: str = "", daemon: str = "") -> Complaint:
    """Make a complaint of severity error."""
    return Complaint("error", text, path, bad_element, daemon)


def syntax_error(word: str, path: str = "", closing: str = "}") -> tuple[Complaint, Complaint]:
    """Refuse a statement at load with the pair of complaints that Junos answers.

    The two texts and the closing brace as second bad-element are as recorded on a device.
    """
    return (
        error("syntax error", path, word),
        error("error recovery ignores input until this point", path, closing),
    )


def statement_not_found(word: str, path: str = "") -> Complaint:
    """Warn that what should be deleted isn't there."""
    return Complaint("warning", "statement not found", path, word)


def check_out_failed(reason: str = "") -> Complaint:
    """Close a list of commit errors; ``reason`` is Junos' own short word for the class of error."""
    suffix = f": ({reason})" if reason else ""
    return error(f"configuration check-out failed{suffix}")


def refused(complaints: Iterable[Complaint]) -> bool:
    """Say whether any of the complaints is an error."""
    return any(complaint.severity == "error" for complaint in complaints)
