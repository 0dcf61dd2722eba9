"""scrapli and scrapli-netconf against the simulated device."""

import pytest
from scrapli.driver.core import JunosDriver
from scrapli.exceptions import ScrapliAuthenticationFailed
from scrapli_netconf.driver import NetconfDriver

LINE = "set system login message hello"
EDIT = (
    "<config><configuration><system><login><message>hello</message></login></system>"
    "</configuration></config>"
)


def login(endpoint, **options):
    """Return the parameters of a connection."""
    return {
        "host": endpoint.host,
        "port": endpoint.port,
        "auth_username": endpoint.username,
        "auth_password": endpoint.password,
        "auth_strict_key": False,
        "transport": "paramiko",
        "timeout_ops": 20,
    } | options


@pytest.fixture
def cli(vsrx):
    """Return a connection to the command line."""
    with JunosDriver(**login(vsrx)) as connection:
        yield connection


@pytest.fixture
def netconf(vsrx):
    """Return a NETCONF session."""
    with NetconfDriver(**login(vsrx), strip_namespaces=True) as connection:
        yield connection


def test_commands(cli, vsrx):
    """Commands succeed with their output; an unknown one is marked as failed."""
    assert cli.get_prompt() == f"lab@{vsrx.name}>"
    replies = cli.send_commands(["show version", "show system uptime"])
    assert [reply.failed for reply in replies] == [False, False]
    assert f"Hostname: {vsrx.name}" in replies[0].result
    assert "System booted" in replies[1].result
    assert cli.send_command("show frobnication").failed


def test_templates_understand_what_is_shown(cli, vsrx):
    """The TextFSM templates parse the output."""
    assert cli.send_command("show version").textfsm_parse_output()[0]["hostname"] == vsrx.name


def test_configurations(cli):
    """send_configs enters configuration mode, loads and commits; leaving it is found by prompt."""
    replies = cli.send_configs([LINE, "show | compare", "commit comment scrapli"])
    assert not any(reply.failed for reply in replies)
    assert "+   message hello;" in replies[1].result
    assert "commit complete" in replies[2].result
    shown = cli.send_command("show configuration system login message | display set")
    assert shown.result.strip() == LINE
    assert cli.send_configs(["set frobnicate", "rollback 0"])[0].failed


def test_private_and_exclusive_modes(cli):
    """Scrapli's own privilege levels for private and exclusive configuration are reached."""
    for level in ("configuration_private", "configuration_exclusive"):
        replies = cli.send_configs(["show | compare"], privilege_level=level)
        assert not replies.failed
        cli.acquire_priv("exec")


def test_the_shell(cli):
    """The shell is reached by privilege level, and left again."""
    cli.acquire_priv("shell")
    cli.acquire_priv("exec")
    assert cli.get_prompt().endswith(">")


def test_a_wrong_password(vsrx):
    """It is refused with scrapli's own exception."""
    with pytest.raises(ScrapliAuthenticationFailed):
        JunosDriver(**login(vsrx, auth_password="wrong")).open()


def test_netconf_reads(netconf, vsrx):
    """Capabilities, get-config with a subtree filter, and an RPC of Junos."""
    assert "urn:ietf:params:netconf:capability:candidate:1.0" in netconf.server_capabilities
    reply = netconf.get_config(
        source="running",
        filter_="<configuration><system><host-name/></system></configuration>",
        filter_type="subtree",
    )
    assert not reply.failed
    assert f"<host-name>{vsrx.name}</host-name>" in reply.result
    reply = netconf.rpc(filter_="<get-zones-information><terse/></get-zones-information>")
    assert not reply.failed
    assert "untrust" in reply.result


def test_netconf_writes(netconf):
    """lock, edit-config, validate, commit, discard and unlock succeed, and are seen."""
    assert not netconf.lock(target="candidate").failed
    assert not netconf.edit_config(config=EDIT, target="candidate").failed
    assert not netconf.validate(source="candidate").failed
    assert not netconf.commit().failed
    assert not netconf.unlock(target="candidate").failed
    assert "<message>hello</message>" in netconf.get_config(source="running").result
    netconf.edit_config(config=EDIT.replace("hello", "bye"), target="candidate")
    assert not netconf.discard().failed
    assert "bye" not in netconf.get_config(source="candidate").result


def test_netconf_refusals(netconf):
    """What Junos refuses is marked as failed, with its error message."""
    reply = netconf.rpc(filter_="<get-frobnication/>")
    assert reply.failed
    assert "syntax error" in "".join(reply.error_messages)
    reply = netconf.edit_config(config=EDIT.replace("message", "frob"), target="candidate")
    assert reply.failed
    assert not netconf.discard().failed
    assert netconf.unlock(target="candidate").failed
