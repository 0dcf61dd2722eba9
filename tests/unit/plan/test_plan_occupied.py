"""What a baseline uses is found wherever Junos lets it stand."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.document.xml import MAX_BYTES
from harness.errors import DeviceError, PlanError
from harness.plan.builder import build_plan
from harness.plan.model import Kind
from harness.plan.occupied import Occupied, occupied

UNIT = (
    "<interface><name>{device}</name><unit{attribute}><name>{unit}</name>{more}</unit></interface>"
)
ADDRESS = "<family><inet><address><name>{}</name></address></inet></family>"


def unit(device, number, more="", attribute=""):
    """Write one unit of an interface."""
    return UNIT.format(device=device, unit=number, more=more, attribute=attribute)


def test_units_addresses_and_networks_are_found(baseline):
    """Units of st0 and gr-0/0/0, interface addresses and their networks, by line."""
    found = occupied(
        baseline(
            interfaces=unit("st0", 0, ADDRESS.format("100.64.0.0/31"))
            + unit("st0", 17)
            + unit(
                "gr-0/0/0",
                3,
                "<tunnel><source>192.0.2.1</source><destination>198.18.0.9</destination></tunnel>",
            )
        )
    )
    assert dict(found.st0_units) == {
        0: "set interfaces st0 unit 0",
        17: "set interfaces st0 unit 17",
    }
    assert dict(found.gr_units) == {3: "set interfaces gr-0/0/0 unit 3"}
    assert found.networks[IPv4Network("100.64.0.0/31")] == (
        "set interfaces st0 unit 0 family inet address 100.64.0.0/31"
    )
    assert found.own["st0.0"] == {IPv4Address("100.64.0.0")}
    assert found.gateways[IPv4Address("198.18.0.9")] == (
        "set interfaces gr-0/0/0 unit 3 tunnel destination 198.18.0.9"
    )


def test_zones_names_and_gateways_are_found_without_keys(baseline):
    """Objects are named by lines that never hold a pre-shared key."""
    found = occupied(
        baseline(
            security="<ike><policy><name>lab</name><pre-shared-key><ascii-text>$9$geheim"
            "</ascii-text></pre-shared-key></policy><gateway><name>gw</name>"
            "<address>203.0.113.1</address><address>203.0.113.2</address></gateway></ike>"
            "<ipsec><vpn><name>v</name><bind-interface>st0.1</bind-interface></vpn></ipsec>"
        )
    )
    assert dict(found.names) == {
        "lab": "set security ike policy lab",
        "gw": "set security ike gateway gw",
        "v": "set security ipsec vpn v",
    }
    assert set(found.gateways) == {IPv4Address("203.0.113.1"), IPv4Address("203.0.113.2")}
    assert found.zone_of == {"xe-0/0/0.0": "untrust"}
    assert "geheim" not in repr(found)


def test_routes_are_found_and_the_default_route_is_in_nobodys_way(baseline):
    """Static, aggregate and rib routes count; 0.0.0.0/0 and IPv6 don't."""
    found = occupied(
        baseline(
            more="""
            <routing-options>
              <rib><name>inet.0</name><static><route><name>10.1.0.0/16</name><discard/></route>
              </static></rib>
              <rib><name>inet6.0</name><static><route><name>2001:db8::/32</name><discard/></route>
              </static></rib>
              <static><route><name>10.2.0.0/16</name><next-hop>192.0.2.8</next-hop></route></static>
              <aggregate><route><name>10.3.0.0/16</name></route></aggregate>
            </routing-options>
            <protocols><bgp><group><name>g</name><neighbor><name>192.0.2.77</name>
              <peer-as>65001</peer-as></neighbor></group></bgp></protocols>"""
        )
    )
    assert sorted(map(str, found.routes)) == ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"]
    assert IPv4Address("192.0.2.8") in found.addresses
    assert IPv4Address("192.0.2.254") in found.addresses
    assert found.addresses[IPv4Address("192.0.2.77")] == (
        "set protocols bgp group g neighbor 192.0.2.77"
    )


@pytest.mark.parametrize(
    ("wrapped", "line"),
    [
        (
            "<groups><name>lab</name><interfaces>{}</interfaces></groups>",
            "set groups lab interfaces st0 unit 9",
        ),
        (
            "<logical-systems><name>ls1</name><interfaces>{}</interfaces></logical-systems>",
            "set logical-systems ls1 interfaces st0 unit 9",
        ),
    ],
)
def test_groups_and_logical_systems_count(baseline, wrapped, line):
    """A unit that a group or a logical system uses is as used as any other."""
    found = occupied(baseline(more=wrapped.format(unit("st0", 9))))
    assert found.st0_units[9] == line


def test_routing_instances_count(baseline):
    """A route in another instance keeps its prefix from us; the line says which instance."""
    found = occupied(
        baseline(
            more="<routing-instances><instance><name>vr</name><routing-options><static><route>"
            "<name>100.64.0.0/24</name><discard/></route></static></routing-options></instance>"
            "</routing-instances>"
        )
    )
    assert found.routes == {
        IPv4Network("100.64.0.0/24"): (
            "set routing-instances vr routing-options static route 100.64.0.0/24 discard"
        )
    }


def test_deactivated_units_count(baseline):
    """An inactive unit would be woken by merging into it, so it's used."""
    found = occupied(baseline(interfaces=unit("st0", 4, attribute=' inactive="inactive"')))
    assert 4 in found.st0_units


