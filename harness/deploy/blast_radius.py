"""Hold the device's own diff against the allow-list: any other line stops the push.

The diff comes from the device, not from what we sent, so a statement that the device derived, or
that somebody else left in the candidate, is seen as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from harness.deploy.patch import Change, changes
from harness.errors import UnsafeChange

_SHOWN = 5  # offending statements in a message


class AllowList:
    """Path prefixes that may change; a word may be a shell pattern such as ``hil-*``."""

    def __init__(self, hierarchies: Iterable[tuple[str, ...]]) -> None:
        self._root: dict[str, object] = {}
        for hierarchy in hierarchies:
            node = self._root
            for word in hierarchy:
                child = node.setdefault(word, {})
                assert isinstance(child, dict)  # noqa: S101 - built two lines above
                node = child
            node[""] = True  # a hierarchy ends here; no Junos word is empty

    def allows(self, path: tuple[str, ...]) -> bool:
        """Say whether some allowed hierarchy is a prefix of ``path``."""
        return _matches(self._root, path, 0)


def _matches(node: dict[str, object], path: tuple[str, ...], at: int) -> bool:
    if "" in node:
        return True
    if at == len(path):
        return False
    word = path[at]
    exact = node.get(word)
    if isinstance(exact, dict) and _matches(exact, path, at + 1):
        return True
    return any(
        isinstance(child, dict) and fnmatchcase(word, pattern) and _matches(child, path, at + 1)
        for pattern, child in node.items()
        if "*" in pattern
    )


def check_addition(patch: str, allowed: AllowList) -> int:
    """Check that ``patch`` only adds, and only inside ``allowed``; return how many statements.

    Raises :class:`UnsafeChange` naming the first offending statements, or that nothing changes.
    """
    count = 0
    outside: list[Change] = []
    for change in changes(patch):
        count += 1
        if change.sign != "+" or not allowed.allows(change.path):
            outside.append(change)
    if outside:
        shown = "; ".join(str(change) for change in outside[:_SHOWN])
        more = f" and {len(outside) - _SHOWN} more" if len(outside) > _SHOWN else ""
        raise UnsafeChange(f"the device's own diff leaves what may change: {shown}{more}")
    if count == 0:
        raise UnsafeChange("the device's own diff is empty: it didn't take what was loaded")
    return count
