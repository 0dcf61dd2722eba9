"""Junos statements as a small typed tree, and the three ways to write it: XML, set and text.

Where XML and text disagree about a keyword, the tree says so: ``<interface>`` is an element of
which text shows only the name, and ``interfaces { }`` of a zone is a block of which XML shows
only the entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from harness.plan.model import PreSharedKey
from harness.render.readback import HIDDEN, Path

# What Junos shows without quotes; everything else is quoted, keys always.
_PLAIN = re.compile(r"[A-Za-z0-9._:/@%+,=^~*-]+")
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Flag:
    """A leaf without value: ``always-send;``."""

    name: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf with a value; a key is a secret and hides itself."""

    name: str
    value: str | PreSharedKey
    keyword: bool = True  # False: text and set show only the value


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list, identified by ``key``."""

    name: str  # of the list: the element in XML
    key: str
    children: tuple[Statement, ...] = ()
    keyword: bool = True  # False: text and set show only the key
    inline: bool = False  # text shows each child on the line of its parent, as Junos does


@dataclass(frozen=True, slots=True)
class Container:
    """A block."""

    name: str
    children: tuple[Statement, ...] = ()
    element: bool = True  # False: a block of text and a word of set, but nothing in XML
    inline: bool = False  # as in Entry
    word: str = ""  # of text and set, where it isn't the element's


@dataclass(frozen=True, slots=True)
class ZonePair:
    """What holds from one zone to another: the one list here that has two keys."""

    from_zone: str
    to_zone: str
    children: tuple[Statement, ...] = ()
    name: str = "policy"  # the element in XML


Statement = Flag | Leaf | Entry | Container | ZonePair


def write_xml(statements: Iterable[Statement], *, pretty: bool = False) -> str:
    """Return a ``<configuration>`` element; compact unless a person is to read it."""
    out = ["<configuration>"]
    for statement in statements:
        _xml(statement, "\n" + _INDENT if pretty else "", out)
    out.append("\n</configuration>\n" if pretty else "</configuration>")
    return "".join(out)


def write_set(statements: Iterable[Statement]) -> tuple[str, ...]:
    """Return one ``set …`` line per leaf or empty entry."""
    return tuple(
        " ".join(("set", *words, *(quote(value) for value in values)))
        for statement in statements
        for words, values in _set(statement, ())
    )


def write_text(statements: Iterable[Statement]) -> str:
    """Return curly-brace text as ``show configuration`` does."""
    out: list[str] = []
    for statement in statements:
        _text(statement, "", "", out)
    return "\n".join((*out, ""))


def paths(statements: Iterable[Statement]) -> Iterator[tuple[Path, PreSharedKey | None]]:
    """Yield one path per leaf or empty entry, in the shape of :mod:`harness.render.readback`.

    The path of a key ends in ``HIDDEN``, and the key comes beside it.
    """
    for statement in statements:
        yield from _paths(statement, ())


def quote(value: str | PreSharedKey) -> str:
    """Return ``value`` as Junos writes it in set and text."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    text = value.reveal() if isinstance(value, PreSharedKey) else value
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _xml(statement: Statement, newline: str, out: list[str]) -> None:
    name = statement.name
    match statement:
        case Flag():
            out.append(f"{newline}<{name}/>")
        case Leaf(value=value):
            text = value.reveal() if isinstance(value, PreSharedKey) else value
            out.append(f"{newline}<{name}>{escape(text)}</{name}>")
        case Container(children=children, element=False):
            for child in children:
                _xml(child, newline, out)
        case Container(children=children) | Entry(children=children) | ZonePair(children=children):
            inner = newline and newline + _INDENT
            out.append(f"{newline}<{name}>")
            for key, text in _keys(statement):
                out.append(f"{inner}<{key}>{escape(text)}</{key}>")
            for child in children:
                _xml(child, inner, out)
            out.append(f"{newline}</{name}>")


def _keys(block: Entry | Container | ZonePair) -> tuple[tuple[str, str], ...]:
    """Return the elements that identify a block in XML."""
    match block:
        case Entry():
            return (("name", block.key),)
        case ZonePair():
            return (("from-zone-name", block.from_zone), ("to-zone-name", block.to_zone))
        case Container():
            return ()


def _set(
    statement: Statement, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str | PreSharedKey, ...]]]:
    match statement:
        case Flag(name=name):
            yield (*above, name), ()
        case Leaf(name=name, value=value, keyword=keyword):
            yield (*above, name) if keyword else above, (value,)
        case Entry() | Container() | ZonePair():
            here = (*above, *_words(statement))
            if not statement.children:
                yield here, ()
            for child in statement.children:
                yield from _set(child, here)


def _words(statement: Entry | Container | ZonePair) -> tuple[str, ...]:
    """Return the words that stand for a block in set and text, already quoted."""
    if isinstance(statement, Container):
        return (statement.word or statement.name,)
    if isinstance(statement, ZonePair):
        return ("from-zone", quote(statement.from_zone), "to-zone", quote(statement.to_zone))
    key = quote(statement.key)
    return (statement.name, key) if statement.keyword else (key,)


def _text(statement: Statement, indent: str, before: str, out: list[str]) -> None:
    match statement:
        case Flag(name=name):
            out.append(f"{indent}{before}{name};")
        case Leaf(name=name, value=value, keyword=keyword):
            out.append(f"{indent}{before}{f'{name} ' if keyword else ''}{quote(value)};")
        case Entry(children=()) | Container(children=()) | ZonePair(children=()):
            out.append(f"{indent}{before}{' '.join(_words(statement))};")
        case Entry(inline=True) | Container(inline=True):
            head = f"{before}{' '.join(_words(statement))} "
            for child in statement.children:
                _text(child, indent, head, out)
        case Entry() | Container() | ZonePair():
            out.append(f"{indent}{before}{' '.join(_words(statement))} {{")
            for child in statement.children:
                _text(child, indent + _INDENT, "", out)
            out.append(f"{indent}}}")


def _paths(statement: Statement, above: Path) -> Iterator[tuple[Path, PreSharedKey | None]]:
    match statement:
        case Flag(name=name):
            yield (*above, name), None
        case Leaf(name=name, value=PreSharedKey() as key):
            yield (*above, name, HIDDEN), key
        case Leaf(name=name, value=str() as text):
            yield (*above, name, text), None
        case Entry() | Container() | ZonePair():
            here = above
            if not isinstance(statement, Container) or statement.element:
                keys = (key for _, key in _keys(statement))
                here = (*above, statement.name, *keys)
            if not statement.children:
                yield here, None
            for child in statement.children:
                yield from _paths(child, here)
