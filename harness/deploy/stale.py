"""End the session of a run that died, when its lock stands in the way; never anybody else's."""

from __future__ import annotations

from datetime import datetime

from harness.deploy.access import Access, end_stale_session, history
from harness.deploy.beside import Left
from harness.drivers.database import STATUS_RPC, parse_editors
from harness.drivers.history import find_log
from harness.drivers.protocol import Reader
from harness.drivers.uptime import UPTIME_RPC, parse_uptime
from harness.errors import DeviceError, HarnessError

_ROUNDING = 1.0  # seconds; a device tells whole ones, and no reboot takes so short


def end_stale(access: Access, left: Left) -> bool:
    """End the dead run's session if it holds the lock; say whether it was ended.

    Only where all of it is certain: the number is that of the journal, the user is ours, the device
    hasn't rebooted since (numbers begin anew then), and no commit of that session is under way.
    Whatever the device doesn't tell leaves the session alone: the lock is waited for.
    """
    if not left.session or left.opened is None:
        return False
    awaited = left.awaited or left.since.push
    try:
        with access.reader() as reader:
            certain = (
                _is_ours(reader, left)
                and _up_since(reader, left.opened, access.clock.now())
                and not (left.in_flight and find_log(history(reader), awaited) is None)
            )
    except HarnessError:
        return False
    return certain and end_stale_session(access, left.session)


def holds_lock(access: Access, left: Left) -> bool:
    """Say whether the dead run's session still has the lock, as far as the device tells."""
    if not left.session:
        return False
    with access.reader() as reader:
        try:
            return _is_ours(reader, left)
        except DeviceError:
            return False


def _is_ours(reader: Reader, left: Left) -> bool:
    inside = parse_editors(reader.rpc(STATUS_RPC).raw)
    return any((e.pid, e.user, e.exclusive) == (left.session, left.user, True) for e in inside)


def _up_since(reader: Reader, opened: datetime, now: datetime) -> bool:
    times = parse_uptime(reader.rpc(UPTIME_RPC).raw)
    if times is None or times.up is None:
        return False
    return times.up + _ROUNDING >= (now - opened).total_seconds()
