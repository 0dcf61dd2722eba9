"""GRE tunnels: units of gr-0/0/0, from the interface tables and from the configuration lines."""

from __future__ import annotations

from collections.abc import Sequence

from harness.verify.facts import GR, Answer, Seen, legs
from harness.verify.interfaces import tunnel_units_set, units, units_text

PHYSICAL = "gr-0/0/0"


def seen_in_units(answers: Sequence[Answer]) -> Seen:
    """Read the answer to ``get-interface-information`` for GRE units."""
    return legs({GR: units(answers[0], PHYSICAL)})


def seen_in_text_units(answers: Sequence[Answer]) -> Seen:
    """Read the text of ``show interfaces terse`` for GRE units."""
    return legs({GR: units_text(answers[0], PHYSICAL)})


def seen_in_set_lines(answers: Sequence[Answer]) -> Seen:
    """Read ``show configuration … | display set`` for GRE units with both ends."""
    return legs({GR: tunnel_units_set(answers[0], PHYSICAL)})
