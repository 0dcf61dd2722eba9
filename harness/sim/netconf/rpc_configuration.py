"""RPCs of the Junos XML protocol that read and change the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast
from xml.sax.saxutils import escape

from lxml import etree

from harness.sim.answers import Refusal, syntax_error
from harness.sim.committing import commit
from harness.sim.config.loading import LoadAction, LoadFormat
from harness.sim.config.rendering import RenderFormat
from harness.sim.config.tree import Node
from harness.sim.device import Login
from harness.sim.dialect import Dialect
from harness.sim.markup import child, children, local_name, node, text_of
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.netconf.commit_reply import check_reply, commit_reply
from harness.sim.netconf.replies import Reply
from harness.sim.netconf.rpc_session import Handler
from harness.sim.store.commit import DEFAULT_CONFIRM_MINUTES, ROLLBACK_SLOTS

_PAYLOADS: Final[Mapping[str, LoadFormat]] = {
    "configuration": "xml",
    "configuration-text": "text",
    "configuration-set": "set",
    "configuration-json": "json",
}
_ACTIONS: Final = ("merge", "replace", "override", "update", "set")
_FORMATS: Final = ("xml", "text", "set", "json")
_COMMIT_WORDS: Final = frozenset(
    ("log", "confirmed", "confirm-timeout", "check", "synchronize", "force-synchronize", "full")
)


def _load(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Load statements, or a previous configuration, into the shared candidate."""
    index = request.get("rollback")
    if index is not None:
        complaints = login.config.rollback(slot(index))
    else:
        element, fmt = _payload(request)
        content = element if fmt == "xml" else element.text or ""
        complaints = login.config.load(content, fmt, _action(request))
    return Reply(load_results(dialect, complaints))


def load_results(dialect: Dialect, complaints: Sequence[Complaint]) -> str:
    """Write load-configuration-results: complaints inside, and ok unless one is an error."""
    ok = "" if refused(complaints) else dialect.ok
    return node("load-configuration-results", dialect.errors(complaints), ok)


def _payload(request: etree._Element) -> tuple[etree._Element, LoadFormat]:
    for attribute in ("rescue", "url"):
        if attribute in request.attrib:
            raise Refusal(error(f"load by {attribute} is not available {SIMULATED}"))
    for element in children(request):
        fmt = _PAYLOADS.get(local_name(element))
        if fmt is None:
            raise syntax_error(local_name(element))
        return element, fmt
    raise Refusal(error("load-configuration holds no configuration", bad_element="configuration"))


def _action(request: etree._Element) -> LoadAction:
    action = request.get("action", "merge")
    if action not in _ACTIONS:
        raise Refusal(error(f"load action '{action}' is not available {SIMULATED}"))
    return cast("LoadAction", action)


def slot(index: str) -> int:
    """Read a rollback index; raises :class:`Refusal` unless it's 0..49."""
    if not (index.isascii() and index.isdigit() and int(index) < ROLLBACK_SLOTS):
        raise Refusal(error(f"invalid rollback index '{index}', 0..49 {SIMULATED}"))
    return int(index)


