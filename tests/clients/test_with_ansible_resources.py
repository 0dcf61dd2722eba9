"""The resource modules of junipernetworks.junos: each state, and no change the second time."""

import pytest

ZONES = {
    "zones": [
        {
            "name": "branch",
            "description": "where the branches are",
            "host_inbound_traffic": {
                "system_services": [{"name": "ssh"}, {"name": "ping"}],
                "protocols": [{"name": "bgp"}],
            },
            "interfaces": ["ge-0/0/3.0"],
            "address_book": {"addresses": [{"name": "net1", "ip_prefix": "10.0.0.0/24"}]},
            "tcp_rst": True,
        }
    ]
}
OTHER_ZONES = {"zones": [{"name": "branch", "description": "another", "tcp_rst": True}]}
POLICY = {
    "name": "no-ssh",
    "match": {
        "source_address": {"any": True},
        "destination_address": {"any": True},
        "application": {"names": ["junos-ssh"]},
    },
    "then": {"deny": True, "log": {"session_init": True}},
}
POLICIES = {
    "from_zones": [
        {"name": "untrust", "to_zones": [{"name": "trust", "policies": [POLICY]}]},
    ]
}
OTHER_POLICIES = {
    "from_zones": [
        {
            "name": "untrust",
            "to_zones": [
                {
                    "name": "trust",
                    "policies": [POLICY | {"name": "keep-out", "then": {"deny": True}}],
                }
            ],
        }
    ]
}


def routes(*pairs):
    """Return the static routes, as (destination, next hop)."""
    rows = [{"dest": to, "next_hop": [{"forward_router_address": via}]} for to, via in pairs]
    return [{"address_families": [{"afi": "ipv4", "routes": rows}]}]


def instance(**more):
    """Return one virtual router."""
    return [{"name": "VR1", "type": "virtual-router"} | more]


def interface(**more):
    """Return one physical interface."""
    return [{"name": "ge-0/0/3"} | more]


