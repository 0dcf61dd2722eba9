"""Whole configurations as engineers have them: every form, and back again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.sim.config.diff import compare
from harness.sim.config.loading import load
from harness.sim.config.patch import unify
from harness.sim.config.rendering import Stamp, render
from harness.sim.config.schema import schema_of
from harness.sim.config.secret9 import Salts
from harness.sim.config.text_format import write_text
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader

HERE = Path(__file__).parent / "configurations"
FAMILY = {"branch": "junos-es", "router": "junos"}
STAMP = Stamp(datetime(2026, 1, 1, tzinfo=UTC))


def read(name: str, text: str, fmt: str, tree: Node | None = None) -> Node:
    """Load a configuration, into nothing or over ``tree``; nothing may be complained about."""
    if fmt == "xml":
        text = text.replace("<configuration", '<configuration xmlns:junos="urn:junos"', 1)
    action = "merge" if tree else "override"
    schema = schema_of(FAMILY[name])
    loaded = load(tree or Node(), text, schema, ValueReader(Salts(b"")), fmt=fmt, action=action)
    assert loaded.complaints == ()
    return loaded.tree


@pytest.fixture(params=sorted(FAMILY))
def name(request):
    """Name each configuration."""
    return request.param


@pytest.fixture
def text(name):
    """Return its text."""
    return (HERE / f"{name}.conf").read_text(encoding="utf-8")


def test_it_is_printed_as_it_was_read(name, text):
    """Each line comes back as it was; the order of statements is the model's."""
    shown = write_text(read(name, text, "text"), schema_of(FAMILY[name]))
    assert sorted(shown.splitlines()) == sorted(text.splitlines())


def test_it_goes_through_every_form_and_back(name, text):
    """Text, XML, JSON and text again are one configuration; so are its set lines."""
    schema = schema_of(FAMILY[name])
    first = tree = read(name, text, "text")
    for fmt in ("text", "xml", "json", "text"):
        tree = read(name, render(tree, fmt, schema, STAMP), fmt)
        assert unify(first, tree, schema) is first, fmt
    lines = render(first, "set", schema, STAMP)
    assert render(read(name, lines, "set"), "set", schema, STAMP) == lines


@pytest.mark.parametrize("fmt", ["text", "xml", "json", "set"])
def test_loading_what_is_shown_changes_nothing(name, text, fmt):
    """A merge of what show configuration prints leaves the very same tree."""
    tree = read(name, text, "text")
    shown = render(tree, fmt, schema_of(FAMILY[name]), STAMP)
    assert read(name, shown, fmt, tree) is tree


def test_the_patch_from_nothing_is_the_whole(name, text):
    """Loading the patch from nothing to a configuration gives the configuration."""
    schema = schema_of(FAMILY[name])
    tree = read(name, text, "text")
    patch = compare(Node(), tree, schema)
    made = load(Node(), patch, schema, ValueReader(Salts(b"")), fmt="text", action="patch")
    assert made.complaints == ()
    assert write_text(made.tree, schema) == write_text(tree, schema)


def test_a_wide_list_is_written_anew_where_it_changed():
    """Texts kept of entries give the bytes that writing everything gives, secrets hidden or not."""
    lines = "".join(
        f"set security ike policy p{n} pre-shared-key ascii-text $9$LEa7Nbs2oJGDkPz3\n"
        f"set security ipsec vpn v{n} bind-interface st0.{n}\n"
        for n in range(100)
    )
    tree = read("branch", lines, "set")
    schema = schema_of("junos-es")
    for hide in (False, True):
        render(tree, "xml", schema, STAMP, hide_secrets=hide)
        changed = "rename security ipsec vpn v3 to vpn x\ndeactivate security ipsec vpn v4\n"
        changed += "delete security ike policy p5\nset security ike policy p6 mode main"
        after = read("branch", changed, "set", tree)
        fresh = read("branch", render(after, "set", schema, STAMP), "set")
        shown = render(after, "xml", schema, STAMP, hide_secrets=hide)
        assert shown == render(fresh, "xml", schema, STAMP, hide_secrets=hide)
        assert ("SECRET-DATA" in shown) is hide
