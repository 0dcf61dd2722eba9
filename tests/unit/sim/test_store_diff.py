"""Junos patch text, and the part of a configuration that a filter names."""

from __future__ import annotations

import pytest
from lxml import etree

from harness.sim.config.diff import moved
from harness.sim.config.tree import (
    Node,
    effective,
    entries,
    get,
    leaf,
    logical_interface,
    values,
)

POLICY = "security policies from-zone trust to-zone untrust policy"
CASES = {
    "leaf changed": (
        "set system host-name x",
        "[edit system]\n-  host-name srx4100;\n+  host-name x;\n",
    ),
    "container added at the top": (
        "set protocols lldp interface all",
        "[edit]\n+  protocols {\n+      lldp {\n+          interface all;\n+      }\n+  }\n",
    ),
    "entry of a list whose name stands alone": (
        "set interfaces ge-1/0/0 unit 0 family inet address 10.9.9.1/24",
        "[edit interfaces]\n"
        "+   ge-1/0/0 {\n"
        "+       unit 0 {\n"
        "+           family inet {\n"
        "+               address 10.9.9.1/24;\n"
        "+           }\n"
        "+       }\n"
        "+   }\n",
    ),
    "entry of a list added": (
        "set security ike gateway x ike-policy corp-ike",
        "[edit security ike]\n"
        "     gateway corp-hq { ... }\n"
        "+    gateway x {\n"
        "+        ike-policy corp-ike;\n"
        "+    }\n",
    ),
    "entry of a list removed": (
        "delete security ipsec vpn corp-hq",
        "[edit security ipsec]\n"
        "-    vpn corp-hq {\n"
        "-        bind-interface st0.0;\n"
        "-        ike {\n"
        "-            gateway corp-hq;\n"
        "-            ipsec-policy corp-esp;\n"
        "-        }\n"
        "-    }\n",
    ),
    "family added to a unit": (
        "set interfaces st0 unit 0 family mpls",
        "[edit interfaces st0 unit 0]\n+      family mpls;\n",
    ),
    "address in a family": (
        "set interfaces st0 unit 0 family inet address 10.9.9.1/31",
        "[edit interfaces st0 unit 0 family inet]\n"
        "        address 10.201.0.0/31 { ... }\n"
        "+       address 10.9.9.1/31;\n",
    ),
    "one-line entry": (
        "set routing-options static route 10.9.0.0/16 next-hop st0.0",
        "[edit routing-options static]\n"
        "     route 10.202.0.0/16 { ... }\n"
        "+    route 10.9.0.0/16 next-hop st0.0;\n",
    ),
    "another next hop": (
        "set routing-options static route 0.0.0.0/0 next-hop 192.0.2.253",
        "[edit routing-options static route 0.0.0.0/0]\n"
        "-    next-hop 192.0.2.254;\n"
        "+    next-hop [ 192.0.2.254 192.0.2.253 ];\n",
    ),
    "interface in a zone": (
        "set security zones security-zone vpn-corp interfaces lo0.0",
        "[edit security zones security-zone vpn-corp interfaces]\n"
        "      st0.0 { ... }\n"
        "+     lo0.0;\n",
    ),
    "new policy after another": (
        f"set {POLICY} last then deny",
        "[edit security policies from-zone trust to-zone untrust]\n"
        "      policy permit-out { ... }\n"
        "+     policy last {\n"
        "+         then {\n"
        "+             deny;\n"
        "+         }\n"
        "+     }\n",
    ),
    "deactivated": (
        "deactivate security ipsec vpn corp-hq",
        "[edit security ipsec]\n!     inactive: vpn corp-hq { ... }\n",
    ),
    "deactivated leaf": (
        "deactivate system host-name",
        "[edit system]\n!    inactive: host-name\n",
    ),
    "several places": (
        "set system domain-name example.net\nset security log mode event",
        "[edit system]\n+  domain-name example.net;\n"
        "[edit security log]\n-   mode stream;\n+   mode event;\n",
    ),
    "name that needs quotes": (
        'set security zones security-zone "a b" description x',
        "[edit security zones]\n     security-zone vpn-corp { ... }\n"
        '+    security-zone "a b" {\n+        description x;\n+    }\n',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_patch_text(session, case):
    """One change, the text that Junos prints for it."""
    lines, expected = CASES[case]
    assert session.load(lines, "set") == []
    assert session.compare() == expected


def test_a_secret_is_marked_in_the_patch(session):
    """A changed key is one line gone and one new, both marked."""
    session.load("set security ike policy corp-ike pre-shared-key ascii-text x", "set")
    header, old, new = session.compare().splitlines()
    assert header == "[edit security ike policy corp-ike]"
    for sign, line in (("-", old), ("+", new)):
        assert line.startswith(f'{sign}     pre-shared-key ascii-text "$9$')
        assert line.endswith('"; ## SECRET-DATA')


def test_a_new_order_is_marked(store, session):
    """An ordered list in another order shows what moved, and nothing else."""
    lines = "".join(f"set {POLICY} {name} then deny\n" for name in "abc")
    session.load(lines, "set")
    old = store.candidate
    text = store.render(old, "set")
    first = [line for line in text.splitlines() if f"{POLICY} c" in line]
    rest = [line for line in text.splitlines() if line not in first]
    session.load("\n".join(first + rest), "set", "override")
    assert store.compare(old, store.candidate) == (
        "[edit security policies from-zone trust to-zone untrust]\n!     policy c { ... }\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("abc", "abc", ""),
        ("abc", "cab", "c"),
        ("abc", "bca", "bc"),
        ("abcd", "dabc", "d"),
        ("abc", "cba", "cb"),
        ("ab", "xby", ""),
        ("", "a", ""),
    ],
)
def test_what_moved(old, new, expected):
    """What isn't in its turn is named, as a device names two policies that a third went behind."""
    assert moved(Node(dict.fromkeys(old, True)), Node(dict.fromkeys(new, True))) == list(expected)


def test_compare_to_an_older_slot(store, session):
    """Against slot 1 it shows what the last commit changed; no slot, no text."""
    session.load("set system host-name x", "set")
    session.commit()
    assert session.compare() == ""
    assert session.compare(1) == "[edit system]\n-  host-name srx4100;\n+  host-name x;\n"
    assert session.compare(7) == ""


def selected(store, body: str, fmt: str = "set") -> str:
    wanted = etree.fromstring(f"<configuration>{body}</configuration>")
    return store.render(store.committed, fmt, subtree=wanted)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("<system><services/></system>", ["system services ssh", "system services netconf ssh"]),
        ("<system><host-name/></system>", ["system host-name srx4100"]),
        (
            "<interfaces><interface><name>lo0</name></interface></interfaces>",
            ["interfaces lo0 unit 0 family inet address 10.198.0.1/32"],
        ),
        (
            "<interfaces><interface><description/></interface></interfaces>",
            [
                'interfaces xe-0/0/0 description "to the provider"',
                'interfaces xe-0/0/1 description "to the site"',
            ],
        ),
        (
            "<security><ipsec><vpn><name>corp-hq</name><bind-interface/></vpn></ipsec></security>",
            ["security ipsec vpn corp-hq bind-interface st0.0"],
        ),
        (
            "<security><ike><gateway><version>v2-only</version><address/></gateway></ike>"
            "</security>",
            ["security ike gateway corp-hq address 192.0.2.250"],
        ),
        ("<security><ike><gateway><version>v1-only</version></gateway></ike></security>", []),
        ("<security><ike><gateway><name>nope</name></gateway></ike></security>", []),
        (
            '<security><ike><gateway recurse="false"/></ike></security>',
            ["security ike gateway corp-hq"],
        ),
        ("<nonsense/>", []),
        ("<system><nonsense/></system>", []),
    ],
)
def test_a_filter_selects(store, body, lines):
    """Only what is named comes back, in its order."""
    shown = [line.removeprefix("set ") for line in selected(store, body).splitlines()]
    if any(line.startswith("interfaces xe") for line in lines):
        shown = [line for line in shown if "description" in line]
    assert shown == lines


