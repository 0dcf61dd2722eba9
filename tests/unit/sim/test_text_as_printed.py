"""Text as devices print it, one piece per file: loaded and printed it is the same again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.sim.config.loading import load
from harness.sim.config.rendering import Stamp, render
from harness.sim.config.schema import schema_of
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader

# A folder for each family. The shapes are those of published configurations, the names are not.
PRINTED = Path(__file__).parent / "printed"
PIECES = sorted(PRINTED.glob("*/*.conf"))
STAMP = Stamp(datetime(2026, 1, 1, tzinfo=UTC))


def test_there_are_pieces_of_both_families():
    """The folders are where the test looks for them."""
    assert {piece.parent.name for piece in PIECES} == {"junos", "junos-es"}


@pytest.mark.parametrize("piece", PIECES, ids=[f"{one.parent.name}-{one.stem}" for one in PIECES])
def test_what_a_device_prints_is_printed_again(piece):
    """Nothing is refused, and not a blank differs."""
    schema = schema_of(piece.parent.name)
    text = piece.read_text(encoding="ascii")
    loaded = load(Node(), text, schema, ValueReader(Salts(b"")), fmt="text", action="merge")
    assert loaded.complaints == ()
    printed = render(loaded.tree, "text", schema, STAMP)
    body = printed.split("\n", 1)[1] if printed.startswith("## Last") else printed
    assert body == text
