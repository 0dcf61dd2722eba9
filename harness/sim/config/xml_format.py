"""The XML form: a hardened parser, and reading a ``<configuration>`` element."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from harness.sim.config.paths import PLAIN, Refused, edit_path
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.tree import Key, Mark, Node
from harness.sim.config.words import ValueReader, take_rivals_place, unfit
from harness.sim.config.xml_order import later
from harness.sim.config.xml_plain import NotPlain, read_plain
from harness.sim.messages import SIMULATED, error, syntax_error

MAX_PAYLOAD = 64 * 1024 * 1024  # characters; 16,000 tunnels are about 25 million

_KEY = Kind.KEY

# Junos' own attributes
_TAGS = {
    "delete": "delete",
    "replace": "replace:",
    "active": "activate",
    "unprotect": "unprotect",
    "rename": "rename",
}
_OPERATIONS = frozenset({"merge", "replace", "create", "delete", "remove"})
_GONE = frozenset({"delete", "remove"})
_STATES = frozenset({"activate", "deactivate"})
_INACTIVE = Mark(inactive=True)
_PLACES = frozenset({"before", "after", "first", "last"})


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


def read_xml(root: etree._Element, schema: Schema, reader: ValueReader) -> list[Node]:
    """Return the patches that a ``<configuration>`` element asks for, to be applied in this order.

    They are several when something is deleted and then stated anew. Raises :class:`Refused`.
    """
    if local_name(str(root.tag)) != schema.tag:
        raise Refused(*syntax_error(local_name(str(root.tag))))
    if not root.xpath("boolean(descendant::*/@*)"):
        try:
            return [read_plain(root, schema, reader)]
        except NotPlain:
            pass
    patch = Node()
    walk = _XmlReader(root, reader)
    walk.fill(patch, root, schema)
    rest = read_xml(later(root, walk.late, schema), schema, reader) if walk.late else []
    return [patch, *rest]


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
    """The walk over a payload that says something about statements: attributes, comments."""

    def __init__(self, root: etree._Element, reader: ValueReader) -> None:
        tag = str(root.tag)
        self._skip = len(tag) - len(local_name(tag))  # of the namespace that all share
        self._stored = reader.stored
        self.late: list[etree._Element] = []  # what comes after a deletion of the same
        # by Kind, which counts from 0; keys are read by the list around them
        self._readers = (self._container, self._entry, self._leaf, self._member, self._flag)

    def fill(self, node: Node, element: etree._Element, statement: Statement) -> None:
        """Read the children of a container or of a list entry into ``node``."""
        children = statement.children
        skip = self._skip
        readers = self._readers
        comment = ""
        node.clean = None
        self._value(node, element, statement)
        for child in element:
            tag = child.tag
            if type(tag) is not str:
                continue  # a comment or processing instruction
            found = children.get(tag[skip:])
            if found is None:
                if _is_comment(child):
                    comment = _comment(child)
                    continue
                if statement.valued and tag[skip:] in _idents(statement):
                    continue  # read with the keys
                found = _find(child, statement)
            kind = found.kind
            if kind is _KEY:
                continue
            mark = self._mark(child, found)
            if comment:
                mark, comment = replace(mark, comment=comment), ""
            if node.marks and self._is_late(node.marks.get(found.tag, PLAIN), mark, child):
                continue
            if not mark.operation:
                take_rivals_place(node, statement, found)
            readers[kind](node, child, found, mark)

    def _value(self, node: Node, element: etree._Element, statement: Statement) -> None:
        """Take text, if any, for the value that has no word: ``<autonomous-system>64512``."""
        if not element.text or element.text.isspace():
            return
        unnamed = statement.unnamed
        if statement.kind is not Kind.CONTAINER or unnamed is None or unnamed.kind is not Kind.LEAF:
            raise Refused(*syntax_error(statement.tag, _path_of(element.getparent())))
        take_rivals_place(node, statement, unnamed)
        node[unnamed.tag] = self._text(element, unnamed)

    def _is_late(self, earlier: Mark, mark: Mark, element: etree._Element) -> bool:
        """Say whether what ``earlier`` deletes is stated anew, and put that off with the rest."""
        again = bool(self.late) or mark.operation not in _GONE
        late = earlier.operation in _GONE and again
        if late:
            self.late.append(element)
        return late

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
            return text if kind.canonical is None else kind.canonical(text)
        stored = self._stored(statement, text)
        if stored is None:
            raise unfit(statement, text, _path_of(element.getparent()))
        return stored

    def _leaf(self, node: Node, element: etree._Element, statement: Statement, mark: Mark) -> None:
        inside = next(element.iterchildren(etree.Element), None)
        if inside is not None:
            path = _path_of(element.getparent())
            raise Refused(*syntax_error(local_name(str(inside.tag)), path))
        if mark is PLAIN:
            node[statement.tag] = self._text(element, statement)
            return
        bare = not (element.text or "").strip()
        if bare and mark == _INACTIVE:
            mark = Mark(operation="deactivate")
        unread = mark.operation in _GONE or (bare and mark.operation in _STATES)
        node[statement.tag] = "" if unread else self._text(element, statement)
        node.marked(statement.tag, mark)

    def _member(
        self, node: Node, element: etree._Element, statement: Statement, mark: Mark
    ) -> None:
        """Add one value of a leaf-list, or note that it's to be deleted."""
        tag = statement.tag
        before = node.get(tag)
        held = before if isinstance(before, tuple) else ()
        if mark.operation in {"delete", "remove", "insert"}:
            text = (element.text or "").strip()
            earlier = node.marks.get(tag, PLAIN).members
            members = (*earlier, text) if text else ()
            node[tag] = tuple(one for one in held if text and one != text)
            node.marked(tag, replace(mark, members=members))
            return
        value = self._text(element, statement)
        node[tag] = held if value in held else (*held, value)
        if mark is not PLAIN:
            above = node.marks.get(tag, PLAIN).comment  # stands before the first value alone
            node.marked(tag, replace(mark, comment=mark.comment or above))

    def _entry(self, node: Node, element: etree._Element, statement: Statement, mark: Mark) -> None:
        """Read one entry of a list, or a list as a whole when a mark stands without a key."""
        tag = statement.tag
        below = node.get(tag)
        if isinstance(below, Node):
            entries = below
        else:
            entries = node[tag] = Node()
        if mark is not PLAIN and len(element) == 0:
            node.marked(tag, mark)
            return
        key = self._key(element, statement)
        if entries.marks and self._is_late(entries.marks.get(key, PLAIN), mark, element):
            return
        entry = entries.get(key)
        if mark.operation == "activate":  # a key is content: the entry is made if need be
            mark = replace(mark, operation="active")
        if not isinstance(entry, Node):
            entry = entries[key] = Node()
        elif mark.operation == "delete":  # stated before in this payload: it's there by then
            mark = replace(mark, operation="remove")
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
            if found is not None:
                names.append(self._text(found, key))
            elif statement.valued and key.tag in {"choice-ident", "choice-value"}:
                names.append(_choice(element, statement, key))
            else:
                raise Refused(*syntax_error(statement.tag, _path_of(element.getparent())))
        return names[0] if len(names) == 1 else tuple(names)

    def _mark(self, element: etree._Element, statement: Statement) -> Mark:
        """Turn the attributes of an element into a mark."""
        mark = PLAIN
        for name, value in element.attrib.items():
            word, text = local_name(str(name)), str(value)
            if not _is_known(word, text):
                raise Refused(*syntax_error(text, _path_of(element)))
            if word in _TAGS:
                mark = replace(mark, operation=_TAGS[word])
            elif word == "operation":
                mark = replace(mark, operation="" if text == "merge" else text)
            elif word == "inactive":
                mark = replace(mark, inactive=True)
            elif word == "protect":
                mark = replace(mark, protected=True)
            elif word == "insert":
                mark = replace(mark, operation="insert", beside=text)
        if mark.operation in {"insert", "rename"}:
            keys = [key.tag for key in statement.keys] or ["name"]
            other = tuple(str(element.get(key)) for key in keys if element.get(key) is not None)
            if not other and mark.beside not in {"first", "last"}:
                raise Refused(*syntax_error(mark.operation, _path_of(element)))
            mark = replace(mark, other=other)
        return mark


