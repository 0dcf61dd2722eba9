"""`harness testbed check` on what the simulator has to know: file, line, key, what is allowed."""

from __future__ import annotations

import pytest

from harness.cli.main import main
from harness.errors import TestbedError
from harness.lab.serving import Wanted, wanted_specs

TESTBED = """\
testbed: {name: lab, credentials: {default: {username: lab, password: lab}}}
devices:
  a:
    platform: PLATFORM
    simulated: true
    underlay: {external_interface: ge-0/0/0.0, local_address: 192.0.2.1,
               peers: 198.18.0.0/15, inner: 100.64.0.0/10ZONE}
    custom:
"""

# what stands below custom, from line 9 on → line, key below custom, words of the message
MISTAKES = [
    ("faults:\n- name: slo", 10, "faults[0].name", "unknown fault 'slo', did you mean 'slow'?"),
    ("faults:\n- name: slow\n  second: 1", 11, "faults[0].second", "known: seconds, rpc"),
    ("faults:\n- {name: slow, seconds: fast}", 10, "faults[0].seconds", "allowed: a number"),
    ("faults:\n- {name: slow, seconds: 1.0e+300}", 10, "faults[0].seconds", "allowed: 0-86400"),
    ("faults:\n- {name: drop-sa, index: 0}", 10, "faults[0].index", "allowed: 1-1000000"),
    ("faults:\n- {name: log-lines-lost, every: 0}", 10, "faults[0].every", "allowed: 1-1000000"),
    ("faults:\n- {name: alarm, severity: red}", 10, "faults[0].severity", "minor, major"),
    ("switches:\n  peer: silent", 10, "switches.peer", "known: netconf-dialect, peers"),
    ("switches:\n  peers: loud", 10, "switches.peers", "allowed: silent, answering"),
    ("peers:\n  198.18.0.300: silent", 10, "peers.198.18.0.300", "an IPv4 address"),
    ("version: latest", 9, "version", "allowed: a Junos release, such as 18.4R3.3"),
    ("schema: none.json.xz", 9, "schema", "none.json.xz: no such file"),
    ("schema: lab.yaml", 9, "schema", "lab.yaml: no compiled schema; make one with: harness sim"),
    ("base: none.set", 9, "base", "none.set: can't be read: No such file or directory"),
    ("base: lab.yaml", 9, "base", "lab.yaml: starting configuration of a: line 1: testbed:"),
    ("base: bad.set", 9, "base", "bad.set: starting configuration of a: line 2: sytem: syntax"),
    ("base: short.set", 9, "base", "[edit system]: root-authentication: Missing mandatory"),
    (
        "users:\n- {name: eve, password: x}\n- {name: eve, password: x}",
        11,
        "users[1].name",
        "'eve'",
    ),
    ("users:\n- {name: lab, password: x}", 10, "users[0].name", "'lab' is a login"),
    ("users:\n- {name: a b, password: x}", 10, "users[0].name", "1-32 lower-case letters"),
]


@pytest.fixture
def lab(tmp_path):
    """Return a function that writes a testbed with these keys below custom."""

    def write(custom, platform="vsrx"):
        zone = "" if platform == "vmx" else ", external_zone: untrust"
        text = TESTBED.replace("PLATFORM", platform).replace("ZONE", zone)
        path = tmp_path / "lab.yaml"
        path.write_text(text + "".join(f"      {line}\n" for line in custom.splitlines()))
        return path

    (tmp_path / "bad.set").write_text("set system host-name x\nset sytem\nset foo\n")
    (tmp_path / "short.set").write_text("set system host-name x\n")
    return write


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake[0])
def test_one_line_for_each_mistake(lab, capsys, mistake):
    """The check says it before anything is started, and serving says the same."""
    custom, line, key, words = mistake
    path = lab(custom)
    assert main(["testbed", "check", str(path)]) == 64
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"{path}:{line}: devices.a.custom.{key}: ")
    assert words in said
    with pytest.raises(TestbedError) as caught:
        wanted_specs(Wanted(path))
    assert str(caught.value) == said


def test_a_cluster_is_of_srx(lab, capsys):
    """No other family has chassis clusters."""
    path = lab("cluster: true", "vmx")
    assert main(["testbed", "check", str(path)]) == 64
    said = capsys.readouterr().err
    assert said == (
        f"{path}:9: devices.a.custom.cluster: "
        "a vmx can't be a chassis cluster; allowed: only on an SRX\n"
    )


def test_all_at_once(lab, capsys):
    """Every mistake of every key is told, in the order of the lines."""
    path = lab("faults:\n- {name: slo}\n- {name: slow, second: 1}\nswitches: {peers: up}\nbase: no")
    assert main(["testbed", "check", str(path)]) == 64
    lines = [int(said.split(":")[1]) for said in capsys.readouterr().err.splitlines()]
    assert lines == [10, 11, 12, 13]


def test_what_is_right_passes(lab, capsys):
    """All keys together, with blanks in the names of files."""
    path = lab("")
    (path.parent / "a base.set").write_text(
        'set system root-authentication encrypted-password "$6$x$y"\n'
    )
    lab(
        "faults: [{name: slow, seconds: 0.5, after: 1}]\nswitches: {peers: answering}\n"
        "base: a base.set\nversion: 21.2R1.10\nserial: x y\ncluster: true\n"
        "users: [{name: eve, password: x, class: read-only}]\npeers: {198.18.0.3: silent}"
    )
    assert main(["testbed", "check", str(path)]) == 0
    assert "ok: 1 devices" in capsys.readouterr().out


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_further_logins_are_shown_without_their_passwords(tmp_path, capsys, flags):
    """Name and class are shown, the password isn't."""
    path = tmp_path / "lab.yaml"
    path.write_text(
        "testbed: {name: one}\ndevices:\n  jdm:\n    type: gateway\n    platform: vmx\n"
        "    simulated: true\n    custom:\n      users:\n"
        "        - {name: bob, password: hunter2, class: operator}\n"
        "    underlay: {external_interface: ge-0/0/0.0, local_address: 192.0.2.1,\n"
        "      peers: 198.18.0.0/15, inner: 100.64.0.0/10}\n"
    )
    assert main(["testbed", "show", *flags, str(path)]) == 0
    said = capsys.readouterr().out
    assert "bob (operator)" in said
    assert "hunter2" not in said
