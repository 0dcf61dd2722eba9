"""What a login class may do, as the predefined classes of Junos and the configured ones say.

Of the permissions of Junos those are told apart that decide about a whole request; a class that may
view the configuration sees all of it but its secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from harness.errors import UsageError
from harness.sim.config.tree import Node, leaf, present, values

Permission = Literal[
    "clear", "configure", "maintenance", "network", "secret", "view", "view-configuration"
]

_ALL: Final[frozenset[str]] = frozenset(
    ("clear", "configure", "maintenance", "network", "secret", "view", "view-configuration")
)
# Junos user access guide, predefined login classes; the last one is our own.
PREDEFINED: Final[Mapping[str, frozenset[str]]] = {
    "super-user": _ALL,
    "operator": frozenset(("clear", "network", "view")),
    "read-only": frozenset(("view",)),
    "unauthorized": frozenset(),
    "no-secret": _ALL - {"secret"},
}
_FREE: Final = frozenset(("close-session",))
_REQUIRED: Final[Mapping[str, Permission]] = {
    **dict.fromkeys(
        (
            "load-configuration",
            "commit-configuration",
            "lock-configuration",
            "unlock-configuration",
            "open-configuration",
            "close-configuration",
            "lock",
            "unlock",
            "edit-config",
            "copy-config",
            "delete-config",
            "commit",
            "cancel-commit",
            "validate",
            "discard-changes",
        ),
        "configure",
    ),
    **dict.fromkeys(
        (
            "get-configuration",
            "get-config",
            "get",  # the configuration is most of what it gives
            "get-rollback-information",
            "get-rescue-information",
        ),
        "view-configuration",
    ),
    "kill-session": "maintenance",
    "ping": "network",
    "traceroute": "network",
}
_BY_PREFIX: Final[Mapping[str, Permission]] = {
    "request-": "maintenance",
    "file-": "maintenance",  # CLI user guide, required privilege level of the file commands
    "clear-": "clear",
}


def checked_class(name: str) -> str:
    """Return a predefined class; raises :class:`UsageError` naming the known ones."""
    if name not in PREDEFINED:
        raise UsageError(f"unknown login class {name!r}; known: {', '.join(PREDEFINED)}")
    return name


def class_of(tree: Node, user: str, given: str) -> str:
    """Return the login class of a user: as configured, else as given for the simulator."""
    return leaf(tree, "system", "login", "user", user, "class") or given


def permissions(tree: Node, login_class: str) -> frozenset[str]:
    """Return what a class may do; an unknown one nothing."""
    if present(tree, "system", "login", "class", login_class):
        named = values(tree, "system", "login", "class", login_class, "permissions")
        return _ALL if "all" in named else frozenset(named)
    return PREDEFINED.get(login_class, frozenset())


def needed(rpc: str) -> Permission | None:
    """Return what an RPC asks for; None: anybody may."""
    if rpc in _FREE:
        return None
    found = _REQUIRED.get(rpc)
    if found is not None:
        return found
    by_prefix = (each for prefix, each in _BY_PREFIX.items() if rpc.startswith(prefix))
    return next(by_prefix, "view")
