"""How a commit is answered over NETCONF, the misleading ways included."""

from __future__ import annotations

from collections.abc import Sequence

from harness.sim.committing import Manner, Told
from harness.sim.dialect import Dialect
from harness.sim.markup import leaf, node
from harness.sim.messages import Complaint, refused
from harness.sim.netconf.replies import Reply, Then
from harness.sim.store.commit import CommitResult

_SILENT = {Manner.SILENCE: Then.SILENCE, Manner.DROP: Then.DROP}


def commit_reply(dialect: Dialect, told: Told) -> Reply:
    """Write the answer to commit-configuration."""
    spoiled = _spoiled(dialect, told)
    if spoiled is not None:
        return spoiled
    if refused(told.result.complaints):
        return Reply(node("commit-results", dialect.errors(told.result.complaints)))
    return Reply(_success(dialect, told.result))


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


def _success(dialect: Dialect, result: CommitResult) -> str:
    """Answer with a bare ok unless there is more to say, as 18.4 does."""
    warnings = _warnings(dialect, result.complaints)
    output = ""
    if result.confirmed_minutes is not None:
        output = leaf(
            "output",
            "commit confirmed will be automatically rolled back in "
            f"{result.confirmed_minutes} minutes unless confirmed",
        )
    if not warnings and not output:
        return dialect.ok
    body = warnings + output + _routing_engine("commit-success")
    return node("commit-results", body) + dialect.ok


def _warnings(dialect: Dialect, complaints: Sequence[Complaint]) -> str:
    """Write warnings beside an ok; a rfc-compliant session drops them (17.4R3 and later)."""
    return "" if dialect.rfc_compliant else dialect.errors(complaints)


def _routing_engine(outcome: str) -> str:
    return node(
        "routing-engine",
        leaf("name", "re0"),
        leaf(outcome),
        attributes={"junos:style": "normal"},
    )
