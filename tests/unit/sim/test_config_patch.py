"""Patch text: what published devices print, and that loading it gives what it shows."""

from __future__ import annotations

import pytest

from harness.sim.config.diff import compare
from harness.sim.config.loading import Loaded, load
from harness.sim.config.schema import schema_of
from harness.sim.config.secret9 import Salts
from harness.sim.config.set_format import write_set
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader

SCHEMA = schema_of("junos-es")
POLICY = "security policies from-zone trust to-zone untrust policy"


def change(tree: Node, payload: str, fmt: str = "set", action: str = "merge") -> Loaded:
    """Load something over a tree."""
    return load(tree, payload, SCHEMA, ValueReader(Salts(b"")), fmt=fmt, action=action)


# What is there, what is done, and the text; the shapes are those of published sessions.
PUBLISHED = {
    "host-name and a new interface": (  # a vSRX, nornir-napalm
        "set system host-name a\nset interfaces ge-0/0/0 disable",
        "set system host-name b\nset interfaces ge-0/0/4 unit 0 family inet address 10.1.1.1/29",
        "[edit system]\n-  host-name a;\n+  host-name b;\n"
        "[edit interfaces]\n+   ge-0/0/4 {\n+       unit 0 {\n+           family inet {\n"
        "+               address 10.1.1.1/29;\n+           }\n+       }\n+   }\n",
    ),
    "an address beside another": (  # a vSRX, load replace
        "set interfaces ge-0/0/0 unit 0 family inet address 198.18.10.12/24",
        "set interfaces ge-0/0/0 unit 0 family inet address 198.18.20.12/24",
        "[edit interfaces ge-0/0/0 unit 0 family inet]\n"
        "        address 198.18.10.12/24 { ... }\n+       address 198.18.20.12/24;\n",
    ),
    "an interface in a zone": (  # an SRX, ConfigUtils
        "set security zones security-zone trust interfaces ge-0/0/1.0",
        "set security zones security-zone trust interfaces lo0.0",
        "[edit security zones security-zone trust interfaces]\n"
        "      ge-0/0/1.0 { ... }\n+     lo0.0;\n",
    ),
    "traffic into a zone, and another zone": (  # an SRX, a VPN roll-out
        "set security zones security-zone untrust interfaces ge-0/0/2.0",
        "set security zones security-zone untrust host-inbound-traffic system-services ike\n"
        "set security zones security-zone vpn interfaces st0.1",
        "[edit security zones security-zone untrust]\n+     host-inbound-traffic {\n"
        "+         system-services {\n+             ike;\n+         }\n+     }\n"
        "[edit security zones]\n     security-zone untrust { ... }\n"
        "+    security-zone vpn {\n+        interfaces {\n+            st0.1;\n+        }\n"
        "+    }\n",
    ),
    "a leaf before a container": (  # an EX4200, NAPALM
        "set routing-options static route 10.0.0.0/8 discard",
        "set routing-options router-id 192.0.2.1\nset routing-options forwarding-table export e",
        "[edit routing-options]\n+  router-id 192.0.2.1;\n"
        "+  forwarding-table {\n+      export e;\n+  }\n",
    ),
    "a container alone": (  # an EX4200, NAPALM
        "set routing-options static route 10.0.0.0/8 discard",
        "set routing-options forwarding-table export e",
        "[edit routing-options]\n+   forwarding-table {\n+       export e;\n+   }\n",
    ),
    "a statement whose value is a container's": (  # a vMX, VPN between providers
        "set routing-options static route 10.0.0.0/8 discard",
        "set routing-options autonomous-system 65000",
        "[edit routing-options]\n+   autonomous-system 65000;\n",
    ),
    "a unit and a route": (  # an SRX, a GRE tunnel
        "set interfaces gr-0/0/0 unit 0\nset routing-options static route 0.0.0.0/0 discard",
        "set interfaces gr-0/0/0 unit 32 description x\n"
        "set routing-options static route 10.32.32.130/32 next-hop 10.32.0.102",
        "[edit interfaces gr-0/0/0]\n+    unit 32 {\n+        description x;\n+    }\n"
        "[edit routing-options static]\n     route 0.0.0.0/0 { ... }\n"
        "+    route 10.32.32.130/32 next-hop 10.32.0.102;\n",
    ),
    "a policy behind all others": (  # an SRX, insert
        f"set {POLICY} last then deny\nset {POLICY} a then permit\nset {POLICY} b then permit",
        f"insert {POLICY} last after policy b",
        "[edit security policies from-zone trust to-zone untrust]\n"
        "!     policy a { ... }\n!     policy b { ... }\n",
    ),
    "deactivated": (  # a vMX, traceoptions of a BGP group
        "set protocols bgp group g family inet unicast",
        "deactivate protocols bgp group g family",
        "[edit protocols bgp group g]\n!      inactive: family { ... }\n",
    ),
    "one unit deactivated": (  # an MX, a gateway to PIM
        "set interfaces ge-0/0/0 unit 0 description x",
        "deactivate interfaces ge-0/0/0 unit 0",
        "[edit interfaces ge-0/0/0]\n!     inactive: unit 0 { ... }\n",
    ),
    "groups applied": (  # a vMX, a drain
        "set groups g system domain-name x.example",
        "set apply-groups g",
        "[edit]\n+ apply-groups g;\n",
    ),
    "an annotation": (  # an SRX, show | compare of many devices
        "set routing-options static route 10.0.0.0/8 discard",
        'edit routing-options\nannotate static "new annotation here"',
        "[edit routing-options]\n+   /* new annotation here */\n    static { ... }\n",
    ),
    "gone and come in one list": (  # the vendor's own example
        "set protocols bgp group a\nset protocols bgp group fred type external",
        "delete protocols bgp group fred\nset protocols bgp group test type external",
        "[edit protocols bgp]\n-    group fred {\n-        type external;\n-    }\n"
        "     group a { ... }\n+    group test {\n+        type external;\n+    }\n",
    ),
}


