"""A failed case leaves a bundle that a person can work with, and nothing that's secret.

The devices are served by the test, so that they can be given canaries and outlive the run.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.lab.run import run_key
from harness.outcome import Outcome
from harness.plan.keys import KeyRing
from harness.sim.answers import Refusal
from harness.sim.device_log import LogLine
from harness.sim.messages import error
from harness.sim.operational.show_files import ACTIONS
from harness.sim.spec import DeviceSpec, FaultSpec
from harness.sim.store.profiles import profile

CHECKOUT = Path(__file__).parents[2]
COUNT = 8
SEED = "canaries"
CASE = "suites/tunnels/test_tunnels.py::test_tunnels[{}-ipsec-8]"
CANARIES = ("cAnArY-psk-1", "cAnArY-radius-2", "cAnArY-login-3", "cAnArY-url-4", "cAnArY-old-5")
PSK, RADIUS, LOGIN, URL, OLD = CANARIES
BASE = (
    profile("srx4100").base
    + f"set security ike policy corp-ike pre-shared-key ascii-text {PSK}\n"
    + f"set system radius-server 192.0.2.9 secret {RADIUS}\n"
)
FAULTS = {
    "dropping": FaultSpec("drop-tunnel", {"index": 3, "from_count": 3}),
    "refusing": FaultSpec("refuse-above", {"count": 5}),
    "losing": FaultSpec("die-during-commit", {"when": "before", "from_count": 3}),
    "sticky": FaultSpec("rollback-leftover"),
    "mute": FaultSpec("drop-tunnel", {"index": 3, "from_count": 3}),
    "crashing": FaultSpec("core-file", {}),
}
ALWAYS = ("README.txt", "rerun.txt", "transcript.txt", "versions.json")
ASKED = ("alarms.txt", "cores.txt", "commit-history.txt")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d")


@pytest.fixture(scope="module")
def lab(runner, simulated_device, tmp_path_factory):
    """Serve the devices, and write the testbed that leads to them and to one that's gone."""
    from harness.sim.server import SimulatorServer  # noqa: PLC0415 - as the fixture "serve" does

    refuse_one = pytest.MonkeyPatch()
    refuse_one.setitem(ACTIONS, "get-log", _without_mute(ACTIONS["get-log"]))
    specs = [
        DeviceSpec(name, "srx4100", base=BASE, password=LOGIN, faults=(fault,))
        for name, fault in FAULTS.items()
    ]
    server = SimulatorServer(specs)
    addresses = server.start()
    known_hosts = tmp_path_factory.mktemp("lab") / "known_hosts"
    known_hosts.write_text(
        "".join(f"[{a.host}]:{a.port} {a.host_key}\n" for a in addresses.values())
    )
    devices = {}
    for name in (*FAULTS, "gone"):
        port = addresses[name].port if name in addresses else 1
        where = {"host": "127.0.0.1", "port": port}
        devices[name] = {
            **simulated_device(),
            "connections": {"netconf": where, "cli": where},
            "credentials": {"default": {"username": "lab", "password": LOGIN}},
        }
    for name in FAULTS:
        server.device(name).call(_plant)
    yield runner.testbed("evidence", devices, known_hosts=str(known_hosts))
    server.stop()
    refuse_one.undo()


def _without_mute(show_log):
    """Refuse the log of one device, as one without the right to read it sees."""

    def answer(login, arguments):
        if login.device.spec.name == "mute":
            raise Refusal(error("could not open file: Permission denied"))
        return show_log(login, arguments)

    return answer


def _plant(device):
    """Log a password in a URL and what clears a terminal; and something of last year."""
    soon = datetime.now(UTC) + timedelta(minutes=5)  # the case begins later than this
    old = soon.replace(year=soon.year - 1)
    device.log.add(
        LogLine(soon, "mgd", 7, "UI_X", f"fetched ftp://joe:{URL}@192.0.2.7/x \x01\x1b[2J\x07"),
        LogLine(old.replace(month=1, day=1), "mgd", 7, "UI_X", f"ascii-text {OLD}"),
    )


