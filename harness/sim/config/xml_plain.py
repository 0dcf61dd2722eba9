"""Reading a large payload that says nothing about statements, as most don't, in one pass."""

from __future__ import annotations

from itertools import islice

from lxml import etree

from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.tree import Key, Node
from harness.sim.config.words import ValueReader, take_rivals_place

# A member of an enumeration costs a look-up in its class each time; a payload has 50,000 elements.
_LEAF, _LIST, _FLAG, _CONTAINER = Kind.LEAF, Kind.LIST, Kind.FLAG, Kind.CONTAINER


class NotPlain(Exception):
    """The payload holds something that only the attentive reader knows, or that it refuses."""


def read_plain(root: etree._Element, schema: Schema, reader: ValueReader) -> Node:
    """Return the patch of a ``<configuration>`` element without attributes.

    Keys come first in it and in their order, as Junos writes them. Raises :class:`NotPlain` at
    the first thing that isn't as expected: whatever is to be said about it, others say.
    """
    return _PlainReader(root, reader).read(root, schema)


class _PlainReader:
    """Walks all elements in document order, each container counting off its own.

    One flat iterator makes 48,000 elements in 4.5 ms, one iterator per element takes 12.
    """

    def __init__(self, root: etree._Element, reader: ValueReader) -> None:
        tag = str(root.tag)
        self._namespace = tag[: tag.rfind("}") + 1]
        self._elements = root.iter()
        self._store = reader.stored
        self._fit: dict[int, dict[str | None, str]] = {}  # by type: texts, as they are stored

    def read(self, root: etree._Element, schema: Schema) -> Node:
        patch = Node()
        if not _is_blank(root):
            raise NotPlain
        next(self._elements)
        self._fill(patch, _Table(schema, self._namespace, self._fit), len(root))
        if next(self._elements, None) is not None:  # so not all had the elements they counted
            raise NotPlain
        return patch

    def _fill(self, node: Node, table: _Table, count: int) -> None:
        """Read the next ``count`` elements, and what is in them, into ``node``."""
        node.clean = True
        for child in islice(self._elements, count):
            known = table[child.tag]
            if known.rivals:
                take_rivals_place(node, table.statement, known.statement)
            kind = known.kind
            if kind is _LEAF:
                text = child.text
                stored = known.fit.get(text)
                node[known.tag] = self._stored(text, known) if stored is None else stored
            elif kind is _LIST or kind is _CONTAINER:
                if not _is_blank(child):
                    raise NotPlain
                read = self._entry if kind is _LIST else self._container
                read(node, len(child), known)
            else:
                node[known.tag] = True if kind is _FLAG else self._members(node, child.text, known)

    def _container(self, node: Node, count: int, known: _Known) -> None:
        below = node.get(known.tag)
        if type(below) is not Node:
            below = Node()
        self._fill(below, known.table, count)
        if below or known.statement.presence:
            node[known.tag] = below

    def _entry(self, node: Node, count: int, known: _Known) -> None:
        entries = node.get(known.tag)
        if type(entries) is not Node:
            entries = node[known.tag] = Node()
            entries.clean = True
        keys = known.keys
        key: Key
        if len(keys) == 1:
            only = keys[0]
            element = next(self._elements, None)
            if element is None or element.tag != only.name:
                raise NotPlain
            text = element.text
            key = only.fit.get(text) or self._stored(text, only)
        else:
            key = self._names(known)
        entry = entries.get(key)
        if type(entry) is not Node:
            entry = entries[key] = Node()
        if count > len(keys):
            self._fill(entry, known.table, count - len(keys))
        else:
            entry.clean = True

    def _names(self, known: _Known) -> tuple[str, ...]:
        return tuple(map(self._name, known.keys))

    def _name(self, key: _Known) -> str:
        element = next(self._elements, None)
        if element is None or element.tag != key.name:
            raise NotPlain
        text = element.text
        return key.fit.get(text) or self._stored(text, key)

    def _members(self, node: Node, text: str | None, known: _Known) -> tuple[str, ...]:
        """Return the values of a leaf-list with one more."""
        value = known.fit.get(text) or self._stored(text, known)
        before = node.get(known.tag)
        held = before if isinstance(before, tuple) else ()
        return held if value in held else (*held, value)

    def _stored(self, text: str | None, known: _Known) -> str:
        """Return what is stored for a value, and remember it."""
        accepts = known.accepts
        short = text.strip() if text else ""
        if accepts is not None and accepts(short):
            known.fit[text] = short
            return short
        stored = self._store(known.statement, short)
        if stored is None:
            raise NotPlain
        return stored


def _is_blank(element: etree._Element) -> bool:
    """Say whether nothing but elements is in it, which is all that a container may hold."""
    text = element.text
    return not text or text.isspace()


class _Known:
    """What the walk needs of one statement, looked up once."""

    __slots__ = (
        "accepts",
        "fit",
        "key",
        "keys",
        "kind",
        "name",
        "rivals",
        "statement",
        "table",
        "tag",
    )

    def __init__(self, statement: Statement, above: _Table) -> None:
        self.statement = statement
        self.tag = statement.tag
        self.name = above.namespace + statement.tag
        self.kind = statement.kind
        self.rivals = statement.tag in above.statement.rivals
        kind = statement.type
        self.fit = above.fit.setdefault(id(kind), {})
        # A stored key has a salt of its own, and a canonical form needn't be the text.
        same = kind is not None and not kind.reversible and kind.canonical is None
        self.accepts = kind.accepts if kind is not None and same else None
        if statement.kind in {_LIST, _CONTAINER}:
            self.table = _Table(statement, above.namespace, above.fit)
            self.keys = tuple(_Known(key, above) for key in statement.keys)


class _Table(dict[str, _Known]):
    """The children of one statement by their tags; each is looked up when it's first met."""

    def __init__(
        self, statement: Statement, namespace: str, fit: dict[int, dict[str | None, str]]
    ) -> None:
        self.statement = statement
        self.namespace = namespace
        self.fit = fit

    def __missing__(self, tag: str) -> _Known:
        """Look up what hasn't been met yet; raises :class:`NotPlain`."""
        namespace, statement = self.namespace, self.statement
        plain = isinstance(tag, str) and tag.startswith(namespace) and not statement.valued
        child = statement.children.get(tag[len(namespace) :]) if plain else None
        if child is None or child.kind is Kind.KEY:
            raise NotPlain
        known = self[tag] = _Known(child, self)
        return known
