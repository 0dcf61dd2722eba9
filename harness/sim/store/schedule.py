"""When a scheduled commit is to happen: the three forms that ``commit at`` takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from harness.sim.messages import SIMULATED, Complaint, error

_TIME = re.compile(r"(?:(\d{4})-(\d{1,2})-(\d{1,2}) +)?(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_SOONEST = timedelta(minutes=1)  # "more than 1 minute later" (Junos XML protocol guide)


def parse_at(text: str, now: datetime) -> datetime | Complaint | None:
    """Read ``reboot`` (None), ``hh:mm[:ss]`` of today or ``yyyy-mm-dd hh:mm[:ss]``.

    A time that is over, or less than a minute away, is answered with the complaint. Simulated
    devices are in UTC.
    """
    text = text.strip()
    if text == "reboot":
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        return error(f"invalid commit time '{text}' {SIMULATED}", "", "at-time")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        date = now.date() if not year else datetime(year, month, day, tzinfo=UTC).date()
        when = datetime(date.year, date.month, date.day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return error(f"invalid commit time '{text}' {SIMULATED}", "", "at-time")
    if when < now + _SOONEST:
        return error(f"commit time '{text}' is not in the future {SIMULATED}", "", "at-time")
    return when
