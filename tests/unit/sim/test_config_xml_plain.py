"""XML payloads without attributes are read in one pass, or attentively where that can't be."""

from __future__ import annotations

import pytest
from lxml import etree

from harness.sim.config.paths import Refused
from harness.sim.config.schema import Schema
from harness.sim.config.secret9 import Salts
from harness.sim.config.words import ValueReader
from harness.sim.config.xml_format import read_xml
from harness.sim.config.xml_plain import NotPlain, read_plain
from harness.sim.store.datastore import Datastore

GATEWAY = "<gateway><name>g1</name><address>198.18.0.1</address></gateway>"
PLAIN = {
    "entries": f"<security><ike>{GATEWAY}</ike></security>",
    "an entry that comes in two parts": f"<security><ike>{GATEWAY}<gateway><name>g1</name>"
    "<version>v2-only</version></gateway></ike></security>",
    "a container that comes in two parts": "<system><host-name>a</host-name></system>"
    "<system><services><ssh/></services></system>",
    "an empty container": "<system><services/></system>",
    "values around which there are blanks": "<system><host-name>\n a \n</host-name></system>",
    "several values": "<system><authentication-order>radius</authentication-order>"
    "<authentication-order>password</authentication-order></system>",
    "a key to be stored": "<security><ike><policy><name>p</name><pre-shared-key>"
    "<ascii-text>secret</ascii-text></pre-shared-key></policy></ike></security>",
}
NOT_PLAIN = {
    "a key that isn't first": "<security><ike><gateway><address>198.18.0.1</address>"
    "<name>g1</name></gateway></ike></security>",
    "a comment": f"<security><!-- one --><ike>{GATEWAY}</ike></security>",
    "another namespace": f'<security xmlns="urn:other"><ike>{GATEWAY}</ike></security>',
}
REFUSED = {
    "an unknown element": "<system><nonsense/></system>",
    "a value that doesn't fit": "<security><ike><gateway><name>g1</name><version>v9</version>"
    "</gateway></ike></security>",
    "elements in a leaf": "<system><host-name>a<services><ssh/></services></host-name></system>",
    "elements in a leaf, as many as its neighbours": "<system><host-name>a<domain-name>b"
    "</domain-name></host-name><time-zone>UTC</time-zone></system>",
    "an entry without its key": "<security><ike><gateway/></ike></security>",
}


@pytest.fixture
def schema(store: Datastore) -> Schema:
    """Return the model of an SRX4100."""
    return store.schema


def _root(body: str) -> etree._Element:
    return etree.fromstring(f"<configuration>{body}</configuration>")


def _reader() -> ValueReader:
    return ValueReader(Salts(b"seed"))


def _attentively(body: str, schema: Schema) -> object:
    """Read what says something about a statement, and so never in one pass."""
    root = _root(body)
    root[0].set("said", "something")
    return read_xml(root, schema, _reader())


@pytest.mark.parametrize("body", PLAIN.values(), ids=PLAIN)
def test_one_pass_reads_what_the_attentive_reader_reads(body: str, schema: Schema) -> None:
    """A plain payload gives the same patch either way."""
    assert [read_plain(_root(body), schema, _reader())] == _attentively(body, schema)


@pytest.mark.parametrize("body", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_is_left_to_the_attentive_reader(body: str, schema: Schema) -> None:
    """One pass stops at what it doesn't know; the payload is read all the same."""
    with pytest.raises(NotPlain):
        read_plain(_root(body), schema, _reader())
    assert read_xml(_root(body), schema, _reader()) == _attentively(body, schema)


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_the_attentive_readers(body: str, schema: Schema) -> None:
    """What is wrong in a plain payload is said in the same words."""
    with pytest.raises(NotPlain):
        read_plain(_root(body), schema, _reader())
    with pytest.raises(Refused) as said:
        read_xml(_root(body), schema, _reader())
    with pytest.raises(Refused) as expected:
        _attentively(body, schema)
    assert said.value.complaints == expected.value.complaints
