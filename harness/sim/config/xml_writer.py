"""Writing a configuration in the XML form."""

from __future__ import annotations

from collections.abc import Mapping

from harness.sim.config.paths import PLAIN
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.set_format import HIDDEN
from harness.sim.config.tree import EMPTY, Key, Mark, Node, Value
from harness.sim.config.words import has_value

_WIDE = 64  # entries of a list

_LEAF, _LIST, _FLAG, _CONTAINER = Kind.LEAF, Kind.LIST, Kind.FLAG, Kind.CONTAINER


def escape(text: str) -> str:
    """Escape a value for element content."""
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def write_xml(
    tree: Node,
    schema: Schema,
    attributes: Mapping[str, str],
    *,
    hide_secrets: bool = False,
    before: Node | None = None,
    groups: bool = False,
) -> str:
    """Return a ``<configuration>`` element, indented as Junos indents it.

    ``before``: the tree that what differs from it is marked against, as ``junos:changed``.
    ``groups``: say by ``junos:group`` where what is inherited is from.
    """
    shown = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    parts = [f"<configuration{shown}>\n"]
    writer = _XmlWriter(parts, hide_secrets=hide_secrets, groups=groups)
    writer.children(tree, schema, schema.depth, before)
    parts.append("</configuration>\n")
    return "".join(parts)


class _XmlWriter:
    """Appends elements to ``parts``; shapes seen once are sorted once."""

    def __init__(self, parts: list[str], *, hide_secrets: bool, groups: bool) -> None:
        self._parts = parts
        self._add = parts.append
        self._hide = hide_secrets
        self._groups = groups
        self._sorted: dict[tuple[int, tuple[Key, ...]], list[Key]] = {}

    def children(
        self, node: Node, statement: Statement, depth: int, before: Node | None = None
    ) -> None:
        """Write what is in a container or list entry."""
        add = self._add
        indent = "    " * (depth + 1)
        marks = node.marks
        shown = self._text
        for tag in node if len(node) < 2 else self._in_order(node, statement):
            child = statement.children[tag]  # type: ignore[index]  # keys of a container are str
            value = node[tag]
            state = ""
            if marks and tag in marks:
                state = self._state(marks[tag], indent)
            earlier = None
            if before is not None:
                state += _changed(before, tag, value)
                earlier = _below(before, tag)
            if child.kind is _LEAF:
                add(f"{indent}<{tag}{state}>{shown(value, child)}</{tag}>\n")
            elif child.kind is _LIST:
                self._entries(value, child, depth + 1, state, earlier)
            elif child.kind is _CONTAINER:
                add(f"{indent}<{tag}{state}>\n")
                if value:
                    self.children(value, child, depth + 1, earlier)  # type: ignore[arg-type]  # a container
                add(f"{indent}</{tag}>\n")
            elif child.kind is _FLAG:
                add(f"{indent}<{tag}{state}/>\n")
            else:
                self._members(value, child, indent, state, marks.get(tag, PLAIN))

    def _members(
        self, value: Value, statement: Statement, indent: str, state: str, mark: Mark
    ) -> None:
        """Write the values of a leaf-list."""
        tag = statement.tag
        inherited = dict(mark.inherited)
        for one in value:  # type: ignore[union-attr]  # a tuple of values
            origin = ""
            if self._groups and one in inherited:
                origin = f' junos:group="{escape(inherited[one])}"'
            text = self._text(one, statement)
            self._add(f"{indent}<{tag}{state}{origin}>{text}</{tag}>\n")

    def _state(self, mark: Mark, indent: str) -> str:
        """Return the attributes of a statement; a comment is an element before it."""
        if mark.comment:
            self._add(f"{indent}<junos:comment>{escape(mark.comment)}</junos:comment>\n")
        state = ' inactive="inactive"' if mark.inactive else ""
        if mark.protected:
            state = f' protect="protect"{state}'
        if self._groups and mark.group:
            state += f' junos:group="{escape(mark.group)}"'
        return state

    def _entries(
        self,
        node: Value,
        statement: Statement,
        depth: int,
        whole: str,
        before: Node | None,
    ) -> None:
        if not isinstance(node, Node):
            return
        add = self._add
        indent = "    " * depth
        tag = statement.tag
        marks = node.marks
        # Entries of a wide list keep their text, so that a small change costs little to write.
        kept = len(node) >= _WIDE and before is None and not self._groups and not whole
        for key, entry in node.items():
            if kept and not (marks and key in marks):
                add(self._kept(key, entry, statement, depth))
                continue
            state = self._state(marks[key], indent) if marks and key in marks else whole
            earlier = None
            if before is not None:
                state = state.replace(_CHANGED, "") + _changed(before, key, entry)
                earlier = _below(before, key)
            add(f"{indent}<{tag}{state}>\n")
            self._body(key, entry, statement, depth, earlier)
            add(f"{indent}</{tag}>\n")

    def _body(
        self, key: Key, entry: Value, statement: Statement, depth: int, before: Node | None
    ) -> None:
        """Write the keys of an entry, and what is in it."""
        if isinstance(key, str):
            name = statement.keys[0].tag
            self._add(f"{'    ' * depth}    <{name}>{escape(key)}</{name}>\n")
        else:
            self._keys(key, statement, "    " * depth)
        if entry:
            self.children(entry, statement, depth, before)  # type: ignore[arg-type]  # an entry

    def _kept(self, key: Key, entry: Value, statement: Statement, depth: int) -> str:
        """Return the text of an entry about which nothing is said, from last time if it's there."""
        how = (statement, key, depth, self._hide)
        written = entry.written if isinstance(entry, Node) else None
        if written is not None and written[0] == how:
            return written[1]
        start = len(self._parts)
        self._body(key, entry, statement, depth, None)
        body = "".join(self._parts[start:])
        del self._parts[start:]
        indent, tag = "    " * depth, statement.tag
        text = f"{indent}<{tag}>\n{body}{indent}</{tag}>\n"
        if isinstance(entry, Node):
            entry.written = (how, text)
        return text

    def _keys(self, key: Key, statement: Statement, indent: str) -> None:
        """Write several keys; a ``choice-ident`` is an element of its own name."""
        value = ""
        for index, (name, text) in enumerate(zip(statement.keys, key, strict=True)):
            if statement.valued and name.tag == "choice-ident":
                value = key[index + 1] if has_value(statement, index + 1, list(key)) else ""
                inner = f">{escape(value)}</{text}>" if value else "/>"
                self._add(f"{indent}    <{text}{inner}\n")
            elif not statement.valued or name.tag != "choice-value":
                self._add(f"{indent}    <{name.tag}>{escape(text)}</{name.tag}>\n")

    def _in_order(self, node: Node, statement: Statement) -> list[Key]:
        shape = (id(statement), tuple(node))
        found = self._sorted.get(shape)
        if found is None:
            order = statement.order
            found = self._sorted[shape] = sorted(node, key=lambda tag: order[str(tag)])
        return found

    def _text(self, value: Value, statement: Statement) -> str:
        kind = statement.type
        if kind is not None and kind.secret and self._hide:
            return HIDDEN
        return escape(str(value))


_CHANGED = ' junos:changed="changed"'


def _changed(before: Node, key: Key, value: Value) -> str:
    """Say whether a child isn't what it was."""
    was = before.get(key)
    same = was is value or (was == value and not isinstance(value, Node))
    return "" if same else _CHANGED


def _below(before: Node, key: Key) -> Node:
    was = before.get(key)
    return was if isinstance(was, Node) else EMPTY
