"""What each model shows: routes, peers, clusters, policies, and text that public parsers read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree
from ntc_templates.parse import parse_output

from harness.errors import UsageError
from harness.sim.device import SimulatedDevice
from harness.sim.spec import DeviceSpec
from harness.sim.view import Alarm, CoreFile

# Command and what a public template reads from its text. The templates of chassis hardware, BGP
# summary and interfaces stumble over lines that real devices of these models and releases print.
PARSED = (
    ("show version", "hostname", ["dut"]),
    ("show arp no-resolve", "mac_address", []),
    ("show route summary", "route_src", ["Direct", "Local", "Static"]),
    ("show system uptime", "last_config_user", ["lab"]),
    ("show lldp neighbors", "local_interface", []),
    ("show ospf neighbor", "ip_address", []),
    ("show system processes summary", "memory_active", ["1638M"]),
)


BGP = "set protocols bgp group up type external"
OSPF = "set protocols ospf area 0 interface lo0.0"


def commit(bench, lines: str) -> None:
    login = bench.device.login("lab", "netconf", lambda: None)
    assert not [c for c in login.config.load(lines, "set", "set") if c.severity == "error"]
    result = login.config.commit()
    assert result.committed, result.complaints


def texts(reply: etree._Element, name: str) -> list[str]:
    return [(each.text or "").strip() for each in reply.iterfind(f".//{{*}}{name}")]


@pytest.mark.parametrize(("command", "column", "values"), PARSED, ids=[p[0] for p in PARSED])
def test_a_public_template_reads_the_text(bench, command, column, values):
    """The templates that netmiko uses parse the text without an error line."""
    commit(bench, f"{BGP}\n{OSPF}\n")
    reply = bench.netconf().rpc(f'<command format="text">{command}</command>')
    rows = parse_output(platform="juniper_junos", command=command, data=reply[0].text)
    assert [row[column] for row in rows if row[column]] == values


def test_routes_of_a_configuration(bench):
    """Direct, local and static routes by table; one without a reachable next hop is hidden."""
    commit(
        bench,
        "set routing-options static route 198.51.100.0/24 discard\n"
        "set routing-options static route 203.0.113.0/24 next-hop 10.99.99.99\n",
    )
    talk = bench.netconf()
    reply = talk.rpc("<get-route-information/>")
    found = dict(zip(texts(reply, "rt-destination"), texts(reply, "protocol-name"), strict=True))
    assert found["0.0.0.0/0"] == "Static"
    assert found["192.0.2.0/24"] == "Direct"
    assert found["192.0.2.1/32"] == "Local"
    assert found["198.51.100.0/24"] == "Static"
    assert "203.0.113.0/24" not in found
    assert texts(reply, "hidden-route-count") == ["2"]  # the other one leads into a tunnel
    wanted = "<destination>192.0.2.77</destination>"
    one = talk.rpc(f"<get-route-information>{wanted}</get-route-information>")
    assert texts(one, "rt-destination") == ["192.0.2.0/24"]
    static = talk.rpc("<get-route-information><protocol>static</protocol></get-route-information>")
    assert set(texts(static, "protocol-name")) == {"Static"}


def test_a_tunnel_that_comes_up_brings_its_route(bench_for):
    """The route into st0 is there while the tunnel is up."""
    for peers, there in (("silent", False), ("answering", True)):
        reply = bench_for(switches={"peers": peers}).netconf().rpc("<get-route-information/>")
        assert ("10.202.0.0/16" in texts(reply, "rt-destination")) is there


def test_a_configured_bgp_neighbor_never_comes_up(bench):
    """Summary and neighbor name it as active, with what its group says."""
    commit(
        bench,
        "set routing-options autonomous-system 65000\n"
        "set protocols bgp group up type external\n"
        "set protocols bgp group up peer-as 65001\n"
        "set protocols bgp group up neighbor 192.0.2.200 description transit\n",
    )
    talk = bench.netconf()
    summary = talk.rpc("<get-bgp-summary-information/>")
    assert texts(summary, "down-peer-count") == ["1"]
    assert texts(summary, "peer-state") == ["Active"]
    neighbor = talk.rpc("<get-bgp-neighbor-information/>")
    assert texts(neighbor, "peer-as") == ["65001"]
    assert texts(neighbor, "local-as") == ["65000"]
    assert texts(neighbor, "description") == ["transit"]


def test_bgp_that_is_not_configured_says_so(bench):
    """Without BGP there is one line of text, in the CLI and over NETCONF."""
    reply = bench.netconf().rpc("<get-bgp-summary-information/>")
    assert texts(reply, "output") == ["BGP is not running"]


def test_a_cluster_answers_for_both_nodes(bench_for):
    """Each node is an item with its name and serial number; node 0 alone shows the tunnels."""
    bench = bench_for(cluster=True)
    talk = bench.netconf()
    inventory = talk.rpc("<get-chassis-inventory/>")
    assert texts(inventory, "re-name") == ["node0", "node1"]
    chassis = [each.findtext("{*}serial-number") for each in inventory.iterfind(".//{*}chassis")]
    assert len(set(chassis)) == 2
    assert all(serial.startswith("SIM") for serial in chassis)
    tunnels = talk.rpc("<get-inactive-tunnels/>")
    assert texts(tunnels, "re-name") == ["node0"]
    one = talk.rpc("<get-software-information><node>1</node></get-software-information>")
    assert texts(one, "re-name") == ["node1"]
    screen = bench.shell().type("show chassis cluster status")
    assert "node0  200      primary" in screen


def test_a_node_is_named_on_clusters_alone(bench_for):
    """The command line takes "node 1" where there is one, and calls it a syntax error elsewhere."""
    screen = bench_for(cluster=True).shell().type("show version node 1")
    assert "node1:" in screen
    assert "node0:" not in screen
    reply = (
        bench_for()
        .netconf()
        .rpc("<get-software-information><node>1</node></get-software-information>")
    )
    assert texts(reply, "bad-element") == ["node"]


def test_only_an_srx_can_be_a_cluster():
    """Other platforms are refused when they are made, by name."""
    with pytest.raises(UsageError, match="a vmx can't be a chassis cluster"):
        SimulatedDevice(DeviceSpec("x", "vmx", cluster=True), None)


def test_policies_are_listed_by_context(bench):
    """Each pair of zones is a context, its policies in order, with what they do."""
    reply = bench.netconf().rpc("<get-firewall-policies/>")
    assert texts(reply, "source-zone-name") == ["trust", "untrust"]
    assert texts(reply, "policy-name") == ["permit-out", "deny-in"]
    assert texts(reply, "action-type") == ["permit", "deny"]


def test_a_detailed_association_names_vpn_interface_and_events(bench_for):
    """The detail form has both directions at length."""
    bench = bench_for(switches={"peers": "answering"})
    talk = bench.netconf()
    ask = "<get-security-associations-information><detail/></get-security-associations-information>"
    reply = talk.rpc(ask)
    assert texts(reply, "sa-vpn-name") == ["corp-hq"]
    assert texts(reply, "sa-bind-interface") == ["st0.0"]
    assert texts(reply, "sa-local-gateway") == ["192.0.2.1"]
    assert texts(reply, "sa-direction") == ["inbound", "outbound"]


def test_half_a_tunnel_has_one_association(bench_for, monkeypatch):
    """It counts as active with the association of one direction alone."""
    bench = bench_for(switches={"peers": "answering"})
    honest = bench.device.view

    def view():
        now = honest()
        return replace(now, tunnels=[replace(tunnel, half=True) for tunnel in now.tunnels])

    monkeypatch.setattr(bench.device, "view", view)
    reply = bench.netconf().rpc("<get-security-associations-information/>")
    assert texts(reply, "total-active-tunnels") == ["1"]
    assert texts(reply, "total-ipsec-sas") == ["1"]
    assert texts(reply, "sa-direction") == ["<"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("xe-0/0/0", 1), ("xe-0/0/0.0", 0), ("[gx]e-0/0/*", 8), ("zz-*", 0)],
)
def test_interfaces_by_name_and_pattern(bench, name, shown):
    """A pattern may match nothing; a unit stands without its port."""
    reply = bench.netconf().rpc(
        f"<get-interface-information><interface-name>{name}</interface-name>"
        "</get-interface-information>"
    )
    assert len(reply.findall(".//{*}physical-interface")) == shown
    assert not reply.findall(".//{*}rpc-error")


def test_an_unknown_interface_is_not_found(bench):
    """The refusal ends as on a device."""
    reply = bench.netconf().rpc(
        "<get-interface-information><interface-name>xe-9/9/9</interface-name>"
        "</get-interface-information>"
    )
    assert texts(reply, "error-message") == ["device xe-9/9/9 not found"]


def test_descriptions_are_those_of_described_interfaces(bench):
    """Only interfaces with a description are listed, ports and units alike."""
    reply = bench.netconf().rpc(
        "<get-interface-information><descriptions/></get-interface-information>"
    )
    assert texts(reply, "name") == ["xe-0/0/0", "xe-0/0/1", "st0.0"]


def test_a_commit_stands_in_the_log(bench):
    """User, operation and comment are logged; a line that gets lost never arrives."""
    talk = bench.netconf()
    talk.rpc("<commit-configuration><log>why</log></commit-configuration>")
    assert "User 'lab' requested 'commit' operation (comment: why)" in bench.device.log.text("dut")
    bench.device.log.lost = lambda line: line.tag == "UI_COMMIT_COMPLETED"
    before = bench.device.log.text("dut").count("UI_COMMIT_COMPLETED")
    talk.rpc("<commit-configuration/>")
    assert bench.device.log.text("dut").count("UI_COMMIT_COMPLETED") == before
    assert bench.device.log.text("dut").count("UI_COMMIT:") == 2


def test_alarms_and_core_files_are_shown(bench, monkeypatch):
    """What a view holds of them appears in both forms."""
    honest = bench.device.view
    when = bench.clock.now()

    def view():
        alarm = Alarm(when, "major", "Fan Tray 0 Failure", "fan-fail")
        core = CoreFile("/var/crash/core.rpd.0", 1000, when)
        return replace(honest(), alarms=(alarm,), cores=(core,))

    monkeypatch.setattr(bench.device, "view", view)
    talk = bench.netconf()
    assert texts(talk.rpc("<get-alarm-information/>"), "alarm-class") == ["Major"]
    assert "core.rpd.0" in bench.shell().type("show system core-dumps")
    assert texts(talk.rpc("<get-system-core-dumps/>"), "file-name") == ["/var/crash/core.rpd.0"]
