"""Whatever the model allows survives every form, and every pair of configurations its diff."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sim.config.diff import compare
from harness.sim.config.loading import load
from harness.sim.config.patch import unify
from harness.sim.config.rendering import Stamp, render
from harness.sim.config.schema import Kind, Schema, Statement, schema_of
from harness.sim.config.secret9 import Salts, encode
from harness.sim.config.tree import Mark, Node, Value, effective, is_clean
from harness.sim.config.value_types import ValueType
from harness.sim.config.words import ValueReader, has_value

STAMP = Stamp(datetime(2026, 1, 1, tzinfo=UTC))
FAMILIES = ("junos-es", "junos", "jdm")
LETTERS = string.ascii_letters + string.digits + " -_./:\"\\#;{}[]<>&'$*äß"

numbers = st.integers(min_value=0, max_value=9)


def texts(low: int, high: int) -> st.SearchStrategy[str]:
    """Texts without outer blanks: XML can't keep them apart from its own."""
    high = min(high, 24)
    return (
        st.text(LETTERS, min_size=low, max_size=max(low, high))
        .map(lambda text: text.strip().ljust(low, "x"))
        .filter(lambda text: low <= len(text))
    )


def value_of(kind: ValueType | None) -> st.SearchStrategy[str]:
    """Make a strategy of what a type accepts."""
    if kind is None:
        return texts(0, 8)
    makers = {
        "int": st.integers(*kind.bounds).map(str),
        "enum": st.sampled_from(kind.choices or ("",)),
        "ip": numbers.map("192.0.2.{}".format) | numbers.map("2001:db8::{}".format),
        "ipv4": numbers.map("192.0.2.{}".format),
        "prefix": numbers.map("10.0.{}.0/24".format) | numbers.map("2001:db8:{}::/48".format),
        "hop": numbers.map("192.0.2.{}".format) | numbers.map("st0.{}".format),
        "ifl": numbers.map("ge-0/0/0.{}".format),
        "pattern": numbers.map("ge-0/0/{}".format),
    }
    if kind.name in makers:
        return makers[kind.name]
    plain = texts(*kind.bounds)
    return plain.map(lambda text: encode(text, Salts(b"").next())) if kind.reversible else plain


@st.composite
def bodies(draw: st.DrawFn, statement: Statement, depth: int = 0) -> Node:
    """Draw some of the children of a container or list entry."""
    children = [child for child in statement.children.values() if child.kind is not Kind.KEY]
    chosen = (
        draw(st.lists(st.sampled_from(children), max_size=4 if depth < 2 else 2, unique_by=id))
        if children
        else []
    )
    node = Node()
    taken: set[str] = set()
    for child in chosen:
        if child.either and child.either in taken:
            continue
        value = draw(child_value(child, depth + 1))
        if value is None:
            continue
        taken.add(child.either)
        node[child.tag] = value
    return node


@st.composite
def child_value(draw: st.DrawFn, child: Statement, depth: int) -> Value | None:
    """Draw the value of one statement; None when it would hold nothing."""
    if child.kind is Kind.FLAG:
        return True
    if child.kind is Kind.LEAF:
        return draw(value_of(child.type))
    if child.kind is Kind.LEAF_LIST:
        return tuple(draw(st.lists(value_of(child.type), min_size=1, max_size=3, unique=True)))
    if child.kind is Kind.CONTAINER:
        body = draw(bodies(child, depth))
        return body if body or child.presence else None
    entries = Node()
    for _ in range(draw(st.integers(1, 2))):
        keys = draw_keys(draw, child)
        entries[keys[0] if len(keys) == 1 else keys] = draw(bodies(child, depth))
    return entries


def draw_keys(draw: st.DrawFn, child: Statement) -> tuple[str, ...]:
    """Draw the keys of an entry; after some words of a choice-ident no choice-value follows."""
    names: list[str] = []
    for index, key in enumerate(child.keys):
        asked = not child.valued or not index or has_value(child, index, names)
        value = draw(value_of(key.type)) if asked else ""
        names.append(value or "x" if asked and child.valued else value)
    return tuple(names)


@st.composite
def configurations(
    draw: st.DrawFn, *, marks: bool = False, comments: bool = False
) -> tuple[str, Node]:
    """Draw a family and a configuration of it, with something said about statements if asked."""
    family = draw(st.sampled_from(FAMILIES))
    tree = draw(bodies(schema_of(family)))
    if marks:
        _say(tree, schema_of(family), draw, comments=comments)
    return family, tree


MARKS = (Mark(inactive=True), Mark(protected=True), Mark(inactive=True, protected=True))
COMMENTS = ("", '/* by hand: "x"; { } */', "# one line")


