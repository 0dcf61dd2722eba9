"""netmiko's juniper_junos driver against the simulated device."""

import pytest
from netmiko import (
    ConnectHandler,
    NetmikoAuthenticationException,
    NetmikoTimeoutException,
    SSHDetect,
    file_transfer,
)

LINE = "set system login message hello"


def login(endpoint, **options):
    """Return the parameters of a connection."""
    return {
        "device_type": "juniper_junos",
        "host": endpoint.host,
        "port": endpoint.port,
        "username": endpoint.username,
        "password": endpoint.password,
    } | options


@pytest.fixture
def cli(vsrx):
    """Return a connection to an untouched vSRX."""
    with ConnectHandler(**login(vsrx)) as connection:
        yield connection


@pytest.mark.parametrize("platform", ["srx4100", "nfx250", "vmx"])
def test_shows_on_each_kind_of_device(fleet, platform):
    """The prompt is found; commands come back without echo, prompt and context."""
    endpoint = fleet.device(platform)
    with ConnectHandler(**login(endpoint)) as cli:
        assert cli.find_prompt() == f"lab@{endpoint.name}>"
        assert cli.base_prompt == f"lab@{endpoint.name}"
        version = cli.send_command("show version").strip().splitlines()
        assert version[0] == f"Hostname: {endpoint.name}"
        assert "lab@" not in "".join(version)
        assert cli.send_command("show version | match Hostname").strip() == version[0]
        assert cli.send_command("show version | count").strip().startswith("Count: ")
        assert not cli.check_config_mode()


def test_jdm(fleet):
    """JDM's prompt is found too, and its virtual network functions are shown."""
    with ConnectHandler(**login(fleet.device("jdm"))) as cli:
        assert "gwr" in cli.send_command("show virtual-network-functions")


def test_the_type_is_detected(vsrx):
    """SSHDetect finds out from `show version` that this is Junos."""
    guesser = SSHDetect(**login(vsrx, device_type="autodetect"))
    try:
        assert guesser.autodetect() == "juniper_junos"
    finally:
        guesser.connection.disconnect()


def test_refused_connections(vsrx):
    """A wrong password and a closed port raise netmiko's own exceptions."""
    with pytest.raises(NetmikoAuthenticationException):
        ConnectHandler(**login(vsrx, password="wrong"))
    with pytest.raises(NetmikoTimeoutException):
        ConnectHandler(**login(vsrx, port=1, conn_timeout=2))


def test_templates_understand_what_is_shown(fleet, cli):
    """The TextFSM templates of ntc-templates parse the output without a line left over."""
    # The template of `show interfaces` knows no zones, so it can't read an SRX.
    with ConnectHandler(**login(fleet.device("vmx"))) as router:
        interfaces = router.send_command("show interfaces ge-0/0/0", use_textfsm=True)
    version = cli.send_command("show version", use_textfsm=True)
    assert version[0]["hostname"] == cli.base_prompt.removeprefix("lab@")
    assert version[0]["junos_version"] == "18.4R3.3"
    rows = {row["interface"]: row for row in interfaces}
    assert rows["ge-0/0/0"]["link_status"].strip() == "Up"
    (uptime,) = cli.send_command("show system uptime", use_textfsm=True)
    assert uptime["time"].count(":") == 2


def test_statements_are_committed(cli):
    """send_config_set enters configuration mode; commit says so and is in the history."""
    output = cli.send_config_set([LINE, "show | compare"], exit_config_mode=False)
    assert "[edit system login]\n+   message hello;" in output
    assert cli.check_config_mode()
    assert "configuration check succeeds" in cli.commit(check=True)
    assert "commit complete" in cli.commit(comment="from netmiko", and_quit=True)
    assert not cli.check_config_mode()
    history = cli.send_command("show system commit")
    assert "by lab via cli" in history.splitlines()[0] + history.splitlines()[1]
    assert "from netmiko" in history
    shown = cli.send_command("show configuration system login message | display set")
    assert shown.strip() == LINE


def test_commit_confirmed_and_back(cli):
    """A confirmed commit says its minutes; commit confirms, in a slot of its own."""
    cli.send_config_set([LINE], exit_config_mode=False)
    output = cli.commit(confirm=True, confirm_delay=3)
    assert "commit confirmed will be automatically rolled back in 3 minutes unless" in output
    cli.commit()
    cli.send_config_set(["rollback 2"], exit_config_mode=False)
    cli.commit(and_quit=True)
    assert cli.send_command("show configuration system login message").strip() == ""


