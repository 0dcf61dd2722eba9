"""What devices start with: read and checked once, and shared by all that start alike."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

from harness.errors import TestbedError
from harness.sim.config.groups import in_effect
from harness.sim.config.loading import Loaded, load
from harness.sim.config.schema import Schema
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader
from harness.sim.messages import Complaint
from harness.sim.rules.engine import Check, CommitRule, run

_KINDS = 64  # of starting configurations kept; each platform has one of its own


def starting_tree(
    base: str,
    schema: Schema,
    rules: tuple[CommitRule, ...],
    *,
    hostname: str,
    version: str,
    own: str = "",
) -> Node:
    """Return ``base`` (set format) with the device's name, release and ``own`` lines in it.

    All but the nodes of those is shared by the devices with the same ``base``, stored keys
    included. Raises :class:`~harness.errors.TestbedError` when it doesn't load; ``base`` is held
    against the commit rules as well, once for all, ``own`` isn't.
    """
    tree, complaints = _read(base, schema, rules)
    if complaints:
        what = f"starting configuration of {hostname}"
        raise TestbedError([f"{what}: {told}" for told in complaints])
    lines = f"set system host-name {hostname}\n{own}"
    named = load(tree, lines, schema, ValueReader(Salts(b"")), fmt="set", action="set")
    if named.complaints:
        told = _told(named.complaints[0])
        raise TestbedError([f"own lines of {hostname}: {told}"])
    result = named.tree.copy()
    result["version"] = version
    return result


@lru_cache(maxsize=_KINDS)
def _read(base: str, schema: Schema, rules: tuple[CommitRule, ...]) -> tuple[Node, tuple[str, ...]]:
    """Return the tree of ``base``, and what is wrong with it."""
    loaded = _loaded(base, schema)
    if loaded.complaints:
        lines = base.splitlines()
        good = bisect_left(
            range(len(lines)),
            x=True,
            key=lambda count: bool(_loaded("\n".join(lines[: count + 1]), schema).complaints),
        )
        return loaded.tree, (f"line {good + 1}: {_told(loaded.complaints[0])}",)
    wrong = tuple(run(rules, Check(Node(), in_effect(loaded.tree, schema))))
    return loaded.tree, tuple(_told(one) for one in wrong[:-1] or wrong)  # without the summary


def _loaded(text: str, schema: Schema) -> Loaded:
    return load(Node(), text, schema, ValueReader(Salts(b"starting")), fmt="set", action="set")


def _told(complaint: Complaint) -> str:
    words = (complaint.path, complaint.bad_element, complaint.text)
    return ": ".join(word for word in words if word)
