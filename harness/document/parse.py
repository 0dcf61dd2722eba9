"""YAML text as plain data with the line of every key, bounded in size, depth and expansion.

Built on PyYAML's event stream alone: no constructor ever runs, so a tag can't make an object, and
the bounds hold before anything is expanded. Scalars follow the YAML 1.2 core schema (``yes``,
``12:30`` and ``2026-01-01`` are words), as editors read them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import yaml

from harness.document.problems import Path, Problem

MAX_BYTES = 1 << 20
MAX_DEPTH = 16
MAX_VALUES = 200_000  # after aliases are expanded

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where PyYAML was built with it
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # YAML 1.2, 5.1
)
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, bool | None] = MappingProxyType(
    {"": None, "~": None}
    | dict.fromkeys(("null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
)


@dataclass(frozen=True, slots=True)
class Document:
    """What the text says. ``data`` is None with one problem at least when it can't be read."""

    data: Value
    lines: Mapping[Path, int]  # of a key or list item, from 1
    problems: tuple[Problem, ...] = ()

    def line(self, path: Path) -> int:
        """Return the line of ``path``, or of its nearest ancestor that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Broken(Exception):
    """The text can't be read any further; turned into a problem before it leaves this module."""

    def __init__(self, line: int, text: str, path: Path = ()) -> None:
        super().__init__(text)
        self.problem = Problem(line, path, text)


@dataclass(slots=True)
class _Node:
    line: int
    value: str | int | float | bool | list[_Node] | dict[str, _Entry] | None


@dataclass(slots=True)
class _Entry:
    line: int  # of the key
    node: _Node


@dataclass(slots=True)
class _Frame:
    """An open collection; ``key`` is set between a mapping's key and its value."""

    node: _Node
    anchor: str | None
    key: str | None = None
    key_line: int = 0
    merged: list[_Node] = field(default_factory=list)

    def step(self) -> str | int:
        if isinstance(self.node.value, list):
            return len(self.node.value)
        return self.key or ""


def parse(text: str, expected: str = "a mapping") -> Document:
    """Read ``text``; every problem is in the result, none is raised.

    ``expected`` says in messages what should stand in an empty file.
    """
    builder = _Builder(expected)
    try:
        root = builder.build(text)
        data, lines = _expand(root)
    except _Broken as broken:
        return Document(None, {}, (*builder.problems, broken.problem))
    return Document(data, MappingProxyType(lines), tuple(builder.problems))


