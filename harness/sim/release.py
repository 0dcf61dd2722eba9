"""Junos releases: as numbers, for behaviour that differs, and as namespaces carry them."""

from __future__ import annotations

import re
from typing import TypeAlias

Release: TypeAlias = tuple[int, int]

_RELEASE = re.compile(r"(\d+)\.(\d+)")
_NAME = re.compile(r"\d+\.\d+[A-Z]+\d+")


def release_of(version: str) -> Release:
    """Return (18, 4) of "18.4R3.3" and (15, 1) of "15.1X49-D140.2"; (0, 0) of anything else."""
    match = _RELEASE.match(version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def release_name(version: str) -> str:
    """Return the part of a version that namespaces carry: "18.4R3" of "18.4R3.3"."""
    match = _NAME.match(version)
    return match.group() if match else version