def test_leaving_with_changes(cli):
    """Netmiko answers the question about uncommitted changes; they stay in the candidate."""
    cli.send_config_set([LINE])
    assert not cli.check_config_mode()
    cli.config_mode()
    assert "+   message hello;" in cli.send_command("show | compare", expect_string=r"#\s*$")
    cli.send_command("rollback 0", expect_string=r"#\s*$")
    assert cli.send_command("show | compare", expect_string=r"#\s*$").strip() == ""
    cli.exit_config_mode()


def test_edit_levels(cli):
    """edit, up and top move; relative statements land where they should."""
    cli.config_mode()
    cli.send_command("edit system login", expect_string=r"#\s*$")
    assert "[edit system login]" in cli.send_command("", expect_string=r"#\s*$", strip_prompt=False)
    cli.send_command("set message hello", expect_string=r"#\s*$")
    cli.send_command("up", expect_string=r"#\s*$")
    compared = cli.send_command("show | compare", expect_string=r"#\s*$")
    assert compared.split() == ["[edit", "system", "login]", "+", "message", "hello;"]
    cli.send_command("top", expect_string=r"#\s*$")
    cli.send_command("rollback 0", expect_string=r"#\s*$")
    cli.exit_config_mode()


def test_a_private_candidate(cli):
    """`configure private` announces itself, commits, and leaves."""
    cli.config_mode(
        config_command="configure private", pattern=r"(?s:Entering configuration mode.*#)"
    )
    cli.send_command(LINE, expect_string=r"#\s*$")
    assert "commit complete" in cli.commit(and_quit=True)
    shown = cli.send_command("show configuration system login | display set")
    assert LINE in shown


def test_refused_statements_and_commits(cli):
    """A refused commit raises with the device's words; error_pattern finds refused statements."""
    cli.send_config_set(["delete system root-authentication"], exit_config_mode=False)
    with pytest.raises(ValueError, match="configuration check-out failed"):
        cli.commit()
    cli.send_command("rollback 0", expect_string=r"#\s*$")
    with pytest.raises(Exception, match=r"syntax error|unknown command") as refused:
        cli.send_config_set(["set frobnicate"], error_pattern=r"syntax error|unknown command")
    assert type(refused.value).__name__ == "ConfigInvalidException"
    cli.send_command("rollback 0", expect_string=r"#\s*$")
    cli.exit_config_mode()
    assert "syntax error, expecting <command>." in cli.send_command("show frobnication")


@pytest.mark.parametrize("fmt", ["xml", "json", "set"])
def test_display_formats(cli, fmt):
    """`| display` gives the same name in each format."""
    name = cli.base_prompt.removeprefix("lab@")
    output = cli.send_command(f"show configuration system host-name | display {fmt}")
    expected = {
        "xml": f"<host-name>{name}</host-name>",
        "json": f'"{name}"',
        "set": f"set system host-name {name}",
    }
    assert expected[fmt] in output


def test_files_are_transferred(cli, tmp_path):
    """file_transfer checks space, copies, verifies the MD5, and sees that it needn't copy again."""
    local = tmp_path / "change.set"
    local.write_text(LINE + "\n")
    done = file_transfer(cli, source_file=str(local), dest_file="change.set", overwrite_file=True)
    assert done == {"file_exists": True, "file_transferred": True, "file_verified": True}
    again = file_transfer(cli, source_file=str(local), dest_file="change.set")
    assert again == {"file_exists": True, "file_transferred": False, "file_verified": True}
    back = tmp_path / "back.set"
    file_transfer(cli, source_file="change.set", dest_file=str(back), direction="get")
    assert back.read_text() == LINE + "\n"
    cli.config_mode()
    output = cli.send_command("load set /var/tmp/change.set", expect_string=r"#\s*$")
    assert "load complete" in output
    cli.commit(and_quit=True)
    assert LINE in cli.send_command("show configuration system login | display set")


def test_reboot_is_refused(cli):
    """`request system reboot` is refused in one line, and the session lives on."""
    output = cli.send_command("request system reboot", expect_string=r"[>?]")
    assert "error:" in output or "[simulated]" in output
    assert cli.find_prompt().startswith("lab@")
