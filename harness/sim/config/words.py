"""From the words of a statement to a patch: what the set form and the text form have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.sim.config.paths import PLAIN, Refused, edit_path
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.secret9 import PREFIX, Salts, encode
from harness.sim.config.tree import Key, Mark, Node
from harness.sim.messages import SIMULATED, error, syntax_error

_IN_PLACE = frozenset(
    ("delete", "activate", "deactivate", "protect", "unprotect", "annotate", "insert")
)
# A member of an enumeration costs a look-up in its class each time.
_LEAF, _LEAF_LIST, _LIST, _FLAG = Kind.LEAF, Kind.LEAF_LIST, Kind.LIST, Kind.FLAG
OPEN, CLOSE = "\0[", "\0]"  # brackets of a value list, apart from a quoted "["


@dataclass(slots=True)
class Place:
    """Where the next words belong: in ``node``, which is a list while ``listing``."""

    statement: Statement
    node: Node
    path: tuple[str, ...] = ()
    listing: bool = False
    closed: bool = False  # after a value: a block can't follow
    deleting: bool = False  # what the words end in is to be deleted


class ValueReader:
    """Checks values against their types and stores clear keys in the reversible form."""

    def __init__(self, salts: Salts) -> None:
        self._salts = salts

    @property
    def salted(self) -> int:
        """How many clear keys were stored so far, each with a salt of its own."""
        return self._salts.count

    def value(self, statement: Statement, text: str, path: tuple[str, ...]) -> str:
        """Return what is stored for ``text``; raises :class:`Refused`."""
        kind = statement.type
        if kind is not None and not kind.reversible and kind.canonical is None:
            if kind.accepts(text):
                return text
            raise unfit(statement, text, edit_path(path))
        stored = self.stored(statement, text)
        if stored is None:
            raise unfit(statement, text, edit_path(path))
        return stored

    def stored(self, statement: Statement, text: str) -> str | None:
        """Return what is stored for ``text``; None when the type doesn't take it."""
        kind = statement.type
        if kind is None:
            return text
        if not kind.accepts(text):
            return None
        if kind.reversible and not text.startswith(PREFIX):
            return encode(text, self._salts.next())
        return text if kind.canonical is None else kind.canonical(text)


def unfit(statement: Statement, text: str, path: str) -> Refused:
    """Return the refusal of a value that the type of ``statement`` doesn't take."""
    kind = statement.type
    if kind is None or kind.keyword:
        return Refused(*syntax_error(text, path))
    return Refused(error(kind.complaint(text), path, statement.tag))


def take_rivals_place(node: Node, parent: Statement, statement: Statement) -> None:
    """Drop from a patch what ``statement`` excludes: the last one said wins."""
    for rival in parent.rivals.get(statement.tag, ()):
        if rival in node:
            del node[rival]
            node.marked(rival, None)


def revive(node: Node, key: Key) -> None:
    """Let a statement that the payload deleted begin anew: what follows replaces what there was."""
    mark = node.marks.get(key, PLAIN)
    if mark.operation in {"delete", "remove"} and not mark.members:
        container = isinstance(node.get(key), Node)
        node.marked(key, Mark(operation="replace") if container else None)
        if container:
            node[key] = Node()


