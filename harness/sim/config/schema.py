"""The configuration model of a family of devices, compiled from the outlines in ``data/schema``.

An outline is a text of indented lines, one statement each::

    security                              container; empty it doesn't exist
      ike
        dead-peer-detection!              container that exists even when empty
        gateway [name=string 1..32]       list and the type of its key
          version = enum v1-only v2-only  leaf
          address *= ip                   leaf-list
          general-ikeid;                  statement without a value

Flags follow a statement: ``@hidden`` (the word isn't typed or printed in text and set form),
``@block`` (a list printed as one block), ``@flat`` (a container printed before each child),
``@line`` (printed on one line), ``@line1`` (so if it holds one statement), ``@ordered`` (the
order of entries has a meaning), ``@autosorted`` (the device keeps its entries in an order of its
own: a list without ``ordered-by user`` in the published models), ``@either:NAME`` (excludes its
siblings of the same NAME), ``@either:NAME.CASE`` (those of the same NAME and another CASE; a flag
per choice where one is in another),
``@words:a,b`` (what is typed before each key; without keys, instead of the XML name),
``@in:FAMILY,FAMILY`` (only in these outlines),
``@valued:a,b`` (the values of the key ``choice-ident`` that a ``choice-value`` follows; with any
other, that key is empty and isn't typed). ``+NAME`` copies the lines under ``%define NAME``;
``%include FILE`` and ``%type NAME = TYPE`` do what they say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple, TypeAlias

from harness.sim.config.value_types import ValueType, or_pattern, value_type


class Kind(IntEnum):
    """What a statement is."""

    CONTAINER = 0
    LIST = 1
    LEAF = 2
    LEAF_LIST = 3
    FLAG = 4  # a statement without a value
    KEY = 5  # a key of the list around it


@dataclass(frozen=True, slots=True)
class Must:
    """A rule of the vendor's models: what must hold where it stands, and what is said if not."""

    expression: str
    message: str
    inferred: bool = False  # published for another family, taken over by path


@dataclass(frozen=True, slots=True)
class Limits:
    """What a commit asks of a statement by the vendor's models."""

    musts: tuple[Must, ...] = ()  # of a list: of each entry
    of_words: Mapping[str, tuple[Must, ...]] = field(default_factory=dict)  # of a value's words
    mandatory: bool = False  # wherever what is around it exists
    most: int = 0  # entries or values; 0: any number
    below: bool = False  # something below has limits

    def __bool__(self) -> bool:
        """Say whether there is anything to look at, here or below."""
        return bool(self.musts or self.of_words or self.mandatory or self.most or self.below)


@dataclass(slots=True, eq=False, repr=False)
class Statement:
    """One statement of the model; compiled once, never changed after.

    A model too large to be built whole makes a statement without ``children`` and the four that
    follow from them (:func:`deferred`) and fills them in when somebody first looks below.
    """

    tag: str  # XML name
    kind: Kind
    children: dict[str, Statement] = field(default_factory=dict)  # by XML name, in model order
    type: ValueType | None = None
    keys: tuple[Statement, ...] = ()
    key_words: tuple[str, ...] = ()  # typed before each key ("" for none), or instead of the tag
    presence: bool = False
    hidden: bool = False
    block: bool = False
    flat: bool = False
    line: bool = False
    line1: bool = False
    ordered: bool = False
    autosorted: bool = False
    either: str = ""
    cases: tuple[tuple[str, str], ...] = ()  # choice and case, from the outer choice inwards
    limits: Limits | None = None
    valued: frozenset[str] = frozenset()  # of the key "choice-ident": what "choice-value" follows
    words: dict[str, Statement] = field(default_factory=dict)  # children by what is typed
    unnamed: Statement | None = None  # the hidden child
    depth: int = 0  # of the XML element: 1 for "security"
    order: dict[str, int] = field(default_factory=dict)  # of children, by XML name
    rivals: dict[str, tuple[str, ...]] = field(default_factory=dict)  # either: siblings by name
    grow: Grow | None = None  # fills in the children of a deferred statement

    def __getattr__(self, name: str) -> object:
        """Fill in what was deferred; only ever called for a slot that isn't set yet."""
        grow = self.grow if name in _BELOW else None
        if grow is None:
            raise AttributeError(name)
        link(self, grow(self))
        return getattr(self, name)

    def __repr__(self) -> str:
        """Name the statement; its subtree would be the whole model."""
        return f"<{self.kind.name.lower()} {self.tag}>"

    @property
    def word(self) -> str:
        """What is typed for it; of a list, before its first key."""
        return self.key_words[0] if self.key_words else self.tag


Schema = Statement  # the root: a container called "configuration"
Grow = Callable[[Statement], dict[str, Statement]]  # makes the children, in model order

_BELOW = ("children", "words", "unnamed", "order", "rivals")


