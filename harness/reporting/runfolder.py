"""The folder of one run: where each report stands, and how files get there whole."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from harness.errors import UsageError
from harness.reporting.record import STREAM_NAME

LATEST: Final = "latest"
_LONGEST_NAME: Final = 100  # characters; file systems end at 255 bytes


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths inside ``reports/<time>-<run id>/``."""

    path: Path

    @classmethod
    def create(cls, reports: Path, run_id: str, started: datetime) -> Self:
        """Make the folder of a new run and point ``latest`` at it.

        Raises :class:`harness.errors.UsageError` when it can't be made, or exists already.
        """
        name = f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{safe_name(run_id)}"
        folder = cls.at(reports / name)
        _point_latest(reports, name)
        return folder

    @classmethod
    def at(cls, path: Path) -> Self:
        """Make the folder of a new run at ``path``; an empty one that's there is taken."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            if (path / STREAM_NAME).exists():
                raise UsageError(f"{path}: holds the record of another run; choose a new folder")
            for part in ("devices", "tests"):
                (path / part).mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(f"{path}: can't be used as a run folder ({error.strerror})") from error
        return cls(path)

    @property
    def events(self) -> Path:
        """Return where the stream is."""
        return self.path / STREAM_NAME

    @property
    def junit(self) -> Path:
        """Return where the JUnit file is."""
        return self.path / "junit.xml"

    def device(self, name: str) -> Path:
        """Return the folder of one device, made if needed."""
        return self._inside("devices", name)

    def has_device(self, name: str) -> bool:
        """Say whether there is a folder of that device."""
        return (self.path / "devices" / safe_name(name)).is_dir()

    def case(self, case_id: str) -> Path:
        """Return the folder of one case, made if needed."""
        return self._inside("tests", case_id)

    def _inside(self, part: str, name: str) -> Path:
        folder = self.path / part / safe_name(name)
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def safe_name(name: str) -> str:
    """Return a file name for ``name``, without brackets; two names never share one."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:_LONGEST_NAME]
    if safe == name and safe.strip("."):
        return safe
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{safe.strip('.') or '_'}-{digest}"


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` beside ``path`` and rename: readers see the old file or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _point_latest(reports: Path, name: str) -> None:
    """Replace the link in one step; where links aren't supported there is none."""
    beside = reports / f".{LATEST}.{os.getpid()}"
    try:
        beside.unlink(missing_ok=True)
        beside.symlink_to(name, target_is_directory=True)
        beside.replace(reports / LATEST)
    except OSError:  # a convenience for people: nothing of ours reads the link
        beside.unlink(missing_ok=True)
