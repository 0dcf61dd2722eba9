"""One line for each mistake in a testbed, with file, line, key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import TestbedError
from harness.testbed.load import load_testbed_text

GOOD = (Path(__file__).parent / "data" / "good.yaml").read_text()


def edited(*replacements: tuple[str, str]) -> str:
    text = GOOD
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def problems(text: str) -> list[str]:
    with pytest.raises(TestbedError) as caught:
        load_testbed_text(text, "lab.yaml")
    return list(caught.value.problems)


REFERENCES = "{env: NAME}, {keyring: SERVICE}, {agent: true}, {prompt: true}, {file: PATH}"
NAME_FORM = "1-32 letters, digits, '-', '_', '.', with a letter or digit first and last"


# Each table: (old, new, problems) against data/good.yaml, whose lines are counted here.
SHAPE_MISTAKES = {
    "unknown key": (
        "    tags: [hub",
        "    tag: [hub",
        [
            "lab.yaml:14: devices.hub.tag: unknown key, did you mean tags?; allowed: platform, os, "
            "type, alias, emulates, chassis, credentials, tags, limits, health, underlay, "
            "simulated, connections, custom"
        ],
    ),
    "a word of another tool": (
        "{host: 10.0.0.1}",
        "{ip: 10.0.0.1}",
        [
            "lab.yaml:11: devices.hub.connections.netconf.host: is missing",
            "lab.yaml:11: devices.hub.connections.netconf.ip: unknown key, did you mean host?; "
            "allowed: host, port",
        ],
    ),
    "more than all of the memory": (
        "    tags: [hub",
        "    health: {memory_percent: 101}\n    tags: [hub",
        ["lab.yaml:14: devices.hub.health.memory_percent: is 101; allowed: 1-100"],
    ),
    "a severity that no alarm has": (
        "    tags: [hub",
        "    health: {alarms: red}\n    tags: [hub",
        ["lab.yaml:14: devices.hub.health.alarms: is 'red'; allowed: major, minor, ignore"],
    ),
    "unknown key at the top": (
        "claims: {",
        "claim: {",
        [
            "lab.yaml:4: claim: unknown key, did you mean claims?; allowed: testbed, claims, "
            "events, devices, fleets, deployments"
        ],
    ),
    "device name twice": (
        "  sim:\n",
        "  hub:\n",
        ["lab.yaml:24: devices.hub: given twice; first on line 6"],
    ),
    "port out of range": (
        "{host: 10.0.0.1}",
        "{host: 10.0.0.1, port: 65536}",
        ["lab.yaml:11: devices.hub.connections.netconf.port: is 65536; allowed: 1-65535"],
    ),
    "port as text": (
        "{host: 10.0.0.1}",
        "{host: 10.0.0.1, port: '830'}",
        ["lab.yaml:11: devices.hub.connections.netconf.port: is text; allowed: a whole number"],
    ),
    "console without a port": (
        "{host: console, port: 2001}",
        "{host: console}",
        ["lab.yaml:13: devices.hub.connections.console.port: is missing"],
    ),
    "host that no client takes": (
        "{host: 10.0.0.1}",
        "{host: -oProxyCommand=x}",
        [
            "lab.yaml:11: devices.hub.connections.netconf.host: is malformed; allowed: "
            "an IPv4 address or a host name of letters, digits, '-', '_', '.'"
        ],
    ),
    "unknown platform": (
        "platform: srx4100",
        "platform: srx4000",
        [
            "lab.yaml:8: devices.hub.platform: is 'srx4000'; "
            "allowed: nfx250, srx4100, srx4200, vsrx, vmx, compute-node"
        ],
    ),
    "name with a slash": (
        "  sim:\n",
        "  ../sim:\n",
        [f"lab.yaml:24: devices.../sim: is malformed; allowed: {NAME_FORM}"],
    ),
    "name too long": (
        "  sim:\n",
        f"  {'s' * 33}:\n",
        [f"lab.yaml:24: devices.{'s' * 33}: is malformed; allowed: {NAME_FORM}"],
    ),
    "yes for true": (
        "emulates: srx4200\n    simulated: true",
        "emulates: srx4200\n    simulated: yes",
        [
            "lab.yaml:24: devices.sim.connections: is missing",
            "lab.yaml:27: devices.sim.simulated: is text; "
            "allowed: true or false, without quotes (yes and no are words)",
            "lab.yaml:28: devices.sim.credentials.default.password: literal text for a device "
            f"that is not simulated; allowed: {REFERENCES}",
        ],
    ),
    "number for a release": (
        "base: base.set",
        "version: 15.1",
        [
            "lab.yaml:35: devices.sim.custom.version: is a number; "
            "allowed: text, so put it in quotes"
        ],
    ),
    "unknown key of the simulation": (
        "tunnel_limit: 599",
        "tunnel_limits: 599",
        [
            "lab.yaml:35: devices.sim.custom.tunnel_limits: unknown key, did you mean "
            "tunnel_limit?; allowed: faults, switches, tunnel_limit, commit_seconds, "
            "base, schema, serial, version, users, cluster, peers, keep_alive_seconds"
        ],
    ),
    "fault option that is a list": (
        "index: 3",
        "index: [3]",
        ["lab.yaml:35: devices.sim.custom.faults[0].index: is a list; allowed: text"],
    ),
    "management interface": (
        "xe-0/0/0.0",
        "fxp0.0",
        [
            "lab.yaml:17: devices.hub.underlay.external_interface: is malformed; allowed: "
            "a revenue interface with its unit, such as ge-0/0/0.0 or reth0.0"
        ],
    ),
    "address out of range": (
        "local_address: 192.0.2.1",
        "local_address: 192.0.2.256",
        [
            "lab.yaml:19: devices.hub.underlay.local_address: is malformed; allowed: "
            "an IPv4 address, such as 192.0.2.1"
        ],
    ),
    "network without length": (
        "peers: 198.18.0.0/15",
        "peers: 198.18.0.0",
        [
            "lab.yaml:20: devices.hub.underlay.peers: is malformed; allowed: "
            "an IPv4 network of length 8-30, such as 198.18.0.0/15"
        ],
    ),
    "proposal that Junos does not take": (
        "dpd_interval: 30",
        "dpd_interval: 1",
        ["lab.yaml:22: devices.hub.underlay.proposal.dpd_interval: is 1; allowed: 2-60"],
    ),
    "claim below one": (
        "log-events-per-second: 5000",
        "log-events-per-second: 0",
        ["lab.yaml:4: claims.log-events-per-second: is too small; allowed: 1 or more"],
    ),
    "number as a password": (
        "password: secret",
        "password: 84251967",
        [
            "lab.yaml:28: devices.sim.credentials.default.password: is a number; "
            "allowed: text, so put it in quotes"
        ],
    ),
}

RULE_MISTAKES = {
    "address of two devices": (
        "    simulated: true\n    credentials",
        "    simulated: true\n    connections: {cli: {host: 10.0.0.1}}\n    credentials",
        [
            "lab.yaml:28: devices.sim.connections.cli: same host and port as "
            "devices.hub.connections.cli; allowed: one device per address"
        ],
    ),
    "address of two devices in capitals": (
        "    simulated: true\n    credentials",
        "    simulated: true\n    connections: {cli: {host: CONSOLE, port: 2001}}\n    credentials",
        [
            "lab.yaml:28: devices.sim.connections.cli: same host and port as "
            "devices.hub.connections.console; allowed: one device per address"
        ],
    ),
    "no credentials anywhere": (
        "  credentials: {default: {username: hil, password: {env: LAB_PASSWORD}}}\n",
        "",
        [
            "lab.yaml:5: devices.hub.credentials: is missing, here and under testbed; allowed: "
            f"{{default: {{username: …, password: {REFERENCES}}}}}"
        ],
    ),
    "inherited literal password": (
        "{env: LAB_PASSWORD}",
        "hunter2",
        [
            "lab.yaml:3: testbed.credentials.default.password: literal text for a device that is "
            f"not simulated (device hub); allowed: {REFERENCES}"
        ],
    ),
    "own literal password": (
        "    alias: first",
        "    credentials: {default: {username: x, password: hunter2}}",
        [
            "lab.yaml:9: devices.hub.credentials.default.password: literal text for a device that "
            f"is not simulated; allowed: {REFERENCES}"
        ],
    ),
    "two sources of a password": (
        "{env: LAB_PASSWORD}",
        "{env: LAB_PASSWORD, agent: true}",
        [
            "lab.yaml:3: testbed.credentials.default.password: names no source, or several; "
            f"allowed: one of {REFERENCES}"
        ],
    ),
    "no way to log in": (
        ", password: {env: LAB_PASSWORD}",
        "",
        [
            "lab.yaml:3: testbed.credentials.default.password: is missing; "
            f"allowed: {REFERENCES}, or a key_file beside it"
        ],
    ),
    "a passphrase of nothing": (
        "{env: LAB_PASSWORD}",
        "{env: LAB_PASSWORD}, passphrase: {env: B}",
        [
            "lab.yaml:3: testbed.credentials.default.passphrase: without a key_file; "
            "allowed: only beside one"
        ],
    ),
    "agent switched off": (
        "{env: LAB_PASSWORD}",
        "{agent: false}",
        [
            "lab.yaml:3: testbed.credentials.default.password: is false; "
            "allowed: true, or another key"
        ],
    ),
    "agent for a simulator": (
        "password: secret",
        "password: {agent: true}",
        [
            "lab.yaml:28: devices.sim.credentials.default.password: a simulated device knows "
            "passwords alone; allowed: text, {env: NAME}"
        ],
    ),
    "no way in": (
        "      netconf: {host: 10.0.0.1}\n      cli: {host: 10.0.0.1}\n",
        "",
        ["lab.yaml:10: devices.hub.connections: no way in; allowed: netconf or cli, or both"],
    ),
    "zone missing": (
        "      external_zone: untrust\n      local_address: 192.0.2.1\n",
        "      local_address: 192.0.2.1\n",
        [
            "lab.yaml:16: devices.hub.underlay.external_zone: is missing; "
            "allowed: the security zone of the external interface"
        ],
    ),
    "zone where there are none": (
        "      mpls: true\n",
        "      external_zone: trust\n",
        ["lab.yaml:34: devices.sim.underlay.external_zone: a vmx has no zones; allowed: nothing"],
    ),
    "hardware that emulates": (
        "    alias: first",
        "    emulates: srx4200",
        [
            "lab.yaml:9: devices.hub.emulates: a srx4100 stands in for nothing; "
            "allowed: only on vmx, vsrx"
        ],
    ),
    "host bits": (
        "peers: 198.18.0.0/15",
        "peers: 198.18.0.1/15",
        [
            "lab.yaml:20: devices.hub.underlay.peers: has bits set behind its length; "
            "allowed: 198.18.0.0/15"
        ],
    ),
    "multicast pool": (
        "peers: 198.18.0.0/15",
        "peers: 224.0.0.0/15",
        [
            "lab.yaml:20: devices.hub.underlay.peers: is not unicast; "
            "allowed: a network that hosts can have"
        ],
    ),
    "overlapping pools": (
        "inner: 100.64.0.0/10",
        "inner: 198.19.0.0/16",
        [
            "lab.yaml:21: devices.hub.underlay.inner: overlaps peers (198.18.0.0/15); "
            "allowed: two pools without a common address"
        ],
    ),
    "own address in a pool": (
        "local_address: 192.0.2.1",
        "local_address: 198.18.0.1",
        [
            "lab.yaml:19: devices.hub.underlay.local_address: lies inside peers (198.18.0.0/15); "
            "allowed: an address outside both pools"
        ],
    ),
    "alias that is a name": (
        "alias: first",
        "alias: sim",
        [
            "lab.yaml:9: devices.hub.alias: 'sim' is a device's name already; "
            "allowed: one that is not taken"
        ],
    ),
    "chassis without a jdm": (
        "    type: jdm\n    platform: nfx250\n    chassis: box-1\n",
        "    type: jdm\n    platform: nfx250\n    chassis: box-2\n",
        [
            "lab.yaml:38: devices.box.chassis: 'box-1' has no device of type jdm; "
            "allowed: one gateway, one jdm",
            "lab.yaml:50: devices.box-jdm.chassis: 'box-2' has no gateway; "
            "allowed: one gateway, one jdm",
        ],
    ),
    "jdm without a chassis": (
        "    type: jdm\n    platform: nfx250\n    chassis: box-1\n",
        "    type: jdm\n    platform: nfx250\n",
        [
            "lab.yaml:38: devices.box.chassis: 'box-1' has no device of type jdm; "
            "allowed: one gateway, one jdm",
            "lab.yaml:47: devices.box-jdm.chassis: is missing; "
            "allowed: the chassis name that its gateway has too",
        ],
    ),
    "chassis on another platform": (
        "    alias: first",
        "    chassis: box-1",
        [
            "lab.yaml:9: devices.hub.chassis: allowed: only on nfx250, to tie its gateway "
            "and its JDM",
            "lab.yaml:50: devices.box-jdm.chassis: 'box-1' has 3 devices; "
            "allowed: one gateway, one jdm",
        ],
    ),
    "jdm of another platform": (
        "    type: hub",
        "    type: jdm",
        [
            "lab.yaml:7: devices.hub.type: a srx4100 has no JDM; allowed: gateway, hub",
            "lab.yaml:16: devices.hub.underlay: a JDM carries no tunnels; "
            "allowed: nothing, its gateway has them",
        ],
    ),
    "half a simulated box": (
        "    chassis: box-1\n    simulated: true\n",
        "    chassis: box-1\n    connections: {cli: {host: b}}\n",
        [
            "lab.yaml:40: devices.box.credentials.default.password: literal text for a device "
            f"that is not simulated; allowed: {REFERENCES}",
            "lab.yaml:50: devices.box-jdm.chassis: 'box-1' is half simulated; "
            "allowed: both devices, or neither",
        ],
    ),
}


@pytest.mark.parametrize(
    ("old", "new", "expected"), SHAPE_MISTAKES.values(), ids=SHAPE_MISTAKES.keys()
)
def test_a_mistake_in_one_key_is_one_line(old: str, new: str, expected: list[str]) -> None:
    """A wrong key or value is reported with file, line, path, and what is allowed."""
    assert problems(edited((old, new))) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"), RULE_MISTAKES.values(), ids=RULE_MISTAKES.keys()
)
def test_a_broken_rule_is_one_line(old: str, new: str, expected: list[str]) -> None:
    """What contradicts another key or device is reported where it has to be changed."""
    assert problems(edited((old, new))) == expected


def test_all_mistakes_of_a_file_show_at_once() -> None:
    """Mistakes of shape and of rules, on several devices, come in one go and in file order."""
    found = problems(
        edited(
            ("platform: srx4100", "platform: x"),
            ("peers: 198.18.0.0/15", "peers: 198.18.0.1/15"),
            ("tunnel_limit: 599", "tunnel_limit: -1"),
            ("chassis: box-1", "chassis: box-9"),
        )
    )
    assert [line.split(": ")[1] for line in found] == [
        "devices.hub.platform",
        "devices.hub.underlay.peers",
        "devices.sim.custom.tunnel_limit",
        "devices.box.chassis",
        "devices.box-jdm.chassis",
    ]


def test_a_missing_underlay_names_what_is_needed() -> None:
    """A gateway without an underlay is refused: nothing about a lab is assumed."""
    start = GOOD.index("    underlay:")
    end = GOOD.index("    custom: {rack")
    assert problems(GOOD[:start] + GOOD[end:]) == [
        "lab.yaml:6: devices.hub.underlay: is missing; allowed: external_interface, "
        "external_zone, local_address, peers, inner"
    ]


@pytest.mark.parametrize(
    "password",
    [
        "hunter2",
        "{hunter2}",
        "{hunter2: hunter2}",
        "{env: 'hunter2!'}",
        "[hunter2]",
        "*hunter2",
        "!hunter2",
        "@hunter2",
        "'hunter2",
        "{env: {hunter2: 1}}",
        "{hunter2: 1, hunter2: 2}",
        "{file: {hunter2}}",
        "%hunter2",
        '"hunter2\\q"',
        "hunter2: hunter2",
        "{keyring: 'hunter2\\n', hunter2}",
    ],
)
def test_no_message_repeats_a_password(password: str) -> None:
    """However a literal password is mistyped, no message shows it."""
    inline = "{default: {username: hil, password: {env: LAB_PASSWORD}}}"
    block = f"\n    default:\n      username: hil\n      password: {password}"
    text = edited((inline, block))
    assert "hunter2" in text
    assert "hunter2" not in "\n".join(problems(text))


def test_many_problems_are_cut_short() -> None:
    """A file that is wrong everywhere gives a hundred lines and a count of the rest."""
    text = GOOD + "".join(f"  x{i}: 1\n" for i in range(150))
    found = problems(text)
    assert len(found) == 101
    assert found[-1] == "lab.yaml: and 50 more problems"


def test_a_control_character_in_a_key_is_escaped() -> None:
    """A key with a terminal escape is shown escaped."""
    found = problems(edited(("    tags: [hub", '    "\\e[31mtags": [hub')))
    assert found[0].startswith("lab.yaml:14: devices.hub.'\\x1b[31mtags': unknown key")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: the file is empty; allowed: a mapping with testbed and devices"),
        ("# nothing\n", "1: the file is empty; allowed: a mapping with testbed and devices"),
        ("~", "1: the file is empty; allowed: a mapping with testbed and devices"),
        ("- testbed\n", "1: not a mapping; allowed: a mapping with testbed and devices"),
        ("testbed", "1: not a mapping; allowed: a mapping with testbed and devices"),
        ("testbed:\n\tname: x\n", "2: a tab indents this line; allowed: spaces"),
    ],
)
def test_what_is_no_testbed_at_all(text: str, expected: str) -> None:
    """An empty file, a list, a word and a tab give one line each."""
    assert problems(text) == [f"lab.yaml:{expected}"]


def test_no_devices_is_a_mistake() -> None:
    """A testbed without devices is refused."""
    assert problems("testbed: {name: x}\ndevices: {}\n") == [
        "lab.yaml:2: devices: is empty; allowed: one entry or more"
    ]