def _commit(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Commit or check; ``confirm-timeout`` is in minutes (Junos XML protocol guide)."""
    words = {local_name(element): text_of(element) for element in children(request)}
    for word in words:
        if word not in _COMMIT_WORDS:
            raise syntax_error(word)
    if "check" in words:
        return Reply(check_reply(dialect, login.config.check()))
    minutes = confirm_minutes(words.get("confirm-timeout", "")) if "confirmed" in words else None
    told = commit(login, log=words.get("log", ""), confirm_minutes=minutes)
    return commit_reply(dialect, told)


def confirm_minutes(text: str) -> int:
    """Read the timeout of a confirmed commit; empty means the default of 10 minutes."""
    if not text:
        return DEFAULT_CONFIRM_MINUTES
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise Refusal(error(f"invalid confirm-timeout '{text}', 1..65535 minutes {SIMULATED}"))
    return int(text)


def lock(login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    """Take the lock; a refusal names who holds it."""
    return done(dialect, login.config.lock())


def unlock(login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    """Release the lock."""
    return done(dialect, login.config.unlock())


def done(dialect: Dialect, complaints: Sequence[Complaint]) -> Reply:
    """Answer with ok, or with the complaints alone."""
    return Reply(dialect.errors(complaints) or dialect.ok)


def _open(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Open the shared database; the private kinds of it aren't simulated, and say so."""
    kinds = [local_name(element) for element in children(request)]
    for kind in kinds:
        if kind != "exclusive":
            text = f"{kind} configuration is not available {SIMULATED}"
            raise Refusal(error(text, bad_element=kind))
    return lock(login, dialect, request) if kinds else Reply(dialect.ok)


def _close(login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    if login.holds_lock:
        login.config.unlock()
    return Reply(dialect.ok)


def _get(login: Login, _dialect: Dialect, request: etree._Element) -> Reply:
    """Read the candidate (the default) or the committed configuration, or a difference."""
    store = login.device.store
    database = request.get("database", "candidate")
    if database not in ("candidate", "committed"):
        raise Refusal(error(f"database '{database}' is not available {SIMULATED}"))
    tree = store.committed if database == "committed" else store.candidate
    comparison = request.get("compare")
    if comparison is None:
        return Reply(configuration(login, tree, request, child(request, "configuration")))
    if comparison != "rollback":
        raise Refusal(error(f"compare '{comparison}' is not available {SIMULATED}"))
    old = rollback_tree(login, slot(request.get("rollback", "0")))
    return Reply(_difference(store.compare(old, tree)))


def rollback_tree(login: Login, index: int) -> Node:
    """Return what slot ``index`` holds; raises :class:`Refusal` when it's empty."""
    tree = login.device.store.rollback_tree(index)
    if tree is None:
        raise Refusal(error(f"could not open configuration rollback file {index} {SIMULATED}"))
    return tree


def _difference(patch: str) -> str:
    output = f"<configuration-output>\n{escape(patch)}</configuration-output>\n"
    return node("configuration-information", output)


def configuration(
    login: Login, tree: Node, request: etree._Element, subtree: etree._Element | None
) -> str:
    """Write a configuration in the format that ``request`` asks for."""
    fmt = request.get("format", "xml")
    if fmt not in _FORMATS:
        raise Refusal(error(f"format '{fmt}' is not available {SIMULATED}"))
    device = login.device
    text = device.store.render(
        tree, cast("RenderFormat", fmt), subtree=subtree, hide_secrets=device.hides_secrets
    )
    if fmt == "xml":
        return text
    if fmt == "json":
        return escape(text)
    return f"<configuration-{fmt}>\n{escape(text)}</configuration-{fmt}>\n"


def _rollback_information(login: Login, _dialect: Dialect, request: etree._Element) -> Reply:
    """Show a rollback slot, or the difference between two of them."""
    index = slot(text_of(child(request, "rollback")) or "0")
    tree = rollback_tree(login, index)
    other = child(request, "compare")
    if other is not None:
        old = rollback_tree(login, slot(text_of(other)))
        difference = _difference(login.device.store.compare(old, tree))
        return Reply(node("rollback-information", difference))
    fmt = text_of(child(request, "format")) or "text"
    request.set("format", fmt)
    body = configuration(login, tree, request, None)
    if fmt == "text":
        body = body.replace("configuration-text>", "configuration-output>")
        body = node("configuration-information", body)
    return Reply(node("rollback-information", body))


HANDLERS: Final[Mapping[str, Handler]] = {
    "load-configuration": _load,
    "commit-configuration": _commit,
    "lock-configuration": lock,
    "unlock-configuration": unlock,
    "open-configuration": _open,
    "close-configuration": _close,
    "get-configuration": _get,
    "get-rollback-information": _rollback_information,
}
