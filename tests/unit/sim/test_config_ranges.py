"""Interface ranges: who is a member, and what the members have."""

from __future__ import annotations

import pytest

from harness.sim.config.groups import in_effect
from harness.sim.config.loading import load
from harness.sim.config.ranges import members
from harness.sim.config.schema import schema_of
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node, get, leaf
from harness.sim.config.words import ValueReader

SCHEMA = schema_of("junos-es")
RANGE = "set interfaces interface-range r "


def tree(*lines: str) -> Node:
    text = "\n".join(lines)
    loaded = load(Node(), text, SCHEMA, ValueReader(Salts(b"")), fmt="set", action="set")
    assert loaded.complaints == ()
    return loaded.tree


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("member xe-0/0/3", ["xe-0/0/3"]),
        ('member "xe-0/0/[0-1,7]"', ["xe-0/0/0", "xe-0/0/1", "xe-0/0/7"]),
        ('member "xe-[0-1]/0/3"', ["xe-0/0/3", "xe-1/0/3"]),
        ("member xe-0/0/*", [f"xe-0/0/{port}" for port in range(48)]),
        ("member-range xe-0/0/9 to xe-0/0/11", ["xe-0/0/9", "xe-0/0/10", "xe-0/0/11"]),
    ],
)
def test_members_are_spelled_out(line, expected):
    """One by one, by numbers in brackets, by an asterisk, from one to another."""
    body = get(tree(RANGE + line), "interfaces", "interface-range", "r")
    assert list(members(body)) == expected


@pytest.mark.parametrize(
    "line",
    [
        'member "xe-0/0/[a]"',
        "member xe-*/*/*",
        "member-range xe-0/0/9 to xe-0/1/1",
        "member-range xe-0/0/9 to xe-0/0/1",
    ],
)
def test_other_members_are_refused(session, line):
    """What can't be spelled out isn't committed."""
    session.load(RANGE + line, "set")
    result = session.commit()
    assert not result.committed
    assert result.complaints[0].path == "[edit interfaces interface-range r]"


def test_a_member_has_what_the_range_gives():
    """Its own statements win, the others are joined; what isn't a member has nothing."""
    before = tree(
        f"{RANGE}member-range xe-0/0/1 to xe-0/0/2",
        f"{RANGE}mtu 9000",
        f"{RANGE}vlan-tagging",
        f"{RANGE}unit 0 family inet mtu 1500",
        "set interfaces xe-0/0/1 mtu 2000",
        "set interfaces xe-0/0/1 unit 0 family inet address 10.1.0.1/24",
        "set interfaces xe-0/0/2 flexible-vlan-tagging",
        "set interfaces xe-0/0/3 mtu 1600",
    )
    found = get(in_effect(before, SCHEMA), "interfaces", "interface")
    assert list(found) == ["xe-0/0/1", "xe-0/0/2", "xe-0/0/3"]
    assert leaf(found, "xe-0/0/1", "mtu") == "2000"
    inet = get(found, "xe-0/0/1", "unit", "0", "family", "inet")
    assert leaf(inet, "mtu") == "1500"
    assert "10.1.0.1/24" in get(inet, "address")
    assert leaf(found, "xe-0/0/2", "mtu") == "9000"
    assert "vlan-tagging" not in get(found, "xe-0/0/2")  # it excludes what is there
    assert get(found, "xe-0/0/3") == {"mtu": "1600"}


def test_what_is_configured_stays_as_it_is():
    """The expansion is what the device acts on, not what it shows."""
    before = tree(f"{RANGE}member xe-0/0/1", f"{RANGE}mtu 9000")
    in_effect(before, SCHEMA)
    assert "interface" not in get(before, "interfaces")


def test_a_deactivated_range_gives_nothing():
    """Neither does a range that isn't there."""
    lines = (f"{RANGE}member xe-0/0/1", f"{RANGE}mtu 9000")
    before = tree(*lines, "deactivate interfaces interface-range r")
    assert not get(in_effect(before, SCHEMA), "interfaces", "interface")
