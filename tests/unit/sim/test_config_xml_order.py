"""A payload that deletes something and states it anew is carried out in its order."""

from __future__ import annotations

import pytest

from harness.sim.config.loading import load
from harness.sim.config.schema import schema_of
from harness.sim.config.secret9 import Salts
from harness.sim.config.set_format import write_set
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader

SCHEMA = schema_of("junos-es")
ROUTE = "set routing-options static route 10.1.0.0/16 next-hop"
STATIC = "<routing-options>{}</routing-options>"
GONE = '<static><route delete="delete"><name>10.1.0.0/16</name></route></static>'
ANEW = "<static><route><name>10.1.0.0/16</name><next-hop>192.0.2.2</next-hop></route></static>"

# What is there, the payload, and what is there afterwards.
CASES = {
    "an entry, in two containers": (
        f"{ROUTE} 192.0.2.1",
        STATIC.format(GONE + ANEW),
        [f"{ROUTE} 192.0.2.2"],
    ),
    "an entry, in one container": (
        f"{ROUTE} 192.0.2.1",
        STATIC.format((GONE + ANEW).replace("</static><static>", "")),
        [f"{ROUTE} 192.0.2.2"],
    ),
    "an entry, by NETCONF's attribute": (
        f"{ROUTE} 192.0.2.1",
        STATIC.format(GONE.replace('delete="', 'operation="') + ANEW),
        [f"{ROUTE} 192.0.2.2"],
    ),
    "a container": (
        f"{ROUTE} 192.0.2.1",
        STATIC.format('<static delete="delete"/>' + ANEW),
        [f"{ROUTE} 192.0.2.2"],
    ),
    "all entries of a list": (
        f"{ROUTE} 192.0.2.1",
        STATIC.format('<static><route delete="delete"/></static>' + ANEW),
        [f"{ROUTE} 192.0.2.2"],
    ),
    "a leaf": (
        "set system host-name a",
        '<system><host-name delete="delete"/><host-name>b</host-name></system>',
        ["set system host-name b"],
    ),
    "a value of several": (
        f"{ROUTE} 192.0.2.1",
        STATIC.format(
            "<static><route><name>10.1.0.0/16</name><next-hop delete='delete'>192.0.2.1</next-hop>"
            "<next-hop>192.0.2.2</next-hop></route></static>"
        ),
        [f"{ROUTE} 192.0.2.2"],
    ),
    "deleted, stated and deleted again": (
        f"{ROUTE} 192.0.2.1\nset system host-name a",
        STATIC.format(GONE + ANEW + GONE),
        ["set system host-name a"],
    ),
    "two of them, within and below": (
        f"{ROUTE} 192.0.2.1\nset system host-name a",
        STATIC.format(GONE + ANEW)
        + '<system delete="delete"/><system><domain-name>example.net</domain-name></system>',
        ["set system domain-name example.net", f"{ROUTE} 192.0.2.2"],
    ),
}


@pytest.mark.parametrize(("before", "payload", "after"), CASES.values(), ids=CASES)
def test_what_is_deleted_and_stated_anew_is_there(before, payload, after):
    """Afterwards only what was stated after the deletion is left."""
    tree = Node()
    for fmt, text in (("set", before), ("xml", f"<configuration>{payload}</configuration>")):
        done = load(tree, text, SCHEMA, ValueReader(Salts(b"")), fmt=fmt, action="merge")
        assert done.complaints == ()
        tree = done.tree
    assert sorted(write_set(tree, SCHEMA).splitlines()) == sorted(after)
