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


def make_internal_error_inert(error: object) -> None:
    """Clean what pytest prints when it, or a hook of ours, breaks: no local variables, no keys.

    ``error`` is pytest's ``ReprExceptionInfo`` or ``ExceptionChainRepr`` (--full-trace); frames may
    hold whole configurations.
    """
    one = (getattr(error, "reprtraceback", None), getattr(error, "reprcrash", None), None)
    for traceback, crash, _ in getattr(error, "chain", (one,)):
        for entry in traceback.reprentries if traceback is not None else ():
            entry.lines = [_clean(line) for line in entry.lines]
            for frame in ("reprlocals", "reprfuncargs"):
                if hasattr(entry, frame):
                    setattr(entry, frame, None)
        if crash is not None:
            crash.message = _clean(crash.message)


def _clean(text: str) -> str:
    clean = redact(printable(text))
    left_out = len(clean) - 2 * _SHOWN
    if left_out <= 0:
        return clean
    return f"{clean[:_SHOWN]}…\n[{left_out} characters left out]\n…{clean[-_SHOWN:]}"
