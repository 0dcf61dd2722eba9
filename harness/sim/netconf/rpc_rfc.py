"""The RPCs of RFC 4741 that Junos offers beside its own, over the same candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml import etree

from harness.sim.answers import Refusal, syntax_error
from harness.sim.committing import commit
from harness.sim.config.loading import LoadAction, LoadFormat
from harness.sim.device import Login
from harness.sim.dialect import Dialect
from harness.sim.markup import child, children, local_name, node, text_of
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.netconf.commit_reply import rfc_commit_reply
from harness.sim.netconf.replies import Reply
from harness.sim.netconf.rpc_configuration import configuration, done, lock, unlock
from harness.sim.netconf.rpc_session import Handler
from harness.sim.store.commit import DEFAULT_CONFIRM_SECONDS

_DATABASES: Final = {"running": "committed", "candidate": "candidate"}
_OPERATIONS: Final[Mapping[str, LoadAction]] = {
    "": "merge",
    "merge": "merge",
    "replace": "override",  # RFC 6241, 7.2: the content replaces the target's configuration
    "none": "replace",  # Junos marks what changes in the payload itself
}
_PAYLOADS: Final[Mapping[str, LoadFormat]] = {"configuration": "xml", "configuration-text": "text"}


def _named(request: etree._Element, role: str) -> str:
    """Return the datastore that ``<source>`` or ``<target>`` names."""
    holder = child(request, role)
    names = [local_name(each) for each in children(holder)] if holder is not None else []
    if len(names) != 1 or names[0] not in _DATABASES:
        raise syntax_error(names[0] if names else role)
    return names[0]


def _require_candidate(request: etree._Element, role: str) -> None:
    if _named(request, role) != "candidate":
        raise Refusal(error(f"only the candidate can be the {role} {SIMULATED}", bad_element=role))


def _lock(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_candidate(request, "target")
    return lock(login, dialect, request)


def _unlock(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_candidate(request, "target")
    return unlock(login, dialect, request)


def _get_config(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    store = login.device.store
    tree = store.committed if _named(request, "source") == "running" else store.candidate
    holder = child(request, "filter")
    subtree = child(holder, "configuration") if holder is not None else None
    return Reply(node(f"{dialect.prefix}data", configuration(login, tree, request, subtree)))


def _edit_config(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_candidate(request, "target")
    action = _OPERATIONS.get(text_of(child(request, "default-operation")))
    holder = child(request, "config")
    if action is None or holder is None:
        raise syntax_error("default-operation" if action is None else "edit-config")
    complaints: list[Complaint] = []
    for element in children(holder):
        fmt = _PAYLOADS.get(local_name(element))
        if fmt is None:
            raise syntax_error(local_name(element))
        content = element if fmt == "xml" else element.text or ""
        complaints += login.config.load(content, fmt, action)
    if refused(complaints):
        return Reply(dialect.errors(complaints))
    warnings = "" if dialect.rfc_compliant else dialect.errors(complaints)
    return Reply(warnings + dialect.ok)


def _commit(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Commit; a confirmed one undoes itself when its session ends (confirmed-commit:1.0)."""
    seconds = None
    if child(request, "confirmed") is not None:
        text = text_of(child(request, "confirm-timeout")) or str(DEFAULT_CONFIRM_SECONDS)
        if not (text.isascii() and text.isdigit() and int(text) > 0):
            raise Refusal(error(f"invalid confirm-timeout '{text}', in seconds {SIMULATED}"))
        seconds = int(text)
    return rfc_commit_reply(dialect, commit(login, rfc_confirm_seconds=seconds))


def _validate(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_candidate(request, "source")
    complaints = login.config.check()
    return done(dialect, complaints if refused(complaints) else ())


def _discard(login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    return done(dialect, login.config.discard())


HANDLERS: Final[Mapping[str, Handler]] = {
    "lock": _lock,
    "unlock": _unlock,
    "get-config": _get_config,
    "edit-config": _edit_config,
    "commit": _commit,
    "validate": _validate,
    "discard-changes": _discard,
}
