"""The device's own model and its starting configurations, judged by Juniper's published models."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from harness.cli.yang import reference_models, violations
from harness.sim.config.rendering import Stamp, render
from harness.sim.config.schema import Kind, Schema, Statement, schema_of
from harness.sim.config.tree import Node, Value
from harness.sim.config.value_types import ValueType

DATA = Path(os.environ.get("HARNESS_REFERENCE_DATA", Path(__file__).parents[4] / "shared" / "data"))
MODELS = DATA / "yang" / "junos-18.4R3.tar.xz"
# The judge has no name space, or this release no (valid) module, for them.
NOT_JUDGED = ("version", "class-of-service", "forwarding-options", "event-options")

pytestmark = [
    pytest.mark.skipif(not MODELS.exists(), reason=f"no reference models at {MODELS}"),
    pytest.mark.skipif(shutil.which("yanglint") is None, reason="yanglint isn't on the PATH"),
]


@pytest.fixture(scope="module")
def models() -> Iterator[Path]:
    """Unpack the models once."""
    with reference_models(MODELS) as unpacked:
        yield unpacked


def sample(kind: ValueType | None, *, last: bool) -> str:
    """Return a value at one end of what a type accepts."""
    if kind is None:
        return "x"
    if kind.choices:
        return kind.choices[-1 if last else 0]
    if kind.numeric:
        return str(kind.bounds[last])
    fixed = {
        "ip": "192.0.2.9",
        "ipv4": "192.0.2.9",
        "area": "0.0.0.9",
        "prefix": "192.0.2.0/24",
        "hop": "192.0.2.9",
        "ifl": "ge-0/0/0.0",
        "pattern": "ge-0/0/0",
    }
    if kind.name in fixed:
        return fixed[kind.name]
    low, high = kind.bounds
    return "x" * (min(high, 200) if last else max(low, 1))


# Devices take these (the published Ansible collection sends them), the models lack them.
UNPUBLISHED = {(where, "enable") for where in ("interface", "interface-range", "unit")}
OF_GROUPS = {"groups", "apply-groups", "apply-groups-except"}  # the same in every container


def everything(statement: Statement, *, last: bool) -> Node:
    """Configure all children; of those that exclude each other the first, or the last."""
    node = Node()
    children = [
        child
        for child in statement.children.values()
        if child.kind is not Kind.KEY
        and child.tag not in OF_GROUPS
        and (statement.tag, child.tag) not in UNPUBLISHED
    ]
    chosen: set[str] = set()
    for child in reversed(children) if last else children:
        if chosen.isdisjoint(statement.rivals.get(child.tag, ())):
            chosen.add(child.tag)
    for child in children:
        if child.tag in chosen:
            node[child.tag] = value(child, last=last)
    return node


def value(child: Statement, *, last: bool) -> Value:
    """Configure one statement."""
    if child.kind is Kind.FLAG:
        return True
    if child.kind is Kind.LEAF:
        return sample(child.type, last=last)
    if child.kind is Kind.LEAF_LIST:
        return (sample(child.type, last=last),)
    body = everything(child, last=last)
    if child.kind is Kind.CONTAINER:
        return body
    names = tuple(sample(key.type, last=last) for key in child.keys)
    return Node({names[0] if len(names) == 1 else names: body})


def xml(tree: Node, schema: Schema) -> str:
    """Render what can be judged."""
    judged = Node({tag: body for tag, body in tree.items() if tag not in NOT_JUDGED})
    text = render(judged, "xml", schema, Stamp(datetime(2026, 1, 1, tzinfo=UTC)))
    text = re.sub(r"^<configuration[^>]*>", "<configuration>", text)
    return etree.tostring(_with_choices(etree.fromstring(text)), encoding="unicode")


def _with_choices(configuration: etree._Element) -> etree._Element:
    """Write what follows the word of a route filter as the models do, not as a tag of its name."""
    policies = configuration.find("policy-options")
    if policies is None:
        return configuration
    lists = ("route-filter", "source-address-filter", "rf_list", "prefix-list-filter")
    for entry in (*policies.iter(*lists), *configuration.iter("martians")):
        _as_choice(entry, entry[1])
    for entry in policies.iterfind(".//then/community"):
        _as_choice(entry, entry[0])
    return configuration


def _as_choice(entry: etree._Element, word: etree._Element) -> None:
    ident, value = etree.Element("choice-ident"), etree.Element("choice-value")
    ident.text, value.text = str(word.tag), word.text
    entry.replace(word, ident)
    ident.addnext(value)


@pytest.mark.parametrize(
    ("family", "platforms"),
    [("junos-es", ("srx4100", "srx4200", "vsrx", "nfx250")), ("junos", ("vmx",))],
)
def test_what_the_device_knows_is_part_of_the_published_models(
    models, make_store, family, platforms
):
    """Every statement at both ends of its range, and every starting configuration, is valid."""
    schema = schema_of(family)
    documents = {
        "all first": xml(everything(schema, last=False), schema),
        "all last": xml(everything(schema, last=True), schema),
    }
    for platform in platforms:
        documents[platform] = xml(make_store(platform).committed, schema)
    # The judge says no to this one, so its silence about the others means something.
    wrong = "<configuration><system><no-such/></system></configuration>"
    assert list(violations(models, family, documents | {"wrong": wrong})) == ["wrong"]
