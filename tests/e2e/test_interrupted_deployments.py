"""Deployments that are stopped on their way, on fleets that outlive them as real ones do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.lab.fleet_serving import fleet_specs
from harness.outcome import Outcome
from harness.reporting import record
from harness.reporting.summary import summarise
from harness.sim.spec import FaultSpec
from harness.testbed.load import load_testbed_text

CHECKOUT = Path(__file__).parents[2]
TICK, TICKS, SECONDS = 0.02, 6000, 120  # of waiting for a step; a hang ends there
_HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
PYTEST = (sys.executable, "-c", f"{_HEARING}import pytest, sys; sys.exit(pytest.main())")
SITES = 8
LOGIN = {"default": {"username": "lab", "password": "lab"}}


def free_port(host: str) -> int:
    """Return a port that nobody has there."""
    with socket.socket() as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])


@dataclass
class Yard:
    """Fleets at consecutive addresses, and a testbed that finds them there."""

    folder: Path
    testbed: Path
    port: int
    served: Any
    before: dict[str, str]

    @property
    def state(self) -> Path:
        """Return where runs keep their journals."""
        return self.folder / "state"

    def committed(self) -> dict[str, str]:
        """Return what each device runs, past every session."""
        return {
            name: self.served.look(name, lambda d: d.store.render(d.store.committed, "set"))
            for name in self.served.addresses
        }

    def assert_back(self) -> None:
        """Expect all devices at their baselines, with nothing pending."""
        assert self.committed() == self.before
        for name in self.served.addresses:
            assert self.served.look(name, lambda d: d.store.pending) is None

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a run."""
        with (self.folder / "output").open("w") as output:
            return subprocess.Popen(
                [*PYTEST, "-p", "no:cacheprovider", "suites/hub_and_spoke", *arguments],
                cwd=CHECKOUT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def environment(self) -> dict[str, str]:
        """Return the environment without what the run that tests was told."""
        unwanted = ("HARNESS_", "PYTEST_", "COVERAGE_", "COV_")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
        ours = {
            "HARNESS_STATE": str(self.state),
            "HARNESS_RUNDIR": str(self.folder / "reports"),
            "HARNESS_TESTBED": str(self.testbed),
            "HARNESS_RESTORE_WAIT": "0",
        }
        return {**kept, **ours}

    def harness(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours to its end."""
        return subprocess.run(
            [sys.executable, "-m", "harness.cli.main", *arguments],
            cwd=CHECKOUT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def steps(self, host: str) -> list[str]:
        """Return the events of a device's journal."""
        path = self.state / "journals" / f"{host}_{self.port}.journal.jsonl"
        if not path.exists():
            return []
        whole = [line for line in path.read_text().splitlines(keepends=True) if line[-1] == "\n"]
        return [json.loads(line)["event"] for line in whole]

    def await_tunnels(self, run: subprocess.Popen[str], host: str) -> None:
        """Wait until the device at an address holds a site's tunnels, after any control."""
        for _ in range(TICKS):
            if "committed" in self.steps(host):
                return
            try:
                run.wait(TICK)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(f"it ended before: {(self.folder / 'output').read_text()}")
        raise TimeoutError

    @property
    def events(self) -> list[record.Event]:
        """Read the record; nothing in it may be unreadable."""
        folder = (self.folder / "reports" / "latest").resolve()
        events, notes = record.read_events(folder / record.STREAM_NAME)
        assert not notes
        return list(events)

    def restores(self) -> dict[str, record.Restore]:
        """Return what the controller proved."""
        return {e.device: e for e in self.events if isinstance(e, record.Restore)}


@pytest.fixture
def yard(tmp_path: Path, serve: Callable[..., Any]) -> Yard:
    """Serve eight sites and a hub; each site takes its time."""
    port = free_port("127.61.0.1")
    fleets: dict[str, dict[str, Any]] = {
        "branch": {
            "count": SITES,
            "platform": "nfx250",
            "simulated": True,
            "underlay": {"external_interface": "ge-0/0/0.0", "external_zone": "untrust"},
        },
        "hub": {
            "count": 1,
            "platform": "srx4200",
            "simulated": True,
            "underlay": {"external_interface": "xe-0/0/0.0", "external_zone": "untrust"},
        },
    }
    known = {
        "testbed": {
            "name": "yard",
            "credentials": LOGIN,
            "known_hosts": str(tmp_path / "known_hosts"),
        },
        "fleets": fleets,
        "deployments": {
            "few": {
                "topology": "hub-and-spoke",
                "sites": SITES,
                "hubs": 1,
                "outer": "10.1.0.0/16",
                "inner": "100.64.0.0/16",
                "played_by": ["branch"],
                "hubs_played_by": ["hub"],
                "wave": 4,
                "at_once": 2,
                "claim": "small-hub-and-spoke-sites",
            }
        },
    }
    own = fleet_specs(load_testbed_text(json.dumps(known), "yard.yaml"))
    slow = (FaultSpec("slow", {"seconds": 0.03}),)
    specs = [
        replace(spec, host=f"127.{61 if 'branch' in spec.name else 62}.0.{number}", port=port)
        for name in fleets
        for number, spec in enumerate((s for s in own if s.name.startswith(name)), start=1)
    ]
    served = serve(*(replace(s, faults=slow) if "branch" in s.name else s for s in specs))
    fleets["branch"] |= {"address": "127.61.0.1", "ports": {"netconf": port, "cli": port}}
    fleets["hub"] |= {"address": "127.62.0.1", "ports": {"netconf": port, "cli": port}}
    testbed = tmp_path / "yard.yaml"
    testbed.write_text(json.dumps(known, indent=1))
    found = Yard(tmp_path, testbed, port, served, {})
    found.before = found.committed()
    return found


def test_a_fleet_that_is_there_already(yard):
    """Devices at consecutive addresses are leased, pushed to, and back; nobody starts them."""
    run = yard.start()
    assert run.wait(SECONDS) == 0, (yard.folder / "output").read_text()
    (row,) = summarise(yard.events).rows
    assert (row.requested, row.accepted, row.restored) == (SITES, SITES, True)
    yard.assert_back()
    assert yard.steps("127.61.0.8")[-2:] == ["closed", "unlocked"]


def test_the_timer_of_a_hub_outlasts_the_waves(yard):
    """It's the minutes of all waves, and never less than a rung's."""
    run = yard.start()
    yard.await_tunnels(run, "127.61.0.5")  # of the second wave
    path = yard.state / "journals" / f"127.62.0.1_{yard.port}.journal.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    held = [line["minutes"] for line in lines if line["event"] == "committed"][-1]
    assert held == 12 + 2 * (12 + 2 * 2 * 4 // 2)
    assert run.wait(SECONDS) == 0


def test_an_interrupt_in_the_middle_of_a_wave(yard):
    """Hub and sites are put back, and what was known by then is in the series."""
    run = yard.start()
    yard.await_tunnels(run, "127.61.0.3")  # two sites of the wave have ended
    run.send_signal(signal.SIGINT)
    assert run.wait(SECONDS) == pytest.ExitCode.INTERRUPTED
    yard.assert_back()
    assert yard.restores()["few"].proven
    lines = next((yard.folder / "reports" / "latest").resolve().glob("tests/few-wave-1/devices.*"))
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert rows[0]["place"] in {"site-1", "site-2"}
    assert {row["restored"] for row in rows} == {"proven"}
    assert not [e for e in yard.events if isinstance(e, record.Case) and "wave" in e.nodeid]


def test_a_worker_that_is_shot_while_hubs_stand(yard):
    """The controller restores hub and sites from the journals; nothing is called qualified."""
    run = yard.start("-n", "1")
    yard.await_tunnels(run, "127.61.0.3")
    lease = yard.state / "leases" / f"127.62.0.1_{yard.port}.lock"
    worker = int(json.loads(lease.read_text())["pid"])
    assert worker != run.pid
    os.kill(worker, signal.SIGKILL)
    assert run.wait(SECONDS) == 1, (yard.folder / "output").read_text()
    yard.assert_back()
    restores = yard.restores()
    assert restores["hub-1"].proven
    assert restores["few"].proven
    cases = [e for e in yard.events if isinstance(e, record.Case)]
    whole = next(case for case in cases if "whole" in case.nodeid)
    assert whole.outcome is not Outcome.PASS
    assert not [case for case in cases if case.standing == "qualified"]


def test_a_run_that_is_shot(yard):
    """``harness restore --all`` knows the fleets; so do the lists of leases and of devices."""
    run = yard.start()
    yard.await_tunnels(run, "127.61.0.3")
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(SECONDS)
    assert yard.committed() != yard.before
    listed = yard.harness("lease", "list", "--testbed", str(yard.testbed)).stdout
    assert "hub-1" in listed
    assert "branch-3" in listed
    said = yard.harness("restore", "--all", "--dry-run")
    assert "hub-1: would be restored" in said.stdout
    restored = yard.harness("restore", "--all")
    assert restored.returncode == 0, restored.stderr
    yard.assert_back()
    assert "nothing to restore" in yard.harness("restore", "--all").stdout


def test_one_device_of_a_fleet_is_restored_by_its_name(yard):
    """The others stay as they are: nobody asked for them."""
    run = yard.start()
    yard.await_tunnels(run, "127.61.0.3")
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(SECONDS)
    assert yard.harness("restore", "hub-1").returncode == 0
    assert yard.committed()["hub-1"] == yard.before["hub-1"]
    assert yard.committed() != yard.before


def test_looking_at_a_fleet(yard):
    """``testbed check --connect`` asks each device that is there."""
    looked = yard.harness("testbed", "check", str(yard.testbed), "--connect", "--json")
    assert looked.returncode == 0, looked.stderr
    found = {row["device"]: row["grade"] for row in json.loads(looked.stdout)}
    assert found == dict.fromkeys(yard.served.addresses, "simulated")
