"""The text form, with braces: reading with its modifiers, and writing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.sim.config.patch import PLAIN, Refused, child_words
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.set_format import HIDDEN, TRAILER, quote, unquote
from harness.sim.config.tree import Key, Mark, Node, Value
from harness.sim.config.words import CLOSE, OPEN, PatchBuilder, Place, ValueReader
from harness.sim.messages import SIMULATED, error, syntax_error

INDENT = "    "

_TOKEN = re.compile(
    r'"((?:[^"\\]|\\.)*)"|([{};])|([\[\]])|(/\*.*?\*/|\#[^\n]*)|([^\s{};\[\]"]+)', re.DOTALL
)
_MODIFIERS = {
    "inactive:": Mark(inactive=True),
    "active:": Mark(operation="activate"),
    "replace:": Mark(operation="replace:"),
    "delete:": Mark(operation="delete"),
}


def read_text(payload: str, schema: Schema, reader: ValueReader) -> Node:
    """Return the patch that a text with braces asks for; raises :class:`Refused`."""
    builder = PatchBuilder(schema, reader)
    places: list[Place] = [builder.root]
    words: list[str] = []
    mark = PLAIN
    for match in _TOKEN.finditer(payload):
        quoted, punctuation, bracket, comment, plain = match.groups()
        if plain is not None:
            if not words and plain in _MODIFIERS:
                mark = _MODIFIERS[plain]
            elif not words and plain == "protect:":
                raise Refused(error(f"protect is not simulated {SIMULATED}", bad_element=plain))
            else:
                words.append(plain)
        elif punctuation:
            _punctuate(builder, places, punctuation, words, mark)
            words, mark = [], PLAIN
        elif bracket:
            words.append(OPEN if bracket == "[" else CLOSE)
        elif comment is None:
            words.append(unquote(quoted))
    if words or len(places) > 1:
        raise Refused(*syntax_error(words[-1] if words else "end of file"))
    return builder.finish()


def _punctuate(
    builder: PatchBuilder, places: list[Place], punctuation: str, words: list[str], mark: Mark
) -> None:
    """Act on the ``{``, ``}`` or ``;`` that ends ``words``."""
    if punctuation == "}":
        if words or len(places) == 1:
            raise Refused(*syntax_error(words[-1] if words else "}"))
        builder.close(places.pop())
    elif words:
        place = builder.add(places[-1], words, mark, block=punctuation == "{", line=True)
        if punctuation == "{":
            if place.closed:
                raise Refused(*syntax_error("{", f"[edit {' '.join(place.path)}]"))
            places.append(place)
    elif punctuation == "{":
        raise Refused(*syntax_error("{"))


class TextWriter:
    """Yields the lines of statements, without line ends."""

    def __init__(self, *, hide_secrets: bool = False) -> None:
        self._hide = hide_secrets

    def children(self, node: Node, statement: Statement, indent: str) -> Iterator[str]:
        """Yield the lines of everything in a container or list entry, in the model's order."""
        order = statement.order
        for tag in node if len(node) < 2 else sorted(node, key=lambda tag: order[str(tag)]):
            child = statement.children[str(tag)]
            yield from self.child(node[tag], child, indent, _state(node, tag))

    def child(
        self, value: Value, statement: Statement, indent: str, state: str = ""
    ) -> Iterator[str]:
        """Yield the lines of one child statement; ``state`` is "" or "inactive: "."""
        if statement.kind is Kind.LIST:
            yield from self._list(value, statement, indent, state)
        elif isinstance(value, Node):
            if statement.flat and value and not state:
                yield from self._flat(value, statement, indent, state)
            else:
                head = " ".join(child_words(statement))
                yield from self._block(head, value, statement, indent, state)
        elif isinstance(value, tuple) and len(value) > 1:
            shown = " ".join(quote(one) for one in value)
            yield f"{indent}{state}{statement.tag} [ {shown} ];"
        else:
            words, trailer = self._leaf(value, statement)
            yield f"{indent}{state}{words};{trailer}"

    def entry(
        self, key: Key, value: Value, statement: Statement, indent: str, state: str = ""
    ) -> Iterator[str]:
        """Yield the lines of one entry of a list."""
        words = child_words(statement, key)
        head = " ".join(quote(word) for word in (words[1:] if statement.block else words))
        body = value if isinstance(value, Node) else Node()
        yield from self._block(head, body, statement, indent, state)

    def _list(self, value: Value, statement: Statement, indent: str, state: str) -> Iterator[str]:
        if not isinstance(value, Node):
            return
        inner, head = indent, ""
        if statement.block:
            inner, head = indent + INDENT, f"{indent}{state}{statement.tag} {{"
            state = ""
            yield head
        for key, entry in value.items():
            yield from self.entry(key, entry, statement, inner, state or _state(value, key))
        if head:
            yield f"{indent}}}"

    def _flat(self, value: Node, statement: Statement, indent: str, state: str) -> Iterator[str]:
        """Yield a container by repeating its word before each child: ``family inet {``."""
        order = statement.order
        for tag in sorted(value, key=lambda tag: order[str(tag)]):
            child = statement.children[str(tag)]
            below = value[tag]
            body = below if isinstance(below, Node) else Node()
            shown = state or _state(value, tag)
            yield from self._block(f"{statement.tag} {tag}", body, child, indent, shown)

    def _block(
        self, head: str, body: Node, statement: Statement, indent: str, state: str
    ) -> Iterator[str]:
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
        if not (statement.line or (statement.line1 and len(body) == 1)) or body.marks:
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
                words, trailer = " ".join((*child_words(child), below[0])), below[1]
            elif isinstance(value, tuple) and len(value) > 1:
                words = f"{tag} [ {' '.join(quote(one) for one in value)} ]"
            else:
                words, trailer = self._leaf(value, child)
            parts.append(words)
        return " ".join(parts), trailer

    def _leaf(self, value: Value, statement: Statement) -> tuple[str, str]:
        """Return the words of a leaf or flag, and what follows its semicolon."""
        if value is True:
            return statement.tag, ""
        text = value[0] if isinstance(value, tuple) else str(value)
        secret = statement.type is not None and statement.type.secret
        shown = HIDDEN if secret and self._hide else quote(text, secret=secret)
        words = shown if statement.hidden else f"{statement.tag} {shown}"
        return words, TRAILER if secret and not self._hide else ""


def _state(node: Node, key: Key) -> str:
    return "inactive: " if node.marks and key in node.marks else ""


def write_text(tree: Node, schema: Schema, *, hide_secrets: bool = False) -> str:
    """Return the configuration with braces, without a header."""
    writer = TextWriter(hide_secrets=hide_secrets)
    return "".join(f"{line}\n" for line in writer.children(tree, schema, ""))
