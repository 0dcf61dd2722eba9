"""Ansible's junipernetworks.junos: configuration, facts, commands and RPCs."""

LINE = "set system login message hello"
ADDED = "[edit system login]\n+   message hello;"


def config(**arguments):
    """Return a task of junos_config."""
    return {"junipernetworks.junos.junos_config": arguments}


def show(*commands, **arguments):
    """Return a task of junos_command."""
    return {"junipernetworks.junos.junos_command": {"commands": list(commands)} | arguments}


def whole():
    """Return a task that shows the configuration as set lines."""
    return show("show configuration | display set")


def message(result):
    """Return the lines of whole() about the statement that these tests write."""
    return [line for line in result["stdout_lines"][0] if " message " in line]


def changed(results):
    """Return which tasks said that they changed something; none may have failed."""
    assert [one.get("msg") for one in results if one.get("failed")] == []
    return [one["changed"] for one in results]


def test_facts(playbook, vsrx):
    """Every legacy subset, and the resources that are gathered on demand."""
    (facts,) = playbook(
        vsrx,
        {
            "junipernetworks.junos.junos_facts": {
                "gather_subset": ["all"],
                "gather_network_resources": ["interfaces", "static_routes", "security_zones"],
                "config_format": "set",
            }
        },
    )
    assert changed([facts]) == [False]
    found = facts["ansible_facts"]
    assert found["ansible_net_hostname"] == vsrx.name
    assert found["ansible_net_version"] == "18.4R3.3"
    assert found["ansible_net_model"].lower() == "vsrx"
    assert found["ansible_net_serialnum"].startswith("SIM")
    assert found["ansible_net_api"] == "netconf"
    assert found["ansible_net_system"] == "junos"
    assert f"set system host-name {vsrx.name}" in found["ansible_net_config"]
    assert found["ansible_net_interfaces"]["ge-0/0/0"]["oper-status"] == "up"
    assert found["ansible_net_has_2RE"] is False
    assert found["ansible_net_memtotal_mb"] > found["ansible_net_memfree_mb"] > 0
    assert "/dev/vtbd0s1a" in found["ansible_net_filesystems"]
    resources = found["ansible_network_resources"]
    assert "ge-0/0/0" in [one["name"] for one in resources["interfaces"]]
    assert "untrust" in [one["name"] for one in resources["security_zones"]["zones"]]
    routes = resources["static_routes"][0]["address_families"][0]["routes"]
    assert {"dest": "0.0.0.0/0", "next_hop": [{"forward_router_address": "192.0.2.254"}]} in routes


def test_lines_are_idempotent(playbook, vsrx):
    """Check mode shows the difference and changes nothing; then once; then never again."""
    check = config(lines=[LINE]) | {"check_mode": True, "diff": True}
    results = playbook(
        vsrx,
        check,
        whole(),
        config(lines=[LINE], comment="from Ansible") | {"diff": True},
        whole(),
        config(lines=[LINE]),
        config(lines=["delete system login message"]),
        whole(),
        show("show system commit"),
    )
    assert changed(results) == [True, False, True, False, False, True, False, False]
    assert results[0]["diff"]["prepared"].strip() == ADDED
    assert message(results[1]) == []
    assert results[2]["diff"]["prepared"].strip() == ADDED
    assert message(results[3]) == [LINE]
    assert message(results[6]) == []
    assert "from Ansible" in results[7]["stdout"][0]


def test_sources_and_rollback(playbook, vsrx, tmp_path):
    """Files in text, set, XML and JSON; merge and replace; rollback; backup of what was there."""
    sources = {
        "text": "system { login { message hello; } }",
        "set": LINE,
        "xml": "<system><login><message>hello</message></login></system>",  # it wraps that
        "json": '{"configuration": {"system": {"login": {"message": "hello"}}}}',
    }
    tasks = []
    for name, text in sources.items():
        path = tmp_path / f"source.{name}"
        path.write_text(text)
        tasks += [config(src=str(path), src_format=name, update="merge"), whole()]
        tasks += [config(rollback=1)]
    backup = {"dir_path": str(tmp_path / "backup"), "filename": "before.conf"}
    results = playbook(
        vsrx, *tasks, whole(), config(lines=[LINE], backup=True, backup_options=backup)
    )
    assert changed(results) == [True, False, True] * len(sources) + [False, True]
    assert [message(one) for one in results[1:-2:3]] == [[LINE]] * len(sources)
    assert message(results[-2]) == []
    saved = (tmp_path / "backup" / "before.conf").read_text()
    assert f"set system host-name {vsrx.name}" in saved
    assert LINE not in saved


