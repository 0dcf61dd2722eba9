"""Unmodified PyEZ, ncclient and netmiko against the simulated device, on every platform."""

from __future__ import annotations

import warnings

import pytest

from harness.clock import ManualClock
from harness.sim.platforms import PLATFORMS
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec

with warnings.catch_warnings():  # what the libraries themselves still use isn't ours to fix
    warnings.simplefilter("ignore")
    import netmiko
    from jnpr.junos import Device
    from jnpr.junos.exception import CommitError, ConfigLoadError, LockError, RpcError
    from jnpr.junos.utils.config import Config
    from ncclient import manager
    from ncclient.operations.rpc import RPCError

pytestmark = pytest.mark.filterwarnings("ignore")

LINE = "set system login message hello"
GONE = "delete system login message"

JUNOS = [name for name, row in PLATFORMS.items() if not row.shell_alone]


@pytest.fixture(scope="module")
def lab():
    """Return the addresses of one device of each platform."""
    server = SimulatorServer([DeviceSpec(name, name) for name in JUNOS], ManualClock())
    yield server.start()
    server.stop()


@pytest.fixture(params=JUNOS)
def platform(request):
    """Return each platform in turn."""
    return request.param


@pytest.fixture
def pyez(lab, platform):
    """Return an open PyEZ device."""
    address = lab[platform]
    device = Device(
        host=address.host,
        port=address.port,
        user=address.username,
        passwd=address.password,
        normalize=True,
    )
    with device:
        yield device


@pytest.fixture
def ncc(lab, platform):
    """Return an open ncclient manager."""
    address = lab[platform]
    with manager.connect(
        host=address.host,
        port=address.port,
        username=address.username,
        password=address.password,
        device_params={"name": "junos"},
        hostkey_verify=False,
        allow_agent=False,
        look_for_keys=False,
    ) as session:
        yield session


@pytest.fixture
def cli(lab, platform):
    """Return an open netmiko connection."""
    address = lab[platform]
    with netmiko.ConnectHandler(
        device_type="juniper_junos",
        host=address.host,
        port=address.port,
        username=address.username,
        password=address.password,
    ) as connection:
        yield connection


def test_pyez_facts(pyez, platform):
    """Every fact can be read; the ones that identify the device are right."""
    row = PLATFORMS[platform]
    facts = {name: pyez.facts[name] for name in pyez.facts}
    assert facts["hostname"] == platform
    assert facts["model"] == row.hardware_model.upper()
    assert facts["version"] == row.version
    if not row.linux_host:
        assert facts["serialnumber"].startswith("SIM")
        assert facts["current_re"] == ["master", "re0"]
        assert facts["RE0"]["status"] == "OK"
    assert facts["srx_cluster"] in (False, None)


PAYLOADS = {
    "set": LINE,
    "text": "system { login { message hello; } }",
    "xml": (
        "<configuration><system><login><message>hello</message></login></system></configuration>"
    ),
}


def test_pyez_changes_the_configuration(pyez, platform):
    """Lock, load, diff, check, commit, rollback and unlock; the formats take turns."""
    fmt = list(PAYLOADS)[JUNOS.index(platform) % len(PAYLOADS)]
    payload = PAYLOADS[fmt]
    config = Config(pyez)
    config.lock()
    config.load(payload, format=fmt, merge=fmt != "set")
    assert "message hello" in config.diff()
    assert config.commit_check() is True
    assert config.commit(comment="from PyEZ", confirm=2) is True
    assert config.diff() is None
    config.rollback(1)
    assert "-" in config.diff()
    assert config.commit() is True
    config.unlock()
    history = pyez.rpc.get_commit_information()
    assert history.findtext("commit-history[2]/log") == "from PyEZ"


