"""Operational questions: each RPC and its command, on every platform that has them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from lxml import etree

from harness.sim.dialect import BASE_NAMESPACE
from harness.sim.operational.table import OPERATIONS
from harness.sim.platforms import PLATFORMS

NC = f"{{{BASE_NAMESPACE}}}"
REFERENCE = Path(
    os.environ.get(
        "HARNESS_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"
    )
)
ARGUMENTS = {"file-show": "<filename>/etc/hosts.junos</filename>"}
WORDS = {"file show": "/etc/hosts.junos"}
PAIRS = [
    (platform, operation)
    for platform in PLATFORMS
    if not PLATFORMS[platform].shell_alone
    for operation in OPERATIONS
    if PLATFORMS[platform].schema in operation.schemas and operation.command
]
IDS = [f"{platform}-{operation.rpc or operation.command}" for platform, operation in PAIRS]


def names(element: etree._Element) -> list[str]:
    return [etree.QName(each).localname for each in element.iter() if isinstance(each.tag, str)]


def text_of(reply: etree._Element, name: str) -> str:
    return reply.findtext(f".//{{*}}{name}").strip()


@pytest.mark.parametrize(("platform", "operation"), PAIRS, ids=IDS)
def test_rpc_and_command_agree(bench_for, platform, operation):
    """RPC, command over NETCONF, CLI text and CLI display xml all answer, with the same XML."""
    bench = bench_for(platform)
    shell = bench.shell()
    talk = bench.netconf()
    command = f"{operation.command} {WORDS.get(operation.command, '')}".strip()
    by_command = talk.rpc(f"<command>{command}</command>")
    if operation.rpc:
        inside = ARGUMENTS.get(operation.rpc, "")
        by_rpc = talk.rpc(f"<{operation.rpc}>{inside}</{operation.rpc}>")
        assert names(by_rpc) == names(by_command)
    screen = shell.type(command)
    assert screen.strip().endswith("lab@dut>")
    assert "syntax error" not in screen
    if by_command.find(f"{NC}rpc-error") is None and "error:" not in screen:
        document = shell.type(f"{command} | display xml")
        inner = re.search(r"<rpc-reply.*</rpc-reply>", document, re.DOTALL)
        root = etree.fromstring(inner.group())
        assert names(root)[1:-2] == names(by_command)[1:]


@pytest.mark.parametrize(
    ("platform", "model", "version"),
    [
        ("srx4100", "srx4100", "18.4R3.3"),
        ("srx4200", "srx4200", "18.4R3.3"),
        ("vsrx", "vSRX", "18.4R3.3"),
        ("nfx250", "vSRX", "15.1X49-D140.2"),
        ("nfx250-jdm", "nfx250_s2_10_t", "15.1X53-D47.4"),
        ("vmx", "vmx", "18.4R3.3"),
    ],
)
def test_who_the_device_is(bench_for, platform, model, version):
    """Model, release, host name and a serial that declares the simulation."""
    talk = bench_for(platform, serial="AB1234").netconf()
    reply = talk.rpc("<get-system-information/>")
    assert text_of(reply, "hardware-model") == model
    assert text_of(reply, "os-version") == version
    assert text_of(reply, "host-name") == "dut"
    assert text_of(reply, "serial-number") == "SIMAB1234"


def test_version_of_the_specification(bench_for):
    """A release given in the specification is shown everywhere, namespaces included."""
    talk = bench_for(version="17.4R2.4").netconf()
    reply = talk.rpc("<get-chassis-inventory/>")
    namespace = "http://xml.juniper.net/junos/17.4R2/junos-chassis"
    assert reply.find(f"{{{namespace}}}chassis-inventory") is not None
    assert text_of(talk.rpc("<get-software-information/>"), "junos-version") == "17.4R2.4"


def test_cluster_is_not_enabled(bench):
    """The chassis cluster daemon refuses in its own namespace."""
    reply = bench.netconf().rpc("<get-chassis-cluster-status/>")
    error = reply.find("{http://xml.juniper.net/xnm/1.1/xnm}error")
    assert text_of(error, "source-daemon") == "jsrpd"
    assert text_of(error, "message") == "error: Chassis cluster is not enabled"


def test_silent_peers_leave_every_tunnel_inactive(bench, push, ipsec):
    """Active and inactive tunnels add up to the configured ones; peers don't answer by default."""
    talk = bench.netconf()
    push(talk, ipsec(3))
    active = talk.rpc("<get-security-associations-information/>")
    inactive = talk.rpc("<get-inactive-tunnels/>")
    assert text_of(active, "total-active-tunnels") == "0"
    assert text_of(active, "total-ipsec-sas") == "0"
    assert text_of(inactive, "total-inactive-tunnels") == "4"
    found = inactive.findall(".//{*}ipsec-security-associations")
    assert [text_of(each, "sa-remote-gateway") for each in found] == [
        "192.0.2.250",
        "198.18.0.2",
        "198.18.0.3",
        "198.18.0.4",
    ]
    assert text_of(found[0], "sa-tunnel-index") == "131073"
    screen = bench.shell().type("show security ipsec inactive-tunnels")
    assert "Total inactive tunnels: 4" in screen
    assert "198.18.0.4" in screen
    assert "Total active tunnels: 0 " in bench.shell().type(
        "show security ipsec security-associations"
    )


