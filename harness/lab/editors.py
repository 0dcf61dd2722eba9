"""Name who is in a device's configuration when it can't be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import DeviceBusy, HarnessError
from harness.lab.bench import Bench
from harness.verify.facts import Unreadable, named
from harness.verify.observe import ask
from harness.verify.system import editors
from harness.verify.witnesses import Rpc

_QUESTION = Rpc("get-database-status-information")


@contextmanager
def naming_editors(bench: Bench) -> Iterator[None]:
    """Add names to a refusal: "configuration database modified" alone doesn't say by whom."""
    try:
        yield
    except DeviceBusy as busy:
        words = _editors(bench, str(busy))
        if not words:
            raise
        raise type(busy)(f"{busy}; in the configuration now: {words}") from busy


def _editors(bench: Bench, told: str) -> str:
    """Return who is there besides those that are named already; "" when nobody can be asked."""
    try:
        with bench.reader() as reader:
            found = editors(ask(reader, _QUESTION))
    except HarnessError:  # the refusal stands, whatever became of this question
        return ""
    if isinstance(found, Unreadable):
        return ""
    return named(str(editor) for editor in found if f"pid {editor.pid}" not in told)
