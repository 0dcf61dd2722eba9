"""Groups: what apply-groups makes a configuration inherit, and how that is shown."""

from __future__ import annotations

import pytest

from harness.sim.config.groups import expanded, in_effect
from harness.sim.config.loading import load
from harness.sim.config.rendering import Stamp, render
from harness.sim.config.schema import schema_of
from harness.sim.config.secret9 import Salts
from harness.sim.config.set_format import write_set
from harness.sim.config.text_format import write_text
from harness.sim.config.tree import Node, get, leaf, values
from harness.sim.config.words import ValueReader

SCHEMA = schema_of("junos-es")


def loaded(lines: str, fmt: str = "set") -> Node:
    """Load a configuration into nothing."""
    result = load(Node(), lines, SCHEMA, ValueReader(Salts(b"")), fmt=fmt, action="merge")
    assert result.complaints == ()
    return result.tree


def shown(lines: str) -> str:
    """Return what ``display inheritance`` prints for set lines."""
    return write_text(expanded(loaded(lines), SCHEMA), SCHEMA)


# An interface as an engineer's notes show it, comments in their places.
ISIS = """\
set groups isis-if interfaces <*> mtu 9000
set groups isis-if interfaces <*> unit <*> family inet mtu 8900
set groups isis-if interfaces <*> unit <*> family iso
set interfaces ge-0/0/2 apply-groups isis-if
set interfaces ge-0/0/2 description to-R2
set interfaces ge-0/0/2 unit 0 family inet address 10.200.0.0/31
set interfaces ge-0/0/2 unit 0 family inet6
set interfaces ge-0/0/3 description alone
"""
ISIS_SHOWN = """\
interfaces {
    ge-0/0/2 {
        description to-R2;
        ##
        ## '9000' was inherited from group 'isis-if'
        ##
        mtu 9000;
        unit 0 {
            family inet {
                ##
                ## '8900' was inherited from group 'isis-if'
                ##
                mtu 8900;
                address 10.200.0.0/31;
            }
            ##
            ## 'iso' was inherited from group 'isis-if'
            ##
            family iso;
            family inet6;
        }
    }
    ge-0/0/3 {
        description alone;
    }
}
"""


def test_what_is_inherited_is_said():
    """Each inherited statement has its comment above it, at its own indent."""
    assert shown(ISIS) == ISIS_SHOWN


def test_an_inherited_entry_is_said_level_by_level():
    """An entry that only a group has is inherited with all that is in it."""
    assert shown(
        "set groups g interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24\n"
        "set apply-groups g\nset interfaces fxp0 unit 0 family inet"
    ) == (
        "interfaces {\n    fxp0 {\n        unit 0 {\n            family inet;\n        }\n    }\n"
        "    ##\n    ## 'ge-0/0/1' was inherited from group 'g'\n    ##\n    ge-0/0/1 {\n"
        "        ##\n        ## '0' was inherited from group 'g'\n        ##\n        unit 0 {\n"
        "            ##\n            ## 'inet' was inherited from group 'g'\n            ##\n"
        "            family inet {\n"
        "                ##\n                ## '10.0.0.1/24' was inherited from group 'g'\n"
        "                ##\n                address 10.0.0.1/24;\n"
        "            }\n        }\n    }\n}\n"
    )


def test_what_is_on_one_line_is_said_together():
    """A statement of several words has one comment of several lines."""
    text = shown("set groups g routing-options autonomous-system 65000\nset apply-groups g")
    assert text.count("## '") == 3
    assert (
        "    ##\n    ## 'autonomous-system' was inherited from group 'g'\n    ## '65000' was"
        in text
    )


