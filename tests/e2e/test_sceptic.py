"""What somebody would try who wants a false pass, a better grade, or a secret out of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.lab.run import run_key
from harness.outcome import Grade, Outcome
from harness.plan.keys import KeyRing
from harness.plan.names import tunnel_name
from harness.reporting.record import Device
from harness.reporting.summary import summarise
from harness.sim.server import SimulatorServer
from harness.sim.spec import DeviceSpec

COUNT = 3
SEED = "sceptic-4711"
PASSWORD = "zebra-hunter2"
# Terminal escape, bell, C1 CSI, right-to-left override, rich and GitLab marks, XML, a key.
HOSTILE = (
    "\x1b[2J\x07\x9b31m\u202e [red]loud[/red] [[ATTACHMENT|/etc/passwd]] </failure><x>&\x00 "
    "ascii-text $9$abcdefghijkl "
)
HOSTILE_JUDGE = """
import harness.lab.qualify as qualify
from harness.outcome import Finding, Outcome, Verdict
from harness.reporting import record

WORDS = {words!r}

def judge(*arguments):
    return Verdict(
        Outcome.FAIL, WORDS + "x" * 3_000_000, findings=(Finding(WORDS, WORDS, WORDS, False),)
    )

qualify.judge = judge
"""
CRASH = """
import harness.lab.qualify as qualify
import harness.drivers.netconf_driver as netconf

def crash(*arguments, **more):
    raise RuntimeError("planted")

if {where!r} == "judge":
    qualify.judge = crash
else:
    for each in vars(netconf).values():
        if isinstance(each, type) and "commit" in vars(each):
            each.commit = crash
