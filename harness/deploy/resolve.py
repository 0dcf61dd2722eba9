"""What became of a commit whose answer never came: ask the device, never send it again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from harness.clock import Clock, Deadline
from harness.deploy.access import Access, history, lock_after_another
from harness.deploy.mark import Mark
from harness.drivers.history import find_log
from harness.drivers.protocol import Reader
from harness.errors import (
    DeviceBusy,
    DeviceError,
    LabError,
    OutcomeUnknown,
    RpcRefused,
    Unreachable,
)
from harness.render.readback import Path, deepest, statements

_ATTEMPTS = 8
_FIRST_WAIT = 0.5  # seconds; doubles up to the maximum, so all waits together take ~2 minutes
_LONGEST_WAIT = 30.0
_BOUND = 600.0  # seconds that asking may take in all, however long each attempt does
_SHOWN = 3  # statements that a message names

T = TypeVar("T")


class CommitOutcome(StrEnum):
    """What the device shows of a commit whose answer was lost."""

    COMMITTED = "committed"
    NOT_COMMITTED = "not committed"
    PARTIAL = "partial"
    RUNNING = "still running"


MEANINGS: Mapping[CommitOutcome, tuple[str, str]] = MappingProxyType(
    {  # what the device shows, and what the run does then
        CommitOutcome.COMMITTED: (
            "the history of every node shows it, and every statement of ours is committed",
            "goes on as if the answer had come, under a lock of its own",
        ),
        CommitOutcome.NOT_COMMITTED: (
            "the history doesn't show it, and the lock was ours: nobody is at work on it",
            "ends as an error; nothing is sent again",
        ),
        CommitOutcome.PARTIAL: (
            "one node's history shows it and another's doesn't, or statements of ours are missing",
            "puts the device back at once and ends as an error",
        ),
        CommitOutcome.RUNNING: (
            "the history doesn't show it, and the session that sent it keeps the lock",
            "waits within bounds, then leaves it to the journal and to the device's timer",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What was decided, on what ground, and how long it took to learn."""

    outcome: CommitOutcome
    why: str
    seconds: float


def resolve(
    access: Access, mark: Mark, ours: frozenset[Path] = frozenset(), own: str = ""
) -> Resolved:
    """Ask the device what became of the commit with ``mark``.

    Reconnects with growing waits, bounded in number and in time. A history that doesn't show it is
    believed only under the lock, which a device refuses while it works on the commit, and while
    the candidate holds anything uncommitted. ``ours`` are the statements that it would have
    committed, ``own`` is the pid of the session that sent it, as far as that's known.
    Raises :class:`OutcomeUnknown` when the device can't be asked at all.
    """
    began = access.clock.monotonic()
    try:
        outcome, why = _resolved(access, mark, ours, own)
    except (LabError, DeviceError) as exc:
        raise OutcomeUnknown(
            f"{access.device}: no answer to the commit, and the device can't be asked: {exc}"
        ) from exc
    return Resolved(outcome, why, round(access.clock.monotonic() - began, 3))


def was_committed(access: Access, mark: Mark) -> bool:
    """Say whether the device took the commit with ``mark``.

    Raises :class:`OutcomeUnknown` when that isn't clear, or the device can't be asked at all.
    """
    found = resolve(access, mark)
    if found.outcome in {CommitOutcome.PARTIAL, CommitOutcome.RUNNING}:
        raise OutcomeUnknown(f"{access.device}: {found.outcome}: {found.why}", found.outcome)
    return found.outcome is CommitOutcome.COMMITTED


def _resolved(
    access: Access, mark: Mark, ours: frozenset[Path], own: str
) -> tuple[CommitOutcome, str]:
    retrying = _patiently(access.clock)
    first = retrying(_seen, access, mark, ours)
    if first[0] is CommitOutcome.COMMITTED:
        return first
    try:
        return retrying(_seen_under_lock, access, mark, ours)
    except DeviceBusy as busy:
        if _another_holds(str(busy), own):  # then the session that sent it is over
            return retrying(_seen, access, mark, ours)
        return CommitOutcome.RUNNING, str(busy)


def _seen(access: Access, mark: Mark, ours: frozenset[Path]) -> tuple[CommitOutcome, str]:
    with access.reader() as reader:
        return _decided(reader, mark, ours)


def _seen_under_lock(
    access: Access, mark: Mark, ours: frozenset[Path]
) -> tuple[CommitOutcome, str]:
    with access.writer() as writer:
        lock_after_another(access, writer)
        return _seen(access, mark, ours)


def _decided(reader: Reader, mark: Mark, ours: frozenset[Path]) -> tuple[CommitOutcome, str]:
    entries = history(reader)
    nodes = dict.fromkeys(entry.node for entry in entries)
    lacking = [
        node
        for node in nodes
        if find_log([entry for entry in entries if entry.node == node], str(mark)) is None
    ]
    if not nodes or len(lacking) == len(nodes):
        return CommitOutcome.NOT_COMMITTED, "the commit history doesn't show it"
    if lacking:
        return CommitOutcome.PARTIAL, f"the commit history of {', '.join(lacking)} doesn't show it"
    missing = _missing(reader, ours)
    if missing:
        return CommitOutcome.PARTIAL, f"the history shows it, the configuration lacks {missing}"
    return CommitOutcome.COMMITTED, "the commit history shows it"


def _missing(reader: Reader, ours: frozenset[Path]) -> str:
    """Name statements of ours that aren't committed."""
    if not ours:
        return ""
    present = statements(reader.configuration("committed", "xml")).members
    gone = deepest(ours - present)
    words = ", ".join(" ".join(path) for path in gone[:_SHOWN])
    return f"{len(gone)} statements of ours: {words}" if gone else ""


def _another_holds(refusal: str, own: str) -> bool:
    """Say whether a refused lock is known to be somebody else's, not that of our lost session."""
    pids = re.findall(r"\(pid (\d+)\)", refusal)
    return bool(own and pids) and own not in pids


def _patiently(clock: Clock) -> Retrying:
    deadline = Deadline.after(_BOUND, clock)

    def over(state: RetryCallState) -> bool:
        return state.attempt_number >= _ATTEMPTS or deadline.passed(clock)

    return Retrying(
        stop=over,
        wait=wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT),
        retry=retry_if_exception_type((Unreachable, RpcRefused)),
        sleep=clock.sleep,
        reraise=True,
    )
