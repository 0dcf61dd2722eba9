"""PyEZ's own tables and views, and one written for a test, against the simulated device."""

import json

import pytest
import yaml
from jnpr.junos import Device
from jnpr.junos.factory import FactoryLoader
from jnpr.junos.op.arp import ArpTable
from jnpr.junos.op.bgp import bgpTable
from jnpr.junos.op.ethport import EthPortTable
from jnpr.junos.op.inventory import ModuleTable
from jnpr.junos.op.lldp import LLDPNeighborTable
from jnpr.junos.op.phyport import PhyPortTable
from jnpr.junos.op.routes import RouteTable
from jnpr.junos.op.securityzone import SecurityZoneTable
from jnpr.junos.op.systemstorage import SystemStorageTable
from jnpr.junos.utils.config import Config

OWN = """
IpsecTable:
  rpc: get-security-associations-information
  item: ipsec-security-associations-block
  key: ipsec-security-associations/sa-tunnel-index
  view: IpsecView
IpsecView:
  fields:
    state: sa-block-state
UserTable:
  get: system/login/user
  view: UserView
UserView:
  fields:
    class_name: class
    uid: uid
AddressTable:
  set: interfaces/interface
  key-field: [name]
  view: AddressView
AddressView:
  fields:
    name: name
    description: description
"""


@pytest.fixture(scope="module")
def device(fleet):
    """Return one vSRX: tables only read, but for the one that writes."""
    one = fleet.device("vsrx")
    with Device(host=one.host, port=one.port, user="lab", passwd="lab") as opened:
        yield opened


def test_ports(device):
    """Physical ports have state, description and speed; so have Ethernet ports."""
    ports = PhyPortTable(device).get()
    assert (ports["ge-0/0/0"].oper, ports["ge-0/0/0"].admin) == ("up", "up")
    assert ports["ge-0/0/0"].description == "to the provider"
    ethernet = EthPortTable(device).get()
    assert ethernet["ge-0/0/0"].macaddr.count(":") == 5
    assert ethernet["ge-0/0/0"].link_mode == "Full-duplex"


def test_zones(device):
    """The table of security zones names their interfaces."""
    zones = SecurityZoneTable(device).get()
    assert {"trust", "untrust", "vpn-corp"} <= set(zones.keys())


def test_routes(device):
    """Routes by table and by destination, with protocol and interface."""
    routes = RouteTable(device).get()
    assert routes["0.0.0.0/0"].protocol == "Static"
    assert routes["0.0.0.0/0"].nexthop == "192.0.2.254"
    assert routes["192.0.2.0/24"].via == "ge-0/0/0.0"
    one = RouteTable(device).get("192.0.2.1/32")
    assert json.loads(one.to_json())["192.0.2.1/32"]["protocol"] == "Local"


def test_inventory_and_storage(device):
    """Modules of the chassis and filesystems."""
    assert ("Routing Engine 0",) in list(ModuleTable(device).get().keys())
    (storage,) = SystemStorageTable(device).get()
    assert "/var" in [one.mounted_on for one in storage.filesystems]


def test_tables_that_are_empty(device):
    """Nothing learned and nothing configured is an empty table."""
    assert len(bgpTable(device).get()) == 0
    assert len(LLDPNeighborTable(device).get()) == 0
    assert isinstance(ArpTable(device).get().keys(), list)


def test_tables_of_ones_own(device):
    """A table over an RPC, one over the configuration, and one that sets."""
    made = FactoryLoader().load(yaml.safe_load(OWN))
    users = made["UserTable"](device).get()
    assert users["lab"].class_name == "super-user"
    associations = made["IpsecTable"](device).get()
    assert len(associations) == 0
    table = made["AddressTable"](device)
    table.name = "ge-0/0/1"
    table.description = "from a table"
    table.append()
    with Config(device) as config:
        table.load(merge=True)
        assert '+   description "from a table";' in config.diff()
        config.rollback(0)
