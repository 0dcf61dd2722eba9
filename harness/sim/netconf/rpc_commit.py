"""RPCs of the Junos XML protocol that commit, and those about what was or will be committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from lxml import etree

from harness.sim.answers import Refusal, syntax_error
from harness.sim.committing import commit
from harness.sim.config.tree import Node
from harness.sim.device import Login
from harness.sim.dialect import Dialect
from harness.sim.markup import child, children, leaf, local_name, node, text_of
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.netconf.commit_reply import check_reply, commit_reply
from harness.sim.netconf.replies import Handler, Reply
from harness.sim.netconf.rpc_configuration import (
    configuration,
    confirm_minutes,
    difference,
    done,
)
from harness.sim.rollbacks import rollback_tree, slot
from harness.sim.store.schedule import parse_at

# "synchronize" and its relatives concern a second routing engine, which no simulated device has.
_COMMIT_WORDS: Final = frozenset(
    (
        "log",
        "at-time",
        "confirmed",
        "confirm-timeout",
        "check",
        "synchronize",
        "force-synchronize",
        "full",
    )
)


def _commit(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Commit or check; ``confirm-timeout`` is in minutes (Junos XML protocol guide)."""
    words = {local_name(element): text_of(element) for element in children(request)}
    for word in words:
        if word not in _COMMIT_WORDS:
            raise syntax_error(word)
    if "confirm-timeout" in words and "confirmed" not in words:
        raise syntax_error("confirm-timeout")
    beside = [word for word in ("confirmed", "at-time") if word in words]
    if "check" in words and beside:
        raise syntax_error(beside[0])
    if "check" in words:
        return Reply(check_reply(dialect, login.config.check()))
    minutes = confirm_minutes(words.get("confirm-timeout", "")) if "confirmed" in words else None
    at = commit_time(login, words["at-time"]) if "at-time" in words else None
    told = commit(login, log=words.get("log", ""), confirm_minutes=minutes, at=at)
    return commit_reply(dialect, told, detail=request.get("detail") == "detail")


def commit_time(login: Login, text: str) -> datetime | Literal["reboot"]:
    """Read when a commit is to happen; raises :class:`Refusal` for a time that isn't one."""
    when = parse_at(text, login.device.clock.now())
    if isinstance(when, Complaint):
        raise Refusal(when)
    return when or "reboot"


def _rollback_information(login: Login, _dialect: Dialect, request: etree._Element) -> Reply:
    """Show a rollback slot, or the difference between two of them."""
    index = slot(text_of(child(request, "rollback")) or "0")
    tree = rollback_tree(login, index)
    other = child(request, "compare")
    if other is not None:
        old = rollback_tree(login, slot(text_of(other)))
        return Reply(node("rollback-information", difference(login, old, tree)))
    return Reply(node("rollback-information", _shown(login, tree, request)))


def _rescue_information(login: Login, _dialect: Dialect, request: etree._Element) -> Reply:
    """Show the rescue configuration."""
    tree = login.device.store.rescue
    if tree is None:
        raise Refusal(error(f"rescue configuration is not available {SIMULATED}"))
    return Reply(node("rescue-information", _shown(login, tree, request)))


def _shown(login: Login, tree: Node, request: etree._Element) -> str:
    """Write a stored configuration; as text it's wrapped the way show commands do."""
    fmt = text_of(child(request, "format")) or request.get("format", "text")
    request.set("format", fmt)
    body = configuration(login, tree, request, None)
    if fmt != "text":
        return body
    body = body.replace("configuration-text>", "configuration-output>")
    return node("configuration-information", body)


def _rescue_save(login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    return _rescued(dialect, login.config.rescue_save())


def _rescue_delete(login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    return _rescued(dialect, login.config.rescue_delete())


def _rescued(dialect: Dialect, complaints: Sequence[Complaint]) -> Reply:
    if complaints:
        return done(dialect, complaints)
    return Reply(node("rescue-management-results", leaf("success")))


HANDLERS: Final[Mapping[str, Handler]] = {
    "commit-configuration": _commit,
    "get-rollback-information": _rollback_information,
    "get-rescue-information": _rescue_information,
    "request-save-rescue-configuration": _rescue_save,
    "request-delete-rescue-configuration": _rescue_delete,
}
