"""What goes into one rung and what comes out of it, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from harness.deploy.baseline import Baseline
from harness.deploy.blast_radius import AllowList
from harness.deploy.mark import Mark
from harness.deploy.restore import RestoreProof
from harness.drivers.history import CommitEntry
from harness.drivers.protocol import PayloadFormat
from harness.errors import DeviceError, DeviceMessage, HarnessBug
from harness.render.readback import Path

V = TypeVar("V")  # what a probe concludes; deploy carries it and never looks inside


@dataclass(frozen=True, slots=True)
class Owner:
    """Who runs: the run's id, and user@host for the journal and for error messages of others."""

    run_id: str
    name: str
    url: str = ""  # of the CI job, where one runs it


@dataclass(frozen=True, slots=True)
class Payload:
    """What to load, where it may go, and how long the device may hold it unconfirmed."""

    text: str = field(repr=False)  # holds the keys in clear
    fmt: PayloadFormat
    allowed: AllowList
    note: str  # "rung=3 kind=ipsec count=1500", kept in the commit log; new for every rung
    confirm_minutes: int | None  # whole minutes, 1..65535; None: without the dead-man's switch
    ours: frozenset[Path] = frozenset()  # what it adds, flattened as read-backs are; no keys in it
    confirmed_before: bool = True  # it took a confirmed commit in this run, so a refusal isn't that


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a probe is told: the tunnels are on the device, and how long its timer runs."""

    baseline: Baseline
    history_before: tuple[CommitEntry, ...]  # of the baseline, newest first
    mark: Mark
    messages: tuple[DeviceMessage, ...]  # every error and warning found in load and commit replies
    answer_lost: bool
    commit_seconds: float
    statements: int
    diff: str = field(repr=False)  # the device's own patch; it may hold reversible keys
    confirm_minutes: int | None = None  # of the timer; None: without the dead-man's switch
    outcome: str = ""  # what asking brought, where the answer to the commit was lost
    beside: tuple[str, ...] = ()  # who else had the configuration open, without its lock


@dataclass(frozen=True, slots=True)
class RungResult(Generic[V]):
    """The end of a rung: what the probe concluded or how the device refused, and the way back."""

    baseline: Baseline
    restored: RestoreProof
    pushed: Pushed | None
    conclusion: V | None
    refused: DeviceError | None
    commits: int  # rollback slots of the device that this rung used
    diff: str = field(default="", repr=False)  # the device's own patch, as far as it came


@dataclass(slots=True)
class Held:
    """A rung in whose course tunnels are, or were, on the device."""

    baseline: Baseline
    pushed: Pushed | None = None  # None: refused
    refused: DeviceError | None = None
    restored: RestoreProof | None = None  # once they're off again
    commits: int = 0
    diff: str = field(default="", repr=False)

    def result(self, conclusion: V | None) -> RungResult[V]:
        """Return the rung's end, with what was concluded while it was held."""
        if self.restored is None:
            raise HarnessBug("a rung has no result while it's held")
        return RungResult(
            self.baseline,
            self.restored,
            self.pushed,
            conclusion,
            self.refused,
            self.commits,
            self.diff,
        )
