"""The border where exceptions of third-party libraries become the harness's own.

A driver brings a table of rules; the first rule whose class matches wins, so a table is written
most specific first. What a library says of itself is repeated only where a rule asks for it:
some exceptions carry what was sent, which may hold keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from harness.errors import HarnessBug, HarnessError


@dataclass(frozen=True, slots=True)
class Rule:
    """One class of foreign exceptions, what it means to us, and whether its text may be shown."""

    caught: type[BaseException]
    raised: type[HarnessError]
    says: str
    quote: bool = False


def translate(error: Exception, device: str, doing: str, rules: Sequence[Rule]) -> HarnessError:
    """Return the harness's error for ``error``, a :class:`HarnessBug` if no rule knows it."""
    for rule in rules:
        if isinstance(error, rule.caught):
            words = " ".join(str(error).split()) if rule.quote else ""
            return rule.raised(f"{device}: {doing}: {rule.says}" + (f": {words}" if words else ""))
    return HarnessBug(f"{device}: {doing}: unexpected {type(error).__qualname__}")


@contextmanager
def border(device: str, doing: str, rules: Sequence[Rule]) -> Iterator[None]:
    """Let only :class:`HarnessError` out; the foreign exception stays as its cause."""
    try:
        yield
    except HarnessError:
        raise
    except Exception as error:
        raise translate(error, device, doing, rules) from error