@pytest.fixture(scope="module")
def run(runner, lab):
    """Run IPsec on all of them, shared out to two workers, with support information."""
    return runner(
        "suites", "--testbed", lab, "--count", str(COUNT), "-n", "2", "--rsi",
        "-k", "test_tunnels and ipsec and not gre or test_preflight and crashing",
        environment={"HARNESS_SEED": SEED},
    )  # fmt: skip


def bundle(run, name, case=None):
    """Return file name → text of the bundle of a device's case."""
    attachments = (case or run.cases[f"tunnels {name}-ipsec-8"]).attachments
    assert len({Path(path).parent for path in attachments}) == 1
    return {Path(path).name: (run.folder / path).read_text("utf-8") for path in attachments}


def test_each_case_ends_as_without_evidence(run):
    """Collecting changes no verdict; the device that wasn't restored decides the exit code."""
    outcomes = {n: run.cases[f"tunnels {n}-ipsec-8"].outcome for n in (*FAULTS, "gone")}
    fail, error_, passed = Outcome.FAIL, Outcome.ERROR, Outcome.PASS
    assert outcomes == {
        "dropping": fail, "refusing": fail, "losing": error_, "sticky": error_,
        "mute": fail, "crashing": passed, "gone": error_,
    }, run.output  # fmt: skip
    assert run.exit_code == 76
    assert not run.cases["tunnels crashing-ipsec-8"].attachments


@pytest.mark.parametrize("name", ["dropping", "refusing", "losing", "sticky"])
def test_a_bundle_is_complete(run, name):
    """All files are there, none is empty, and the index names each."""
    files = bundle(run, name)
    wanted = {*ALWAYS, *ASKED, "candidate.diff", "log.txt", "support-information.txt"}
    assert files.keys() == wanted
    assert all(text.strip() for text in files.values())
    assert all(f"  {each} " in files["README.txt"] for each in wanted - {"README.txt"})
    assert "Not had" not in files["README.txt"]


def test_the_difference_is_the_device_s_own_and_whole(run):
    """Each planned tunnel stands in it, also in that of a commit that never came about."""
    for name in ("dropping", "losing"):
        patch = bundle(run, name)["candidate.diff"]
        assert all(f"+    gateway hil-t{n:05} {{" in patch for n in range(1, COUNT + 1))
        assert "left out" not in patch


def test_the_transcript_shows_who_said_what_when(run):
    """Load, commit and the loss of the answer, with session, library and duration."""
    said = bundle(run, "losing")["transcript.txt"]
    assert re.search(r"\+\d+\.\d{3} s  pyez session \d+\n  loading\n  > .*load-configuration", said)
    assert re.search(r"  commit: losing: commit: .*\n  > .*<confirmed/>", said)
    assert "(no reply)" in said
    assert "netmiko at the CLI\n  show interfaces terse st0\n" in bundle(run, "dropping")[
        "transcript.txt"
    ]  # fmt: skip


def test_the_log_is_that_of_the_case(run):
    """Our push stands in it; what was logged long before doesn't."""
    log = bundle(run, "dropping")["log.txt"]
    assert "UI_COMMIT: User 'lab' requested 'commit confirmed'" in log
    assert OLD not in log
    assert "Jan  1 " not in log


def test_the_support_information_is_the_device_s(run):
    """Asked for with --rsi: it begins with the version and holds the configuration."""
    assert "show version" in bundle(run, "refusing")["support-information.txt"]


def test_what_the_device_refuses_to_tell_is_in_the_index(run):
    """A log that can't be read is named with the device's words; the verdict stays the same."""
    files = bundle(run, "mute")
    assert "log.txt" not in files
    index = files["README.txt"]
    assert re.search(r"Not had\n  log\.txt +mute refused .*Permission denied", index)
    case, sound = (run.cases[f"tunnels {name}-ipsec-8"] for name in ("mute", "dropping"))
    assert case.reason.replace("mute", "dropping") == sound.reason


def test_a_device_that_is_gone_is_said_to_be(run):
    """Nothing can be asked; what we know ourselves is there."""
    files = bundle(run, "gone")
    assert files.keys() == {*ALWAYS}
    assert all(re.search(rf"  {re.escape(name)} +.*gone", files["README.txt"]) for name in ASKED)
    assert '"device": "not known"' in files["versions.json"]


