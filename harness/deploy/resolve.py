"""What became of a commit whose answer never came: ask the history, never send it again."""

from __future__ import annotations

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from harness.deploy.access import Access, history, lock_after_another
from harness.deploy.mark import Mark
from harness.drivers.history import find_log
from harness.errors import DeviceError, LabError, OutcomeUnknown, RpcRefused, Unreachable

_ATTEMPTS = 8
_FIRST_WAIT = 0.5  # seconds; doubles up to the maximum, so all attempts together take ~2 minutes
_LONGEST_WAIT = 30.0


def was_committed(access: Access, mark: Mark) -> bool:
    """Say whether the device's commit history shows ``mark``.

    Reconnects with growing waits, bounded in number. A history that doesn't show it is believed
    only under the lock: the device may still be working on the commit. Raises
    :class:`OutcomeUnknown` when the device can't be asked at all.
    """
    retrying = Retrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT),
        retry=retry_if_exception_type((Unreachable, RpcRefused)),
        sleep=access.clock.sleep,
        reraise=True,
    )
    try:
        return retrying(_shown, access, mark) or retrying(_shown_under_lock, access, mark)
    except (LabError, DeviceError) as exc:
        raise OutcomeUnknown(
            f"{access.device}: no answer to the commit, and the device can't be asked: {exc}"
        ) from exc


def _shown(access: Access, mark: Mark) -> bool:
    with access.reader() as reader:
        return find_log(history(reader), str(mark)) is not None


def _shown_under_lock(access: Access, mark: Mark) -> bool:
    with access.writer() as writer:
        lock_after_another(access, writer)
        return _shown(access, mark)
