"""The XML form: a hardened parser, reading a ``<configuration>`` element, and writing one."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from harness.sim.config.patch import PLAIN, Refused, edit_path
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.set_format import HIDDEN
from harness.sim.config.tree import Key, Mark, Node, Value
from harness.sim.config.words import ValueReader, take_rivals_place, unfit
from harness.sim.messages import SIMULATED, error, syntax_error

MAX_PAYLOAD = 64 * 1024 * 1024  # characters; 16,000 tunnels are about 25 million

# A member of an enumeration costs a look-up in its class each time; a payload has 50,000 elements.
_LEAF, _LIST, _KEY, _FLAG, _CONTAINER = Kind.LEAF, Kind.LIST, Kind.KEY, Kind.FLAG, Kind.CONTAINER

_TAGS = {"delete": "delete", "replace": "replace:", "active": "activate"}  # Junos' own
_OPERATIONS = frozenset({"merge", "replace", "create", "delete", "remove"})


def parse(text: str | bytes) -> etree._Element:
    """Parse one document that nobody has vouched for; raises :class:`Refused`.

    Entities, a DTD and the network are off, the size is bounded.
    """
    if len(text) > MAX_PAYLOAD:
        raise Refused(error(f"payload is larger than {MAX_PAYLOAD} characters {SIMULATED}"))
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    data = text.encode() if isinstance(text, str) else text
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        raise Refused(*syntax_error(str(exc.msg)[:80])) from exc
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused(*syntax_error("<!DOCTYPE"))
    return root


def local_name(tag: str) -> str:
    """Return a tag without its namespace."""
    return tag.rpartition("}")[2]


def read_xml(root: etree._Element, schema: Schema, reader: ValueReader) -> Node:
    """Return the patch that a ``<configuration>`` element asks for; raises :class:`Refused`."""
    if local_name(str(root.tag)) != schema.tag:
        raise Refused(*syntax_error(local_name(str(root.tag))))
    patch = Node()
    _XmlReader(root, reader).fill(patch, root, schema)
    return patch


def _find(element: etree._Element, statement: Statement) -> Statement:
    """Return the child statement that an element of another namespace names."""
    name = local_name(str(element.tag))
    found = statement.children.get(name)
    if found is None:
        raise Refused(*syntax_error(name, _path_of(element.getparent())))
    return found


def _path_of(element: etree._Element | None) -> str:
    """Return the edit path of an element, built only when something is refused."""
    words: list[str] = []
    while element is not None and (tag := local_name(str(element.tag))) != "configuration":
        name = next((e for e in element if local_name(str(e.tag)) == "name"), None)
        if name is not None and name.text:
            words.insert(0, name.text.strip())
        if tag != "interface":
            words.insert(0, tag)
        element = element.getparent()
    return edit_path(tuple(words))


class _XmlReader:
    """One walk over a payload; without attributes in it no element is asked for any."""

    def __init__(self, root: etree._Element, reader: ValueReader) -> None:
        tag = str(root.tag)
        self._skip = len(tag) - len(local_name(tag))  # of the namespace that all share
        self._marked = bool(root.xpath("boolean(descendant::*/@*)"))
        self._stored = reader.stored
        # by Kind, which counts from 0; keys are read by the list around them
        self._readers = (self._container, self._entry, self._leaf, self._member, self._flag)

    def fill(self, node: Node, element: etree._Element, statement: Statement) -> None:
        """Read the children of a container or of a list entry into ``node``."""
        children = statement.children
        skip = self._skip
        marked = self._marked
        readers = self._readers
        node.clean = None if marked else True
        for child in element:
            tag = child.tag
            if type(tag) is not str:
                continue  # a comment or processing instruction
            found = children.get(tag[skip:]) or _find(child, statement)
            kind = found.kind
            if kind is _KEY:
                continue
            mark = self._mark(child) if marked else PLAIN
            if found.either and not mark.operation:
                take_rivals_place(node, statement, found)
            readers[kind](node, child, found, mark)

    def _container(
        self, node: Node, element: etree._Element, statement: Statement, mark: Mark
    ) -> None:
        tag = statement.tag
        earlier = node.get(tag)
        below = earlier if isinstance(earlier, Node) else Node()
        self.fill(below, element, statement)
        if below or statement.presence or mark is not PLAIN:
            node[tag] = below
        if mark is not PLAIN:
            node.marked(tag, mark)

    def _flag(self, node: Node, _: etree._Element, statement: Statement, mark: Mark) -> None:
        node[statement.tag] = True
        if mark is not PLAIN:
            node.marked(statement.tag, mark)

    def _text(self, element: etree._Element, statement: Statement) -> str:
        """Return what is stored for the value of a leaf or key."""
        text = (element.text or "").strip()
        kind = statement.type
        if kind is not None and not kind.reversible and kind.accepts(text):
            return text
        stored = self._stored(statement, text)
        if stored is None:
            raise unfit(statement, text, _path_of(element.getparent()))
        return stored

    def _leaf(self, node: Node, element: etree._Element, statement: Statement, mark: Mark) -> None:
        if mark is PLAIN:
            node[statement.tag] = self._text(element, statement)
            return
        gone = mark.operation in {"delete", "remove"}
        node[statement.tag] = "" if gone else self._text(element, statement)
        node.marked(statement.tag, mark)

    def _member(
        self, node: Node, element: etree._Element, statement: Statement, mark: Mark
    ) -> None:
        """Add one value of a leaf-list, or note that it's to be deleted."""
        tag = statement.tag
        before = node.get(tag)
        held = before if isinstance(before, tuple) else ()
        if mark.operation in {"delete", "remove"}:
            text = (element.text or "").strip()
            earlier = node.marks.get(tag, PLAIN).members
            node[tag] = held
            members = (*earlier, text) if text else ()
            node.marked(tag, Mark(operation=mark.operation, members=members))
            return
        value = self._text(element, statement)
        node[tag] = held if value in held else (*held, value)
        if mark is not PLAIN:
            node.marked(tag, mark)

    def _entry(self, node: Node, element: etree._Element, statement: Statement, mark: Mark) -> None:
        """Read one entry of a list, or a list as a whole when a mark stands without a key."""
        tag = statement.tag
        below = node.get(tag)
        if isinstance(below, Node):
            entries = below
        else:
            entries = node[tag] = Node()
            entries.clean = node.clean
        if mark is not PLAIN and len(element) == 0:
            node.marked(tag, mark)
            return
        key = self._key(element, statement)
        entry = entries.get(key)
        if not isinstance(entry, Node):
            entry = entries[key] = Node()
        self.fill(entry, element, statement)
        if mark is not PLAIN:
            entries.marked(key, mark)

    def _key(self, element: etree._Element, statement: Statement) -> Key:
        """Read the keys, which need not come first."""
        names: list[str] = []
        for position, key in enumerate(statement.keys):
            found = element[position] if len(element) > position else None
            if found is None or found.tag[self._skip :] != key.tag:
                found = next((e for e in element if local_name(str(e.tag)) == key.tag), None)
            if found is None:
                raise Refused(*syntax_error(statement.tag, _path_of(element.getparent())))
            names.append(self._text(found, key))
        return names[0] if len(names) == 1 else tuple(names)

    def _mark(self, element: etree._Element) -> Mark:
        """Turn the attributes of an element into a mark."""
        mark = PLAIN
        for name, value in element.attrib.items():
            word, text = local_name(str(name)), str(value)
            if word in _TAGS and text == word:
                mark = Mark(operation=_TAGS[word])
            elif word == "operation":
                if text not in _OPERATIONS:
                    raise Refused(*syntax_error(text, _path_of(element)))
                mark = Mark(operation="" if text == "merge" else text)
            elif word == "inactive" and text == word:
                mark = Mark(inactive=True, operation=mark.operation)
            elif word in {"insert", "rename", "protect", "unprotect"}:
                raise Refused(error(f"{word} is not simulated {SIMULATED}", _path_of(element)))
        return mark


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
) -> str:
    """Return a ``<configuration>`` element, indented as Junos indents it."""
    shown = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    parts = [f"<configuration{shown}>\n"]
    _XmlWriter(parts, hide_secrets=hide_secrets).children(tree, schema, schema.depth)
    parts.append("</configuration>\n")
    return "".join(parts)


