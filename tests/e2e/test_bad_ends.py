"""Ends of runs at which something else breaks, too: the devices, the exit code, what is said."""

from __future__ import annotations

import pytest

from harness.reporting import record
from harness.sim.spec import DeviceSpec

TUNNELS = "suites/tunnels/test_tunnels.py::test_tunnels"
# Each is a plugin of the run, and breaks one thing at one moment.
STOPPED = """
import os, signal
from harness.lab.attempt import Attempt
original = Attempt.evidence
def evidence(self, *arguments):
    os.kill(os.getpid(), signal.SIGTERM)
    return original(self, *arguments)
Attempt.evidence = evidence
"""
FULL_DISK = """
import errno, os
from harness.reporting import record
from harness.sim.spec import DeviceSpec
original = record.RunRecord.append
def append(self, event):
    if isinstance(event, record.Restore | record.RunFinished):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    original(self, event)
record.RunRecord.append = append
"""
STATE_GONE = """
import os, shutil
from harness.lab.attempt import Attempt
def evidence(self, *_):
    shutil.rmtree(self.bench.run.state)
    os._exit(9)  # and the worker
Attempt.evidence = evidence
"""


@pytest.fixture
def broken(runner, tmp_path):
    """Run with something broken: the text of a plugin, then arguments."""

    def run(plugin, *arguments):
        (tmp_path / "broken_end.py").write_text(plugin)
        return runner("-p", "broken_end", *arguments, environment={"PYTHONPATH": str(tmp_path)})

    return run


def test_a_signal_ends_the_run_also_where_the_device_does_not_come_back(
    broken, runner, simulated_device
):
    """A failure takes the place of the signal in the case; the next device stays untouched."""
    devices = {
        "stuck": simulated_device(limit=2, faults=[{"name": "rollback-leftover"}]),
        "next": simulated_device(limit=2),
    }
    chosen = [f"{TUNNELS}[{name}-ipsec-2]" for name in devices]
    run = broken(STOPPED, *chosen, "--testbed", runner.testbed("stopped", devices))
    assert run.exit_code == 76, run.output
    assert run.one(record.RunFinished).interrupted_by == "SIGTERM"
    assert list(run.cases) == ["tunnels stuck-ipsec-2"]
    assert list(run.restores) == ["stuck"]


@pytest.mark.parametrize(("faults", "code"), [([{"name": "rollback-leftover"}], 76), ([], 3)])
def test_a_record_that_can_not_be_written_to_its_end(
    broken, runner, simulated_device, faults, code
):
    """Every device is put back, the loudest code counts, and what the record lacks is said."""
    devices = {
        "stuck": simulated_device(limit=2, faults=faults),
        "other": simulated_device(limit=2),
    }
    chosen = [f"{TUNNELS}[{name}-ipsec-2]" for name in devices]
    run = broken(FULL_DISK, *chosen, "--testbed", runner.testbed(f"full{code}", devices))
    assert run.exit_code == code, run.output
    assert "Traceback" not in run.output
    assert "NOT IN THE REPORTS: stuck: No space left on device" in run.output
    assert "NOT IN THE REPORTS: other: No space left on device" in run.output
    assert ("no way back to the baseline" in run.output) is bool(faults)


@pytest.mark.parametrize("suites", [("suites/tunnels",), ("suites/tunnels", "suites/restore")])
def test_a_state_directory_that_is_removed_and_a_worker_that_dies(
    broken, runner, serve, simulated_device, suites
):
    """No journal tells of the tunnels that are on the device; its own history does."""
    lab = serve(DeviceSpec("dut", "srx4100"))
    entry = lab.entry("dut", {**simulated_device("srx4100", 2), "simulated": True})
    testbed = runner.testbed("gone", {"dut": entry}, known_hosts=str(lab.known_hosts))
    run = broken(STATE_GONE, *suites, "-k", "dut-ipsec or restore", "-n", "1", "--testbed", testbed)
    assert run.exit_code == 76, run.output
    assert not run.restores["dut"].proven
    assert "its newest commit is a push of this run (rung=1 kind=ipsec" in run.output
    assert "its timer takes it off; else 'rollback 1' on the device" in run.output


def test_a_run_without_the_terminal_reporter(runner, simulated_device):
    """An ini file that speaks of it is refused by pytest itself; nothing of ours breaks."""
    testbed = runner.testbed("mute", {"dut": simulated_device(limit=2)})
    run = runner("-p", "no:terminal", f"{TUNNELS}[dut-ipsec-2]", "--testbed", testbed)
    assert run.exit_code == pytest.ExitCode.USAGE_ERROR
    assert "INTERNALERROR" not in run.output
