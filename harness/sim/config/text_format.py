"""The text form, with braces: reading with its modifiers, and writing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from harness.sim.config.paths import PLAIN, Refused, child_words
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.set_format import HIDDEN, MODIFIERS, TRAILER, quote, unquote
from harness.sim.config.tree import Key, Mark, Node, Value
from harness.sim.config.words import CLOSE, OPEN, PatchBuilder, Place, ValueReader
from harness.sim.messages import syntax_error

INDENT = "    "

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{};\[\]]|/\*.*?\*/|\#[^\n]*|[^\s{};\[\]"]+', re.DOTALL)
_SIGNS = '{};[]"#/'


def read_text(payload: str, schema: Schema, reader: ValueReader, level: Sequence[str] = ()) -> Node:
    """Return the patch that a text with braces asks for; raises :class:`Refused`.

    ``level``: the words of the edit level that it's relative to.
    """
    builder = PatchBuilder(schema, reader)
    place = builder.add(builder.root, level, PLAIN, block=True) if level else builder.root
    read_statements(payload, builder, place)
    return builder.finish()


def read_statements(payload: str, builder: PatchBuilder, place: Place) -> None:
    """Read a text with braces that belongs at ``place``; raises :class:`Refused`."""
    places: list[Place] = [place]
    words: list[str] = []
    mark = PLAIN
    for token in map(re.Match[str].group, _TOKEN.finditer(payload)):
        first = token[0]
        if first not in _SIGNS and (words or token not in MODIFIERS):
            words.append(token)  # two of three are
        elif first in "{};":
            _punctuate(builder, places, token, words, mark)
            words, mark = [], PLAIN
        elif first in "[]":
            words.append(OPEN if first == "[" else CLOSE)
        elif first == '"':
            words.append(unquote(token[1:-1]))
        elif token in MODIFIERS:
            mark = replace(mark, **MODIFIERS[token])
        elif first == "/" and not _is_comment(token):
            words.append(token)
        elif not words and token[:2] != "##":
            mark = replace(mark, comment=f"{mark.comment}\n{token}" if mark.comment else token)
    if words or len(places) > 1:
        raise Refused(*syntax_error(words[-1] if words else "end of file"))


def _is_comment(token: str) -> bool:
    """Recognise ``/* text */``; what only begins like that is a word."""
    return token[:2] == "/*" and token[-2:] == "*/" and len(token) > 3


def _punctuate(
    builder: PatchBuilder, places: list[Place], punctuation: str, words: list[str], mark: Mark
) -> None:
    """Act on the ``{``, ``}`` or ``;`` that ends ``words``."""
    if punctuation == "}":
        if words or len(places) == 1:
            raise Refused(*syntax_error(words[-1] if words else "}"))
        builder.close(places.pop())
    elif words:
        if punctuation == ";" and mark is PLAIN and builder.leaf(places[-1], words):
            return
        place = builder.add(places[-1], words, mark, block=punctuation == "{", line=True)
        if punctuation == "{":
            if place.closed:
                raise Refused(*syntax_error("{", f"[edit {' '.join(place.path)}]"))
            places.append(place)
    elif punctuation == "{":
        raise Refused(*syntax_error("{"))


class TextWriter:
    """Yields the lines of statements, without line ends."""

    def __init__(self, *, hide_secrets: bool = False, origins: bool = True) -> None:
        """``origins``: say of what is inherited which group it's from."""
        self._hide = hide_secrets
        self._origins_shown = origins

    def children(self, node: Node, statement: Statement, indent: str) -> Iterator[str]:
        """Yield the lines of everything in a container or list entry, in the model's order."""
        order = statement.order
        marks = node.marks
        for tag in node if len(node) < 2 else sorted(node, key=lambda tag: order[str(tag)]):
            child = statement.children[str(tag)]
            yield from self.child(node[tag], child, indent, marks.get(tag, PLAIN))

    def child(
        self, value: Value, statement: Statement, indent: str, mark: Mark = PLAIN
    ) -> Iterator[str]:
        """Yield the lines of one child statement, and what its mark adds to them."""
        if statement.kind is Kind.LIST:
            yield from self._list(value, statement, indent, mark)
        elif isinstance(value, Node):
            if statement.flat and value and not stays_apart(mark):
                yield from self._flat(value, statement, indent)
            else:
                head = " ".join(child_words(statement))
                yield from self._above(indent, mark, self._origins(value, statement, mark))
                yield from self._block(head, value, statement, indent, mark)
        else:
            yield from self._above(indent, mark, self._origins(value, statement, mark))
            state = prefix(mark)
            if isinstance(value, tuple) and len(value) > 1:
                shown = " ".join(quote(one) for one in value)
                yield f"{indent}{state}{statement.word} [ {shown} ];"
            else:
                words, trailer = self._leaf(value, statement)
                yield f"{indent}{state}{words};{trailer}"

    def entry(
        self, key: Key, value: Value, statement: Statement, indent: str, mark: Mark = PLAIN
    ) -> Iterator[str]:
        """Yield the lines of one entry of a list."""
        words = child_words(statement, key)
        head = " ".join(quote(word) for word in (words[1:] if statement.block else words))
        body = value if isinstance(value, Node) else Node()
        if mark is not PLAIN:
            origins = self._origins(body, statement, mark, key)
            yield from self._above(indent, mark, origins)
        yield from self._block(head, body, statement, indent, mark)

    def _above(self, indent: str, mark: Mark, origins: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Yield the comment above a statement, and what says where it was inherited from."""
        if mark is PLAIN:
            return
        if mark.comment:
            yield from (f"{indent}{line}" for line in mark.comment.splitlines())
        if not self._origins_shown:
            return
        said = [f"{indent}## '{name}' was inherited from group '{of}'" for name, of in origins]
        if said:
            yield from (f"{indent}##", *said, f"{indent}##")

    def _origins(
        self, value: Value, statement: Statement, mark: Mark, key: Key | None = None
    ) -> Iterator[tuple[str, str]]:
        """Walk what on the line of a statement is inherited, and the group that it is from."""
        if mark.inherited:
            yield from mark.inherited
        elif mark.group and isinstance(value, str):
            yield value, mark.group
        elif mark.group:
            yield (
                (" ".join((key,) if isinstance(key, str) else key) if key else statement.tag),
                (mark.group),
            )
        if isinstance(value, Node) and self._inline(value, statement) is not None:
            for tag, its in value.marks.items():
                yield from self._origins(value[tag], statement.children[str(tag)], its)

    def _list(self, value: Value, statement: Statement, indent: str, mark: Mark) -> Iterator[str]:
        if not isinstance(value, Node):
            return
        inner, block = indent, statement.block
        if block:
            yield from self._above(indent, mark, ())
            yield f"{indent}{prefix(mark)}{statement.word} {{"
            inner, mark = indent + INDENT, PLAIN
        for key, entry in value.items():
            its = value.marks.get(key, PLAIN)
            yield from self.entry(key, entry, statement, inner, its if its is not PLAIN else mark)
        if block:
            yield f"{indent}}}"

    def _flat(self, value: Node, statement: Statement, indent: str) -> Iterator[str]:
        """Yield a container by repeating its word before each child: ``family inet {``."""
        order = statement.order
        for tag in sorted(value, key=lambda tag: order[str(tag)]):
            child = statement.children[str(tag)]
            below = value[tag]
            mark = value.marks.get(tag, PLAIN)
            body = below if isinstance(below, Node) else Node()
            yield from self._above(indent, mark, self._origins(body, child, mark))
            yield from self._block(f"{statement.word} {child.word}", body, child, indent, mark)

    def _block(
        self, head: str, body: Node, statement: Statement, indent: str, mark: Mark
    ) -> Iterator[str]:
        state = prefix(mark)
        if not body:
            yield f"{indent}{state}{head};"
            return
        inline = self._inline(body, statement)
        if inline is not None:
            words, trailer = inline
            yield f"{indent}{state}{head} {words};{trailer}"
            return
        yield f"{indent}{state}{head} {{"
        yield from self.children(body, statement, indent + INDENT)
        yield f"{indent}}}"

    def _inline(self, body: Node, statement: Statement) -> tuple[str, str] | None:
        """Return what goes on the line of the head; None when it takes a block."""
        if not (statement.line or (statement.line1 and len(body) == 1)):
            return None
        if body.marks and any(map(stays_apart, body.marks.values())):
            return None
        parts: list[str] = []
        trailer = ""
        order = statement.order
        for tag in sorted(body, key=lambda tag: order[str(tag)]):
            child = statement.children[str(tag)]
            value = body[tag]
            if isinstance(value, Node):
                below = self._inline(value, child) if child.kind is Kind.CONTAINER else None
                if below is None:
                    return None
                words, trailer = " ".join(filter(None, (*child_words(child), below[0]))), below[1]
            elif isinstance(value, tuple) and len(value) > 1:
                words = f"{child.word} [ {' '.join(quote(one) for one in value)} ]"
            else:
                words, trailer = self._leaf(value, child)
            parts.append(words)
        return " ".join(parts), trailer

    def _leaf(self, value: Value, statement: Statement) -> tuple[str, str]:
        """Return the words of a leaf or flag, and what follows its semicolon."""
        if value is True:
            return statement.word, ""
        text = value[0] if isinstance(value, tuple) else str(value)
        secret = statement.type is not None and statement.type.secret
        shown = HIDDEN if secret and self._hide else quote(text, secret=secret)
        words = shown if statement.hidden else f"{statement.word} {shown}"
        return words, TRAILER if secret and not self._hide else ""


def prefix(mark: Mark) -> str:
    """Return what stands before a statement of this state."""
    if mark is PLAIN:
        return ""
    return ("protect: " if mark.protected else "") + ("inactive: " if mark.inactive else "")


def stays_apart(mark: Mark) -> bool:
    """Say whether a statement of this state needs a line of its own."""
    return mark.inactive or mark.protected or bool(mark.comment)


def write_text(tree: Node, schema: Schema, *, hide_secrets: bool = False) -> str:
    """Return the configuration with braces, without a header."""
    writer = TextWriter(hide_secrets=hide_secrets)
    return "".join(f"{line}\n" for line in writer.children(tree, schema, ""))
