"""Fixtures of the verify tests: replies recorded on real devices, where they're at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], str]:
    """Return a reader of recorded replies by path; it skips, saying so, when they're absent."""
    given = os.environ.get("HARNESS_REFERENCE_DATA")
    folder = (Path(given) if given else CHECKOUT.parent / "shared" / "data") / "replies"

    def read(name: str) -> str:
        path = folder / name
        if not path.is_file():
            pytest.skip(f"no recorded reply {name}: set HARNESS_REFERENCE_DATA to their folder")
        return path.read_text(encoding="utf-8")

    return read
