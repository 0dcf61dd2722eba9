"""The set form: its words and quotes, and writing it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.sim.config.paths import child_words
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.tree import Key, Node
from harness.sim.config.words import CLOSE, OPEN

TRAILER = " ## SECRET-DATA"  # after a secret in set and text form
HIDDEN = "/* SECRET-DATA */"

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([\[\]])|(#.*)|([^\s"\[\]]+)')
_NEEDS_QUOTES = re.compile(r'[\s"{};\[\]#\\!&()<>|?\'`,]|^$|^\$')
# Words that say something about the statement after them, in text form.
MODIFIERS: dict[str, dict[str, Any]] = {
    "inactive:": {"inactive": True},
    "active:": {"operation": "activate"},
    "replace:": {"operation": "replace:"},
    "delete:": {"operation": "delete"},
    "protect:": {"protected": True},
    "unprotect:": {"operation": "unprotect"},
}
_BEFORE_ESCAPED = re.compile(r'\\(?=["\\]|$)')  # any other backslash stands for itself
_PATTERN = re.compile(r"<[\w*/:.-]+>").fullmatch  # the name of an entry in a group


def split_words(line: str) -> list[str]:
    """Split a line into words; quotes are removed, brackets become OPEN and CLOSE."""
    if '"' not in line and "[" not in line and "#" not in line:
        return line.split()
    words: list[str] = []
    for match in _TOKEN.finditer(line):
        quoted, bracket, comment, plain = match.groups()
        if comment is not None:
            break
        if bracket:
            words.append(OPEN if bracket == "[" else CLOSE)
        elif quoted is not None:
            words.append(unquote(quoted))
        else:
            words.append(plain)
    return words


def unquote(inside: str) -> str:
    """Undo the escapes of a quoted string."""
    return re.sub(r'\\(["\\])', r"\1", inside) if "\\" in inside else inside


def quote(text: str, *, secret: bool = False) -> str:
    """Write a value as Junos does: quoted when it's a secret or holds more than a word."""
    if not secret and (not _NEEDS_QUOTES.search(text) or _PATTERN(text)) and text not in MODIFIERS:
        return text
    if "\\" in text:
        text = _BEFORE_ESCAPED.sub(r"\\\\", text)
    escaped = text.replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def write_set(tree: Node, schema: Schema, *, hide_secrets: bool = False) -> str:
    """Return the configuration as lines of ``set`` and ``deactivate``."""
    return "".join(f"{line}\n" for line in _lines(tree, schema, "", hide_secrets))


def _lines(node: Node, statement: Statement, prefix: str, hide: bool) -> Iterator[str]:  # noqa: FBT001 - recursion of one flag
    order = statement.order
    tags = node if len(node) < 2 else sorted(node, key=lambda tag: order[str(tag)])
    for tag in tags:
        child = statement.children[str(tag)]
        value = node[tag]
        base = prefix if child.hidden else f"{prefix} {child.word}"
        if isinstance(value, Node):
            if child.kind is Kind.LIST:
                yield from _entries(value, child, prefix, hide)
            elif value:
                yield from _lines(value, child, base, hide)
            else:
                yield f"set{base}"
        elif value is True:
            yield f"set{base}"
        else:
            yield from _values(value, child, base, hide)
        if node.marks and tag in node.marks:
            yield from _states(node, tag, base)


def _entries(node: Node, statement: Statement, prefix: str, hide: bool) -> Iterator[str]:  # noqa: FBT001 - recursion of one flag
    for key, entry in node.items():
        words = " ".join(quote(word) for word in child_words(statement, key))
        base = f"{prefix} {words}"
        if isinstance(entry, Node) and entry:
            yield from _lines(entry, statement, base, hide)
        else:
            yield f"set{base}"
        if node.marks and key in node.marks:
            yield from _states(node, key, base)


def _states(node: Node, key: Key, base: str) -> Iterator[str]:
    """Yield the lines for what a mark says; protection comes last, it would refuse the rest."""
    mark = node.marks[key]
    if mark.inactive:
        yield f"deactivate{base}"
    if mark.protected:
        yield f"protect{base}"


def _values(
    value: object,
    statement: Statement,
    base: str,
    hide: bool,  # noqa: FBT001 - recursion of one flag
) -> Iterator[str]:
    secret = statement.type is not None and statement.type.secret
    for one in value if isinstance(value, tuple) else (str(value),):
        if not secret:
            yield f"set{base} {quote(one)}"
        elif hide:
            yield f"set{base} {HIDDEN}"
        else:
            yield f"set{base} {quote(one, secret=True)}{TRAILER}"
