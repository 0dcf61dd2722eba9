"""Configurations as text: written once, and kept while clients ask for them again."""

from __future__ import annotations

from lxml import etree

from harness.sim.config.rendering import RenderFormat, Stamp, render
from harness.sim.config.schema import Schema
from harness.sim.config.subtree import select
from harness.sim.config.tree import Node

_KEPT = 6  # committed and candidate, in the forms that clients alternate between


class Renderings:
    """The latest whole configurations of one device as they were written."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._kept: dict[tuple[object, ...], tuple[Node, str]] = {}

    def whole(self, node: Node, fmt: RenderFormat, stamp: Stamp, *, hide_secrets: bool) -> str:
        """Write all of ``node``, or return what was written before."""
        key = (id(node), fmt, stamp, hide_secrets)
        kept = self._kept.get(key)
        if kept is None or kept[0] is not node:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            text = render(node, fmt, self._schema, stamp, hide_secrets=hide_secrets)
            kept = self._kept[key] = (node, text)
        return kept[1]

    def part(
        self,
        node: Node,
        fmt: RenderFormat,
        stamp: Stamp,
        *,
        subtree: etree._Element | None,
        hide_secrets: bool,
        groups: bool,
        before: Node | None,
    ) -> str:
        """Write what ``subtree`` names (None: all of it)."""
        if subtree is not None:
            node = select(node, subtree, self._schema)
            before = None if before is None else select(before, subtree, self._schema)
        return render(
            node,
            fmt,
            self._schema,
            stamp,
            hide_secrets=hide_secrets,
            groups=groups,
            before=before,
        )
