"""A configuration in each form, on a model that nobody outlined by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.sim.config.loading import load
from harness.sim.config.rendering import Stamp, render
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader
from harness.sim.store.profiles import profile

# Hierarchies inside and outside of the outline.
LINES = """\
set version 18.4R3.3
set groups edge interfaces <ge-*> unit <*> family inet mtu 1400
set groups edge system services ssh root-login allow
set apply-groups edge
set firewall family inet filter f term t from protocol tcp
set firewall family inet filter f term t then accept
set firewall policer p if-exceeding bandwidth-limit 1m burst-size-limit 15k
set policy-options prefix-list p 10.0.0.0/8
set policy-options policy-statement ps term a from route-filter 10.0.0.0/8 orlonger
set policy-options policy-statement ps term a then accept
set snmp community public authorization read-only
set protocols ospf area 0.0.0.0 interface ge-0/0/0.0 metric 10
set protocols lldp interface all
set routing-instances vr instance-type virtual-router
set routing-instances vr interface st0.9
set interfaces st0 unit 9 family inet
set vlans v10 vlan-id 10
set security nat source rule-set rs from zone trust
set security nat source rule-set rs to zone untrust
set security nat source rule-set rs rule r match source-address 0.0.0.0/0
set security nat source rule-set rs rule r then source-nat interface
set security utm feature-profile web-filtering juniper-local profile p timeout 10
set services rpm probe p test t target address 192.0.2.1
set access profile p authentication-order password
"""
STAMP = Stamp(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("fmt", ["set", "text", "xml", "json"])
def test_what_is_written_is_read(fmt, compiled):
    """Everything comes back, of the device's own configuration too."""
    parts = profile("srx4100", compiled("junos-es"))
    reader = ValueReader(Salts(b""))

    def loaded(payload: str, form: str) -> Node:
        action = "set" if form == "set" else "merge"
        done = load(Node(), payload, parts.schema, reader, fmt=form, action=action)
        assert done.complaints == ()
        return done.tree

    tree = loaded(parts.base + LINES, "set")
    written = render(tree, fmt, parts.schema, STAMP)
    spaced = written.replace("<configuration ", '<configuration xmlns:junos="urn:junos" ', 1)
    assert render(loaded(spaced, fmt), "set", parts.schema, STAMP) == render(
        tree, "set", parts.schema, STAMP
    )


def test_the_top_is_in_the_order_of_the_outline(compiled):
    """The modules have no order among them; what the outline hasn't follows."""
    compiled_top = [*profile("srx4100", compiled("junos-es")).schema.children]
    outlined = [*profile("srx4100").schema.children]
    assert compiled_top[: len(outlined)] == outlined
    assert len(compiled_top) > len(outlined)