def _say(node: Node, statement: Statement, draw: st.DrawFn, *, comments: bool) -> None:
    """Deactivate, protect or comment some of a configuration."""

    def drawn() -> Mark:
        mark = draw(st.sampled_from(MARKS))
        return replace(mark, comment=draw(st.sampled_from(COMMENTS))) if comments else mark

    for key, value in node.items():
        child = statement.children[str(key)]
        if child.kind is Kind.LIST and isinstance(value, Node):
            for name, entry in value.items():
                if draw(st.booleans()):
                    value.marked(name, drawn())
                elif isinstance(entry, Node):
                    _say(entry, child, draw, comments=comments)
        elif child.kind is Kind.CONTAINER and isinstance(value, Node) and not child.line:
            _say(value, child, draw, comments=comments)
        elif child.kind is not Kind.CONTAINER and not statement.line and draw(st.booleans()):
            node.marked(key, drawn())


def read(text: str, fmt: str, schema: Schema) -> Node:
    """Load a text into nothing."""
    if fmt == "xml":
        text = text.replace("<configuration", '<configuration xmlns:junos="urn:junos"', 1)
    loaded = load(Node(), text, schema, ValueReader(Salts(b"")), fmt=fmt, action="override")
    assert loaded.complaints == (), text
    return loaded.tree


@given(drawn=configurations())
@settings(max_examples=60)
def test_a_configuration_survives_every_form(drawn):
    """set, text, XML, JSON, one after the other, end in an equal tree and the same output."""
    family, tree = drawn
    schema = schema_of(family)
    first = tree
    for fmt in ("set", "text", "xml", "json", "set"):
        tree = read(render(tree, fmt, schema, STAMP), fmt, schema)
        assert unify(first, tree, schema) is first, fmt


@given(drawn=configurations(marks=True))
@settings(max_examples=50)
def test_what_is_deactivated_or_protected_survives_every_form(drawn):
    """The states of statements are the same after each form."""
    family, tree = drawn
    schema = schema_of(family)
    wanted = render(tree, "set", schema, STAMP)
    for fmt in ("set", "text", "xml", "json"):
        again = read(render(tree, fmt, schema, STAMP), fmt, schema)
        assert render(again, "set", schema, STAMP) == wanted, fmt
        assert is_clean(effective(again)) or "protect " in wanted


@given(drawn=configurations(marks=True, comments=True))
@settings(max_examples=40)
def test_comments_survive_the_forms_that_have_them(drawn):
    """What stands above a statement is the same after text, XML and JSON."""
    family, tree = drawn
    schema = schema_of(family)
    wanted = render(tree, "text", schema, STAMP)
    for fmt in ("text", "xml", "json"):
        again = read(render(tree, fmt, schema, STAMP), fmt, schema)
        assert render(again, "text", schema, STAMP) == wanted, fmt


@given(one=configurations(), other=st.data())
@settings(max_examples=40)
def test_a_patch_makes_the_change_that_it_shows(one, other):
    """Show | compare from A to B, loaded as a patch over A, gives the statements of B."""
    family, old = one
    schema = schema_of(family)
    new = other.draw(bodies(schema))
    patch = compare(old, new, schema)
    loaded = load(old, patch, schema, ValueReader(Salts(b"")), fmt="text", action="patch")
    assert [one for one in loaded.complaints if one.severity == "error"] == [], patch
    assert sorted(render(loaded.tree, "set", schema, STAMP).splitlines()) == sorted(
        render(new, "set", schema, STAMP).splitlines()
    ), patch


@given(one=configurations(), other=st.data())
@settings(max_examples=50)
def test_update_reaches_the_payload_and_the_diff_is_empty_only_then(one, other):
    """Loading B over A by update gives B; A and B differ in text exactly when they differ."""
    family, old = one
    schema = schema_of(family)
    new = other.draw(bodies(schema))
    loaded = load(
        old,
        render(new, "set", schema, STAMP),
        schema,
        ValueReader(Salts(b"")),
        fmt="set",
        action="update",
    )
    assert loaded.complaints == ()
    assert render(loaded.tree, "set", schema, STAMP) == render(new, "set", schema, STAMP)
    assert (compare(old, loaded.tree, schema) == "") is (
        sorted(render(old, "set", schema, STAMP).splitlines())
        == sorted(render(new, "set", schema, STAMP).splitlines())
    )


@given(drawn=configurations())
@settings(max_examples=30)
def test_deleting_every_line_leaves_nothing(drawn):
    """The delete of every set line of a configuration empties it."""
    family, tree = drawn
    schema = schema_of(family)
    lines = render(tree, "set", schema, STAMP).splitlines()
    payload = "\n".join(line.replace("set ", "delete ", 1) for line in reversed(lines))
    loaded = load(tree, payload, schema, ValueReader(Salts(b"")), fmt="set", action="set")
    assert not [one for one in loaded.complaints if one.severity == "error"]
    leaves = render(loaded.tree, "set", schema, STAMP).splitlines()
    assert all(line not in lines or not line for line in leaves)
