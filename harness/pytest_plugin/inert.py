"""What pytest prints of a case: bounded, no escape of a device acts, no key material shows."""

from __future__ import annotations

import pytest

from harness.reporting.redact import redact
from harness.reporting.text import printable

_SHOWN = 32 * 1024  # characters from either end; a device may answer with megabytes


def make_inert(report: pytest.TestReport) -> None:
    """Clean what the terminal prints of ``report``: its reason or traceback, captured output.

    The record cleans what it's given by itself. A traceback keeps pytest's own form, colours
    included, unless there was something to clean.
    """
    if isinstance(report.longrepr, tuple):  # a skip: file, line, words
        path, line, words = report.longrepr
        report.longrepr = (path, line, _clean(words))
    elif report.longrepr is not None:
        text = str(report.longrepr)
        clean = _clean(text)
        if clean != text:
            report.longrepr = clean
    report.sections = [(heading, _clean(text)) for heading, text in report.sections]


def _clean(text: str) -> str:
    clean = redact(printable(text))
    left_out = len(clean) - 2 * _SHOWN
    if left_out <= 0:
        return clean
    return f"{clean[:_SHOWN]}…\n[{left_out} characters left out]\n…{clean[-_SHOWN:]}"