def deferred(statement: Statement, grow: Grow) -> Statement:
    """Leave the children of ``statement`` to ``grow``, called once when they are first wanted."""
    for name in _BELOW:
        delattr(statement, name)
    statement.grow = grow
    return statement


_LINE = re.compile(
    r"""(?P<tag>[a-zA-Z0-9_][a-zA-Z0-9_.-]*)(?P<mark>[!;])?
    (?:\s*\[(?P<keys>[^\]]*)\])?
    (?:\s*(?P<multi>\*)?=\s*(?P<type>.+?))?
    (?P<flags>(?:\s+@\S+)*)\s*$""",
    re.VERBOSE,
)


_FAMILIES = re.compile(r"@in:(\S+)")

_Line: TypeAlias = tuple[int, str]  # indent and text


@dataclass(slots=True)
class _Outline:
    """The lines of an outline, includes resolved, and the macros and types that it defines."""

    family: str
    lines: list[_Line] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    macros: dict[str, list[_Line]] = field(default_factory=dict)

    def read(self, folder: Traversable, name: str) -> None:
        lines = self.lines
        for raw in folder.joinpath(name).read_text(encoding="ascii").splitlines():
            text = raw.partition("#")[0].rstrip() if "#" in raw else raw.rstrip()
            if not text:
                continue
            below = text.lstrip()
            if len(below) == len(text):
                lines = self.lines
                if text[0] == "%":
                    lines = self._directive(folder, text)
                    continue
            lines.append((len(text) - len(below), below))

    def _directive(self, folder: Traversable, text: str) -> list[_Line]:
        """Obey a line that begins with ``%``; return where the lines after it belong."""
        word, _, rest = text.partition(" ")
        if word == "%include":
            self.read(folder, rest.strip())
        elif word == "%define":
            return self.macros.setdefault(rest.strip(), [])
        else:
            alias, _, meaning = rest.partition(" = ")
            self.types[alias.strip()] = meaning.strip()
        return self.lines

    def below(self, lines: list[_Line], start: int, end: int) -> Iterator[_Block]:
        """Walk the statements directly in ``lines[start:end]``, macros in their place."""
        while start < end:
            indent, text = lines[start]
            stop = start + 1
            while stop < end and lines[stop][0] > indent:
                stop += 1
            families = _FAMILIES.search(text)
            if families and self.family not in families[1].split(","):
                pass
            elif text[0] == "+":
                body = self.macros[text[1:].split()[0]]
                yield from self.below(body, 0, len(body))
            else:
                yield _Block(text, lines, start + 1, stop)
            start = stop


class _Block(NamedTuple):
    """The line of a statement, and which lines are about what is in it."""

    text: str
    lines: list[_Line]
    start: int
    end: int


def _statement(text: str, outline: _Outline) -> Statement:
    match = _LINE.fullmatch(text)
    if match is None:
        raise ValueError(f"schema outline: can't read {text!r}")

    def typed(words: str) -> ValueType:
        return value_type(outline.types.get(words.strip(), words))

    kind = Kind.CONTAINER
    if match["mark"] == ";":
        kind = Kind.FLAG
    elif match["keys"] is not None:
        kind = Kind.LIST
    elif match["type"] is not None:
        kind = Kind.LEAF_LIST if match["multi"] else Kind.LEAF
    made = Statement(match["tag"], kind, presence=match["mark"] == "!")
    if match["type"] is not None:
        made.type = typed(match["type"])
    if kind is Kind.LIST:
        pairs = [part.partition("=") for part in (match["keys"] or "").split("|")]
        made.keys = tuple(
            Statement(name.strip(), Kind.KEY, type=typed(words or "string 1..255"))
            for name, _, words in pairs
        )
    _flags(made, (match["flags"] or "").split())
    return made


def _flags(made: Statement, flags: list[str]) -> None:
    typed: tuple[str, ...] | None = None
    for flag in flags:
        name, _, argument = flag[1:].partition(":")
        if name == "either":
            made.either, _, case = argument.partition(".")
            made.cases = (*made.cases, (made.either, case or made.tag))
        elif name == "words":
            typed = tuple(argument.split(","))
        elif name == "valued":
            made.valued = frozenset(argument.split(","))
        elif name == "in":
            continue  # obeyed where the lines are read
        elif name in {"hidden", "block", "flat", "line", "line1", "ordered", "autosorted"}:
            setattr(made, name, True)
        else:
            raise ValueError(f"schema outline: unknown flag {flag!r} of {made.tag}")
    if made.kind is Kind.LIST:
        first = "" if made.hidden else made.tag
        made.key_words = typed or (first, *("" for _ in made.keys[1:]))
    elif typed:
        made.key_words = typed


