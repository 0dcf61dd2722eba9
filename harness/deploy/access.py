"""The ways to one device during a rung, and what both halves of a rung need: history and lock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from harness.clock import Clock
from harness.drivers.database import STATUS_RPC, parse_editors
from harness.drivers.history import CommitEntry, parse_history
from harness.drivers.protocol import Reader, Writer
from harness.errors import DeviceBusy, HarnessError

_HISTORY_RPC = "get-commit-information"

# A session that died in a commit keeps its lock until the device is through with it: minutes.
_LOCK_ATTEMPTS = 14
_FIRST_WAIT = 0.5  # seconds; doubles up to the maximum, so all attempts together take ~4 minutes
_LONGEST_WAIT = 30.0


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
    serial: Callable[[], str] = field(default=lambda: "")  # as the device was seen in this run
    patience: Callable[[], float] = field(default=lambda: 0.0)  # seconds that a restore may wait


def history(reader: Reader) -> tuple[CommitEntry, ...]:
    """Ask for the commit history, newest first."""
    return parse_history(reader.rpc(_HISTORY_RPC).raw)


def lock_after_another(access: Access, writer: Writer) -> None:
    """Take the lock, waiting for a lost session of ours that the device still works for.

    Once it's ours, no commit of another session is under way. Raises :class:`DeviceBusy` naming the
    holder when he keeps it.
    """
    retrying = Retrying(
        stop=stop_after_attempt(_LOCK_ATTEMPTS),
        wait=wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT),
        retry=retry_if_exception_type(DeviceBusy),
        sleep=access.clock.sleep,
        reraise=True,
    )
    retrying(writer.lock)


def end_stale_session(access: Access, pid: str) -> bool:
    """End the session ``pid`` of ours, if it still holds the lock; say whether it was ended.

    A device doesn't notice for hours that a client is gone, nor while it works on a request. The
    caller knows that the session is its own and isn't at work on a commit. A device that doesn't
    tell who holds the lock, or refuses to end a session, is left alone: the lock is waited for.
    """
    try:
        if not still_locked(access, pid):
            return False
        with access.reader() as reader:
            reader.rpc("kill-session", {"session-id": pid})
    except HarnessError:
        return False
    return True


def still_locked(access: Access, pid: str) -> bool:
    """Say whether the device tells that the session ``pid`` holds the lock.

    Raises what asking raises, :class:`~harness.errors.DeviceError` where a release can't tell.
    """
    if not pid:
        return False
    with access.reader() as reader:
        inside = parse_editors(reader.rpc(STATUS_RPC).raw)
    return any(editor.pid == pid and editor.exclusive for editor in inside)


def unlock_or_close(writer: Writer) -> bool:
    """Give the lock back; a session that can't gives it back by ending.

    Says whether the device confirmed it: it may not notice that a session has ended.
    """
    try:
        writer.unlock()
    except HarnessError:
        writer.close()
        return False
    return True
