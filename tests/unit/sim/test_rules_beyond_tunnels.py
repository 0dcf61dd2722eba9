"""The commit-time rules about interfaces, routing and references: each fires, and not for less."""

from __future__ import annotations

import pytest

INSTANCE = """\
set routing-instances red instance-type virtual-router
set routing-instances red interface xe-0/0/5.0
set interfaces xe-0/0/5 unit 0 family inet address 10.5.0.1/24
"""
PEER = """\
set routing-options autonomous-system 64512
set protocols bgp group ext type external
set protocols bgp group ext neighbor 192.0.2.9
"""
FILTER = """\
set firewall family inet filter in term a from source-prefix-list ours
set firewall family inet filter in term a then policer slow
set interfaces xe-0/0/1 unit 0 family inet filter input in
"""
ADDRESS = "set security policies from-zone trust to-zone untrust policy permit-out match "
FROM = "[edit security policies from-zone trust to-zone untrust policy permit-out match"
POLICY = "set policy-options policy-statement p term a "
LEAK = """\
set routing-instances red instance-type virtual-router
set routing-instances red routing-options static route 10.7.0.0/16 next-table inet.0
"""

# what is loaded; path, element and text of the error; what mends it
CASES = {
    "a second unit on an untagged interface": (
        "set interfaces xe-0/0/1 unit 2 family inet address 10.9.0.1/24",
        ("[edit interfaces xe-0/0/1]", "unit 2", "Only unit 0 is valid for this encapsulation"),
        "set interfaces xe-0/0/1 vlan-tagging",
    ),
    "a VLAN id on an untagged interface": (
        "set interfaces xe-0/0/1 unit 0 vlan-id 10",
        (
            "[edit interfaces xe-0/0/1 unit 0]",
            "vlan-id 10",
            "VLAN-ID can only be specified on tagged ethernet interfaces",
        ),
        "set interfaces xe-0/0/1 vlan-tagging",
    ),
    "a VLAN id twice on one interface": (
        "set interfaces xe-0/0/7 vlan-tagging\n"
        "set interfaces xe-0/0/7 unit 1 vlan-id 10\n"
        "set interfaces xe-0/0/7 unit 2 vlan-id 10",
        (
            "[edit interfaces xe-0/0/7 unit 2]",
            "vlan-id 10",
            "vlan-id 10 is already configured on xe-0/0/7.1 [simulated]",
        ),
        "set interfaces xe-0/0/7 unit 2 vlan-id 11",
    ),
    "an instance with a missing interface": (
        "set routing-instances red instance-type virtual-router\n"
        "set routing-instances red interface xe-0/0/5.0",
        (
            "[edit routing-instances red]",
            "interface xe-0/0/5.0",
            "interface xe-0/0/5.0 is not configured [simulated]",
        ),
        "set interfaces xe-0/0/5 unit 0",
    ),
    "an interface in two instances": (
        INSTANCE + "set routing-instances blue instance-type virtual-router\n"
        "set routing-instances blue interface xe-0/0/5.0",
        (
            "[edit routing-instances blue]",
            "interface xe-0/0/5.0",
            "interface xe-0/0/5.0 is already in instance red [simulated]",
        ),
        "delete routing-instances blue interface",
    ),
    "a zone over two instances": (
        INSTANCE + "set security zones security-zone trust interfaces xe-0/0/5.0",
        (
            "[edit security zones security-zone trust]",
            "interfaces xe-0/0/5.0",
            "interface xe-0/0/5.0 must be in the same routing instance as the other "
            "interfaces in the zone [simulated]",
        ),
        "set routing-instances red interface xe-0/0/1.0",
    ),
    "a routing policy that isn't there": (
        PEER + "set protocols bgp group ext peer-as 64513\nset protocols bgp export nope",
        ("", "", "Policy error: Policy nope referenced but not defined"),
        "set policy-options policy-statement nope then accept",
    ),
    "BGP says that its list isn't applied": (
        PEER + "set protocols bgp group ext peer-as 64513\n"
        'set protocols bgp group ext neighbor 192.0.2.9 import "( a && b )"',
        ("", "", "BGP: import list not applied"),
        "set policy-options policy-statement a then accept\n"
        "set policy-options policy-statement b then accept",
    ),
    "an external peer without an AS": (
        PEER,
        (
            "[edit protocols]",
            "bgp",
            "Error in neighbor 192.0.2.9 of group ext:\n"
            "peer AS number must be configured for an external peer",
        ),
        "set protocols bgp group ext neighbor 192.0.2.9 peer-as 64513",
    ),
    "no AS of our own": (
        "set protocols bgp group in type internal\nset protocols bgp group in neighbor 192.0.2.9",
        (
            "[edit protocols bgp]",
            "group in",
            "group in has neighbors but there is no local AS [simulated]",
        ),
        "set routing-options autonomous-system 64512",
    ),
    "tables in a circle": (
        LEAK + "set routing-options static route 10.8.0.0/16 next-table red.inet.0",
        ("[rib inet.0 routing-options static]", "", "next-table may loop"),
        "delete routing-instances red routing-options",
    ),
    "a filter that isn't there": (
        "set interfaces xe-0/0/1 unit 0 family inet filter input in",
        (
            "[edit interfaces xe-0/0/1 unit 0 family inet filter]",
            "input in",
            "referenced filter must be defined under firewall family any|inet|inet6",
        ),
        "set firewall family inet filter in term a then accept",
    ),
    "a policer on an interface that isn't there": (
        "set interfaces xe-0/0/1 unit 0 family inet policer input slow",
        (
            "[edit interfaces xe-0/0/1 unit 0 family inet policer]",
            "input slow",
            "referenced policer must be defined",
        ),
        "set firewall policer slow then discard",
    ),
    "an interface range that isn't there": (
        "set protocols rstp interface axp",
        ("", "", "interface-range 'axp' is not defined"),
        "set interfaces interface-range axp member xe-0/0/7",
    ),
    "an interface range over two cards": (
        "set interfaces interface-range wide member-range xe-0/0/1 to xe-1/0/1",
        (
            "[edit interfaces interface-range wide]",
            "member",
            "'xe-0/0/1' to 'xe-1/0/1' is more than the ports of one card [simulated]",
        ),
        "delete interfaces interface-range wide",
    ),
    "an interface range without end": (
        "set interfaces interface-range wide member xe-*/*/*",
        (
            "[edit interfaces interface-range wide]",
            "member",
            "'xe-*/*/*' is more than 1024 interfaces [simulated]",
        ),
        "delete interfaces interface-range wide",
    ),
    "a member of a zone that no range has": (
        "set interfaces interface-range low member-range xe-0/0/4 to xe-0/0/7\n"
        "set interfaces interface-range low unit 0 family inet\n"
        "set security zones security-zone trust interfaces xe-0/0/8.0",
        (
            "[edit security zones security-zone trust]",
            "interfaces xe-0/0/8.0",
            "Interface xe-0/0/8.0 must be configured under interfaces",
        ),
        'set interfaces interface-range low member "xe-0/0/[8-9]"',
    ),
    "VLAN ids that fall": (
        "set interfaces xe-0/0/7 unit 0 family ethernet-switching vlan members 20-10",
        (
            "[edit interfaces xe-0/0/7 unit 0 family ethernet-switching vlan]",
            "members 20-10",
            "20-10 is no VLAN id or range of them [simulated]",
        ),
        "delete interfaces xe-0/0/7 unit 0 family ethernet-switching vlan\n"
        "set interfaces xe-0/0/7 unit 0 family ethernet-switching vlan members [ v10 10-20 ]",
    ),
    "a VLAN id beyond the last": (
        "set vlans lab vlan-id-list 4000-4095",
        (
            "[edit vlans lab]",
            "vlan-id 4000-4095",
            "4000-4095 is no VLAN id or range of them [simulated]",
        ),
        "delete vlans lab vlan-id-list\nset vlans lab vlan-id-list 4000-4094",
    ),
    "a route of another table without a next hop": (
        "set routing-options rib inet6.0 static route 2001:db8::/32 preference 7",
        (
            "[edit routing-options rib inet6.0 static route 2001:db8::/32]",
            "route 2001:db8::/32",
            "route has no next hop [simulated]",
        ),
        "set routing-options rib inet6.0 static route 2001:db8::/32 discard",
    ),
    "a route of an instance without a next hop": (
        "set routing-instances red instance-type virtual-router\n"
        "set routing-instances red routing-options static route 10.7.0.0/16 preference 7",
        (
            "[edit routing-instances red routing-options static route 10.7.0.0/16]",
            "route 10.7.0.0/16",
            "route has no next hop [simulated]",
        ),
        "set routing-instances red routing-options static route 10.7.0.0/16 discard",
    ),
    "a policer that isn't there": (
        FILTER + "set policy-options prefix-list ours 10.0.0.0/8",
        (
            "[edit firewall family inet filter in term a then]",
            "policer slow",
            "referenced policer must be defined",
        ),
        "set firewall policer slow then discard",
    ),
    "a prefix list that a filter lacks": (
        FILTER + "set firewall policer slow then discard",
        (
            "[edit firewall family inet filter in term a from]",
            "source-prefix-list ours",
            "This prefix-list must be configured in policy-options.",
        ),
        "set policy-options prefix-list ours 10.0.0.0/8",
    ),
    "a prefix list that a policy lacks": (
        f"{POLICY}from prefix-list ours\n{POLICY}then accept",
        (
            "[edit policy-options policy-statement p]",
            "prefix-list ours",
            "This prefix-list must be configured in policy-options.",
        ),
        "set policy-options prefix-list ours 10.0.0.0/8",
    ),
    "a community that isn't there": (
        f"{POLICY}then community add mine",
        (
            "[edit policy-options policy-statement p]",
            "community mine",
            "community mine is not defined [simulated]",
        ),
        "set policy-options community mine members 64512:1",
    ),
    "an application that isn't there": (
        ADDRESS + "application mine",
        (f"{FROM} application]", "mine", "application or application-set must be defined"),
        "set applications application mine protocol tcp destination-port 8080",
    ),
    "an address that isn't there": (
        ADDRESS + "source-address mine",
        (
            f"{FROM} source-address]",
            "mine",
            "referenced address must be defined under address-book",
        ),
        "set security address-book global address mine 10.0.0.0/8",
    ),
    "an address in the book of another zone": (
        "set security address-book far address mine 10.0.0.0/8\n"
        "set security address-book far attach zone untrust\n" + ADDRESS + "source-address mine",
        (
            f"{FROM} source-address]",
            "mine",
            "referenced address must be defined under address-book",
        ),
        "set security address-book far attach zone trust",
    ),
    "a screen that isn't there": (
        "set security zones security-zone untrust screen strict",
        (
            "[edit security zones security-zone untrust]",
            "screen strict",
            "referenced ids-object must be defined under [security screen ids-option]",
        ),
        "set security screen ids-option strict icmp ping-death",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_fires_until_it_is_satisfied(session, case):
    """What is wrong is named with path, element and words; once mended, it commits."""
    lines, expected, remedy = CASES[case]
    loaded = session.load(lines, "set")
    assert [one for one in loaded if one.severity == "error"] == []
    result = session.commit()
    assert not result.committed
    assert expected in [(one.path, one.bad_element, one.text) for one in result.complaints]
    session.load(remedy, "set")
    assert session.commit().complaints == ()


@pytest.mark.parametrize(
    "lines",
    [
        "set interfaces lo0 unit 1 family inet address 10.255.0.1/32",
        LEAK,
        "set protocols ospf area 0 interface xe-0/0/40.0",
        ADDRESS + "application junos-https",
    ],
)
def test_what_is_no_error_commits(session, lines):
    """The rules don't ask for more than a device does."""
    session.load(lines, "set")
    assert session.commit().complaints == ()


def test_what_is_deleted_and_still_named_is_refused(session):
    """Taking away a filter, an instance's unit or a screen is the same error."""
    session.load(
        "set firewall family inet filter in term a then accept\n"
        "set interfaces xe-0/0/1 unit 0 family inet filter input in\n" + INSTANCE,
        "set",
    )
    assert session.commit().complaints == ()
    session.load("delete firewall\ndelete interfaces xe-0/0/5", "set")
    elements = {one.bad_element for one in session.commit().complaints}
    assert {"input in", "interface xe-0/0/5.0"} <= elements
