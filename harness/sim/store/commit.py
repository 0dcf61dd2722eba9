"""Commits as values: history records, results, and what confirms or undoes a confirmed commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

from harness.sim.characters import outside_xml
from harness.sim.config.tree import Node
from harness.sim.messages import SIMULATED, Complaint, error

Client = Literal["netconf", "cli", "junoscript", "other"]
FollowupTarget = Literal["previous", "first"]
AtReboot = Literal["lost", "kept"]
Kind = Literal["shared", "private", "batch", "exclusive"]

ROLLBACK_SLOTS = 50  # rollback 0..49 (Junos CLI reference); 0 is the committed configuration
DEFAULT_CONFIRM_MINUTES = 10  # native form without a timeout, range 1..65535
MAX_CONFIRM_MINUTES = 65535
MAX_LOG = 512  # characters of a commit comment; measured by others on a device
DEFAULT_CONFIRM_SECONDS = 600  # RFC 6241, 8.4.5.1


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """One line of the commit history; ``sequence`` is its rollback index at the time of asking."""

    sequence: int
    user: str
    client: Client
    when: datetime  # aware, UTC
    log: str = ""
    comment: str = ""  # "commit confirmed, rollback in 10mins"; stays after the confirmation
    revision: str = ""  # "re0-1384090137-1": seconds of the commit and its number since the start


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What a commit or commit check answers; errors mean that nothing was committed."""

    complaints: tuple[Complaint, ...] = ()
    committed: bool = False
    confirmed_minutes: int | None = None
    scheduled: ScheduledCommit | None = None  # checked now, carried out later
    merged: bool = False  # a private copy went into the shared configuration
    conflicts: int = 0  # statements that a private copy and another commit both changed
    unchanged: bool = False  # a private copy without changes: accepted, nothing is committed


@dataclass(frozen=True, slots=True)
class ScheduledCommit:
    """A commit that waits for its time (``commit at``)."""

    user: str
    client: Client
    requested: datetime
    when: datetime | None  # None: at the next reboot
    tree: Node
    log: str = ""


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who holds the configuration database."""

    user: str
    terminal: str  # "" for a NETCONF session, which has none
    pid: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Editing:
    """Somebody who has the configuration open, as ``status`` lists them."""

    user: str
    terminal: str
    pid: int
    since: datetime
    idle: timedelta
    kind: Kind
    edit_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PendingConfirm:
    """A commit that undoes itself at ``deadline`` (UTC) unless something confirms it."""

    deadline: datetime
    target: Node
    minutes: int | None  # of the native form; None for the RFC form
    owner: int | None = None  # pid of the session that it's bound to (RFC form); None: the device
    by: int = 0  # pid of the session that made it


class Phase(Enum):
    """Whether a rollback is waiting, and what besides the clock can set it off."""

    SETTLED = "settled"
    NATIVE = "native"  # commit confirmed: belongs to the device, survives its session
    SESSION = "session"  # RFC 6241 confirmed commit without persist: ends with its session


class Event(Enum):
    """What can happen to a pending confirmed commit."""

    COMMIT = "commit"
    CHECK = "commit check"
    CONFIRMED = "commit confirmed"
    RFC_CONFIRMED = "RFC confirmed commit"
    DEADLINE = "deadline"
    OWNER_CLOSED = "owner closed"
    KILLED = "killed"  # the session that made it, by another one
    CANCELLED = "cancel-commit"  # by the session that it's bound to


class Step(Enum):
    """What the device does about it."""

    NOTHING = "nothing"
    ARM = "arm"  # remember the configuration before this commit
    REARM = "re-arm"  # new deadline; which target is a switch
    SETTLE = "settle"
    ROLL_BACK = "roll back"


# Any successful commit or commit check, from any session, confirms. A deadline that isn't armed
# and the end of a session that owns nothing have no entry: they can't happen.
TRANSITIONS: dict[tuple[Phase, Event], tuple[Phase, Step]] = {
    (Phase.SETTLED, Event.COMMIT): (Phase.SETTLED, Step.NOTHING),
    (Phase.SETTLED, Event.CHECK): (Phase.SETTLED, Step.NOTHING),
    (Phase.SETTLED, Event.CONFIRMED): (Phase.NATIVE, Step.ARM),
    (Phase.SETTLED, Event.RFC_CONFIRMED): (Phase.SESSION, Step.ARM),
    (Phase.NATIVE, Event.COMMIT): (Phase.SETTLED, Step.SETTLE),
    (Phase.NATIVE, Event.CHECK): (Phase.SETTLED, Step.SETTLE),
    (Phase.NATIVE, Event.CONFIRMED): (Phase.NATIVE, Step.REARM),
    (Phase.NATIVE, Event.RFC_CONFIRMED): (Phase.SESSION, Step.REARM),
    (Phase.NATIVE, Event.DEADLINE): (Phase.SETTLED, Step.ROLL_BACK),
    (Phase.NATIVE, Event.KILLED): (Phase.SETTLED, Step.ROLL_BACK),
    (Phase.SESSION, Event.COMMIT): (Phase.SETTLED, Step.SETTLE),
    (Phase.SESSION, Event.CHECK): (Phase.SETTLED, Step.SETTLE),
    (Phase.SESSION, Event.CONFIRMED): (Phase.NATIVE, Step.REARM),
    (Phase.SESSION, Event.RFC_CONFIRMED): (Phase.SESSION, Step.REARM),
    (Phase.SESSION, Event.DEADLINE): (Phase.SETTLED, Step.ROLL_BACK),
    (Phase.SESSION, Event.OWNER_CLOSED): (Phase.SETTLED, Step.ROLL_BACK),
    (Phase.SESSION, Event.KILLED): (Phase.SETTLED, Step.ROLL_BACK),
    (Phase.SESSION, Event.CANCELLED): (Phase.SETTLED, Step.ROLL_BACK),
}


def out_of_range(log: str, minutes: int | None) -> tuple[Complaint, ...]:
    """Refuse a comment or a timeout that Junos doesn't take."""
    if len(log) > MAX_LOG:
        return (error(f"comment is longer than {MAX_LOG} characters {SIMULATED}", "", "log"),)
    if character := outside_xml(log):
        return (error(f"comment holds {character} {SIMULATED}", "", "log"),)
    if minutes is not None and not 1 <= minutes <= MAX_CONFIRM_MINUTES:
        text = f"{minutes} is not within 1..{MAX_CONFIRM_MINUTES} {SIMULATED}"
        return (error(text, "", "confirm-timeout"),)
    return ()
