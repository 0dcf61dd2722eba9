"""Runs that are stopped on their way: the devices are back at their baselines, and it's proven.

The devices are served by a process of their own, so that they outlive the runs, as real ones do.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from lxml import etree
from ncclient import manager

from harness.lab.run import RUNS
from harness.outcome import Outcome
from harness.render.readback import fingerprint
from harness.reporting import record

CHECKOUT = Path(__file__).parents[2]
LOGIN = {"default": {"username": "lab", "password": "lab"}}
SUITES = ("suites/tunnels", "suites/restore")  # looking first takes a slow device a second
TICK, TICKS = 0.01, 12_000  # seconds between two looks at a file, and how many looks at most
SECONDS = 120

# Shells start background jobs deaf to SIGINT, and children inherit that: hear it as on a terminal.
_HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
PYTEST = (sys.executable, "-c", f"{_HEARING}import pytest, sys; sys.exit(pytest.main())")
HARNESS = (sys.executable, "-m", "harness.cli.main")

# Each scenario has a device of its own. Its requests are slow enough for a signal to arrive in
# the step that it's meant for; "still" commits slowly, too.
SLOW = {"faults": [{"name": "slow", "seconds": 0.05}]}
STILL = {**SLOW, "commit_seconds": 0.6}
DEVICES = {
    "sigint": SLOW,
    "sigterm": SLOW,
    "in-commit": STILL,
    "twice": STILL,
    "workers-int": SLOW,
    "workers-term": SLOW,
    "shot-worker": SLOW,
    "shot": SLOW,
    "shot-in-commit": STILL,
    "failing": {"faults": [{"name": "drop-tunnel", "from_count": 3}]},
    "bystander": {},
}


@dataclass(frozen=True)
class Served:
    """One device that goes on, whatever becomes of a run, and what it was before."""

    name: str
    host: str
    port: int
    password: str
    before: str = ""

    @property
    def connection(self) -> dict[str, object]:
        """Return what a testbed says of NETCONF and CLI."""
        return {"host": self.host, "port": self.port}

    def ask(self) -> tuple[str, str, bool]:
        """Return fingerprint, newest commit log, and whether that commit is a confirmed one."""
        with manager.connect(
            host=self.host,
            port=self.port,
            username="lab",
            password=self.password,
            hostkey_verify=False,
            allow_agent=False,
            look_for_keys=False,
            device_params={"name": "junos"},
        ) as session:
            wanted = etree.Element("get-configuration", database="committed")
            configuration = session.rpc(wanted).tostring
            history = session.rpc(etree.Element("get-commit-information")).tostring
        newest = etree.fromstring(history).find(".//{*}commit-history")
        confirmed = "commit confirmed" in (newest.findtext("{*}comment") or "")
        return fingerprint(configuration), newest.findtext("{*}log") or "", confirmed

    def assert_back(self, *, pushed: bool = True) -> None:
        """Expect the baseline, committed for good; by us, where it's sure that we had pushed."""
        now, log, confirmed = self.ask()
        assert now == self.before
        assert "phase=restored" in log or not (pushed or log)
        assert not confirmed


@dataclass
class Lab:
    """The served devices, and a folder for each run."""

    folder: Path
    devices: dict[str, Served]
    template: dict[str, dict[str, object]]
    started: int = field(default=0)

    def run(self, *devices: str, arguments: tuple[str, ...] = (), state: Path | None = None) -> Run:
        """Start a run on some of the devices."""
        self.started += 1
        here = self.folder / f"run{self.started}"
        here.mkdir()
        return Run(here, self.testbed(here, devices), state or here / "state", arguments, self)

    def testbed(self, folder: Path, names: tuple[str, ...]) -> Path:
        """Write a testbed of devices that are already running."""
        path = folder / "testbed.yaml"
        known = {
            "testbed": {
                "name": "lab",
                "credentials": LOGIN,
                "known_hosts": str(self.folder / "known_hosts"),
            },
            "devices": {
                name: {
                    **self.template[name],
                    "custom": {},
                    "connections": dict.fromkeys(("netconf", "cli"), self.devices[name].connection),
                }
                for name in names
            },
        }
        path.write_text(json.dumps(known))
        return path


