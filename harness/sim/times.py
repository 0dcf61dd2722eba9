"""Moments and lengths of time in the ways Junos writes them; simulated devices are in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta


def timestamp(when: datetime) -> str:
    """Return "2018-06-01 10:00:00 UTC"."""
    return when.strftime("%Y-%m-%d %H:%M:%S UTC")


def epoch(when: datetime) -> dict[str, str]:
    """Return the attribute that carries a moment in seconds."""
    return {"junos:seconds": str(int(when.timestamp()))}


def elapsed(length: timedelta) -> dict[str, str]:
    """Return the attribute that carries a length of time in seconds."""
    return {"junos:seconds": str(int(length.total_seconds()))}


def clock_time(length: timedelta) -> str:
    """Return "27:05:09"."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


def short(length: timedelta) -> str:
    """Return "00:02:10", "1d 03:19" or "6w2d 03:19", as interface and route tables do."""
    total = int(length.total_seconds())
    days, clock = total // 86400, f"{total // 3600 % 24:02}:{total // 60 % 60:02}"
    if not days:
        return f"{clock}:{total % 60:02}"
    return f"{days // 7}w{days % 7}d {clock}" if days >= 7 else f"{days}d {clock}"


def uptime(length: timedelta) -> str:
    """Return "1 day, 2 hours, 3 minutes, 4 seconds", parts that are zero left out."""
    total = int(length.total_seconds())
    parts = (
        (total // 86400, "day"),
        (total // 3600 % 24, "hour"),
        (total // 60 % 60, "minute"),
        (total % 60, "second"),
    )
    words = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts if count]
    return ", ".join(words) or "0 seconds"
