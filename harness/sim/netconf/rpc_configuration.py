"""RPCs of the Junos XML protocol that open, lock, read and change the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast
from xml.sax.saxutils import escape

from lxml import etree

from harness.sim.answers import Refusal, syntax_error
from harness.sim.config.groups import expanded
from harness.sim.config.loading import LoadAction, LoadFormat
from harness.sim.config.rendering import RenderFormat
from harness.sim.config.tree import Node
from harness.sim.device import Login
from harness.sim.dialect import Dialect
from harness.sim.digits import number_of
from harness.sim.markup import children, local_name, node
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.netconf.replies import Handler, Reply
from harness.sim.operational.show_configuration import configuration_output
from harness.sim.operational.show_files import read_text
from harness.sim.rollbacks import rollback_tree, slot
from harness.sim.store.commit import DEFAULT_CONFIRM_MINUTES, MAX_CONFIRM_MINUTES, Kind

# The value of "format" that goes with each, as Junos' guides pair them; sets of commands and
# patches are text.
_ATTRIBUTES: Final = {
    "configuration": "xml",
    "configuration-text": "text",
    "configuration-set": "text",
    "configuration-json": "json",
    "configuration-patch": "text",
}
_PAYLOADS: Final[Mapping[str, LoadFormat]] = {
    "configuration": "xml",
    "configuration-text": "text",
    "configuration-set": "set",
    "configuration-json": "json",
    "configuration-patch": "text",
}
_ACTIONS: Final = ("merge", "replace", "override", "update", "set", "patch")
_INHERIT: Final = ("inherit",)
_FORMATS: Final = ("xml", "text", "set", "json")
_KINDS: Final = ("private", "batch", "exclusive")
_EPHEMERAL: Final = (16, 1)  # the first release with ephemeral databases


def _load(login: Login, dialect: Dialect, request: etree._Element) -> Reply:
    """Load statements, or a previous configuration, into what the session edits."""
    index = request.get("rollback")
    if index is not None:
        complaints = login.config.rollback(slot(index))
    elif (rescue := request.get("rescue")) is not None:
        if rescue != "rescue":
            raise syntax_error(rescue)
        complaints = login.config.rollback("rescue")
    elif (url := request.get("url")) is not None:
        text = read_text(login, url.removeprefix("file://"))
        complaints = login.config.load(text, _file_format(request), _action(request))
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
    element = only(request, *_PAYLOADS)
    if element is None:
        text = "load-configuration holds no configuration"
        raise Refusal(error(text, bad_element="configuration"))
    name = local_name(element)
    attribute = request.get("format", _ATTRIBUTES[name])
    if attribute not in _ATTRIBUTES.values():
        raise syntax_error(attribute)
    of_commands = name == "configuration-set"
    if attribute != _ATTRIBUTES[name] or (request.get("action") == "set") is not of_commands:
        raise syntax_error(name)
    return element, _PAYLOADS[name]


def only(holder: etree._Element, *names: str) -> etree._Element | None:
    """Return the one element of ``holder``, of a known name; None if there is none.

    Raises :class:`Refusal` for another name or a second one.
    """
    found = children(holder)
    for element in found:
        if local_name(element) not in names:
            raise syntax_error(local_name(element))
    if len(found) > 1:
        raise syntax_error(local_name(found[1]))
    return found[0] if found else None


def _file_format(request: etree._Element) -> LoadFormat:
    """Return the form of a file: as the attribute says, XML without one."""
    if request.get("action") == "set":
        return "set"
    fmt = request.get("format", "xml")
    if fmt not in _FORMATS:
        raise Refusal(error(f"format '{fmt}' is not available {SIMULATED}"))
    return cast("LoadFormat", fmt)


def _action(request: etree._Element) -> LoadAction:
    action = request.get("action", "merge")
    if action not in _ACTIONS:
        raise Refusal(error(f"load action '{action}' is not available {SIMULATED}"))
    return cast("LoadAction", action)


def confirm_minutes(text: str) -> int:
    """Read the timeout of a confirmed commit; empty means the default of 10 minutes."""
    if not text:
        return DEFAULT_CONFIRM_MINUTES
    minutes = number_of(text, MAX_CONFIRM_MINUTES)
    if not minutes:
        allowed = f"1..{MAX_CONFIRM_MINUTES} minutes"
        raise Refusal(error(f"invalid confirm-timeout '{text}', {allowed} {SIMULATED}"))
    return minutes


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
    """Open the shared database, a private copy of it, or the shared one with a lock."""
    kinds = [local_name(element) for element in children(request)]
    if not kinds:
        return done(dialect, login.config.open("shared"))
    kind = kinds[0]
    if kind not in _KINDS:
        raise _not_there(login, kind)
    return done(dialect, login.config.open(cast("Kind", kind)))


def _not_there(login: Login, kind: str) -> Refusal:
    """Refuse a database that isn't simulated; before 16.1 Junos has no ephemeral ones either."""
    known = ("dynamic",) if login.device.store.release < _EPHEMERAL else ("dynamic", "ephemeral")
    if kind.removesuffix("-instance") not in known:
        return syntax_error(kind)
    return Refusal(error(f"{kind} configuration is not available {SIMULATED}", bad_element=kind))