class Run:
    """One run in processes of its own."""

    def __init__(
        self, folder: Path, testbed: Path, state: Path, arguments: tuple[str, ...], lab: Lab
    ) -> None:
        self.folder = folder
        self.testbed = testbed
        self.state = state
        self._lab = lab
        self._output = (folder / "output").open("w+")
        self.process = subprocess.Popen(
            [*PYTEST, "-p", "no:cacheprovider", *SUITES, "--count", "2", *arguments],
            cwd=CHECKOUT,
            env=environment(
                HARNESS_STATE=state, HARNESS_RUNDIR=folder / "reports", HARNESS_TESTBED=testbed
            ),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def steps(self, device: str) -> list[str]:
        """Return the events in the journal of a device."""
        served = self._lab.devices[device]
        path = self.state / "journals" / f"{served.host}_{served.port}.journal.jsonl"
        if not path.exists():
            return []
        whole = [line for line in path.read_text().splitlines(keepends=True) if line[-1] == "\n"]
        return [json.loads(line)["event"] for line in whole]

    def await_step(self, device: str, step: str, within: int = TICKS) -> None:
        """Wait until the journal of a device shows a step; raises TimeoutError after the looks."""
        for _ in range(within):
            if step in self.steps(device):
                return
            try:
                self.process.wait(TICK)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(f"no {step}, but {self.steps(device)}:\n{self.output}")
        raise TimeoutError(f"no {step}, but {self.steps(device)}:\n{self.output}")

    def kill(self, number: signal.Signals, *, everybody: bool = False) -> None:
        """Send a signal to the controller, or, as a terminal does, to its workers as well."""
        (os.killpg if everybody else os.kill)(self.process.pid, number)

    def worker_on(self, device: str) -> int:
        """Return the pid of the worker that writes to a device."""
        served = self._lab.devices[device]
        path = self.state / "leases" / f"{served.host}_{served.port}.lock"
        pid = int(json.loads(path.read_text())["pid"])
        assert pid != self.process.pid
        return pid

    def end(self) -> int:
        """Wait for the controller's end and return its exit code."""
        code = self.process.wait(SECONDS)
        self._output.close()
        return code

    @property
    def output(self) -> str:
        """Return what the run has printed so far."""
        return (self.folder / "output").read_text()

    @property
    def rundir(self) -> Path:
        """Return the run folder."""
        return (self.folder / "reports" / "latest").resolve()

    def of(self, kind: type) -> list[record.Event]:
        """Return the events of one type from the record."""
        events, notes = record.read_events(self.rundir / record.STREAM_NAME)
        assert not notes
        return [event for event in events if isinstance(event, kind)]

    def junit(self) -> dict[str, etree._Element]:
        """Return the cases of junit.xml by name."""
        root = etree.parse(self.rundir / "junit.xml").getroot()
        return {case.get("name"): case for case in root.iter("testcase")}

    def assert_restored(self, device: str, *, pushed: bool = True) -> None:
        """Expect the controller's word for it, in record and JUnit, and the device's."""
        (restored,) = (event for event in self.of(record.Restore) if event.device == device)
        assert restored.proven, restored
        assert restored.fingerprint_after == restored.fingerprint_before
        assert self.steps(device)[-2:] == ["closed", "unlocked"]
        assert f"test_restored[{device}]" in self.junit()
        self._lab.devices[device].assert_back(pushed=pushed)


def environment(**ours: Path) -> dict[str, str]:
    """Return the environment without what the run that tests was told.

    Coverage stays out too: its tracer takes a lock on every new file, and a signal that arrives
    just then leaves the lock taken for ever.
    """
    unwanted = ("HARNESS_", "PYTEST_", "COVERAGE_", "COV_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
    return {**kept, **{name: str(path) for name, path in ours.items()}}


def harness(*arguments: str | Path, state: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of ours to its end."""
    return subprocess.run(
        [*HARNESS, *map(str, arguments)],
        env=environment(HARNESS_STATE=state),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def lab(tmp_path_factory, simulated_device) -> Iterator[Lab]:
    """Serve the devices, and write down their keys as ``ssh-keyscan`` would."""
    folder = tmp_path_factory.mktemp("interrupted")
    template = {name: simulated_device("vmx", **custom) for name, custom in DEVICES.items()}
    served = folder / "served.yaml"
    served.write_text(
        json.dumps({"testbed": {"name": "served", "credentials": LOGIN}, "devices": template})
    )
    with subprocess.Popen(
        [*HARNESS, "sim", "run", "--testbed", str(served), "--json"],
        env=environment(HARNESS_STATE=folder / "server"),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            listed = _json_document(server)
            (folder / "known_hosts").write_text(
                "".join(f"[{d['host']}]:{d['port']} {d['host_key']}\n" for d in listed)
            )
            plain = [Served(d["name"], d["host"], d["port"], d["password"]) for d in listed]
            with ThreadPoolExecutor(len(plain)) as threads:  # ncclient waits more than it works
                before = [now for now, _, _ in threads.map(Served.ask, plain)]
            devices = {d.name: replace(d, before=b) for d, b in zip(plain, before, strict=True)}
            yield Lab(folder, devices, template)
        finally:
            server.kill()


def _json_document(server: subprocess.Popen[str]) -> list[dict[str, str]]:
    """Read the list that is printed before serving begins."""
    text = ""
    for line in server.stdout:
        text += line
        try:
            return json.loads(text)
        except ValueError:
            continue
    raise AssertionError(f"no list of devices: {text!r}")


@pytest.mark.parametrize(
    ("device", "number"), [("sigint", signal.SIGINT), ("sigterm", signal.SIGTERM)]
)
def test_a_signal_while_tunnels_are_on_the_device(lab, device, number):
    """The tunnels are taken back, and the reports say what stopped the run."""
    run = lab.run(device)
    run.await_step(device, "committed")
    run.kill(number)
    assert run.end() == pytest.ExitCode.INTERRUPTED
    run.assert_restored(device)
    (finished,) = run.of(record.RunFinished)
    assert (finished.exit_status, finished.interrupted_by) == (2, number.name)
    assert not [case for case in run.of(record.Case) if "tunnels" in case.nodeid]
    (stopped,) = (case for name, case in run.junit().items() if "tunnels" in name)
    assert stopped.find("error") is not None


def test_a_signal_while_the_device_commits(lab):
    """The device goes on with a commit that has reached it; what it made of it is taken back."""
    run = lab.run("in-commit")
    run.await_step("in-commit", "committing")
    run.kill(signal.SIGHUP)
    assert run.end() == pytest.ExitCode.INTERRUPTED
    assert "committed" not in run.steps("in-commit")
    run.assert_restored("in-commit", pushed=False)


def test_signals_without_end(lab):
    """A later one stops the case's own restoring, and none the controller's."""
    run = lab.run("twice")
    run.await_step("twice", "committed")
    for _ in range(TICKS):
        run.kill(signal.SIGINT)
        run.kill(signal.SIGTERM)
        try:
            run.await_step("twice", "closed", within=1)
        except TimeoutError:
            continue
        break
    assert run.end() == pytest.ExitCode.INTERRUPTED
    assert run.steps("twice").count("returning") == 2
    run.assert_restored("twice")


@pytest.mark.parametrize(
    ("device", "number", "everybody"),
    [("workers-int", signal.SIGINT, True), ("workers-term", signal.SIGTERM, False)],
)
def test_a_signal_with_workers(lab, device, number, everybody):
    """Whether a terminal tells the workers as well or nobody does: the device is back."""
    run = lab.run(device, "bystander", arguments=("-n", "2"))
    run.await_step(device, "committed")
    run.kill(number, everybody=everybody)
    assert run.end() == pytest.ExitCode.INTERRUPTED
    run.assert_restored(device)
    assert run.of(record.RunFinished)[0].interrupted_by == number.name


def test_a_worker_is_shot(lab):
    """The controller restores what the worker left; the case is an error, the others go on."""
    device = "shot-worker"
    run = lab.run(device, "bystander", arguments=("-n", "2"))
    run.await_step(device, "committed")
    os.kill(run.worker_on(device), signal.SIGKILL)
    assert run.end() == pytest.ExitCode.TESTS_FAILED
    run.assert_restored(device)
    cases = run.of(record.Case)
    ended = {case.name: case.outcome for case in cases}
    assert ended[f"test_tunnels[{device}-gre-2]"] is not Outcome.PASS
    assert ended["test_tunnels[bystander-gre-2]"] is Outcome.PASS
    (shot,) = (case for case in cases if case.reason.endswith("; it left no evidence"))
    assert shot.name == f"test_tunnels[{device}-gre-2]"
    assert "crashed" in shot.reason


def test_a_failed_case_ends_the_run(lab):
    """With ``-x`` nothing more is pushed; restoring doesn't depend on the cases that are left."""
    run = lab.run("failing", arguments=("-x", "--count", "3"))
    assert run.end() == pytest.ExitCode.TESTS_FAILED
    run.assert_restored("failing")
    assert run.junit()["test_restored[failing]"].find("error") is None


def test_everything_is_shot(lab):
    """The device is refused until its restore is proven; then a run passes."""
    device = "shot"
    shot = lab.run(device, "bystander", arguments=("-n", "2"))
    shot.await_step(device, "committed")
    shot.kill(signal.SIGKILL, everybody=True)
    assert shot.end() == -signal.SIGKILL
    assert not (shot.rundir / "junit.xml").exists()
    built = harness("report", "build", shot.rundir, state=shot.state)
    assert (built.returncode, built.stderr) == (0, "")
    assert shot.junit()[f"test_tunnels[{device}-gre-2]"].find("error") is not None

    refused = lab.run(device, state=shot.state)
    assert refused.end() == pytest.ExitCode.TESTS_FAILED
    reasons = {case.name: case.reason for case in refused.of(record.Case)}
    assert f"run 'harness restore {device}' first" in reasons[f"test_tunnels[{device}-gre-2]"]

    restore = partial(harness, "restore", "--testbed", shot.testbed, state=shot.state)
    announced = restore("--all", "--dry-run")
    assert announced.returncode == 0
    assert f"{device}: would be restored: run " in announced.stdout
    assert shot.steps(device)[-1] not in {"closed", "unlocked"}
    proven = restore(device)
    assert proven.returncode == 0, proven.stderr
    lab.devices[device].assert_back()
    assert restore(device).stdout == f"no journal is open in {shot.state}: nothing to restore\n"

    again = lab.run(device, state=shot.state)
    assert again.end() == pytest.ExitCode.OK, again.output
    again.assert_restored(device)


def test_everything_is_shot_while_the_device_commits(lab):
    """What the device made of the commit after everybody's death is found and taken back."""
    device = "shot-in-commit"
    shot = lab.run(device)
    shot.await_step(device, "committing")
    shot.kill(signal.SIGKILL)
    assert shot.end() == -signal.SIGKILL
    proven = harness("restore", "--all", "--testbed", shot.testbed, state=shot.state)
    assert proven.returncode == 0, proven.stderr
    assert shot.steps(device)[-2:] == ["closed", "unlocked"]
    lab.devices[device].assert_back(pushed=False)


def test_a_shot_run_leaves_nothing_of_its_own_devices(tmp_path):
    """What it kept for devices that died with it goes with the next run; a living run's stays."""
    state = tmp_path / "state"
    folders = [state / RUNS / name for name in ("dead", "living")]
    for folder in folders:
        folder.mkdir(parents=True)
    alive = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with alive:
        assert alive.stdout.readline() == "held\n"
        done = subprocess.run(
            [*PYTEST, "-p", "no:cacheprovider", "-q", "suites", "-k", "vmx", "--count", "2"],
            cwd=CHECKOUT,
            env=environment(HARNESS_STATE=state, HARNESS_RUNDIR=tmp_path / "reports"),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        alive.kill()
    assert done.returncode == 0, done.stdout
    assert sorted((state / RUNS).iterdir()) == [state / RUNS / "living"]
    assert [path.name for path in (state / "leases").iterdir()] == ["run-living.lock"]


HOLD = """
import sys
from pathlib import Path
from harness.clock import ManualClock
from harness.lease import FileLease, Holder
lease = FileLease(Path(sys.argv[1]) / "leases", "run-living", Holder("eve", 1, "living", "", ""))
lease.acquire(ManualClock())
print("held", flush=True)
sys.stdin.read()
"""
