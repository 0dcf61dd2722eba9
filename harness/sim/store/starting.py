"""What devices start with: read and checked once, and shared by all that start alike."""

from __future__ import annotations

from functools import lru_cache

from harness.errors import TestbedError
from harness.sim.config.groups import in_effect
from harness.sim.config.loading import load
from harness.sim.config.schema import Schema
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader
from harness.sim.messages import Complaint
from harness.sim.rules.engine import Check, CommitRule, run

_KINDS = 64  # of starting configurations kept; each platform has one of its own


def starting_tree(
    base: str, schema: Schema, rules: tuple[CommitRule, ...], *, hostname: str, version: str
) -> Node:
    """Return ``base`` (set format) with the device's name and release in it.

    All but the nodes of those two is shared by the devices with the same ``base``, stored keys
    included. Raises :class:`~harness.errors.TestbedError` when it doesn't load or check.
    """
    tree, complaints = _read(base, schema, rules)
    if complaints:
        what = f"starting configuration of {hostname}"
        raise TestbedError(
            [f"{what}: {one.path} {one.bad_element}: {one.text}" for one in complaints]
        )
    lines = f"set system host-name {hostname}\n"
    named = load(tree, lines, schema, ValueReader(Salts(b"")), fmt="set", action="set").tree
    result = named.copy()
    result["version"] = version
    return result


@lru_cache(maxsize=_KINDS)
def _read(
    base: str, schema: Schema, rules: tuple[CommitRule, ...]
) -> tuple[Node, tuple[Complaint, ...]]:
    reader = ValueReader(Salts(b"starting"))
    loaded = load(Node(), base, schema, reader, fmt="set", action="set")
    complaints = loaded.complaints or run(rules, Check(Node(), in_effect(loaded.tree, schema)))
    return loaded.tree, tuple(complaints)
