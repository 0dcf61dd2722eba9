"""GRE over IPsec: a tunnel is there only if both of its legs are, so every reading holds both."""

from __future__ import annotations

from collections.abc import Sequence

from harness.verify import gre, ipsec
from harness.verify.facts import Answer, Seen, Unreadable


def seen_in_tables(answers: Sequence[Answer]) -> Seen:
    """Read inactive tunnels, active tunnels and GRE units."""
    return _both(ipsec.seen_in_tables(answers[:2]), gre.seen_in_units(answers[2:]))


def seen_in_units(answers: Sequence[Answer]) -> Seen:
    """Read st0 units and GRE units."""
    return _both(ipsec.seen_in_units(answers[:1]), gre.seen_in_units(answers[1:]))


def seen_in_text_tables(answers: Sequence[Answer]) -> Seen:
    """Read the texts of inactive tunnels, active tunnels and GRE units."""
    return _both(ipsec.seen_in_text_tables(answers[:2]), gre.seen_in_text_units(answers[2:]))


def seen_in_text_units(answers: Sequence[Answer]) -> Seen:
    """Read the texts of st0 units and GRE units."""
    return _both(ipsec.seen_in_text_units(answers[:1]), gre.seen_in_text_units(answers[1:]))


def _both(secure: Seen, plain: Seen) -> Seen:
    if isinstance(secure, Unreadable):
        return secure
    if isinstance(plain, Unreadable):
        return plain
    return {**secure, **plain}
