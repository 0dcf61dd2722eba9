"""``harness plan``: what it prints, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli.main import main

SIMULATED = str(Path(__file__).parents[3] / "testbeds" / "simulated.yaml")
IPSEC = ["--platform", "srx4100", "--kind", "ipsec"]


@pytest.mark.parametrize("command", ["render", "show"])
@pytest.mark.parametrize(
    ("form", "first", "last"),
    [
        ("set", "set security ike proposal hil-ike", "next-hop st0.2"),
        ("text", "security {", "}"),
        ("xml", "<configuration>", "</configuration>"),
    ],
)
def test_configuration_goes_to_stdout(command, form, first, last, capsys):
    """Each format is printed whole, and ends in exactly one line break."""
    assert main(["plan", command, *IPSEC, "--count", "3", "--format", form]) == 0
    out = capsys.readouterr().out
    assert out.startswith(first)
    assert out.endswith(f"{last}\n")
    assert "hil-t00003" in out


def test_keys_are_placeholders_unless_shown(capsys):
    """--show-secrets prints keys that --seed makes the same each time."""
    seeded = ["plan", "render", *IPSEC, "--seed", "7"]
    outs = []
    for extra in ([], ["--show-secrets"], ["--show-secrets"]):
        assert main([*seeded, *extra]) == 0
        outs.append(capsys.readouterr().out)
    assert outs[0].count('ascii-text "placeholder-instead-of-the-key"') == 2
    assert "placeholder" not in outs[1]
    assert outs[1] == outs[2]


def test_without_a_seed_keys_are_random(capsys):
    """Two runs never share a key."""
    outs = set()
    for _ in range(2):
        assert main(["plan", "render", *IPSEC, "--show-secrets"]) == 0
        outs.add(capsys.readouterr().out)
    assert len(outs) == 2


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            [*IPSEC, "--count", "1500"],
            [
                "1500 ipsec tunnels on srx4100 (srx4100)",
                "  leave by xe-0/0/0.0 (untrust) with 192.0.2.1, towards 198.18.0.0/15",
                "  zone of their own: hil-ipsec",
                "  hil-t00001: 192.0.2.1 to 198.18.0.1, st0.0 100.64.0.0/31, routes 100.64.0.4/32",
                "  … 1494 more",
            ],
        ),
        (
            ["--platform", "vmx", "--kind", "gre", "--count", "6"],
            [
                "  leave by ge-0/0/0.0 with 192.0.2.1, towards 198.18.0.0/15",
                "  zone of their own: none, the platform has no zones",
                "  hil-t00006: 192.0.2.1 to 198.18.0.6, gr-0/0/0.5 100.64.0.42/31, "
                "routes 100.64.0.44/32",
            ],
        ),
    ],
)
def test_a_summary_is_for_people(arguments, lines, capsys):
    """A few tunnels at either end, and how many were left out."""
    assert main(["plan", "show", *arguments]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line not in out] == []
    assert len(out) == 11 if "1500" in arguments else 10


def test_json_has_every_tunnel_and_keys_only_when_shown(capsys):
    """--json is for scripts, and as discreet as the rest."""
    asked = ["plan", "show", "--platform", "vsrx", "--kind", "gre-over-ipsec", "--json", "--mpls"]
    assert main(asked) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["count"], plan["zone"], len(plan["tunnels"])) == (2, "hil-gre-over-ipsec", 2)
    assert "pre_shared_key" not in plan["tunnels"][0]
    assert plan["tunnels"][1]["gre"] == {
        "unit": 1,
        "address": "100.64.0.10/31",
        "source": "100.64.0.8",
        "destination": "100.64.0.9",
        "mpls": True,
    }
    assert main([*asked, "--show-secrets"]) == 0
    assert len(json.loads(capsys.readouterr().out)["tunnels"][0]["pre_shared_key"]) == 32


def test_a_testbed_says_where_tunnels_leave(tmp_path, capsys):
    """Addresses, interface and limits are those of the device's entry."""
    file = tmp_path / "lab.yaml"
    file.write_text(
        """\
testbed: {name: lab}
devices:
  srx-a:
    platform: srx4100
    os: junos
    simulated: true
    underlay:
      external_interface: xe-0/0/3.0
      external_zone: wan
      local_address: 203.0.113.1
      peers: 198.51.100.0/24
      inner: 10.99.0.0/16
      mpls: true
      proposal: {pfs_group: group20}
    limits: {tunnels: 200}
"""
    )
    where = ["--testbed", str(file), "--device", "srx-a"]
    assert main(["plan", "render", *where, "--kind", "gre-over-ipsec", "--count", "200"]) == 0
    out = capsys.readouterr().out
    assert "gateway hil-t00200 address 198.51.100.200\n" in out
    assert "external-interface xe-0/0/3.0\n" in out
    assert "perfect-forward-secrecy keys group20\n" in out
    assert "gr-0/0/0 unit 199 family mpls\n" in out
    assert main(["plan", "check", *where, "--kind", "ipsec", "--count", "201"]) == 64
    assert capsys.readouterr().err == (
        "device srx-a: 201 tunnels asked, its testbed entry allows 200 (limits.tunnels)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--platform", "srx", "--kind", "ipsec"],
            "unknown platform 'srx'; known: nfx250, srx4100, srx4200, vsrx, vmx",
        ),
        (
            ["--platform", "srx4100", "--kind", "vpn"],
            "unknown kind 'vpn'; known: ipsec, gre, gre-over-ipsec",
        ),
        (
            ["--platform", "vmx", "--kind", "ipsec"],
            "device vmx: kind ipsec can't be built on platform vmx; it can: gre",
        ),
        (
            [*IPSEC, "--count", "16001"],
            "device srx4100: 16001 tunnels asked, Junos has 16000 st0 units (0..15999)",
        ),
        (
            ["--kind", "ipsec"],
            "either --platform, or --testbed and --device, says what to plan for",
        ),
        (
            [*IPSEC, "--device", "srx-a"],
            "--device names a device of a testbed: --testbed is missing",
        ),
        (
            ["--kind", "ipsec", "--testbed", "lab.yaml"],
            "lab.yaml: --device is missing; it says which device to plan for",
        ),
    ],
)
@pytest.mark.parametrize("command", ["show", "render", "check"])
def test_a_wrong_request_is_one_line_and_exit_64(command, arguments, message, capsys):
    """What's wrong, what is allowed, no traceback, nothing on stdout."""
    assert main(["plan", command, *arguments]) == 64
    captured = capsys.readouterr()
    assert captured.err == f"{message}\n"
    assert captured.out == ""


