"""The part of a device's log that belongs to a case; pure.

Junos writes the BSD form, "Nov  7 10:00:00  host process[pid]: TAG: text", in the device's own
time and without a year (``time-format`` may add year and milliseconds behind); what it was at the
device when the case began is told by ``show system uptime``.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

MARGIN: Final = timedelta(seconds=10)  # stamps are whole seconds, and clocks are set meanwhile

_CURRENT: Final = re.compile(
    r"^\s*Current time:\s*(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})", re.MULTILINE
)
_STAMP: Final = re.compile(r"(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<time>\d\d:\d\d:\d\d)")
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, 1)}


def device_time(uptime: str) -> datetime | None:
    """Read the device's own wall time, naive, from ``show system uptime``; None: not told."""
    found = _CURRENT.search(uptime)
    return datetime.fromisoformat(found[1]) if found else None


def log_window(log: str, start: datetime, now: datetime) -> str:
    """Return the lines of ``log`` written from ``start`` on; both are the device's wall time.

    A line without a stamp belongs to the one before it. A log that has no stamps at all stays.
    """
    kept: list[str] = []
    inside = True
    for line in log.splitlines():
        when = _written(line, now)
        inside = inside if when is None else when >= start - MARGIN
        if inside:
            kept.append(line)
    return "\n".join(kept)


def _written(line: str, now: datetime) -> datetime | None:
    found = _STAMP.match(line)
    if found is None or found["month"] not in _MONTHS:
        return None
    hour, minute, second = map(int, found["time"].split(":"))
    for year in (now.year, now.year - 1):
        try:
            when = datetime(  # noqa: DTZ001 - the device's wall time has no zone that we know
                year, _MONTHS[found["month"]], int(found["day"]), hour, minute, second
            )
        except ValueError:  # 29 February of another year, a second that isn't one
            continue
        if when <= now + timedelta(days=1):
            return when
    return None