def test_a_restore_that_failed_has_a_bundle(run):
    """Collected by the controller; its command is that of the restore."""
    restore = run.restores["sticky"]
    assert not restore.proven
    files = bundle(run, "sticky", restore)
    assert {*ALWAYS, *ASKED, "log.txt"} <= files.keys()
    assert files["rerun.txt"].startswith("harness restore --testbed ")
    assert files["rerun.txt"].endswith(" sticky\n")
    assert "run again: harness restore" in run.testcases["restore sticky"].find("error").text


def test_junit_points_at_every_file(run):
    """Each attachment is one that exists, by a path that a CI job knows."""
    text = run.testcases["tunnels dropping-ipsec-8"].findtext("system-out")
    marked = re.findall(r"\[\[ATTACHMENT\|(.*)\]\]", text)
    assert len(marked) == len(bundle(run, "dropping"))
    assert all((CHECKOUT / path).is_file() for path in marked)
    rerun = bundle(run, "dropping")["rerun.txt"].strip()
    assert f"run again: {rerun}" in run.testcases["tunnels dropping-ipsec-8"].find("failure").text
    assert run.properties("tunnels dropping-ipsec-8")["case.rerun"] == rerun
    assert rerun in run.output


def test_devices_are_shown_before_and_after(run):
    """The same few files twice; the configuration is the same, the history has grown."""
    folder = run.folder / "devices" / "dropping"
    shown = {when: {p.name for p in (folder / when).iterdir()} for when in ("before", "after")}
    assert shown["before"] | {"support-information.txt"} == shown["after"]
    identity = [(folder / when / "device.json").read_text() for when in ("before", "after")]
    assert identity[0] == identity[1]
    assert "sha256" in identity[0]
    history = [(folder / when / "commit-history.txt").read_text() for when in ("before", "after")]
    assert "hil-harness run=" not in history[0]
    assert "phase=restored" in history[1]
    gone = run.folder / "devices" / "gone" / "before" / "README.txt"
    assert re.search(r"device\.json +the device doesn't answer", gone.read_text())


def test_nothing_in_the_run_folder_is_secret(run):
    """No canary, no key of the run, no encoded key, no character that a terminal obeys."""
    ring = KeyRing(run_key(SEED), "dropping")
    keys = {ring.key(f"hil-t{n:05}").reveal() for n in range(1, COUNT + 1)}
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    assert len(files) > 50
    for path in files:
        text = path.read_text("utf-8")
        found = [each for each in (*CANARIES, *keys, SEED) if each in text]
        assert not found, path
        assert not re.search(r"\$[9865]\$\w", text), path
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text), path
    assert "ftp://joe:[redacted]@192.0.2.7" in bundle(run, "dropping")["log.txt"]
    assert "192.0.2.7/x \\x01" in bundle(run, "dropping")["log.txt"]


def test_the_command_fails_again_the_same_way(run, tmp_path):
    """Run by a shell as it's written, where the run was started, it gives the same verdict."""
    command = bundle(run, "dropping")["rerun.txt"]
    words = shlex.split(command, comments=True)
    assert words[0] == "pytest"
    assert words[1] == CASE.format("dropping")
    assert words[-2:] == ["--count", str(COUNT)]
    assert "HARNESS_SEED" in command
    known = {n: v for n, v in os.environ.items() if not n.startswith(("HARNESS_", "PYTEST_"))}
    again = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=CHECKOUT,
        env={
            **known,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HARNESS_STATE": str(tmp_path / "state"),
            "HARNESS_RUNDIR": str(tmp_path / "reports"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert again.returncode == 1, again.stdout + again.stderr
    assert "1 failed" in again.stdout
    assert run.cases["tunnels dropping-ipsec-8"].reason[:200] in again.stdout


def test_a_passing_run_leaves_no_bundle(run):
    """tests/ holds a folder for each failed case and each failed restore, and no other."""
    failed = {p.name for p in (run.folder / "tests").iterdir()}
    ended = [c for c in run.cases.values() if c.attachments]
    restores = [r for r in run.restores.values() if r.attachments]
    assert failed == {Path(e.attachments[0]).parent.name for e in (*ended, *restores)}
