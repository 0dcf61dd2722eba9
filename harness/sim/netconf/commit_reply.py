"""How a commit is answered over NETCONF, the misleading ways included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.sim.committing import Manner, Told
from harness.sim.dialect import Dialect
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, Complaint, refused
from harness.sim.netconf.replies import Reply, Then
from harness.sim.release import release_of
from harness.sim.store.commit import CommitResult, ScheduledCommit
from harness.sim.times import timestamp

_SILENT = {Manner.SILENCE: Then.SILENCE, Manner.DROP: Then.DROP}
_BARE_OK: Final = (16, 1)
_PROGRESS: Final = (  # what commit-configuration detail="detail" tells; no recorded reply is known
    "start loading commit script changes",
    "no commit script changes",
    "finished loading commit script changes",
    "commit complete",
)


def commit_reply(dialect: Dialect, told: Told, *, detail: bool = False) -> Reply:
    """Write the answer to commit-configuration."""
    spoiled = _spoiled(dialect, told)
    if spoiled is not None:
        return spoiled
    result = told.result
    if refused(result.complaints):
        # A private copy says how many of its statements conflict (Junos XML protocol guide).
        count = leaf("load-error-count", result.conflicts) if result.conflicts else ""
        return Reply(node("commit-results", count, dialect.errors(result.complaints)))
    return Reply(_success(dialect, result, detail=detail))


def rfc_commit_reply(dialect: Dialect, told: Told) -> Reply:
    """Write the answer to the commit of RFC 4741: ok or errors, no commit-results around them."""
    spoiled = _spoiled(dialect, told)
    if spoiled is not None:
        return spoiled
    complaints = told.result.complaints
    if refused(complaints):
        return Reply(dialect.errors(complaints))
    return Reply(_warnings(dialect, complaints) + dialect.ok)


def _spoiled(dialect: Dialect, told: Told) -> Reply | None:
    then = _SILENT.get(told.manner)
    if then is not None:
        return Reply("", then)
    complaints = dialect.errors(told.result.complaints)
    if told.manner is Manner.OK_BESIDE_ERROR:
        return Reply(complaints + dialect.ok)
    if told.manner is Manner.WARNINGS_ONLY:
        return Reply(node("commit-results", complaints))
    return None


def check_reply(dialect: Dialect, complaints: Sequence[Complaint]) -> str:
    """Write the answer to a commit check."""
    if refused(complaints):
        return node("commit-results", dialect.errors(complaints))
    body = _warnings(dialect, complaints) + _routing_engine("commit-check-success")
    return node("commit-results", body) + dialect.ok


def _success(dialect: Dialect, result: CommitResult, *, detail: bool) -> str:
    """Answer with a bare ok unless there is more to say; 15.1 adds empty results (recorded)."""
    parts = [_warnings(dialect, result.complaints)]
    if result.unchanged:
        return node("commit-results", *parts) + dialect.ok
    if result.merged:
        parts.append(leaf("load-success"))
    if result.confirmed_minutes is not None:
        text = (
            "commit confirmed will be automatically rolled back in "
            f"{result.confirmed_minutes} minutes unless confirmed"
        )
        parts.append(leaf("output", text))
    if not (detail or result.scheduled or any(parts)):
        empty = release_of(dialect.release) < _BARE_OK
        return (node("commit-results") if empty else "") + dialect.ok
    if result.scheduled is not None:
        output = leaf("output", at_text(result.scheduled))
        parts.append(_routing_engine("commit-check-success", after=output))
    else:
        progress = "".join(map(_progress, _PROGRESS)) if detail else ""
        parts.append(_routing_engine("commit-success", before=progress))
    return node("commit-results", *parts) + dialect.ok


def at_text(scheduled: ScheduledCommit) -> str:
    """Say when a scheduled commit will be carried out."""
    if scheduled.when is None:
        return "commit will be executed at next reboot"
    return f"commit at will be executed at {timestamp(scheduled.when)}"


def _progress(message: str) -> str:
    return node("progress-indicator", leaf("message", f"{message} {SIMULATED}"))


def _warnings(dialect: Dialect, complaints: Sequence[Complaint]) -> str:
    """Write warnings beside an ok; a rfc-compliant session drops them (17.4R3 and later)."""
    return "" if dialect.drops_warnings else dialect.errors(complaints)


def _routing_engine(outcome: str, *, before: str = "", after: str = "") -> str:
    return node(
        "routing-engine",
        leaf("name", "re0"),
        before,
        leaf(outcome),
        after,
        attributes={"junos:style": "normal"},
    )