@pytest.mark.parametrize(
    ("device", "message"),
    [
        (["srx4100", "--platform", "vmx"], "device srx4100 has platform srx4100, not vmx"),
        (["nfx250-jdm"], "device nfx250-jdm is a JDM: it carries VNFs, not tunnels"),
    ],
)
def test_a_device_that_cannot_is_refused(device, message, capsys):
    """A platform beside a testbed is a check, not a wish; a JDM has no tunnels."""
    asked = ["--testbed", SIMULATED, "--kind", "ipsec", "--device", *device]
    assert main(["plan", "check", *asked]) == 64
    assert capsys.readouterr().err == f"{message}\n"


def test_the_default_testbed_can_be_planned(capsys):
    """Every gateway of the default testbed takes its documented count."""
    for device, kind in (("nfx250", "ipsec"), ("srx4200", "gre-over-ipsec"), ("vmx", "gre")):
        asked = ["--testbed", SIMULATED, "--device", device, "--kind", kind, "--count", "600"]
        assert main(["plan", "check", *asked]) == 0
    assert capsys.readouterr().out.count("can be built") == 3


def test_check_without_models_says_what_was_checked(capsys):
    """The plan alone can be checked anywhere."""
    assert main(["plan", "check", "--platform", "nfx250", "--kind", "gre", "--count", "600"]) == 0
    assert capsys.readouterr().out == "600 gre tunnels on nfx250: can be built\n"