EFFECTS = {
    "own value wins": (
        "set groups g system domain-name a.example\nset apply-groups g\n"
        "set system domain-name b.example",
        "system domain-name b.example",
    ),
    "first group wins": (
        "set groups g system domain-name a.example\nset groups h system domain-name b.example\n"
        "set apply-groups [ h g ]",
        "system domain-name b.example",
    ),
    "nearer group wins": (
        "set groups g interfaces <*> mtu 1500\nset groups h interfaces <*> mtu 9000\n"
        "set apply-groups g\nset interfaces ge-0/0/0 apply-groups h",
        "interfaces ge-0/0/0 mtu 9000",
    ),
    "not where excepted": (
        "set groups g interfaces <*> mtu 1500\nset apply-groups g\n"
        "set interfaces ge-0/0/0 apply-groups-except g\nset interfaces ge-0/0/0 disable",
        "interfaces ge-0/0/0 disable",
    ),
    "pattern fits by name": (
        "set groups g interfaces <ge-*> mtu 1500\nset apply-groups g\n"
        "set interfaces ge-0/0/0 disable\nset interfaces xe-0/0/0 disable",
        "interfaces ge-0/0/0 disable\ninterfaces ge-0/0/0 mtu 1500\ninterfaces xe-0/0/0 disable",
    ),
    "pattern alone makes nothing": (
        "set groups g interfaces <ge-*> mtu 1500\nset apply-groups g",
        "",
    ),
    "a group applies a group": (
        "set groups g apply-groups h\nset groups h system domain-name a.example\n"
        "set apply-groups g",
        "system domain-name a.example",
    ),
    "a choice keeps its own": (
        "set groups g interfaces <*> vlan-tagging\nset apply-groups g\n"
        "set interfaces ge-0/0/0 flexible-vlan-tagging",
        "interfaces ge-0/0/0 flexible-vlan-tagging",
    ),
    "not applied, not there": ("set groups g system domain-name a.example", ""),
    "deactivated group": (
        "set groups g system domain-name a.example\nset apply-groups g\ndeactivate groups g",
        "",
    ),
    "deactivated use": (
        "set groups g system domain-name a.example\nset apply-groups g\ndeactivate apply-groups",
        "",
    ),
}


@pytest.mark.parametrize("case", EFFECTS)
def test_what_takes_effect(case):
    """What the device acts on, for each rule of inheritance."""
    lines, expected = EFFECTS[case]
    tree = in_effect(loaded(lines), SCHEMA)
    assert write_set(tree, SCHEMA).replace("set ", "").strip() == expected


def test_values_are_joined():
    """Own values of a leaf-list come first, then those of the group."""
    tree = in_effect(
        loaded(
            "set groups g protocols bgp group <*> export DRAIN\nset apply-groups g\n"
            "set protocols bgp group a export OWN"
        ),
        SCHEMA,
    )
    assert values(tree, "protocols", "bgp", "group", "a", "export") == ("OWN", "DRAIN")
    assert shown(
        "set groups g protocols bgp group <*> export DRAIN\nset apply-groups g\n"
        "set protocols bgp group a export OWN"
    ).splitlines()[3:7] == [
        "            ##",
        "            ## 'DRAIN' was inherited from group 'g'",
        "            ##",
        "            export [ OWN DRAIN ];",
    ]


def test_without_groups_nothing_is_copied():
    """A configuration without groups is its own effect; one with groups is expanded once."""
    plain = loaded("set system host-name a")
    assert in_effect(plain, SCHEMA) is plain
    grouped = loaded("set groups g system domain-name a.example\nset apply-groups g")
    assert in_effect(grouped, SCHEMA) is in_effect(grouped, SCHEMA)
    assert leaf(in_effect(grouped, SCHEMA), "system", "domain-name") == "a.example"
    assert "groups" not in in_effect(grouped, SCHEMA)


def test_what_no_group_touches_is_shared():
    """The parts of a configuration in which nothing is inherited are the same nodes."""
    tree = loaded(ISIS + "set security zones security-zone a")
    assert get(in_effect(tree, SCHEMA), "security") is get(tree, "security")


def test_xml_names_the_group(clock):
    """With groups asked for, inherited elements say where they are from."""
    tree = expanded(loaded(ISIS), SCHEMA)
    text = render(tree, "xml", SCHEMA, Stamp(clock.now()), groups=True)
    assert '<mtu junos:group="isis-if">9000</mtu>' in text
    assert '<iso junos:group="isis-if">' in text
    assert "junos:group" not in render(tree, "xml", SCHEMA, Stamp(clock.now()))


@pytest.mark.parametrize("fmt", ["set", "text", "xml", "json"])
def test_groups_survive_every_form(fmt, clock):
    """Patterns as names, apply-groups and apply-groups-except go through all four forms."""
    tree = loaded(ISIS + "set interfaces apply-groups-except [ a b ]\nset groups b system services")
    text = render(tree, fmt, SCHEMA, Stamp(clock.now()))
    text = text.replace("<configuration ", '<configuration xmlns:junos="urn:junos" ')
    assert write_set(loaded(text, fmt), SCHEMA) == write_set(tree, SCHEMA)


def test_patterns_are_names_in_groups_only():
    """Outside of groups ``<*>`` is no interface, and groups hold no groups."""
    for line in ("set interfaces <*> mtu 1500", "set groups g groups h system"):
        result = load(Node(), line, SCHEMA, ValueReader(Salts(b"")), fmt="set", action="set")
        assert result.complaints[0].severity == "error", line