def _is_known(word: str, text: str) -> bool:
    """Say whether an attribute has a value that it may have; ones that say nothing have any."""
    if word == "operation":
        return text in _OPERATIONS
    if word == "insert":
        return text in _PLACES
    return text == word or word not in {*_TAGS, "inactive", "protect"}


def _is_comment(element: etree._Element) -> bool:
    """Recognise ``<junos:comment>``, which stands before the statement that it is about."""
    namespace, _, name = str(element.tag).rpartition("}")
    return name == "comment" and "junos" in namespace


def _comment(element: etree._Element) -> str:
    """Return what ``<junos:comment>`` says, with the signs of a comment."""
    text = (element.text or "").strip()
    return text if not text or text[:2] == "/*" or text[0] == "#" else f"/* {text} */"


def _idents(statement: Statement) -> tuple[str, ...]:
    """Return the words that stand as elements of their own for the key ``choice-ident``."""
    kind = next(key.type for key in statement.keys if key.tag == "choice-ident")
    return kind.choices if kind is not None else ()


def _choice(element: etree._Element, statement: Statement, key: Statement) -> str:
    """Read a key that is written as an element of its own: ``<upto>/24</upto>``."""
    words = _idents(statement)
    found = next((e for e in element if local_name(str(e.tag)) in words), None)
    if key.tag == "choice-value":
        return (found.text or "").strip() if found is not None else ""
    if found is None:
        raise Refused(*syntax_error(statement.tag, _path_of(element.getparent())))
    return local_name(str(found.tag))
