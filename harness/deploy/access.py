"""The ways to one device during a rung, and the question both halves of a rung ask: its history."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from harness.clock import Clock
from harness.drivers.history import CommitEntry, parse_history
from harness.drivers.protocol import Reader, Writer

_HISTORY_RPC = "get-commit-information"


@dataclass(frozen=True, slots=True)
class Access:
    """Lends sessions to one device; reader and writer share neither session nor library.

    ``writer`` gives a fresh session every time: closing it drops an unsaved candidate and the lock.
    ``reader`` may give one that is kept open, as long as it never gives a dead one twice.
    """

    device: str
    writer: Callable[[], AbstractContextManager[Writer]]
    reader: Callable[[], AbstractContextManager[Reader]]
    clock: Clock


def history(reader: Reader) -> tuple[CommitEntry, ...]:
    """Ask for the commit history, newest first."""
    return parse_history(reader.rpc(_HISTORY_RPC).raw)