def test_answering_peers_bring_tunnels_up(bench_for, push, ipsec):
    """With the switch, each tunnel has two SAs, an IKE SA, and an st0 unit that is up."""
    bench = bench_for(switches={"peers": "answering"})
    talk = bench.netconf()
    push(talk, ipsec(2))
    active = talk.rpc(
        "<get-security-associations-information><detail/></get-security-associations-information>"
    )
    assert text_of(active, "total-active-tunnels") == "3"
    assert len(active.findall(".//{*}ipsec-security-associations")) == 6
    assert [each.text.strip() for each in active.iter("{*}sa-vpn-name")] == ["corp-hq", "t1", "t2"]
    assert text_of(talk.rpc("<get-inactive-tunnels/>"), "total-inactive-tunnels") == "0"
    ike = talk.rpc("<get-ike-security-associations-information/>")
    assert len(ike.findall(".//{*}ike-security-associations")) == 3
    shell = bench.shell()
    screen = shell.type("show security ipsec security-associations")
    assert "Total active tunnels: 3     Total Ipsec sas: 6" in screen
    assert len(re.findall(r"^  [<>]1310", screen, re.MULTILINE)) == 6
    assert "VPN Name: t2" in shell.type("show security ipsec security-associations detail")
    assert re.search(r"st0\.2 +up +up", shell.type("show interfaces terse st0.2"))


@pytest.mark.parametrize(
    ("rpc", "text"),
    [
        ("get-security-associations-information", "IPSec is not configured"),
        ("get-inactive-tunnels", "IPSec is not configured"),
        ("get-ike-security-associations-information", "IKE is not configured"),
    ],
)
def test_nothing_configured(bench_for, rpc, text):
    """Without any IPsec configuration the daemon refuses to answer."""
    bench = bench_for(base='set system root-authentication encrypted-password "$6$x$y"\n')
    reply = bench.netconf().rpc(f"<{rpc}/>")
    assert text in text_of(reply, "message")
    assert text_of(reply, "source-daemon") == "kmd"


@pytest.mark.parametrize("rpc", ["get-security-associations-information", "get-zones-information"])
def test_a_router_has_no_security(bench_for, rpc):
    """A vMX refuses what its model doesn't have."""
    reply = bench_for("vmx").netconf().rpc(f"<{rpc}/>")
    assert text_of(reply, "error-message") == "syntax error"


def test_interfaces(bench, push, ipsec, gre):
    """Units are listed with their state; one unit or one device can be asked for."""
    talk = bench.netconf()
    push(talk, ipsec(2) + gre(2))
    ask = "<get-interface-information><terse/><interface-name>{}</interface-name></get-interface-information>"  # noqa: E501 - one request
    st0 = talk.rpc(ask.format("st0"))
    units = st0.findall(".//{*}logical-interface")
    assert [text_of(each, "name") for each in units] == ["st0.0", "st0.1", "st0.2"]
    assert {text_of(each, "oper-status") for each in units} == {"down"}
    assert text_of(units[1], "ifa-local") == "10.9.0.2/31"
    gr = talk.rpc(ask.format("gr-0/0/0.2"))
    assert [text_of(each, "name") for each in gr.findall(".//{*}logical-interface")] == [
        "gr-0/0/0.2"
    ]
    assert text_of(gr.find(".//{*}logical-interface"), "oper-status") == "up"
    detail = talk.rpc(
        "<get-interface-information><interface-name>st0.1</interface-name></get-interface-information>"
    )
    assert text_of(detail, "encapsulation") == "Secure-Tunnel"
    assert text_of(detail, "logical-interface-zone-name") == "vpn-corp"
    for unknown in ("st0.99", "xe-7/0/0", "nonsense"):
        message = text_of(talk.rpc(ask.format(unknown)), "error-message")
        assert message == f"device {unknown} not found"
    assert "error: device st0.99 not found" in bench.shell().type("show interfaces terse st0.99")


def test_zones(bench, push, ipsec):
    """Each zone lists the interfaces bound to it; junos-host is always there."""
    talk = bench.netconf()
    push(talk, ipsec(1))
    zones = talk.rpc("<get-zones-information/>").findall(".//{*}zones-security")
    assert [text_of(zone, "zones-security-zonename") for zone in zones] == [
        "trust",
        "untrust",
        "vpn-corp",
        "junos-host",
    ]
    assert text_of(zones[2], "zones-security-interfaces-bound") == "2"
    assert "st0.1" in bench.shell().type("show security zones vpn-corp")


def test_virtual_network_functions(bench_for):
    """JDM lists the configured virtual machines beside its own control plane."""
    screen = bench_for("nfx250-jdm").shell().type("show virtual-network-functions")
    assert re.search(r"^\d+ +gwr +Running +alive$", screen, re.MULTILINE)
    assert "vjunos0" in screen


def test_uptime_follows_the_clock(bench):
    """Uptime and the time of the last commit come from the device's clock."""
    bench.clock.advance(3661)
    screen = bench.shell().type("show system uptime")
    assert "System booted: 2026-01-01 00:00:00 UTC (01:01:01 ago)" in screen