class PatchBuilder:
    """Grows one patch from statements; ``finish`` hands it over."""

    def __init__(self, schema: Schema, reader: ValueReader, *, abbreviate: bool = False) -> None:
        """``abbreviate``: a word may be cut short where it stays the only one, as on the CLI."""
        self._schema = schema
        self._reader = reader
        self._abbreviate = abbreviate
        self._hollow = False  # an empty container may be somewhere in the patch
        self.root = Place(schema, Node())
        # The way that the words of the last plain statement went; the next one often begins alike.
        self._last: Sequence[str] = ()
        self._trail: list[tuple[int, Statement, Node, tuple[str, ...]]] = []

    def finish(self) -> Node:
        """Return the patch without containers that hold nothing."""
        if self._hollow:
            prune(self.root.node, self._schema)
        return self.root.node

    def add(
        self,
        place: Place,
        words: Sequence[str],
        mark: Mark = PLAIN,
        *,
        block: bool = False,
        line: bool = False,
    ) -> Place:
        """Follow ``words`` from ``place``, making what isn't there; mark what they end in.

        ``block``: a block of statements follows. ``line``: the mark is about the whole line where
        the model has several statements on one. Raises :class:`Refused` at the first word that
        the model doesn't know there, and when the name of an entry is missing.
        """
        target: tuple[Node, Key] | None = None
        settled = False
        here, position = self._resumed(place, words, mark)
        here.deleting = mark.operation in {"delete", "remove"}
        resumable = place is self.root and mark is PLAIN
        trail = self._trail
        while position < len(words):
            if here.listing:
                found, position = self._entry(here, words, position)
            elif resumable and self.leaf(here, words, position):
                here.closed = True
                break
            else:
                found, position, its = self._child(here, words, position, mark)
                mark = mark if settled else its  # about the line, whatever follows on it
            if resumable and not (here.closed or here.listing):
                trail.append((position, here.statement, here.node, here.path))
            target = target if settled else found
            alone = here.statement.line or here.statement.line1
            settled = settled or (line and alone and not here.listing)
        if here.listing and mark is PLAIN and not block:
            raise self._unknown(words, position, here)
        if target is not None and mark is not PLAIN:
            target[0].marked(target[1], mark)
        else:
            self.close(here)
        return here

    def leaf(self, place: Place, words: Sequence[str], position: int = 0) -> bool:
        """Read a leaf at ``place`` about which nothing else is said, as most are; False if not.

        Half of the statements of a text; :meth:`add` takes three times as long for them.
        """
        if len(words) - position != 2 or place.listing or place.node.marks:
            return False
        statement = place.statement.words.get(words[position])
        if statement is None or statement.kind is not _LEAF or words[-1] == OPEN:
            return False
        if statement.tag in place.statement.rivals:
            return False
        place.node[statement.tag] = self._reader.value(statement, words[-1], place.path)
        return True

    def _resumed(self, place: Place, words: Sequence[str], mark: Mark) -> tuple[Place, int]:
        """Return where to begin: at ``place``, or where the last statement was already."""
        trail = self._trail
        if place is not self.root or mark is not PLAIN:
            trail.clear()
            self._last = ()
            return Place(place.statement, place.node, place.path, place.listing), 0
        last = self._last
        self._last = words
        while trail:
            position = trail[-1][0]
            if position < len(words) and words[:position] == last[:position]:
                position, statement, node, path = trail[-1]
                return Place(statement, node, path), position
            trail.pop()
        return Place(place.statement, place.node, place.path, place.listing), 0

    def entry(self, place: Place, words: Sequence[str]) -> Sequence[str]:
        """Return those of ``words`` that name an entry at ``place``, without what is in it."""
        here = Place(place.statement, Node(), place.path, place.listing)
        position = 0
        while position < len(words):
            if here.listing:
                return words[: self._entry(here, words, position)[1]]
            position = self._child(here, words, position, PLAIN)[1]
        return words

    def levels(self, words: Sequence[str]) -> list[int]:
        """Return after how many of ``words`` each level of the hierarchy ends, without the last."""
        here = Place(self._schema, Node())
        ends: list[int] = []
        position = 0
        while position < len(words):
            if here.listing:
                position = self._entry(here, words, position)[1]
            else:
                position = self._child(here, words, position, PLAIN)[1]
            if not here.listing:
                ends.append(position)
        return ends[:-1]

    def _entry(
        self, here: Place, words: Sequence[str], position: int
    ) -> tuple[tuple[Node, Key], int]:
        """Read the keys of a list entry and step into it."""
        statement = here.statement
        names: list[str] = []
        start = position
        for index, key in enumerate(statement.keys):
            if statement.valued and index and not has_value(statement, index, names):
                names.append("")
                continue
            wanted = statement.key_words[index] if index else ""
            if wanted:
                if position >= len(words) or words[position] != wanted:
                    raise self._unknown(words, position, here)
                position += 1
            if position >= len(words):
                raise self._unknown(words, position, here)
            names.append(self._reader.value(key, words[position], here.path))
            position += 1
        name: Key = names[0] if len(names) == 1 else tuple(names)
        parent = here.node
        if parent.marks and not here.deleting:
            revive(parent, name)
        entry = parent.get(name)
        if not isinstance(entry, Node):
            entry = parent[name] = Node()
        first = (statement.key_words[0],) if statement.key_words[0] else ()
        here.path = (*here.path, *first, *words[start:position])
        here.node = entry
        here.listing = False
        return (parent, name), position

    def _child(
        self, here: Place, words: Sequence[str], position: int, mark: Mark
    ) -> tuple[tuple[Node, Key], int, Mark]:
        """Read one child statement; step into it unless it's a leaf."""
        parent = here.statement
        word = words[position]
        statement = parent.words.get(word)
        if statement is None:
            statement = parent.unnamed
            if statement is None and self._abbreviate:
                statement = self._abbreviated(word, here)
                position += statement is not None
            if statement is None:
                raise self._unknown(words, position, here)
        else:
            position += 1
        node = here.node
        if node.marks and not here.deleting:
            revive(node, statement.tag)
        tag = statement.tag
        if tag in parent.rivals and not mark.operation:
            take_rivals_place(node, parent, statement)
        if statement.kind is _FLAG:
            node[tag] = True
        elif statement.kind is _LEAF or statement.kind is _LEAF_LIST:
            position, mark = self._value(here, statement, words, position, mark)
        else:
            below = node.get(tag)
            if not isinstance(below, Node):
                below = node[tag] = Node()
            here.node = below
            here.statement = statement
            here.listing = statement.kind is _LIST
            if not here.listing:
                here.path = (*here.path, tag)
            return (node, tag), position, mark
        here.closed = True
        return (node, tag), position, mark

    def _value(
        self, here: Place, statement: Statement, words: Sequence[str], position: int, mark: Mark
    ) -> tuple[int, Mark]:
        """Read the value of a leaf, or one or more of a leaf-list."""
        node, tag = here.node, statement.tag
        in_place = mark.operation in _IN_PLACE
        if position >= len(words):
            if not in_place:
                raise self._unknown(words, position, here)
            node.setdefault(tag, "")
            return position, mark
        read = self._reader.value
        if words[position] == OPEN:
            end = position + 1
            while end < len(words) and words[end] != CLOSE:
                end += 1
            found = tuple(read(statement, word, here.path) for word in words[position + 1 : end])
            position = end + 1
        else:
            found = (read(statement, words[position], here.path),)
            position += 1
        if mark.operation == "delete":
            node.setdefault(tag, "")
            earlier = node.marks.get(tag, PLAIN).members
            return position, Mark(operation="delete", members=earlier + found)
        if mark.operation == "insert":
            node.setdefault(tag, "")
            return position, replace(mark, members=found)
        if mark.operation in _IN_PLACE:
            node.setdefault(tag, "")
            return position, mark
        if statement.kind is _LEAF:
            node[tag] = found[-1]
        else:
            before = node.get(tag)
            kept = before if isinstance(before, tuple) else ()
            node[tag] = kept + tuple(one for one in found if one not in kept)
        return position, mark

    def _abbreviated(self, word: str, here: Place) -> Statement | None:
        """Return the one child whose word begins with ``word``; refuse one of several."""
        fits = [full for full in here.statement.words if full.startswith(word)] if word else []
        if len(fits) > 1:
            path = edit_path(here.path)
            raise Refused(error(f"'{word}' is ambiguous {SIMULATED}", path, word))
        return here.statement.words[fits[0]] if fits else None

    def _unknown(self, words: Sequence[str], position: int, here: Place) -> Refused:
        word = words[min(position, len(words) - 1)]
        return Refused(*syntax_error(word, edit_path(here.path)))

    def close(self, place: Place) -> None:
        """End a block; one that holds nothing won't be in the patch, unless that is something."""
        statement = place.statement
        stands = statement.presence or statement.kind is _LIST
        if not place.node and (place.listing or not stands):
            self._hollow = True


def has_value(statement: Statement, index: int, names: Sequence[str]) -> bool:
    """Say whether the key at ``index`` is typed: ``choice-value`` follows some words only."""
    if statement.keys[index].tag != "choice-value":
        return True
    ident = next(i for i, key in enumerate(statement.keys) if key.tag == "choice-ident")
    return names[ident] in statement.valued


def prune(node: Node, statement: Statement, *, entry: bool = False) -> None:
    """Remove containers and lists that hold nothing from a patch, in place.

    What carries a mark stays: there the mark is what is said.
    """
    is_list = statement.kind is Kind.LIST and not entry
    for key, value in list(node.items()):
        if not isinstance(value, Node):
            continue
        child = statement if is_list else statement.children[str(key)]
        prune(value, child, entry=is_list)
        stays = is_list or key in node.marks
        stays = stays or (child.presence and child.kind is Kind.CONTAINER)
        if not value and not stays:
            del node[key]
