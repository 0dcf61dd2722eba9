"""Payloads that were read before: a template that goes to many devices is read once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from harness.sim.config.schema import Schema
from harness.sim.config.tree import Node, is_clean
from harness.sim.config.words import ValueReader

_Key: TypeAlias = tuple[str, Schema, tuple[str, ...], str]

_LEAST = 4096  # characters; shorter payloads are read as fast as they are looked up


class ParsedPayloads:
    """The patches of the last large payloads, at most ``most`` characters of them.

    Devices of one model share it, and the nodes. A payload with clear keys isn't kept, as each
    device stores them with salts of its own; nor one that says something about statements, as
    a replacement works on the nodes of its patch.
    """

    def __init__(self, most: int = 16 * 1024 * 1024) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[_Key, list[Node]] = OrderedDict()

    def patches(
        self,
        key: _Key,
        reader: ValueReader,
        read: Callable[[], list[Node]],
    ) -> list[Node]:
        """Return what ``read`` returns, or returned for the same payload."""
        payload = key[-1]
        if len(payload) < _LEAST:
            return read()
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        salted = reader.salted
        patches = read()
        plain = reader.salted == salted and all(is_clean(patch) for patch in patches)
        if plain and len(payload) <= self._most:
            self._kept[key] = patches
            self._size += len(payload)
            while self._size > self._most:
                gone, _ = self._kept.popitem(last=False)
                self._size -= len(gone[-1])
        return patches
