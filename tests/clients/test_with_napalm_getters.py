"""NAPALM's getters against the simulated device: values, and the shapes of NAPALM's own tests."""

import napalm
import pytest
from napalm.base import models
from napalm.base.test import helpers

# A router with users, interfaces in one routing instance, BGP and LLDP.
CONFIGURATION = """
set system login user alice uid 2001
set system login user alice class super-user
set system login user alice authentication encrypted-password "$6$simulated$0123"
set interfaces ge-0/0/1 description "to the branch"
set interfaces ge-0/0/1 mtu 1400
set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8::1/64
set routing-options autonomous-system 64512
set protocols bgp group branches type external
set protocols bgp group branches peer-as 64513
set protocols bgp group branches neighbor 198.51.100.2 description branch-2
set protocols lldp interface all
"""


@pytest.fixture(scope="module")
def endpoint(fleet):
    """Return one SRX4100-sized vSRX for all getters: they change nothing."""
    return fleet.device("vsrx")


@pytest.fixture(scope="module")
def junos(endpoint):
    """Return an open driver of the configured device."""
    driver = napalm.get_network_driver("junos")(
        endpoint.host,
        endpoint.username,
        endpoint.password,
        optional_args={"port": endpoint.port},
    )
    driver.open()
    driver.load_merge_candidate(config=CONFIGURATION.strip())
    driver.commit_config()
    yield driver
    driver.close()


def test_facts(junos, endpoint):
    """Model, serial, release, names, uptime and the physical interfaces."""
    facts = junos.get_facts()
    assert helpers.test_model(models.FactsDict, facts)
    assert facts["vendor"] == "Juniper"
    assert facts["model"] == "VSRX"
    assert facts["os_version"] == "18.4R3.3"
    assert facts["hostname"] == facts["fqdn"] == endpoint.name
    assert facts["serial_number"].startswith("SIM")
    assert -1.0 <= facts["uptime"] < 3600.0  # NAPALM takes a device's first second for none
    assert {"ge-0/0/0", "ge-0/0/1", "fxp0", "lo0", "st0"} <= set(facts["interface_list"])


def test_interfaces(junos):
    """Physical and logical interfaces: state, description, MTU, speed, MAC."""
    interfaces = junos.get_interfaces()
    for one in interfaces.values():
        assert helpers.test_model(models.InterfaceDict, one)
    port = interfaces["ge-0/0/1"]
    assert (port["is_up"], port["is_enabled"]) == (True, True)
    assert port["description"] == "to the branch"
    assert port["mtu"] == 1400
    assert port["speed"] == 1000.0
    assert len(port["mac_address"].split(":")) == 6
    assert interfaces["ge-0/0/1.0"]["is_enabled"] is True
    assert interfaces["st0.0"]


def test_addresses(junos):
    """IPv4 and IPv6 addresses with their prefix lengths, by logical interface."""
    addresses = junos.get_interfaces_ip()
    assert addresses["ge-0/0/0.0"] == {"ipv4": {"192.0.2.1": {"prefix_length": 24}}}
    assert addresses["ge-0/0/1.0"]["ipv4"]["198.51.100.1"] == {"prefix_length": 24}
    assert addresses["ge-0/0/1.0"]["ipv6"]["2001:db8::1"] == {"prefix_length": 64}


def test_counters(junos):
    """Every physical interface has counters, which are numbers."""
    counters = junos.get_interfaces_counters()
    assert helpers.test_model(models.InterfaceCounterDict, counters["ge-0/0/0"])
    assert counters["ge-0/0/0"]["rx_octets"] >= 0


def test_users(junos):
    """Configured users have their class as a level, and their hash."""
    users = junos.get_users()
    for one in users.values():
        assert helpers.test_model(models.UsersDict, one)
    assert users["alice"]["level"] == 15
    assert users["alice"]["password"] == "$6$simulated$0123"


def test_environment(junos):
    """CPU, memory, and what a virtual device has of fans, power and temperature."""
    environment = junos.get_environment()
    assert 0 <= environment["cpu"]["0"]["%usage"] <= 100
    assert 0 < environment["memory"]["used_ram"] <= environment["memory"]["available_ram"]


def test_environment_of_hardware(fleet):
    """An SRX4100 has fans, power supplies and temperatures, all in order."""
    one = fleet.device("srx4100")
    driver = napalm.get_network_driver("junos")(
        one.host, one.username, one.password, optional_args={"port": one.port}
    )
    with driver:
        environment = driver.get_environment()
    assert all(fan["status"] for fan in environment["fans"].values())
    assert all(power["status"] for power in environment["power"].values())
    assert environment["fans"]
    assert environment["power"]
    temperatures = environment["temperature"].values()
    assert temperatures
    assert not any(one["is_alert"] or one["is_critical"] for one in temperatures)
    assert all(one["temperature"] > 0 for one in temperatures)


def test_bgp_neighbors(junos):
    """A configured neighbour is there, with its AS numbers, and isn't up."""
    instance = junos.get_bgp_neighbors()["global"]
    peer = instance["peers"]["198.51.100.2"]
    assert helpers.test_model(models.PeerDict, peer)
    assert (peer["local_as"], peer["remote_as"]) == (64512, 64513)
    assert peer["description"] == "branch-2"
    assert peer["is_up"] is False
    assert peer["is_enabled"] is True


def test_bgp_configuration(junos):
    """get_bgp_config() reads groups and neighbours."""
    group = junos.get_bgp_config()["branches"]
    assert group["type"] == "external"
    assert group["neighbors"]["198.51.100.2"]["description"] == "branch-2"


def test_arp_and_neighbours(junos):
    """Tables of what is learned: rows of the right shape, or none."""
    for row in junos.get_arp_table():
        assert helpers.test_model(models.ARPTableDict, row)
    for neighbours in junos.get_lldp_neighbors().values():
        assert all(helpers.test_model(models.LLDPNeighborDict, one) for one in neighbours)
    assert isinstance(junos.get_lldp_neighbors_detail(), dict)


def test_routes(junos):
    """A directly connected prefix is found with its interface."""
    routes = junos.get_route_to(destination="198.51.100.0/24")
    (one,) = routes["198.51.100.0/24"]
    assert one["protocol"] == "Direct"
    assert one["current_active"] is True
    assert one["outgoing_interface"] == "ge-0/0/1.0"


def test_snmp_and_ntp(junos):
    """What isn't configured is empty, not an error."""
    assert junos.get_ntp_servers() == {}
    assert junos.get_snmp_information() == {}


def test_instances(junos):
    """The default instance has the interfaces."""
    default = junos.get_network_instances()["default"]
    assert default["type"] == "DEFAULT_INSTANCE"
    assert "ge-0/0/1.0" in default["interfaces"]["interface"]


def test_cli(junos, endpoint):
    """cli() answers each command; pipes are understood by NAPALM or the device."""
    answers = junos.cli(["show version", "show configuration | display set | match host-name"])
    assert f"Hostname: {endpoint.name}" in answers["show version"]
    assert f"set system host-name {endpoint.name}" in "".join(answers.values())