class _XmlWriter:
    """Appends elements to ``parts``; shapes seen once are sorted once."""

    def __init__(self, parts: list[str], *, hide_secrets: bool) -> None:
        self._add = parts.append
        self._hide = hide_secrets
        self._sorted: dict[tuple[int, tuple[Key, ...]], list[Key]] = {}

    def children(self, node: Node, statement: Statement, depth: int) -> None:
        """Write what is in a container or list entry."""
        add = self._add
        indent = "    " * (depth + 1)
        marks = node.marks
        shown = self._text
        for tag in node if len(node) < 2 else self._in_order(node, statement):
            child = statement.children[tag]  # type: ignore[index]  # keys of a container are str
            value = node[tag]
            state = ' inactive="inactive"' if marks and tag in marks else ""
            if child.kind is _LEAF:
                add(f"{indent}<{tag}{state}>{shown(value, child)}</{tag}>\n")
            elif child.kind is _LIST:
                self._entries(value, child, indent, depth + 1, state)
            elif child.kind is _CONTAINER:
                if value:
                    add(f"{indent}<{tag}{state}>\n")
                    self.children(value, child, depth + 1)  # type: ignore[arg-type]  # a container
                    add(f"{indent}</{tag}>\n")
                else:
                    add(f"{indent}<{tag}{state}>\n{indent}</{tag}>\n")
            elif child.kind is _FLAG:
                add(f"{indent}<{tag}{state}/>\n")
            else:
                for one in value:  # type: ignore[union-attr]  # a tuple of values
                    add(f"{indent}<{tag}{state}>{shown(one, child)}</{tag}>\n")

    def _entries(
        self, node: Value, statement: Statement, indent: str, depth: int, whole: str
    ) -> None:
        if not isinstance(node, Node):
            return
        add = self._add
        tag = statement.tag
        single = statement.keys[0].tag if len(statement.keys) == 1 else ""
        for key, entry in node.items():
            state = ' inactive="inactive"' if node.marks and key in node.marks else whole
            add(f"{indent}<{tag}{state}>\n")
            if single:
                add(f"{indent}    <{single}>{escape(key)}</{single}>\n")  # type: ignore[arg-type]  # one key: str
            else:
                for name, text in zip(statement.keys, key, strict=True):
                    add(f"{indent}    <{name.tag}>{escape(text)}</{name.tag}>\n")
            if entry:
                self.children(entry, statement, depth)  # type: ignore[arg-type]  # an entry
            add(f"{indent}</{tag}>\n")

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
