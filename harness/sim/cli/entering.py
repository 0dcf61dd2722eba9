"""Entering and leaving the configuration database, and who else is in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from harness.sim.answers import Refusal
from harness.sim.cli.commands import complaint_block
from harness.sim.cli.mode import Step, Write
from harness.sim.device import Login
from harness.sim.messages import Complaint, refused
from harness.sim.store.commit import Editing, Kind
from harness.sim.times import clock_time, timestamp

KINDS: Final[dict[str, str]] = {
    "batch": "Work in batch mode",
    "dynamic": "Open the dynamic configuration database",
    "ephemeral": "Open the ephemeral configuration database",
    "exclusive": "Obtain exclusive lock (other users cannot make changes)",
    "private": "Work in private database (other users can make changes)",
}
CHANGED: Final = "The configuration has been changed but not committed\n"
_NOT_IDLE: Final = timedelta(seconds=60)


def enter(login: Login, kind: Kind) -> Iterator[Step]:
    """Open the configuration and say what a user should know; raises ``Refusal``."""
    others = everybody(login)  # without this login, which isn't in yet
    modified = login.device.store.dirty
    complaints = login.config.open(kind)
    if refused(complaints):
        if kind == "exclusive" and others:
            yield Write(others)
        raise Refusal(*complaints)
    yield from (Write(complaint_block(each)) for each in complaints)
    yield Write("Entering configuration mode\n")
    if others:
        yield Write(others)
    if modified and kind == "shared":
        yield Write(CHANGED)


def leaving(kind: Kind) -> str:
    """Return the question that uncommitted changes raise."""
    if kind == "shared":
        return "Exit with uncommitted changes? [yes,no] (yes) "
    return (
        f"warning: Auto rollback on exiting 'configure {kind}'\n"
        "Discard uncommitted changes? [yes,no] (yes) "
    )


def everybody(login: Login) -> str:
    """List the users in configuration mode; empty when there are none."""
    users = login.device.store.editing
    if not users:
        return ""
    lines = "".join(_line(user) for user in users)
    return f"Users currently editing the configuration:\n{lines}"


def _line(user: Editing) -> str:
    terminal = f" terminal {user.terminal}" if user.terminal else ""
    idle = f", idle {_clock(user.idle)}" if user.idle >= _NOT_IDLE else ""
    kind = "" if user.kind == "shared" else f"{user.kind} "
    level = f"[edit{''.join(f' {word}' for word in user.edit_path)}]" if user.terminal else ""
    return (
        f"  {user.user}{terminal} (pid {user.pid}) on since "
        f"{timestamp(user.since)}{idle}\n      {kind}{level}".rstrip()
        + "\n"
    )


def _clock(span: timedelta) -> str:
    """Write how long somebody has been idle; past a day in days, as Junos does."""
    if span < timedelta(days=1):
        return clock_time(span)
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours // 24}d {hours % 24:02}:{minutes:02}"


def told(complaints: list[Complaint]) -> str:
    """Write complaints as the CLI prints them."""
    return "".join(map(complaint_block, complaints))
