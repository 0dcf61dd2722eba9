"""The RPCs of RFC 4741 that Junos offers beside its own, over what the session edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml import etree

from harness.sim.answers import Refusal, syntax_error
from harness.sim.committing import commit
from harness.sim.config.loading import LoadAction, LoadFormat
from harness.sim.device import Login
from harness.sim.dialect import Dialect
from harness.sim.digits import number_of
from harness.sim.markup import child, children, local_name, node, text_of
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.netconf.commit_reply import rfc_commit_reply
from harness.sim.netconf.edit_operations import only_operations
from harness.sim.netconf.replies import Handler, Reply
from harness.sim.netconf.rpc_configuration import configuration, done, lock, only, unlock
from harness.sim.operational.table import ask, by_rpc
from harness.sim.store.commit import DEFAULT_CONFIRM_SECONDS

_DATABASES: Final = {"running": "committed", "candidate": "candidate"}
_OPERATIONS: Final[Mapping[str, LoadAction]] = {
    "": "merge",
    "merge": "merge",
    "replace": "override",  # RFC 6241, 7.2: the content replaces the target's configuration
    "none": "merge",  # of what only_operations leaves
}
_HOLDERS: Final = ("config", "config-text")
_PAYLOADS: Final[Mapping[str, LoadFormat]] = {"configuration": "xml", "configuration-text": "text"}
# Junos names these values (NETCONF guide, edit-config). The first two are one here: a refused
# payload changes nothing. It checks the syntax only, whatever test-option says.
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "error-option": ("stop-on-error", "ignore-error"),
    "error-operation": ("stop-on-error", "ignore-error"),
    "test-option": ("set", "test-then-set"),
}
_MAX_SECONDS: Final = 4294967295  # NETCONF guide, confirmed commit


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


def _require_words(request: etree._Element, *words: str) -> None:
    """Refuse a child that the operation doesn't take, with-defaults and persist among them."""
    for element in children(request):
        if local_name(element) not in words:
            raise syntax_error(local_name(element))


def _lock(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_candidate(request, "target")
    return lock(login, dialect, request)


def _unlock(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_candidate(request, "target")
    return unlock(login, dialect, request)


def _get_config(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_words(request, "source", "filter")
    running = _named(request, "source") == "running"
    tree = login.device.store.committed if running else login.config.candidate
    subtree = _filtered(request)
    return Reply(node(f"{dialect.prefix}data", configuration(login, tree, request, subtree)))


def _get(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Give the committed configuration and, unless a filter asks for less, who is editing it."""
    _require_words(request, "filter")
    subtree = _filtered(request)
    body = configuration(login, login.device.store.committed, request, subtree)
    operation = by_rpc(login.device, "get-database-status-information")
    if subtree is None and operation is not None:
        body += ask(login.device, operation, {}).xml()
    return Reply(node(f"{dialect.prefix}data", body))


def _filtered(request: etree._Element) -> etree._Element | None:
    """Return the ``<configuration>`` of a subtree filter; None: everything."""
    holder = child(request, "filter")
    if holder is None:
        return None
    kind = holder.get("type") or holder.get(f"{{{holder.nsmap.get(holder.prefix)}}}type")
    if kind not in (None, "subtree"):
        text = f"filter type '{kind}' is not available {SIMULATED}"
        raise Refusal(error(text, bad_element="filter"))
    return only(holder, "configuration")


def _edit_config(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_words(request, "target", "default-operation", "url", *_CHOICES, *_HOLDERS)
    _require_candidate(request, "target")
    for word, allowed in _CHOICES.items():
        chosen = child(request, word)
        if chosen is not None and text_of(chosen) not in allowed:
            raise syntax_error(text_of(chosen) or word)
    if child(request, "url") is not None:
        raise _no_url()
    operation = text_of(child(request, "default-operation"))
    action = _OPERATIONS.get(operation)
    if action is None:
        raise syntax_error(operation)
    complaints: list[Complaint] = []
    for element in _payloads(request):
        fmt = _PAYLOADS.get(local_name(element))
        if fmt is None:
            raise syntax_error(local_name(element))
        if operation == "none" and fmt == "xml":
            element = only_operations(element, login.device.schema)  # noqa: PLW2901 - its rest
        content = element if fmt == "xml" else element.text or ""
        complaints += login.config.load(content, fmt, action)
    if refused(complaints):
        return Reply(dialect.errors(complaints))
    warnings = "" if dialect.drops_warnings else dialect.errors(complaints)
    return Reply(warnings + dialect.ok)


def _payloads(request: etree._Element) -> list[etree._Element]:
    holder = next((found for name in _HOLDERS if (found := child(request, name)) is not None), None)
    if holder is None:
        raise syntax_error("edit-config")
    return children(holder)


def _no_url() -> Refusal:
    return Refusal(error(f"loading from a url is not available {SIMULATED}", bad_element="url"))


def _copy_config(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Replace the candidate by the running configuration; Junos copies to nothing else."""
    _require_words(request, "target", "source", "error-operation", "error-option")
    _require_candidate(request, "target")
    source = child(request, "source")
    if source is not None and child(source, "url") is not None:
        raise _no_url()
    if _named(request, "source") != "running":
        raise syntax_error("candidate")
    return done(dialect, login.config.discard())


def _delete_config(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_candidate(request, "target")
    return done(dialect, login.config.delete_all())


def _commit(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Commit; a confirmed one undoes itself when its session ends (confirmed-commit:1.0)."""
    _require_words(request, "confirmed", "confirm-timeout")
    seconds = None
    if child(request, "confirmed") is not None:
        text = text_of(child(request, "confirm-timeout")) or str(DEFAULT_CONFIRM_SECONDS)
        given_seconds = number_of(text, _MAX_SECONDS)
        if not given_seconds:
            raise Refusal(error(f"invalid confirm-timeout '{text}', in seconds {SIMULATED}"))
        given = child(request, "confirm-timeout") is not None
        minutes = given and login.device.switches["rfc-confirm-timeout"] == "minutes"
        seconds = given_seconds * (60 if minutes else 1)
    return rfc_commit_reply(dialect, commit(login, rfc_confirm_seconds=seconds))


def _cancel(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Undo a confirmed commit of this session, where the device is told to know that."""
    if login.device.switches["cancel-commit"] == "refused":
        raise syntax_error("cancel-commit")
    _require_words(request)
    return done(dialect, login.config.cancel())


def _validate(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    _require_candidate(request, "source")
    complaints = login.config.check()
    return done(dialect, complaints if refused(complaints) else ())


def _discard(login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    return done(dialect, login.config.discard())


HANDLERS: Final[Mapping[str, Handler]] = {
    "lock": _lock,
    "unlock": _unlock,
    "get": _get,
    "get-config": _get_config,
    "edit-config": _edit_config,
    "copy-config": _copy_config,
    "delete-config": _delete_config,
    "commit": _commit,
    "cancel-commit": _cancel,
    "validate": _validate,
    "discard-changes": _discard,
}
