"""XML, set and text say the same, whatever the statements are."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from harness.plan.configuration import flatten, parse
from harness.plan.model import Kind, PreSharedKey
from harness.render.readback import HIDDEN, deepest, statements
from harness.render.rendering import render
from harness.render.statements import (
    Container,
    Entry,
    Flag,
    Leaf,
    paths,
    quote,
    write_set,
    write_text,
    write_xml,
)

NAMES = st.sampled_from(["ike", "policy", "unit", "family", "proposals", "ascii-text"])
VALUES = st.text(string.ascii_letters + string.digits + ".:/-_ \"\\{};#<>&$'[]|", min_size=1).map(
    lambda text: text.strip() or "x"
)
LEAVES = st.one_of(
    st.builds(Flag, NAMES),
    st.builds(Leaf, NAMES, VALUES),
    st.builds(Leaf, NAMES, VALUES.map(PreSharedKey)),
)


def _blocks(below):
    children = st.lists(below, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Container, NAMES, children, inline=st.booleans()),
        st.builds(Entry, NAMES, VALUES, children, inline=st.booleans()),
    )


TREES = st.lists(st.recursive(LEAVES, _blocks, max_leaves=12), max_size=4)


@given(tree=TREES)
def test_set_text_and_xml_say_the_same(tree, read_set, read_text):
    """Read by readers that know none of the writers, the three hold the same statements."""
    in_set = read_set(write_set(tree))
    assert read_text(write_text(tree)) == in_set
    for pretty in (False, True):
        assert list(flatten(parse(write_xml(tree, pretty=pretty)))) == in_set


@pytest.mark.parametrize(
    ("kind", "platform"), [*((kind, "srx4100") for kind in Kind), (Kind.GRE, "vmx")]
)
def test_set_text_and_xml_of_a_plan_say_the_same(kind, platform, plan_of, read_set, read_text):
    """So do real plans, whose keywords differ between XML and text."""
    rendering = render(plan_of(kind, 30, platform, mpls=True, establish_immediately=True))
    in_set = read_set(rendering.set_lines())
    assert len(set(in_set)) == len(in_set)
    assert read_text(rendering.text()) == in_set
    assert list(flatten(parse(rendering.xml()))) == in_set
    assert list(flatten(parse(rendering.xml(pretty=True)))) == in_set


@pytest.mark.parametrize("kind", Kind)
def test_paths_are_those_of_a_read_back(kind, plan_of):
    """What is expected and what is read back come in one shape, keys hidden in both."""
    rendering = render(plan_of(kind, 10, mpls=True))
    read = statements(rendering.xml())
    assert set(rendering.paths()) == set(deepest(read.members))
    assert {path: (key.reveal(),) for path, key in rendering.secrets().items()} == dict(
        read.secrets
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("aes-256-cbc", "aes-256-cbc"),
        ("100.64.0.0/31", "100.64.0.0/31"),
        ("xe-0/0/0:1.0", "xe-0/0/0:1.0"),
        ("two words", '"two words"'),
        ('a "quote"', '"a \\"quote\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("semi;colon", '"semi;colon"'),
        ("#comment", '"#comment"'),
        ("$9$x", '"$9$x"'),
        ("", '""'),
        (PreSharedKey("plain"), '"plain"'),
    ],
)
def test_values_are_quoted_as_junos_does(value, written):
    """Plain words stand bare; blanks, quotes and marks are quoted; keys always are."""
    assert quote(value) == written


def test_markup_in_values_is_escaped():
    """A value can't become an element."""
    xml = write_xml([Leaf("description", "</description><system/>&")])
    (leaf,) = etree.fromstring(xml)
    assert (leaf.tag, leaf.text) == ("description", "</description><system/>&")


def test_keywords_differ_between_xml_and_text():
    """<interface> is only in XML; the block of a zone's interfaces is only in text."""
    tree = [
        Container("interfaces", (Entry("interface", "st0", (Flag("disable"),), keyword=False),)),
        Container("interfaces", (Entry("interfaces", "st0.0", keyword=False),), element=False),
    ]
    assert write_xml(tree) == (
        "<configuration><interfaces><interface><name>st0</name><disable/></interface></interfaces>"
        "<interfaces><name>st0.0</name></interfaces></configuration>"
    )
    assert write_set(tree) == ("set interfaces st0 disable", "set interfaces st0.0")
    assert write_text(tree) == (
        "interfaces {\n    st0 {\n        disable;\n    }\n}\ninterfaces {\n    st0.0;\n}\n"
    )


def test_inline_blocks_stand_on_the_line_of_their_children():
    """`route … next-hop …` and `family inet { }` are written as Junos shows them."""
    tree = [
        Entry("route", "10.0.0.0/8", (Leaf("next-hop", "st0.0"),), inline=True),
        Container("family", (Container("inet", (Flag("x"),)), Flag("mpls")), inline=True),
    ]
    assert write_text(tree) == (
        "route 10.0.0.0/8 next-hop st0.0;\nfamily inet {\n    x;\n}\nfamily mpls;\n"
    )


def test_a_key_is_in_no_path_and_no_repr():
    """Paths and representations hide it; only the written forms have it."""
    tree = [Container("pre-shared-key", (Leaf("ascii-text", PreSharedKey("geheim")),))]
    (found,) = paths(tree)
    assert found == (("pre-shared-key", "ascii-text", HIDDEN), PreSharedKey("geheim"))
    assert "geheim" not in repr(tree) + repr(found)
    assert "geheim" in write_xml(tree)