def test_update_actions(playbook, vsrx, tmp_path):
    """Replace exchanges what is tagged, override the whole configuration."""
    path = tmp_path / "replace.conf"
    path.write_text("system { replace: login { message hello; } }")
    results = playbook(
        vsrx,
        config(src=str(path), src_format="text", update="replace") | {"check_mode": True},
        config(lines=[LINE]),
        show("show configuration"),
    )
    assert results[0]["changed"] is True
    path.write_text(results[-1]["stdout"][0])
    again = playbook(vsrx, config(src=str(path), src_format="text", update="override"), whole())
    assert changed(again) == [False, False]
    assert message(again[1]) == [LINE]


def test_confirmed_commits(playbook, vsrx):
    """`confirm` leaves the commit pending; `confirm_commit` confirms it; `check_commit` checks."""
    results = playbook(
        vsrx,
        config(lines=[LINE], confirm=3),
        show("show system commit"),
        config(confirm_commit=True),
        whole(),
        config(check_commit=True),
    )
    assert changed(results)[0] is True
    assert "commit confirmed, rollback in 3mins" in results[1]["stdout"][0]
    assert message(results[3]) == [LINE]


def test_refusals(playbook, vsrx):
    """A statement that isn't there and a commit that fails fail the task with Junos' words."""
    ignored = {"ignore_errors": True}
    results = playbook(
        vsrx,
        config(lines=["set system frobnicate"]) | ignored,
        config(lines=["delete system root-authentication"]) | ignored,
        show("show frobnication") | ignored,
        {"junipernetworks.junos.junos_rpc": {"rpc": "get-frobnication"}} | ignored,
        whole(),
    )
    assert [bool(one.get("failed")) for one in results] == [True, True, True, True, False]
    assert "syntax error" in results[0]["msg"]
    assert "Missing mandatory statement: 'root-authentication'" in results[1]["msg"]
    assert "syntax error" in results[2]["msg"]
    assert "syntax error" in results[3]["msg"]
    assert "set system root-authentication" in results[4]["stdout"][0]


def test_commands_and_rpcs(playbook, vsrx):
    """Commands as text, XML and JSON with a condition to wait for; an RPC with arguments."""
    results = playbook(
        vsrx,
        show("show version", wait_for=["result[0] contains Hostname"]),
        show("show version", display="xml"),
        show("show version", display="json"),
        show("show version", wait_for=["result[0] contains frob"], retries=1, interval=0)
        | {"ignore_errors": True},
        {
            "junipernetworks.junos.junos_rpc": {
                "rpc": "get-interface-information",
                "args": {"terse": True, "interface-name": "ge-0/0/0"},
                "output": "text",
            }
        },
        {"junipernetworks.junos.junos_netconf": {"state": "present"}},
    )
    assert f"Hostname: {vsrx.name}" in results[0]["stdout_lines"][0]
    assert f"<host-name>{vsrx.name}</host-name>" in results[1]["stdout"][0]
    assert vsrx.name in str(results[2])
    assert results[3]["failed"] is True
    assert "ge-0/0/0 " in results[4]["output"]


def test_over_the_command_line(playbook, vsrx):
    """The modules that support network_cli, each of them idempotent."""
    netconf = {"junipernetworks.junos.junos_netconf": {"state": "present"}}
    line = {"ansible.netcommon.cli_config": {"config": LINE}}
    results = playbook(
        vsrx,
        *(netconf, netconf, show("show version"), line, line),
        connection="ansible.netcommon.network_cli",
    )
    assert changed(results) == [True, False, False, True, False]
    assert f"Hostname: {vsrx.name}" in results[2]["stdout"][0]
    assert results[3]["diff"].startswith(ADDED)