"""


def planted(folder: Path, source: str) -> dict[str, str]:
    """Write a plugin that changes the harness, and return the environment that finds it."""
    folder.mkdir()
    (folder / "planted.py").write_text(source)
    return {"PYTHONPATH": str(folder)}


def everything(run) -> str:
    """Return all that a run leaves behind: its output, its reports, its state directory."""
    files = [p for root in (run.reports, run.state) for p in root.rglob("*") if p.is_file()]
    return run.output + "".join(p.read_bytes().decode("latin-1") for p in files)


@pytest.fixture(scope="module")
def disguised(runner) -> Iterator[Path]:
    """Serve simulated devices, and write a testbed that calls them real SRX4100s."""
    shown = {"plain": "srx4100", "other": "srx4200", "virtual": "vsrx"}
    server = SimulatorServer([DeviceSpec(n, p, serial="DA1234") for n, p in shown.items()])
    devices, keys = {}, []
    try:
        for name, address in server.start().items():
            keys.append(f"[{address.host}]:{address.port} {address.host_key}\n")
            way = {"host": address.host, "port": address.port}
            ports = "ge-0/0/0.0" if name == "virtual" else "xe-0/0/0.0"
            devices[name] = {
                "platform": "srx4100",
                "simulated": False,
                "connections": {"netconf": way, "cli": way},
                "credentials": {"default": {"username": "lab", "password": {"env": "LAB_PW"}}},
                "underlay": {
                    "external_interface": ports,
                    "external_zone": "untrust",
                    "local_address": "192.0.2.1",
                    "peers": "198.18.0.0/15",
                    "inner": "100.64.0.0/10",
                },
            }
        (runner.folder / "known_hosts").write_text("".join(keys))
        path = runner.folder / "disguised.yaml"
        head = {"name": "disguised", "known_hosts": "known_hosts"}
        path.write_text(json.dumps({"testbed": head, "devices": devices}))
        yield path
    finally:
        server.stop()


def test_a_simulated_device_never_passes_for_hardware(runner, disguised):
    """A testbed that calls it real changes nothing; one that calls it another box loses it all."""
    run = runner(
        "suites", "--testbed", disguised, "--count", "2", "-k", "preflight or gre-2",
        environment={"LAB_PW": "lab"},
    )  # fmt: skip
    grades = {event.name: event.grade for event in run.events if isinstance(event, Device)}
    assert grades["plain"] is Grade.SIMULATED
    assert all(grade <= Grade.SIMULATED for grade in grades.values())
    assert run.cases["preflight plain"].outcome is Outcome.PASS
    for name, shows in (("other", "srx4200"), ("virtual", "vSRX")):
        case = run.cases[f"preflight {name}"]
        assert case.outcome is Outcome.ERROR
        assert f"the testbed says srx4100, the device shows {shows}" in case.reason
        pushed = run.cases[f"tunnels {name}-gre-2"]
        assert pushed.outcome is Outcome.ERROR
        assert "nothing is pushed to another device" in pushed.reason
    assert not summarise(run.events).coverage.qualified
    assert "[hardware]" not in (run.folder / "junit.xml").read_text()
    assert "of 15 rows qualified on hardware" in run.output
    assert "\n0 of 15 rows" in run.output


def test_a_grade_asked_for_in_the_environment_skips_what_is_below(runner, disguised):
    """HARNESS_REQUIRE_GRADE=hardware leaves nothing to pass, and says why."""
    run = runner(
        "suites", "--testbed", disguised, "--count", "2", "-k", "plain-gre-2",
        environment={"LAB_PW": "lab", "HARNESS_REQUIRE_GRADE": "hardware"},
    )  # fmt: skip
    (case,) = run.cases.values()
    assert case.outcome is Outcome.SKIP
    assert "plain is simulated, hardware is required" in case.reason


def test_a_misspelt_dry_run_is_no_real_run(runner, simulated_device):
    """A switch in the environment is on, off or refused; nothing is pushed by a typing mistake."""
    path = runner.testbed("dry", {"dut": simulated_device()})
    run = runner("suites", "--testbed", path, environment={"HARNESS_DRY_RUN": "ture"})
    assert run.exit_code == 64
    assert "HARNESS_DRY_RUN: 'ture' isn't one of 1, true, yes, on, 0, false, no, off" in run.output
    assert not run.reports.exists()
    run = runner("suites", "--testbed", path, environment={"HARNESS_DRY_RUN": "ON"})
    assert "would push 150 ipsec tunnels" in run.output
    assert not run.reports.exists()


def test_a_documented_number_can_not_be_lowered(runner, simulated_device):
    """Neither the command line nor the testbed makes 1500 into 2."""
    path = runner.testbed("claims", {"dut": simulated_device()})
    run = runner("suites", "--testbed", path, "--claim", "srx4100-tunnels=2")
    assert run.exit_code == 64
    assert "srx4100-tunnels: the document says 1500" in run.output
    text = json.loads(path.read_text()) | {"claims": {"srx4100-tunnels": 2}}
    path.write_text(json.dumps(text, indent=1))
    run = runner("suites", "--testbed", path)
    assert run.exit_code == 64
    line = path.read_text().splitlines().index('  "srx4100-tunnels": 2') + 1
    assert f"{path}:{line}: srx4100-tunnels: the document says 1500" in run.output


def test_what_a_device_contradicts_names_the_line_of_the_testbed(runner, simulated_device):
    """A wrong zone is found before anything is pushed: file, line, key, and what there is."""
    device = simulated_device()
    device["underlay"]["external_zone"] = "wan"
    path = runner.testbed("zone", {"dut": device})
    run = runner("suites", "--testbed", path, "--count", "2", "-k", "preflight or dut-ipsec")
    line = path.read_text().splitlines().index('  "dut": {') + 1
    case = run.cases["tunnels dut-ipsec-2"]
    assert case.outcome is Outcome.ERROR
    assert f"{path}:{line}: device dut: external interface xe-0/0/0.0" in case.reason
    assert "(underlay.external_zone)" in case.reason
    assert "(underlay.external_zone)" in run.cases["preflight dut"].reason
    assert not run.restores
    assert "Traceback" not in run.output


@pytest.mark.parametrize("where", ["judge", "commit"])
def test_no_key_and_no_password_leaves_a_run(runner, simulated_device, tmp_path, where):
    """Even where our own code breaks, with every local shown: not in output, reports or state."""
    device = simulated_device()
    device["credentials"] = {"default": {"username": "lab", "password": PASSWORD}}
    path = runner.testbed(f"secrets-{where}", {"dut": device})
    run = runner(
        "suites", "--testbed", path, "--count", str(COUNT), "--seed", SEED, "-k", "dut-ipsec",
        "-p", "planted", "-vv", "--showlocals", "--log-level=DEBUG",
        environment=planted(tmp_path / "plugin", CRASH.format(where=where)),
    )  # fmt: skip
    assert run.exit_code == 1
    assert "planted" in run.output
    left = everything(run)
    ring = KeyRing(run_key(SEED), "dut")
    keys = [ring.key(tunnel_name(number)).reveal() for number in range(1, COUNT + 1)]
    assert not [key for key in keys if key in left]
    for secret in (PASSWORD, SEED, "$9$", "$6$"):
        assert secret not in left, f"{secret} in what the run left"


def test_hostile_words_of_a_device_act_nowhere(runner, simulated_device, tmp_path):
    """Escapes are written out, marks broken, megabytes cut: on the terminal and in JUnit."""
    path = runner.testbed("hostile", {"dut": simulated_device()})
    run = runner(
        "suites", "--testbed", path, "--count", str(COUNT), "-k", "dut-gre-3", "-p", "planted",
        environment=planted(tmp_path / "plugin", HOSTILE_JUDGE.format(words=HOSTILE)),
    )  # fmt: skip
    assert run.exit_code == 1
    assert r"\x1b[2J" in run.output
    assert "[red]loud[/red]" in run.output
    assert len(run.output) < 500_000
    for text in (run.output, (run.folder / "junit.xml").read_text()):
        assert not {c for c in text if c in "\x1b\x07\x9b\u202e\x00"}
        assert "$9$" not in text
    assert "[[ATTACHMENT|/etc" not in (run.folder / "junit.xml").read_text()
    (case,) = (case for label, case in run.cases.items() if label.startswith("tunnels"))
    assert case.outcome is Outcome.FAIL
    assert run.testcases["tunnels dut-gre-3"].find("failure") is not None