def _close(login: Login, dialect: Dialect, _request: etree._Element) -> Reply:
    return done(dialect, login.config.close_configuration())


def _get(login: Login, _dialect: Dialect, request: etree._Element) -> Reply:
    """Read the candidate (the default) or the committed configuration, or a difference."""
    database = request.get("database", "candidate")
    if database not in ("candidate", "committed"):
        raise Refusal(error(f"database '{database}' is not available {SIMULATED}"))
    tree = login.device.store.committed if database == "committed" else login.config.candidate
    comparison = request.get("compare")
    if comparison is None:
        tree = _inherited(login, tree, request)
        return Reply(configuration(login, tree, request, only(request, "configuration")))
    if comparison != "rollback":
        raise Refusal(error(f"compare '{comparison}' is not available {SIMULATED}"))
    if request.get("format", "text") != "text":
        raise Refusal(
            error(f"a difference in another format than text is not available {SIMULATED}")
        )
    old = rollback_tree(login, slot(request.get("rollback", "0")), private=database == "candidate")
    return Reply(difference(login, old, tree))


def _inherited(login: Login, tree: Node, request: etree._Element) -> Node:
    """Return the tree with what its groups give, if ``request`` wants that."""
    inherit = request.get("inherit")
    if inherit is None:
        return tree
    if inherit not in _INHERIT:
        raise Refusal(error(f"inherit '{inherit}' is not available {SIMULATED}"))
    return expanded(tree, login.device.schema)


def difference(login: Login, old: Node, new: Node) -> str:
    """Write the patch from one configuration to another."""
    patch = login.device.store.compare(old, new, hide_secrets=login.hides_secrets)
    return configuration_output(patch)


def configuration(
    login: Login, tree: Node, request: etree._Element, subtree: etree._Element | None
) -> str:
    """Write a configuration in the format that ``request`` asks for."""
    fmt = request.get("format", "xml")
    if fmt not in _FORMATS:
        raise Refusal(error(f"format '{fmt}' is not available {SIMULATED}"))
    if subtree is not None and subtree.xpath("boolean(descendant::*/@*[not(name()='recurse')])"):
        named = str(subtree.xpath("name(descendant::*/@*[not(name()='recurse')][1])"))
        raise Refusal(error(f"a filter with '{named}' is not available {SIMULATED}"))
    config = login.config
    text = login.device.store.render(
        tree,
        cast("RenderFormat", fmt),
        subtree=subtree,
        hide_secrets=login.hides_secrets,
        changed=config.changed if tree is config.candidate else None,
        groups=request.get("groups") == "groups",
        before=login.device.store.committed if request.get("changed") == "changed" else None,
    )
    if fmt == "xml":
        return text
    if fmt == "json":
        return escape(text)
    return f"<configuration-{fmt}>\n{escape(text)}</configuration-{fmt}>\n"


HANDLERS: Final[Mapping[str, Handler]] = {
    "load-configuration": _load,
    "lock-configuration": lock,
    "unlock-configuration": unlock,
    "open-configuration": _open,
    "close-configuration": _close,
    "get-configuration": _get,
}