@pytest.mark.parametrize("case", PUBLISHED)
def test_it_prints_what_devices_print(case):
    """The text of one change, as published sessions have it."""
    there, done, expected = PUBLISHED[case]
    old = change(Node(), there).tree
    result = change(old, done)
    assert result.complaints == ()
    assert compare(old, result.tree, SCHEMA) == expected


@pytest.mark.parametrize("case", sorted(PUBLISHED.keys() - {"an annotation"}))
def test_a_patch_loads_to_what_it_shows(case):
    """What show | compare printed makes the same change when it's loaded as a patch."""
    there, done, patch = PUBLISHED[case]
    old = change(Node(), there).tree
    wanted = change(old, done).tree
    result = change(old, patch, "text", "patch")
    assert result.complaints == ()
    assert write_set(result.tree, SCHEMA) == write_set(wanted, SCHEMA)
    assert compare(wanted, result.tree, SCHEMA) == ""


def test_a_patch_undoes():
    """The patch of the way back restores the order, deactivated statements and values."""
    old = change(
        Node(),
        f"set {POLICY} a then deny\nset {POLICY} b then permit\nset {POLICY} c then reject\n"
        "set protocols bgp group g export [ x y ]\nset system host-name a\n"
        "set security ike gateway g address 192.0.2.1\ndeactivate security ike gateway g\n"
        "set security ike policy q mode main",
    ).tree
    new = change(
        old,
        "set security ike policy q pre-shared-key ascii-text x\n"
        f"delete {POLICY} b\ninsert {POLICY} c before policy a\ndelete system\n"
        "set protocols bgp group g export z\nactivate security ike gateway g",
    ).tree
    back = change(new, compare(new, old, SCHEMA), "text", "patch")
    assert back.complaints == ()
    assert write_set(back.tree, SCHEMA) == write_set(old, SCHEMA)


@pytest.mark.parametrize(
    "patch", ["+ host-name a;", "[edit system]\nhost-name a;", "[edit x]\n+a;"]
)
def test_what_is_no_patch_is_refused(patch):
    """Lines without header, sign or known place are syntax errors, and nothing is loaded."""
    old = change(Node(), "set system host-name b").tree
    result = change(old, patch, "text", "patch")
    assert result.complaints[0].text == "syntax error"
    assert result.tree is old


def test_at_an_edit_level_the_indent_begins_there():
    """Within [edit routing-options] a container is indented by two; the header is absolute."""
    old = change(Node(), "set routing-options static route 10.0.0.0/8 discard").tree
    new = change(old, "set routing-options autonomous-system 65001\nset system host-name a").tree
    patch = compare(old, new, SCHEMA, level=["routing-options"])
    assert patch == "[edit routing-options]\n+  autonomous-system 65001;\n"