# module: (merged, lines of it), (replaced, lines of it); what replaced takes away isn't there.
CASES = {
    "security_zones": (
        (
            ZONES,
            [
                'set security zones security-zone branch description "where the branches are"',
                "set security zones security-zone branch tcp-rst",
                "set security zones security-zone branch address-book address net1 10.0.0.0/24",
                "set security zones security-zone branch host-inbound-traffic system-services ssh",
                "set security zones security-zone branch host-inbound-traffic protocols bgp",
                "set security zones security-zone branch interfaces ge-0/0/3.0",
            ],
        ),
        (
            OTHER_ZONES,
            [
                "set security zones security-zone branch description another",
                "set security zones security-zone branch tcp-rst",
            ],
        ),
    ),
    "security_policies": (
        (
            POLICIES,
            [
                "set security policies from-zone untrust to-zone trust policy no-ssh "
                "match application junos-ssh",
                "set security policies from-zone untrust to-zone trust policy no-ssh then deny",
                "set security policies from-zone untrust to-zone trust policy no-ssh "
                "then log session-init",
            ],
        ),
        (
            OTHER_POLICIES,
            [
                "set security policies from-zone untrust to-zone trust policy keep-out then deny",
            ],
        ),
    ),
    "static_routes": (
        (
            routes(("198.51.100.0/24", "192.0.2.9"), ("203.0.113.0/24", "192.0.2.9")),
            [
                "set routing-options static route 198.51.100.0/24 next-hop 192.0.2.9",
                "set routing-options static route 203.0.113.0/24 next-hop 192.0.2.9",
            ],
        ),
        (
            routes(("198.51.100.0/24", "192.0.2.10"), ("203.0.113.0/24", "192.0.2.9")),
            [
                "set routing-options static route 198.51.100.0/24 next-hop 192.0.2.10",
                "set routing-options static route 203.0.113.0/24 next-hop 192.0.2.9",
            ],
        ),
    ),
    "routing_instances": (
        (
            instance(description="of the branches", interfaces=[{"name": "ge-0/0/3.0"}]),
            [
                "set routing-instances VR1 instance-type virtual-router",
                'set routing-instances VR1 description "of the branches"',
                "set routing-instances VR1 interface ge-0/0/3.0",
            ],
        ),
        (
            instance(description="another"),
            [
                "set routing-instances VR1 instance-type virtual-router",
                "set routing-instances VR1 description another",
            ],
        ),
    ),
    "interfaces": (
        (
            interface(
                description="to the branch",
                enabled=False,
                mtu=1800,
                units=[{"name": 0, "description": "the unit"}],
            ),
            [
                'set interfaces ge-0/0/3 description "to the branch"',
                "set interfaces ge-0/0/3 disable",
                "set interfaces ge-0/0/3 mtu 1800",
                'set interfaces ge-0/0/3 unit 0 description "the unit"',
            ],
        ),
        (
            interface(description="another", mtu=1900),
            [
                "set interfaces ge-0/0/3 description another",
                "set interfaces ge-0/0/3 mtu 1900",
            ],
        ),
    ),
    "l3_interfaces": (
        (
            interface(
                unit=0,
                ipv4=[{"address": "198.51.100.1/24"}],
                ipv6=[{"address": "2001:db8::1/64"}],
            ),
            [
                "set interfaces ge-0/0/3 unit 0 family inet address 198.51.100.1/24",
                "set interfaces ge-0/0/3 unit 0 family inet6 address 2001:db8::1/64",
            ],
        ),
        (
            interface(unit=0, ipv4=[{"address": "198.51.100.2/24"}]),
            [
                "set interfaces ge-0/0/3 unit 0 family inet address 198.51.100.2/24",
            ],
        ),
    ),
}
SHOW = {"junipernetworks.junos.junos_command": {"commands": ["show configuration | display set"]}}
# What has to be there before, or must not be: "replaced" of zones and of policies takes all others
# away, and a policy that permits and says no more is one that the module can't read back.
BARE = [
    "set interfaces ge-0/0/3 unit 0 family inet",
    "delete security policies",
    "delete security ipsec",
    "delete security ike",
    "delete security zones",
    "delete routing-options static",
    "delete interfaces st0",
]
ZONED = [
    *BARE,
    "set security zones security-zone untrust",
    "set security zones security-zone trust",
]
GROUND = {
    "security_zones": BARE,
    "security_policies": ZONED,
    "static_routes": BARE,
    "routing_instances": BARE,
    "interfaces": [],
    "l3_interfaces": [],
}


def changed(results):
    """Return which tasks said that they changed something; none may have failed."""
    assert [one.get("msg") for one in results if one.get("failed")] == []
    return [one["changed"] for one in results]


@pytest.mark.parametrize("name", CASES)
def test_each_state(playbook, vsrx, name):
    """Merged, replaced and overridden land, change nothing again; deleted takes all away."""
    (merged, lines), (replaced, other_lines) = CASES[name]
    module = f"junipernetworks.junos.junos_{name}"

    def state(word, wanted=None):
        return {module: {"state": word} | ({"config": wanted} if wanted else {})}

    ground = {"junipernetworks.junos.junos_config": {"lines": GROUND[name]}}
    results = playbook(
        vsrx,
        *([ground] if GROUND[name] else []),
        state("merged", merged),
        state("merged", merged),
        SHOW,
        state("gathered"),
        state("rendered", merged),
        state("replaced", replaced),
        state("replaced", replaced),
        SHOW,
        *([state("deleted", replaced)] * 2),
        SHOW,
    )
    if GROUND[name]:
        del results[0]
    assert changed(results) == [
        *(True, False, False),  # merged, again, show
        *(False, False),  # gathered, rendered
        *(True, False, False),  # replaced, again, show
        *(True, False, False),  # deleted, again, show
    ]
    shown = [set(results[index]["stdout_lines"][0]) for index in (2, 7, 10)]
    assert set(lines) <= shown[0]
    assert set(other_lines) <= shown[1]
    assert not (set(lines) - set(other_lines)) & shown[1]
    assert not set(other_lines) & shown[2]
    assert results[3]["gathered"]
    assert results[4]["rendered"].startswith("<nc:")