def test_pyez_sees_refusals(pyez, lab, platform):
    """A bad load, a bad RPC, a bad commit and a lock held by another raise PyEZ's own errors."""
    config = Config(pyez)
    with pytest.raises(ConfigLoadError):
        config.load("set frob 1", format="set")
    with pytest.raises(RpcError):
        pyez.rpc.get_nothing()
    config.load("delete system root-authentication", format="set")
    with pytest.raises(CommitError):
        config.commit()
    config.rollback(0)
    config.lock()
    address = lab[platform]
    other = Device(
        host=address.host, port=address.port, user=address.username, passwd=address.password
    )
    with other, pytest.raises(LockError):
        Config(other).lock()
    config.unlock()


def test_pyez_reads_configuration_and_cli(pyez, platform):
    """The configuration in each format, and a command as text."""
    for fmt in ("xml", "set", "text", "json"):
        reply = pyez.rpc.get_config(options={"format": fmt, "database": "committed"})
        assert reply is not None
    assert f"Hostname: {platform}" in pyez.cli("show version", warning=False)


def test_ncclient_changes_the_configuration(ncc):
    """The Junos operations of ncclient and the plain ones work on the same candidate."""
    assert "urn:hil-harness:simulated-device:1.0" in list(ncc.server_capabilities)
    ncc.lock("candidate")
    ncc.load_configuration(action="set", config=[LINE])
    assert "message hello" in ncc.compare_configuration().tostring.decode()
    ncc.validate("candidate")
    ncc.commit(comment="from ncclient")
    reply = ncc.get_configuration(format="set").tostring.decode()
    assert LINE in reply
    ncc.load_configuration(action="set", config=[GONE])
    ncc.commit()
    ncc.unlock("candidate")
    reply = ncc.get_config("running").tostring.decode()
    assert "host-name" in reply
    assert "hello" not in reply


def test_ncclient_edits_and_discards(ncc):
    """edit-config and discard-changes leave the device as it was."""
    edit = (
        "<config><configuration><system><login><message>hello</message></login></system>"
        "</configuration></config>"
    )
    ncc.edit_config(config=edit, target="candidate")
    ncc.discard_changes()
    assert "hello" not in ncc.get_configuration().tostring.decode()


def test_ncclient_sees_refusals(ncc):
    """Errors of a load, an RPC and a commit are RPCErrors with the device's words."""
    with pytest.raises(RPCError, match="syntax error"):
        ncc.load_configuration(action="set", config=["set frob 1"])
    with pytest.raises(RPCError, match="syntax error"):
        ncc.rpc("<get-nothing/>")
    ncc.load_configuration(action="set", config=["delete system root-authentication"])
    with pytest.raises(RPCError, match="root-authentication"):
        ncc.commit()
    ncc.rollback(rollback=0)


def test_netmiko_shows(cli, platform):
    """Commands come back without echo and prompt."""
    assert cli.base_prompt == f"lab@{platform}"
    assert cli.send_command("show version").strip().startswith(f"Hostname: {platform}")
    assert "<interface-information" in cli.send_command("show interfaces terse | display xml")
    assert "unknown command." in cli.send_command("frob")


def test_netmiko_changes_the_configuration(cli):
    """Statements, commit check, commit, commit confirmed and leaving, as netmiko does them."""
    output = cli.send_config_set([LINE, "show | compare"], exit_config_mode=False)
    assert "+   message hello;" in output
    cli.commit(check=True)
    cli.commit(comment="from netmiko")
    assert "from netmiko" in cli.send_command("run show system commit")
    cli.send_config_set([GONE], exit_config_mode=False)
    assert "rolled back in 3 minutes" in cli.commit(confirm=True, confirm_delay=3)
    assert "commit complete" in cli.commit(and_quit=True)
    assert not cli.check_config_mode()
    cli.send_config_set([LINE], exit_config_mode=True)
    assert not cli.check_config_mode()
    cli.config_mode()
    cli.send_command("rollback 0", expect_string="#")
    cli.exit_config_mode()


def test_netmiko_sees_a_refused_commit(cli):
    """A refused commit raises with the device's whole answer."""
    cli.send_config_set(["delete system root-authentication"], exit_config_mode=False)
    with pytest.raises(ValueError, match="configuration check-out failed"):
        cli.commit()
    cli.send_command("rollback 0", expect_string="#")
    cli.exit_config_mode()