@pytest.mark.parametrize(
    ("parts", "units", "line"),
    [
        (
            {
                "more": "<protocols><ospf><area><name>0</name><interface><name>st0.7</name>"
                "<authentication><md5><name>1</name><key>$9$geheim</key></md5></authentication>"
                "</interface></area></ospf></protocols>"
            },
            "st0_units",
            "set protocols ospf area 0 interface st0.7",
        ),
        (
            {
                "security": "<zones><security-zone><name>trust</name><interfaces>"
                "<name>gr-0/0/0.7</name></interfaces></security-zone></zones>"
            },
            "gr_units",
            "set security zones security-zone trust interfaces gr-0/0/0.7",
        ),
        (
            {
                "security": "<ipsec><vpn><name>v</name><bind-interface>st0.7</bind-interface>"
                "</vpn></ipsec>"
            },
            "st0_units",
            "set security ipsec vpn v bind-interface st0.7",
        ),
    ],
)
def test_a_unit_that_is_only_mentioned_counts(baseline, parts, units, line):
    """A unit that a zone, a VPN or a protocol waits for would join it as soon as it appears."""
    assert dict(getattr(occupied(baseline(**parts)), units)) == {7: line}


@pytest.mark.parametrize("element", ["<interface>", "<unit>", "<interfaces>"])
def test_a_deactivated_external_interface_is_not_there(srx, baseline, element):
    """Tunnels can't leave by an interface, or be in a zone, that is switched off."""
    text = baseline()
    at = text.index("<interfaces>", text.index("</security>")) if element != "<interfaces>" else 0
    head, tail = text[:at], text[at:]
    assert element in tail
    off = head + tail.replace(element, element.replace(">", ' inactive="inactive">'), 1)
    with pytest.raises(PlanError, match=r"external interface xe-0/0/0\.0"):
        build_plan(srx, Kind.IPSEC, 1, run_key=bytes(32), occupied=occupied(off))


def test_wildcards_of_groups_are_nobodys_units_and_addresses(baseline):
    """What isn't a number or an address is passed over."""
    found = occupied(
        baseline(
            more="<groups><name>g</name><interfaces>"
            + unit("st0", "&lt;*&gt;", ADDRESS.format("&lt;*&gt;"))
            + "</interfaces></groups>"
        )
    )
    assert not found.st0_units


def test_a_plan_keeps_clear_of_a_baseline(srx, baseline):
    """Units, peers and inner blocks of the baseline are skipped in a real plan."""
    taken = occupied(
        baseline(
            interfaces=unit("st0", 0, ADDRESS.format("100.64.0.1/28")),
            security="<ike><gateway><name>lab</name><address>198.18.0.1</address></gateway></ike>",
        )
    )
    (tunnel,) = build_plan(srx, Kind.IPSEC, 1, run_key=bytes(32), occupied=taken).tunnels
    assert tunnel.secure.st0_unit == 1
    assert str(tunnel.peer) == "198.18.0.2"
    assert str(tunnel.secure.inner) == "100.64.0.16/31"


def test_a_route_to_the_peers_is_not_in_the_way(srx, baseline):
    """The peer pool has to be reachable: a network or a route that holds it is welcome."""
    taken = occupied(
        baseline(
            more="<routing-options><static><route><name>198.18.0.0/15</name>"
            "<next-hop>192.0.2.254</next-hop></route></static></routing-options>"
        )
    )
    (tunnel,) = build_plan(srx, Kind.IPSEC, 1, run_key=bytes(32), occupied=taken).tunnels
    assert str(tunnel.peer) == "198.18.0.1"


def test_name_spaces_and_wrapping_do_not_matter(baseline):
    """A reply with name spaces, wrapped in rpc-reply and data, says the same."""
    bare = baseline(interfaces=unit("st0", 5))
    wrapped = (
        '<nc:rpc-reply xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><nc:data>'
        + bare.replace("<configuration ", '<configuration xmlns="urn:x" ', 1)
        + "</nc:data></nc:rpc-reply>"
    )
    assert occupied(wrapped) == occupied(bare)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<configuration><a></configuration>", "not well-formed XML"),
        ("", "not well-formed XML"),
        ("<rpc-reply><ok/></rpc-reply>", "no <configuration> in the reply, only <rpc-reply>"),
        (
            '<!DOCTYPE c [<!ENTITY e "x">]><configuration>&e;</configuration>',
            "declares a document type",
        ),
        ("<configuration>" + "<a>" * 300 + "</a>" * 300 + "</configuration>", "not well-formed"),
    ],
)
def test_what_is_no_configuration_is_the_devices_fault(text, message):
    """Broken, foreign, booby-trapped or bottomless XML is a device error."""
    with pytest.raises(DeviceError, match=message):
        occupied(text)


def test_too_much_text_is_not_even_parsed():
    """The size is bounded."""
    with pytest.raises(DeviceError, match=f"bytes, at most {MAX_BYTES} are read"):
        occupied("<configuration/>" + " " * MAX_BYTES)


def test_nothing_is_checked_before_a_baseline_was_read(srx):
    """Without a baseline the same site plans without complaint."""
    assert not Occupied.none().read
    assert build_plan(srx, Kind.IPSEC, 1, run_key=bytes(32), occupied=Occupied.none()).count == 1