@pytest.mark.parametrize("name", ["static_routes", "security_policies", "security_zones"])
def test_overridden(playbook, vsrx, name):
    """Overridden takes away what isn't named, and changes nothing the second time."""
    (merged, lines), (replaced, other_lines) = CASES[name]
    module = f"junipernetworks.junos.junos_{name}"
    results = playbook(
        vsrx,
        {"junipernetworks.junos.junos_config": {"lines": GROUND[name]}},
        {module: {"state": "merged", "config": merged}},
        {module: {"state": "overridden", "config": replaced}},
        {module: {"state": "overridden", "config": replaced}},
        SHOW,
    )
    assert changed(results)[1:] == [True, True, False, False]
    shown = set(results[-1]["stdout_lines"][0])
    assert set(other_lines) <= shown
    assert not (set(lines) - set(other_lines)) & shown


BGP = "junipernetworks.junos.junos_bgp_global"
OVERLAY = {
    "as_number": "64512",
    "description": "of the overlay",
    "hold_time": 30,
    "log_updown": True,
}


def test_bgp(playbook, vsrx):
    """bgp_global merged lands, and changes nothing again; it is gathered and rendered."""
    groups = [{"name": "branches", "type": "external", "peer_as": "64513"}]
    merged = {BGP: {"state": "merged", "config": OVERLAY | {"groups": groups}}}
    results = playbook(
        vsrx,
        *(merged, merged, SHOW),
        {BGP: {"state": "gathered"}},
        {BGP: {"state": "rendered", "config": OVERLAY}},
    )
    assert changed(results) == [True, False, False, False, False]
    shown = results[2]["stdout_lines"][0]
    assert set(shown) >= {
        'set protocols bgp description "of the overlay"',
        "set protocols bgp hold-time 30",
        "set protocols bgp log-updown",
        "set protocols bgp group branches type external",
        "set protocols bgp group branches peer-as 64513",
    }
    assert results[3]["gathered"]["groups"][0]["name"] == "branches"
    assert "<nc:hold-time>30</nc:hold-time>" in str(results[4]["rendered"])


def test_bgp_as_number(playbook, vsrx):
    """The AS number is sent as the text of autonomous-system."""
    task = {BGP: {"state": "merged", "config": {"as_number": "64512"}}}
    results = playbook(vsrx, task, SHOW)
    assert changed(results) == [True, False]
    assert "set routing-options autonomous-system 64512" in results[1]["stdout_lines"][0]


def test_bgp_is_replaced_and_deleted(playbook, vsrx):
    """Replaced leaves what is named alone; deleted takes it away, once."""
    results = playbook(
        vsrx,
        {BGP: {"state": "merged", "config": OVERLAY}},
        {BGP: {"state": "replaced", "config": {"as_number": "64512", "hold_time": 40}}},
        SHOW,
        *([{BGP: {"state": "deleted"}}] * 2),
        SHOW,
    )
    assert changed(results) == [True, True, False, True, False, False]
    assert "set protocols bgp hold-time 40" in results[2]["stdout_lines"][0]
    assert not [line for line in results[5]["stdout_lines"][0] if " bgp " in line]


def test_what_the_device_refuses(playbook, vsrx):
    """A number out of range fails the task with the statement's path; nothing stays behind."""
    results = playbook(
        vsrx,
        {
            "junipernetworks.junos.junos_interfaces": {
                "config": [{"name": "ge-0/0/3", "mtu": 99999}],
                "state": "merged",
            },
            "ignore_errors": True,
        },
        SHOW,
    )
    assert results[0]["failed"] is True
    assert "ge-0/0/3" in results[0]["msg"]
    assert "<bad-element>mtu</bad-element>" in results[0]["msg"]
    assert not [line for line in results[1]["stdout_lines"][0] if "99999" in line]
