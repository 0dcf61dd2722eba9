"""Faults in what a session sends: cut into pieces, or no XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.sim.faults.named import Faults

_PIECES_MOST: Final = 100_000  # of one reply; what is left goes out whole
_CLOSING: Final = "</"


def pieces(faults: Faults, data: bytes) -> Iterator[bytes]:
    """Yield ``data`` as it is sent; characters of several bytes are split like the rest."""
    split = faults.get("split-replies")
    if split is None:
        yield data
        return
    size = max(1, split.count("bytes"))
    end = min(len(data), size * _PIECES_MOST)
    for start in range(0, end, size):
        yield data[start : min(start + size, end)]
    if end < len(data):
        yield data[end:]


def spoiled(faults: Faults, rpc: str, body: str) -> str:
    """Return the body of a reply, without its first closing tag where that fault is on."""
    ill = faults.get("ill-formed-reply")
    if ill is None or ill.word("rpc") not in {"", rpc}:
        return body
    start = body.find(_CLOSING)
    if start < 0:
        return f"{body}<ill-formed>"
    return body[:start] + body[body.index(">", start) + 1 :]
