"""``replace pattern``: names and values below an edit level, written anew; keywords stay."""

from __future__ import annotations

from harness.sim.answers import Refusal
from harness.sim.cli.levels import Level
from harness.sim.cli.patterns import Pattern
from harness.sim.config.loading import load
from harness.sim.config.schema import Kind, Statement
from harness.sim.config.set_format import write_set
from harness.sim.config.tree import Key, Node, Value
from harness.sim.config.tree_edit import placed
from harness.sim.device import Login
from harness.sim.messages import refused
from harness.sim.operational.show_configuration import find


def replace(login: Login, level: Level, pattern: Pattern, new: str, upto: int) -> None:
    """Replace in the candidate; ``upto`` matches at most, 0: all.

    Raises ``Refusal`` where the candidate is locked, or when what comes out isn't a configuration.
    """
    schema = login.device.schema
    spot = find(schema, login.config.candidate, level.words)
    if not isinstance(spot.value, Node):
        return
    part = _Rewriter(pattern, new, upto).node(spot.value, spot.statement, entry=not spot.listing)
    tree = placed(login.config.candidate, part, *spot.path) if spot.path else part
    reader = login.device.store.reader
    loaded = load(Node(), write_set(tree, schema), schema, reader, fmt="set", action="set")
    if refused(loaded.complaints):
        raise Refusal(*loaded.complaints)
    complaints = login.config.put(tree)
    if refused(complaints):
        raise Refusal(*complaints)


class _Rewriter:
    def __init__(self, pattern: Pattern, new: str, upto: int) -> None:
        self._pattern = pattern
        self._new = new
        self._left = upto or -1

    def node(self, node: Node, statement: Statement, *, entry: bool) -> Node:
        """Return a container, an entry or, with ``entry`` False, a list, rewritten."""
        listing = statement.kind is Kind.LIST and not entry
        twin = Node()
        for key, value in node.items():
            name: Key = self._key(key) if listing else key
            child = statement if listing else statement.children[str(key)]
            twin[name] = self._value(value, child, entry=listing)
            if key in node.marks:
                twin.marked(name, node.marks[key])
        return twin

    def _key(self, key: Key) -> Key:
        if isinstance(key, str):
            return self._text(key)
        return tuple(self._text(part) for part in key)

    def _value(self, value: Value, statement: Statement, *, entry: bool) -> Value:
        if isinstance(value, Node):
            return self.node(value, statement, entry=entry)
        if isinstance(value, bool) or (statement.type is not None and statement.type.secret):
            return value
        if isinstance(value, tuple):
            return tuple(self._text(one) for one in value)
        return self._text(value)

    def _text(self, text: str) -> str:
        if not self._left:
            return text
        changed = self._pattern.replace(text, self._new)
        if changed != text:
            self._left -= 1
        return changed