class _Builder:
    """Turns events into nodes without recursion."""

    def __init__(self, expected: str) -> None:
        self._expected = expected
        self.problems: list[Problem] = []
        self._open: list[_Frame] = []
        self._anchors: dict[str, _Node] = {}
        self._root: _Node | None = None
        self._merges = 0

    def build(self, text: str) -> _Node:
        """Return the root node of the only document."""
        found = _UNPRINTABLE.search(text)
        if found:
            line = text.count("\n", 0, found.start()) + 1
            raise _Broken(line, "holds a control character; allowed: printable UTF-8")
        documents = 0
        for event in _events(text):
            line = _line(event)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Broken(line, "a second document starts here; allowed: one per file")
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event, line)
            elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                self._node(event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
        if self._root is None or self._root.value is None:
            raise _Broken(1, f"the file is empty; allowed: {self._expected}")
        return self._root

    def _alias(self, event: yaml.AliasEvent, line: int) -> None:
        # The anchor's text isn't repeated: an unquoted password may start with an asterisk.
        if event.anchor not in self._anchors:
            raise _Broken(
                line,
                "alias without a finished anchor before it; "
                "text that starts with * must be in quotes",
                self._path(),
            )
        self._place(self._anchors[event.anchor], None, line)

    def _node(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, line: int) -> None:
        if event.tag not in {None, "!"}:
            raise _Broken(
                line, "has a tag; allowed: no tags, text that starts with ! in quotes", self._path()
            )
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        else:
            self._begin(event, line)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        frame = self._open[-1] if self._open else None
        if frame and isinstance(frame.node.value, dict) and frame.key is None:
            frame.key, frame.key_line = event.value, line
            return
        plain = event.style in {None, ""} and event.tag is None
        value = resolve_plain(event.value) if plain else event.value
        self._place(_Node(line, value), event.anchor, line)

    def _begin(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if len(self._open) == MAX_DEPTH:
            raise _Broken(line, f"nested too deeply; allowed: {MAX_DEPTH} levels")
        self._refuse_as_key(line)
        node = _Node(line, {} if isinstance(event, yaml.MappingStartEvent) else [])
        self._open.append(_Frame(node, event.anchor))

    def _close(self) -> None:
        frame = self._open.pop()
        for merged in frame.merged:
            self._merge(frame.node, merged)
        self._place(frame.node, frame.anchor, frame.node.line)

    def _place(self, node: _Node, anchor: str | None, line: int) -> None:
        self._refuse_as_key(line)
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self._root = node
            return
        frame = self._open[-1]
        if isinstance(frame.node.value, list):
            frame.node.value.append(node)
        elif isinstance(frame.node.value, dict) and frame.key is not None:
            self._entry(frame, frame.node.value, frame.key, node)
            frame.key = None

    def _entry(self, frame: _Frame, entries: dict[str, _Entry], key: str, node: _Node) -> None:
        if key == "<<":
            frame.merged.extend(node.value if isinstance(node.value, list) else [node])
        elif key in entries:
            first = entries[key].line
            self.problems.append(
                Problem(frame.key_line, self._path(), f"given twice; first on line {first}")
            )
        else:
            entries[key] = _Entry(frame.key_line, node)

    def _merge(self, into: _Node, source: _Node) -> None:
        if not isinstance(source.value, dict) or not isinstance(into.value, dict):
            raise _Broken(into.line, "<< merges something else; allowed: an alias of a mapping")
        self._merges += len(source.value)
        if self._merges > MAX_VALUES:
            raise _too_big(into.line)
        for key, entry in source.value.items():
            into.value.setdefault(key, entry)

    def _refuse_as_key(self, line: int) -> None:
        frame = self._open[-1] if self._open else None
        if frame and isinstance(frame.node.value, dict) and frame.key is None:
            raise _Broken(line, "a key isn't plain text; allowed: text", self._path()[:-1])

    def _path(self) -> Path:
        return tuple(frame.step() for frame in self._open)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _Broken(line, _syntax_words(text, line, error)) from error
    except yaml.YAMLError as error:
        raise _Broken(1, "not YAML") from error


def _syntax_words(text: str, line: int, error: yaml.MarkedYAMLError) -> str:
    """Word a syntax error without repeating anything of the text: it may be a password."""
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    if re.match(r" *\t", here):
        return "a tab indents this line; allowed: spaces"
    problem = error.problem or "unreadable"
    if "cannot start any token" in problem:
        return "not YAML: a value starts with a reserved character; put it in quotes"
    return "not YAML: " + re.sub(r" ?'(?!<)[^']*'", "", problem)


def resolve_plain(text: str) -> str | int | float | bool | None:
    """Return what a plain scalar means in the core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def _too_big(line: int) -> _Broken:
    return _Broken(line, f"aliases expand to too much; allowed: {MAX_VALUES} values in all")


def _expand(root: _Node) -> tuple[Value, dict[Path, int]]:
    """Copy the nodes into plain data, an alias as often as it's used, within the bounds."""
    lines: dict[Path, int] = {}

    def expand(node: _Node, path: Path, line: int) -> Value:
        if len(path) > MAX_DEPTH or len(lines) >= MAX_VALUES:
            raise _too_big(line)
        lines[path] = line
        if isinstance(node.value, dict):
            return {k: expand(e.node, (*path, k), e.line) for k, e in node.value.items()}
        if isinstance(node.value, list):
            return [expand(n, (*path, i), n.line) for i, n in enumerate(node.value)]
        return node.value

    return expand(root, (), root.line), lines
