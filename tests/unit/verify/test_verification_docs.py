"""The table of witnesses in the documentation says what the table in the code says."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from harness.plan.model import Kind
from harness.verify.witnesses import Rpc, witnesses

DOC = Path(__file__).resolve().parents[3] / "docs" / "verification.md"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_witness_is_documented(kind):
    """Name, way, questions, what it proves and what it can't: a row each, and no other row."""
    text = DOC.read_text(encoding="utf-8").replace("\\|", "¦")
    rows = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in text.splitlines()
        if line.startswith(f"| {kind} | ")
    ]
    assert [row[1] for row in rows] == [witness.name for witness in witnesses(kind)]
    for row, witness in zip(rows, witnesses(kind), strict=True):
        assert row[2] == witness.way
        for question in witness.questions:
            asked = question.name if isinstance(question, Rpc) else question.line
            assert asked.replace("|", "¦") in row[3]
        assert row[4:] == [witness.proves, witness.cannot]


@pytest.mark.parametrize("kind", list(Kind))
def test_witnesses_are_independent(kind):
    """No two ask the same, both ways are used, and names are their own."""
    all_of_kind = witnesses(kind)
    assert {witness.way for witness in all_of_kind} == {"netconf", "cli"}
    for one, other in combinations(all_of_kind, 2):
        assert one.name != other.name
        assert one.questions != other.questions
