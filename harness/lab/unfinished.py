"""What open journals say of devices that somebody has to put back; connects to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.deploy.journal import Entry, Journal, JournalState
from harness.errors import LabError
from harness.lab.bench import address_key
from harness.lab.run import Run
from harness.testbed.model import Testbed


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a device's open journal says: whose run, since when, and what is to be done."""

    device: str
    run: str
    owner: str
    since: str
    url: str
    note: str
    baseline: str  # where it's kept; "" where nothing was begun
    attempt: str  # what restoring would try
    failure: str  # why it failed before

    def __str__(self) -> str:
        """Write it for the person who is about to restore."""
        url = f" ({self.url})" if self.url else ""
        failed = f"; it failed before: {self.failure}" if self.failure else ""
        baseline = f"; its baseline is {self.baseline}" if self.baseline else ""
        return (
            f"run {self.run} by {self.owner}{url} since {self.since}, {self.note}; {self.attempt}"
            f"{baseline}{failed}"
        )


def unfinished_runs(testbed: Testbed, run: Run, names: Sequence[str]) -> tuple[Unfinished, ...]:
    """Return what open journals say of these devices, without connecting to anything."""
    found = []
    for name in names:
        key = address_key(testbed.device(name))
        journal = Journal(run.state / "journals", key, run.clock)
        try:
            state = journal.read()
        except LabError as unreadable:
            found.append(_unreadable(name, journal, unreadable))
            continue
        if state.pending is not None:
            found.append(_unfinished(name, journal, state, state.pending))
    return tuple(found)


def _unreadable(name: str, journal: Journal, why: LabError) -> Unfinished:
    state = JournalState(journal.path, ())
    return replace(_unfinished(name, journal, state, {}), attempt=str(why))


def _unfinished(name: str, journal: Journal, state: JournalState, opened: Entry) -> Unfinished:
    where = str(journal.baseline_path)
    if not journal.baseline_path.exists():
        where = f"gone ({where})" if state.open_entry or not state.lock_left else ""
    return Unfinished(
        device=name,
        run=str(opened.get("run") or "unknown"),
        owner=str(opened.get("owner") or "nobody knows whom"),
        since=str(opened.get("time") or "nobody knows when"),
        url=str(opened.get("url") or ""),
        note=str(opened.get("note") or "no note"),
        baseline=where,
        attempt=_attempt(state),
        failure=state.failure,
    )


def _attempt(state: JournalState) -> str:
    """Say in advance what a restore would do, as far as the journal alone can tell."""
    if state.open_entry is None and state.lock_left:
        return "it lost a session that may have the lock, and left nothing else: look, and end that"
    if not state.committed:
        return "it died before a commit was sent: look, and discard what is in the candidate"
    timer = f"by {state.deadline.isoformat(timespec='seconds')}" if state.deadline else "never"
    return (
        f"it had sent its commit (which the device takes back itself {timer}): look, then rollback "
        "1 to 4, load update, load override; beside others' commits only what is ours is deleted"
    )
