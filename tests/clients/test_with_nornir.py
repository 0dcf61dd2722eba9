"""nornir with its NAPALM and netmiko plug-ins, two simulated devices at a time."""

import pytest
from nornir import InitNornir
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.plugins.inventory import InventoryPluginRegister
from nornir_napalm.plugins.tasks import napalm_configure, napalm_get
from nornir_netmiko.tasks import netmiko_commit, netmiko_send_command, netmiko_send_config

LINE = "set system login message hello"


@pytest.fixture
def nornir(fleet):
    """Return nornir with an SRX4100 and a vMX in its inventory."""
    hosts = Hosts()
    for platform in ("srx4100", "vmx"):
        one = fleet.device(platform)
        hosts[one.name] = Host(
            name=one.name,
            hostname=one.host,
            port=one.port,
            username=one.username,
            password=one.password,
            platform="junos",
        )

    class Memory:
        """An inventory of these two hosts."""

        def load(self):
            return Inventory(hosts=hosts, groups=Groups(), defaults=Defaults())

    InventoryPluginRegister.register("memory", Memory)
    one = InitNornir(
        inventory={"plugin": "memory"},
        runner={"plugin": "threaded", "options": {"num_workers": 2}},
        logging={"enabled": False},
    )
    yield one
    one.close_connections()
    InventoryPluginRegister.deregister("memory")


def test_facts_of_two_devices(nornir):
    """napalm_get asks both; each answers for itself."""
    done = nornir.run(napalm_get, getters=["facts"])
    assert not done.failed
    assert {name: one[0].result["facts"]["hostname"] for name, one in done.items()} == {
        name: name for name in nornir.inventory.hosts
    }
    models = {one[0].result["facts"]["model"] for one in done.values()}
    assert models == {"SRX4100", "VMX"}


def test_both_are_configured(nornir):
    """napalm_configure says what it changed; the second run changes nothing."""
    first = nornir.run(napalm_configure, configuration=LINE)
    assert not first.failed
    for one in first.values():
        assert one[0].changed is True
        assert one[0].diff == "[edit system login]\n+   message hello;"
    second = nornir.run(napalm_configure, configuration=LINE)
    assert not second.failed
    assert not any(one[0].changed for one in second.values())
    shown = nornir.run(
        netmiko_send_command, command_string="show configuration system login | display set"
    )
    assert all(LINE in one[0].result for one in shown.values())


def test_netmiko_tasks(nornir):
    """Statements and commit by netmiko's tasks."""
    nornir.run(netmiko_send_config, config_commands=[LINE], exit_config_mode=False)
    done = nornir.run(netmiko_commit)
    assert not done.failed
    assert all("commit complete" in one[0].result for one in done.values())


def test_one_refuses(nornir):
    """A statement that only one of them has fails there alone, with the device's words."""
    line = "set security zones security-zone dmz"
    done = nornir.run(napalm_configure, configuration=line)
    assert set(done.failed_hosts) == {
        name for name in nornir.inventory.hosts if name.startswith("vmx")
    }
    (refused,) = done.failed_hosts.values()
    assert "syntax error" in str(refused[0].exception)
