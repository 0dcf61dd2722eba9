"""The JSON form: reading with metadata ("@"), and writing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from harness.sim.characters import outside_xml
from harness.sim.config.paths import PLAIN, Refused, edit_path
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.set_format import HIDDEN
from harness.sim.config.tree import Key, Mark, Node, Value
from harness.sim.config.words import ValueReader, revive, take_rivals_place
from harness.sim.messages import SIMULATED, error, syntax_error

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_OPERATIONS = frozenset({"merge", "replace", "create", "delete", "remove"})


def read_json(payload: str, schema: Schema, reader: ValueReader) -> Node:
    """Return the patch that a JSON payload asks for; raises :class:`Refused`."""
    try:
        document: Json = json.loads(payload)
    except json.JSONDecodeError as exc:
        place = payload[exc.pos : exc.pos + 20] or "end of file"
        raise Refused(*syntax_error(place)) from exc
    except (ValueError, RecursionError) as exc:  # thousands of digits, or of levels
        raise Refused(*syntax_error(payload.lstrip()[:20])) from exc
    body = document.get(schema.tag) if isinstance(document, dict) else None
    if not isinstance(body, dict):
        raise Refused(*syntax_error(schema.tag))
    patch = Node()
    _JsonReader(reader).fill(patch, body, schema, ())
    return patch


class _JsonReader:
    """One walk over a payload."""

    def __init__(self, reader: ValueReader) -> None:
        self._value = reader.value

    def fill(
        self, node: Node, body: Mapping[str, Json], statement: Statement, path: tuple[str, ...]
    ) -> None:
        """Read the members of an object into ``node``."""
        for tag, value in body.items():
            if tag.startswith("@"):
                continue
            child = statement.children.get(tag)
            if child is None:
                raise Refused(*syntax_error(tag, edit_path(path)))
            if child.kind is Kind.KEY:
                continue
            about = body.get(f"@{tag}")
            if about is None and isinstance(value, dict):
                about = value.get("@")
            mark = _mark(about, path)
            if child.tag in statement.rivals and not mark.operation:
                take_rivals_place(node, statement, child)
            self._child(node, value, child, path)
            if mark is not PLAIN:
                node.marked(tag, mark)

    def _child(self, node: Node, value: Json, statement: Statement, path: tuple[str, ...]) -> None:
        tag = statement.tag
        if statement.kind is Kind.LIST:
            self._list(node, value, statement, path)
        elif statement.kind is Kind.CONTAINER:
            below = Node()
            if isinstance(value, dict):
                self.fill(below, value, statement, (*path, tag))
            elif value not in ([None], None):
                raise Refused(*syntax_error(tag, edit_path(path)))
            if below or statement.presence or _has_mark(value):
                node[tag] = below
        elif statement.kind is Kind.FLAG:
            node[tag] = True
        elif statement.kind is Kind.LEAF_LIST:
            members = value if isinstance(value, list) else [value]
            read = [self._value(statement, self._text(one, tag, path), path) for one in members]
            node[tag] = tuple(dict.fromkeys(read))
        else:
            node[tag] = self._value(statement, self._text(value, tag, path), path)

    def _list(self, node: Node, value: Json, statement: Statement, path: tuple[str, ...]) -> None:
        earlier = node.get(statement.tag)
        entries = earlier if isinstance(earlier, Node) else Node()
        node[statement.tag] = entries
        for body in value if isinstance(value, list) else [value]:
            if not isinstance(body, dict):
                raise Refused(*syntax_error(statement.tag, edit_path(path)))
            names = tuple(self._key(key, body, statement, path) for key in statement.keys)
            name: Key = names[0] if len(names) == 1 else names
            mark = _mark(body.get("@"), path)
            if entries.marks and mark.operation not in {"delete", "remove"}:
                revive(entries, name)
            held = entries.get(name)
            entry = held if isinstance(held, Node) else Node()
            entries[name] = entry
            self.fill(entry, body, statement, (*path, statement.tag, *names))
            if mark is not PLAIN:
                entries.marked(name, mark)

    def _key(
        self, key: Statement, body: Mapping[str, Json], statement: Statement, path: tuple[str, ...]
    ) -> str:
        """Read one of the keys of an entry; a ``choice-value`` may lack."""
        if key.tag not in body:
            if statement.valued and key.tag == "choice-value":
                return ""
            raise Refused(*syntax_error(statement.tag, edit_path(path)))
        text = self._text(body[key.tag], key.tag, path)
        if not text and statement.valued and key.tag == "choice-value":
            return ""
        return self._value(key, text, path)

    def _text(self, value: Json, tag: str, path: tuple[str, ...]) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise Refused(*syntax_error(tag, edit_path(path)))
        return _checked(str(value), path)


def _checked(text: str, path: tuple[str, ...]) -> str:
    r"""Return a text; raises :class:`Refused` for what XML lacks, as ``\u0007`` may stand for."""
    character = outside_xml(text)
    if character:
        raise Refused(*syntax_error(character, edit_path(path)))
    return text


def _has_mark(value: Json) -> bool:
    return isinstance(value, dict) and "@" in value


def _mark(about: Json, path: tuple[str, ...]) -> Mark:
    """Turn metadata into a mark."""
    if isinstance(about, list):
        about = about[0] if about else None
    if not isinstance(about, dict):
        return PLAIN
    operation = about.get("operation", "")
    if operation and operation not in _OPERATIONS:
        raise Refused(*syntax_error(str(operation), edit_path(path)))
    if "insert" in about or "rename" in about:
        raise Refused(error(f"this is not simulated in JSON {SIMULATED}", edit_path(path)))
    if about.get("active") is True:
        return Mark(operation="activate")
    if about.get("unprotect") is True:
        return Mark(operation="unprotect")
    return Mark(
        inactive=about.get("inactive") is True or about.get("active") is False,
        protected=about.get("protect") is True,
        comment=_checked(str(about.get("comment", "")), path),
        operation="" if operation == "merge" else str(operation),
    )


def write_json(
    tree: Node, schema: Schema, attributes: Mapping[str, str], *, hide_secrets: bool = False
) -> str:
    """Return ``{"configuration": {...}}``, indented; ``attributes`` become its metadata."""
    body: dict[str, Json] = {"@": dict(attributes)} if attributes else {}
    body.update(_object(tree, schema, hide_secrets=hide_secrets))
    document = {schema.tag: body}
    return json.dumps(document, indent=4, ensure_ascii=False, separators=(",", " : ")) + "\n"


def _object(node: Node, statement: Statement, *, hide_secrets: bool) -> dict[str, Json]:
    order = statement.order
    made: dict[str, Json] = {}
    for tag in sorted(node, key=lambda tag: order[str(tag)]):
        child = statement.children[str(tag)]
        value = _member(node[tag], child, hide_secrets=hide_secrets)
        if node.marks and tag in node.marks:
            about = _about(node.marks[tag])
            if about and isinstance(value, dict):
                value = {"@": about, **value}
            elif about:
                made[f"@{tag}"] = about
        made[child.tag] = value
    return made


def _member(value: Value, statement: Statement, *, hide_secrets: bool) -> Json:
    if isinstance(value, Node):
        if statement.kind is Kind.LIST:
            return [
                _entry(key, entry, value, statement, hide_secrets=hide_secrets)
                for key, entry in value.items()
            ]
        return _object(value, statement, hide_secrets=hide_secrets)
    if value is True:
        return [None]
    kind = statement.type
    if kind is not None and kind.secret and hide_secrets:
        return HIDDEN
    if isinstance(value, tuple):
        return [_scalar(one, statement) for one in value]
    return _scalar(str(value), statement)


def _about(mark: Mark) -> dict[str, Json]:
    """Return the metadata of a statement."""
    about: dict[str, Json] = {}
    if mark.comment:
        about["comment"] = mark.comment
    if mark.protected:
        about["protect"] = True
    if mark.inactive:
        about["inactive"] = True
    if mark.group:
        about["junos:group"] = mark.group
    return about


def _entry(
    key: Key, entry: Value, entries: Node, statement: Statement, *, hide_secrets: bool
) -> Json:
    made: dict[str, Json] = {}
    if entries.marks and key in entries.marks and (about := _about(entries.marks[key])):
        made["@"] = about
    names = (key,) if isinstance(key, str) else key
    for name, text in zip(statement.keys, names, strict=True):
        if text or not statement.valued:
            made[name.tag] = _scalar(text, name)
    if isinstance(entry, Node):
        made.update(_object(entry, statement, hide_secrets=hide_secrets))
    return made


def _scalar(text: str, statement: Statement) -> Json:
    numeric = statement.type is not None and statement.type.numeric
    return int(text) if numeric and text.isdigit() else text