def test_two_parts_of_one_entry_are_joined(store):
    """Two filters for one entry select both of its parts."""
    vpn = "<vpn><name>corp-hq</name>{}</vpn>"
    body = vpn.format("<bind-interface/>") + vpn.format("<ike><gateway/></ike>")
    shown = selected(store, f"<security><ipsec>{body}</ipsec></security>")
    assert shown.splitlines() == [
        "set security ipsec vpn corp-hq bind-interface st0.0",
        "set security ipsec vpn corp-hq ike gateway corp-hq",
    ]


def test_an_empty_filter_selects_everything(store):
    """A configuration element without children asks for all."""
    assert selected(store, "") == store.render(store.committed, "set")


def test_walking_a_configuration(store):
    """The helpers that operational replies are made with."""
    tree = store.committed
    assert list(get(tree, "security", "ipsec", "vpn")) == ["corp-hq"]
    assert get(tree, "no", "such", "place") == {}
    assert leaf(tree, "security", "ike", "gateway", "corp-hq", "address") == "192.0.2.250"
    assert leaf(tree, "security", "ike", "gateway", "corp-hq") is None
    assert values(tree, "system", "host-name") == ("srx4100",)
    assert values(tree, "system", "nope") == ()
    assert [name for name, _ in entries(tree, "security", "policies", "policy")] == [
        "trust untrust",
        "untrust trust",
    ]
    assert logical_interface(tree, "st0.0") is not None
    assert logical_interface(tree, "st0.1") is None
    assert effective(tree) is tree