def link(statement: Statement, children: dict[str, Statement]) -> None:
    """Give a statement its children, and what follows from them.

    Each attribute is complete when it's set: another thread may look at the same model.
    """
    children = _with_groups(statement, children)
    children = _with_groups(statement, children)
    order: dict[str, int] = {}
    words: dict[str, Statement] = {}
    unnamed: Statement | None = None
    for position, child in enumerate(children.values()):
        child.depth = statement.depth + 1
        order[child.tag] = position
        if child.hidden:
            unnamed = child
        else:
            words[child.word] = child
    for key in statement.keys:
        key.depth = statement.depth + 1
    statement.order, statement.words, statement.unnamed = order, words, unnamed
    statement.rivals = _rivals(children.values())
    statement.children = {**children, **{key.tag: key for key in statement.keys}}


def _rivals(children: Iterable[Statement]) -> dict[str, tuple[str, ...]]:
    """Return which statements each one excludes: those of another case of the same choice."""
    choices: dict[str, list[tuple[str, str]]] = {}
    for child in children:
        cases = child.cases or (((child.either, child.tag),) if child.either else ())
        for choice, case in cases:
            choices.setdefault(choice, []).append((case, child.tag))
    rivals: dict[str, tuple[str, ...]] = {}
    for members in choices.values():
        for case, tag in members:
            others = tuple(other for its, other in members if its != case)
            rivals[tag] = (*rivals.get(tag, ()), *others)
    return rivals


_GROUP_NAMES = ("apply-groups", "apply-groups-except")
_GROUP_NAME = value_type("string 1..254")
# Copied into the model of a group; what follows from the children isn't.
_SAME_IN_GROUPS: Final = (
    *("type", "key_words", "presence", "hidden", "block", "flat", "line", "line1"),
    *("ordered", "autosorted", "either", "cases", "valued"),
)


def _with_groups(statement: Statement, children: dict[str, Statement]) -> dict[str, Statement]:
    """Let a container or list entry inherit, and the configuration have groups.

    What is printed on one line can't: the published models have no ``apply-groups`` there.
    """
    if statement.kind not in {Kind.CONTAINER, Kind.LIST} or statement.line or statement.flat:
        return children
    first: dict[str, Statement] = {}
    if statement.tag == "configuration" and not statement.hidden:
        first = {tag: children[tag] for tag in ("version",) if tag in children}
        first["groups"] = _groups(children)
    for tag in _GROUP_NAMES:
        first[tag] = Statement(tag, Kind.LEAF_LIST, type=_GROUP_NAME)
        link(first[tag], {})
    return first | {tag: one for tag, one in children.items() if tag not in first}


def _groups(children: dict[str, Statement]) -> Statement:
    """Return the list of groups: each holds what the configuration may hold."""
    name = Statement("name", Kind.KEY, type=_GROUP_NAME)
    made = Statement("groups", Kind.LIST, keys=(name,), key_words=("groups",), block=True)
    return deferred(made, lambda _: _in_group(children))


def _in_group(children: dict[str, Statement]) -> dict[str, Statement]:
    """Return statements as they are in a group, where the name of an entry may be a pattern."""
    return {
        tag: _templated(child) if child.kind in {Kind.CONTAINER, Kind.LIST} else child
        for tag, child in children.items()
        if tag not in {"groups", *_GROUP_NAMES} and child.kind is not Kind.KEY
    }


def _templated(original: Statement) -> Statement:
    made = Statement(original.tag, original.kind)
    for name in _SAME_IN_GROUPS:
        setattr(made, name, getattr(original, name))
    made.keys = tuple(
        Statement(key.tag, Kind.KEY, type=key.type and or_pattern(key.type))
        for key in original.keys
    )
    return deferred(made, lambda _: _in_group(original.children))


def _fill(statement: Statement, outline: _Outline, block: _Block) -> dict[str, Statement]:
    """Make the children of a statement; what is in them waits until somebody looks there."""
    children: dict[str, Statement] = {}
    for inner in outline.below(block.lines, block.start, block.end):
        made = _statement(inner.text, outline)
        if statement.kind not in {Kind.CONTAINER, Kind.LIST} or made.tag in children:
            raise ValueError(f"schema outline: {inner.text!r} can't be under {statement.tag}")
        children[made.tag] = made
        if inner.start < inner.end:
            deferred(made, partial(_fill, outline=outline, block=inner))
        else:
            link(made, {})
    return children


def compile_outline(folder: Traversable, name: str) -> Schema:
    """Compile the outline ``name`` in ``folder``, each part when somebody first looks at it.

    Raises :class:`ValueError` for what is wrong, then.
    """
    outline = _Outline(name.removesuffix(".txt"))
    outline.read(folder, name)
    root = Statement("configuration", Kind.CONTAINER, presence=True)
    whole = _Block("configuration", outline.lines, 0, len(outline.lines))
    return deferred(root, partial(_fill, outline=outline, block=whole))


@lru_cache(maxsize=8)
def schema_of(family: str) -> Schema:
    """Return the model of a family: ``junos-es``, ``junos`` or ``jdm``."""
    return compile_outline(files("harness.sim") / "data" / "schema", f"{family}.txt")
