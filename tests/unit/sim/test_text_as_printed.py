"""Text as devices print it, one piece per hierarchy: loaded and printed it is the same again."""

from __future__ import annotations

from datetime import UTC, datetime
from textwrap import dedent

import pytest

from harness.sim.config.loading import load
from harness.sim.config.rendering import Stamp, render
from harness.sim.config.schema import schema_of
from harness.sim.config.secret9 import Salts
from harness.sim.config.tree import Node
from harness.sim.config.words import ValueReader

STAMP = Stamp(datetime(2026, 1, 1, tzinfo=UTC))

# The shapes are those of published configurations; names and numbers are made up.
GATEWAY = {
    "system": """\
        system {
            host-name edge;
            domain-name example.net;
            time-zone UTC;
            authentication-order [ radius password ];
            root-authentication {
                encrypted-password "$6$abc$def"; ## SECRET-DATA
                ssh-rsa "ssh-rsa AAAAB3 me@home";
            }
            name-server {
                192.0.2.53;
                192.0.2.54;
            }
            radius-server {
                192.0.2.10 {
                    port 1812;
                    source-address 192.0.2.1;
                }
            }
            login {
                class ops {
                    idle-timeout 30;
                    permissions [ view configure ];
                }
                user ann {
                    full-name "Ann A.";
                    uid 2001;
                    class ops;
                    authentication {
                        ssh-ed25519 "ssh-ed25519 AAAAC3 ann@home";
                    }
                }
                message "keep out";
            }
            services {
                ssh {
                    root-login deny;
                    protocol-version v2;
                }
                netconf {
                    ssh;
                }
                web-management {
                    https {
                        system-generated-certificate;
                        interface fxp0.0;
                    }
                }
            }
            syslog {
                archive size 100k files 3;
                user * {
                    any emergency;
                }
                host 192.0.2.20 {
                    any notice;
                    authorization info;
                    port 1514;
                    structured-data;
                }
                file messages {
                    any notice;
                    match "!(RT_FLOW)";
                }
            }
            ntp {
                server 192.0.2.30 prefer;
                server 192.0.2.31;
            }
        }
        """,
    "interfaces": """\
        interfaces {
            interface-range access {
                member ge-0/0/3;
                member-range ge-0/0/4 to ge-0/0/6;
                unit 0 {
                    family inet;
                }
            }
            ge-0/0/0 {
                description "to the provider";
                vlan-tagging;
                mtu 9192;
                gigether-options {
                    no-auto-negotiation;
                }
                unit 10 {
                    vlan-id 10;
                    family inet {
                        filter {
                            input in;
                        }
                        address 192.0.2.1/24 {
                            vrrp-group 1 {
                                virtual-address 192.0.2.3;
                                priority 200;
                                accept-data;
                            }
                        }
                    }
                    family inet6 {
                        address 2001:db8::1/64;
                    }
                }
            }
            ge-0/0/1 {
                gigether-options {
                    802.3ad ae0;
                }
            }
            ge-0/0/2 {
                disable;
            }
            ae0 {
                aggregated-ether-options {
                    minimum-links 1;
                    lacp {
                        active;
                    }
                }
                unit 0 {
                    family ethernet-switching {
                        interface-mode trunk;
                        vlan {
                            members [ red blue ];
                        }
                    }
                }
            }
            lo0 {
                unit 0 {
                    family inet {
                        address 10.255.0.1/32;
                    }
                    family iso {
                        address 49.0001.0102.5500.0001.00;
                    }
                }
            }
        }
        """,
    "security": """\
        security {
            address-book {
                global {
                    address web 10.1.0.5/32;
                    address far {
                        description "far away";
                        10.2.0.0/16;
                    }
                    address-set both {
                        address web;
                        address far;
                    }
                }
            }
            screen {
                ids-option untrust-screen {
                    icmp {
                        ping-death;
                    }
                    tcp {
                        syn-flood {
                            alarm-threshold 1024;
                            attack-threshold 200;
                        }
                        land;
                    }
                }
            }
            nat {
                source {
                    pool out {
                        address {
                            198.51.100.1/32 to 198.51.100.9/32;
                        }
                    }
                    rule-set trust-to-untrust {
                        from zone trust;
                        to zone untrust;
                        rule r1 {
                            match {
                                source-address 10.0.0.0/8;
                            }
                            then {
                                source-nat {
                                    pool {
                                        out;
                                    }
                                }
                            }
                        }
                        rule r2 {
                            match {
                                source-address 0.0.0.0/0;
                            }
                            then {
                                source-nat {
                                    interface;
                                }
                            }
                        }
                    }
                }
                static {
                    rule-set in {
                        from zone untrust;
                        rule web {
                            match {
                                destination-address 198.51.100.10/32;
                            }
                            then {
                                static-nat {
                                    prefix {
                                        10.1.0.5/32;
                                    }
                                }
                            }
                        }
                    }
                }
                proxy-arp {
                    interface ge-0/0/0.0 {
                        address {
                            198.51.100.10/32;
                        }
                    }
                }
            }
            policies {
                from-zone trust to-zone untrust {
                    policy out {
                        match {
                            source-address any;
                            destination-address [ web far ];
                            application [ junos-http junos-https ];
                        }
                        then {
                            permit;
                            log {
                                session-close;
                            }
                            count;
                        }
                    }
                }
                global {
                    policy last {
                        match {
                            source-address any;
                            destination-address any;
                            application any;
                        }
                        then {
                            deny;
                        }
                    }
                }
                default-policy {
                    deny-all;
                }
            }
            zones {
                security-zone untrust {
                    screen untrust-screen;
                    host-inbound-traffic {
                        system-services {
                            ike;
                            ssh;
                        }
                        protocols {
                            bgp;
                        }
                    }
                    interfaces {
                        ge-0/0/0.0 {
                            host-inbound-traffic {
                                system-services {
                                    dhcp;
                                }
                            }
                        }
                        ge-0/0/1.0;
                    }
                }
            }
        }
        """,
    "ike": """\
        security {
            ike {
                gateway hub {
                    ike-policy p;
                    address 192.0.2.9;
                    dead-peer-detection {
                        interval 10;
                        threshold 3;
                    }
                    local-identity hostname spoke.example.net;
                    remote-identity inet 192.0.2.9;
                    external-interface ge-0/0/0.0;
                    version v2-only;
                }
            }
        }
        """,
    "routing-options": """\
        routing-options {
            static {
                route 0.0.0.0/0 next-hop 192.0.2.254;
                route 10.0.0.0/8 {
                    next-hop [ 192.0.2.2 192.0.2.3 ];
                    preference 10;
                }
                route 10.9.0.0/16 discard;
                route 10.8.0.0/16 {
                    qualified-next-hop 192.0.2.4 {
                        preference 200;
                    }
                }
            }
            router-id 10.255.0.1;
            autonomous-system 64512;
            forwarding-table {
                export balance;
            }
        }
        """,
    "protocols": """\
        protocols {
            bgp {
                group ext {
                    type external;
                    import [ a b ];
                    family inet {
                        unicast {
                            prefix-limit {
                                maximum 1000;
                                teardown 80;
                            }
                        }
                    }
                    export mine;
                    peer-as 64513;
                    neighbor 192.0.2.9 {
                        description far;
                    }
                    neighbor 192.0.2.10;
                }
            }
            ospf {
                export mine;
                area 0.0.0.0 {
                    interface ge-0/0/0.0 {
                        interface-type p2p;
                        metric 10;
                    }
                    interface lo0.0 {
                        passive;
                    }
                }
                area 0.0.0.1 {
                    stub default-metric 10 no-summaries;
                }
            }
            lldp {
                interface all;
            }
            rstp {
                bridge-priority 4k;
                interface ge-0/0/3 {
                    edge;
                }
            }
        }
        """,
    "policy-options": """\
        policy-options {
            prefix-list ours {
                10.0.0.0/8;
                192.168.0.0/16;
            }
            policy-statement mine {
                term a {
                    from {
                        protocol [ static direct ];
                        route-filter 10.0.0.0/8 orlonger;
                        route-filter 172.16.0.0/12 upto /24;
                    }
                    then {
                        local-preference 200;
                        community add here;
                        next-hop self;
                        accept;
                    }
                }
                term b {
                    from protocol bgp;
                    then reject;
                }
                then reject;
            }
            community here members 64512:100;
            community both members [ 64512:1 64512:2 ];
            as-path far ".* 64513 .*";
        }
        """,
    "firewall": """\
        firewall {
            family inet {
                filter in {
                    term ssh {
                        from {
                            source-address {
                                10.0.0.0/8;
                                10.66.0.0/16 except;
                            }
                            source-prefix-list {
                                ours;
                            }
                            protocol tcp;
                            destination-port [ ssh 830 ];
                        }
                        then {
                            policer slow;
                            count ssh;
                            accept;
                        }
                    }
                    term rest {
                        then accept;
                    }
                }
            }
            policer slow {
                if-exceeding {
                    bandwidth-limit 1m;
                    burst-size-limit 15k;
                }
                then discard;
            }
        }
        """,
    "routing-instances": """\
        routing-instances {
            red {
                instance-type vrf;
                interface ge-0/0/1.0;
                route-distinguisher 64512:1;
                vrf-target target:64512:1;
                vrf-table-label;
                routing-options {
                    static {
                        route 0.0.0.0/0 next-table inet.0;
                    }
                }
                protocols {
                    bgp {
                        group ce {
                            type external;
                            peer-as 64520;
                            neighbor 10.1.1.2;
                        }
                    }
                }
            }
        }
        """,
    "snmp": """\
        snmp {
            location lab;
            contact "who cares";
            community public {
                authorization read-only;
                clients {
                    10.0.0.0/8;
                }
            }
            trap-group space {
                version v2;
                categories {
                    chassis;
                    link;
                }
                targets {
                    192.0.2.40;
                }
            }
        }
        """,
    "applications": """\
        applications {
            application web {
                protocol tcp;
                destination-port 8080-8081;
            }
            application-set all-web {
                application web;
                application junos-http;
            }
        }
        """,
    "vlans": """\
        vlans {
            red {
                description "red one";
                vlan-id 10;
                l3-interface irb.10;
            }
            blue {
                vlan-id 20;
            }
        }
        """,
    "chassis": """\
        chassis {
            aggregated-devices {
                ethernet {
                    device-count 2;
                }
            }
            alarm {
                management-ethernet {
                    link-down ignore;
                }
            }
            cluster {
                reth-count 2;
                redundancy-group 1 {
                    node 0 priority 200;
                    node 1 priority 100;
                    interface-monitor {
                        ge-0/0/3 weight 255;
                    }
                }
            }
        }
        """,
    "services": """\
        services {
            rpm {
                probe far {
                    test ping {
                        probe-type icmp-ping;
                        target address 192.0.2.9;
                        probe-count 5;
                    }
                }
            }
        }
        """,
    "class-of-service": """\
        class-of-service {
            scheduler-maps {
                m {
                    forwarding-class best-effort scheduler be;
                }
            }
        }
        """,
    "event-options": """\
        event-options {
            policy p {
                events ui_commit;
                then {
                    raise-trap;
                }
            }
        }
        """,
}
ROUTER = {
    "chassis": """\
        chassis {
            fpc 0 {
                pic 0 {
                    tunnel-services {
                        bandwidth 1g;
                    }
                }
            }
            network-services enhanced-ip;
        }
        """,
    "mpls": """\
        protocols {
            isis {
                level 1 disable;
                interface ge-0/0/0.0 {
                    point-to-point;
                }
            }
        }
        """,
}
CASES = [
    *(("junos-es", name, text) for name, text in GATEWAY.items()),
    *(("junos", name, text) for name, text in ROUTER.items()),
]


@pytest.mark.parametrize(("family", "name", "text"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_what_a_device_prints_is_printed_again(family, name, text):
    """Nothing is refused, and not a blank differs."""
    schema = schema_of(family)
    text = dedent(text)
    loaded = load(Node(), text, schema, ValueReader(Salts(b"")), fmt="text", action="merge")
    assert loaded.complaints == (), name
    printed = render(loaded.tree, "text", schema, STAMP)
    body = printed.split("\n", 1)[1] if printed.startswith("## Last") else printed
    assert body == text
