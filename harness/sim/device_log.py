"""The device's own log: what ``show log messages`` shows and syslog would send.

Bounded, oldest lines first out; only commits are logged. Tags and texts are those of the vendor's
system log messages reference; the line is the BSD form that Junos writes to files.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harness.sim.characters import on_one_line
from harness.sim.store.commit import CommitRecord

_KEPT: Final = 2000
_MANAGEMENT_PID: Final = 1544  # as in show system processes


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event."""

    when: datetime  # aware, UTC
    process: str
    pid: int
    tag: str  # "UI_COMMIT_COMPLETED"
    text: str

    def written(self, host: str) -> str:
        """Return the line as it stands in a file: "Jun  1 10:00:00  host mgd[5]: TAG: text"."""
        stamp = f"{self.when:%b} {self.when.day:>2} {self.when:%H:%M:%S}"
        return f"{stamp}  {host} {self.process}[{self.pid}]: {self.tag}: {self.text}"


def nothing(_line: LogLine) -> bool:
    """Lose no line."""
    return False


def every(count: int) -> Callable[[LogLine], bool]:
    """Return what loses one line of so many, beginning with the last one of the first lot."""
    seen = itertools.count(1)
    return lambda _line: next(seen) % max(1, count) == 0


class DeviceLog:
    """The last events of one device; ``lost`` says which new ones never arrive."""

    def __init__(self) -> None:
        self._lines: deque[LogLine] = deque(maxlen=_KEPT)
        self.lost: Callable[[LogLine], bool] = nothing
        self.changes = 0  # so far

    def add(self, *lines: LogLine) -> None:
        """Append events, except those that get lost."""
        self.changes += 1
        self._lines.extend(line for line in lines if not self.lost(line))

    def committed(self, record: CommitRecord) -> None:
        """Log one commit as mgd does."""
        self.add(*_of_commit(record))

    def clear(self) -> None:
        """Forget all events."""
        self.changes += 1
        self._lines.clear()

    def lines(self) -> Iterable[LogLine]:
        """Return the events, oldest first."""
        return tuple(self._lines)

    def text(self, host: str) -> str:
        """Return the whole log as a file."""
        return "".join(f"{line.written(host)}\n" for line in self._lines)


def _of_commit(record: CommitRecord) -> Iterator[LogLine]:
    def line(tag: str, text: str) -> LogLine:
        return LogLine(record.when, "mgd", _MANAGEMENT_PID, tag, text)

    if record.user == "root" and record.client == "other":
        text = "Commit was not confirmed; automatic rollback complete"
        yield line("UI_COMMIT_NOT_CONFIRMED", text)
        return
    operation = "commit confirmed" if record.comment.startswith("commit confirmed") else "commit"
    comment = on_one_line(record.log) or "none"
    yield line(
        "UI_COMMIT", f"User '{record.user}' requested '{operation}' operation (comment: {comment})"
    )
    yield line("UI_COMMIT_COMPLETED", "commit complete")
