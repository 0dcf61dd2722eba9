"""A device that takes a fault and ignores it turns the test of that fault red."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.sim.faults.kinds import KINDS

TESTS = Path(__file__).parents[1] / "unit" / "sim_server"
# fault → a test that can't do without it; files by what follows "test_"
EXERCISED = {
    "drop-tunnel": "sim_faults.py::test_drop_tunnel[2]",
    "swap-psk": "sim_faults.py::test_swap_psk[1-swapped0]",
    "wrong-unit": "sim_faults.py::test_wrong_unit",
    "rollback-leftover": "sim_faults.py::test_rollback_leftover[the deadline]",
    "ok-beside-error": "sim_faults.py::test_ok_beside_error",
    "warnings-only": "sim_faults.py::test_warnings_only",
    "die-during-commit": "sim_faults.py::test_die_during_commit[netconf-after-True]",
    "hang-commit": "sim_faults.py::test_hang_commit[netconf-after-True]",
    "drop-sa": "sim_faults.py::test_drop_sa",
    "ghost-tunnel": "sim_faults.py::test_ghost_tunnel",
    "linger-sa": "sim_faults.py::test_linger_sa",
    "stale-sa-table": "sim_faults.py::test_stale_sa_table",
    "stale-history": "sim_faults.py::test_stale_history",
    "repeat-reply": "sim_faults.py::test_repeat_reply",
    "secret-data": "sim_faults.py::test_secret_data",
    "lock-held": "faults_on_the_wire.py::test_the_command_line_switches_faults",
    "dirty-candidate": "sim_faults.py::test_dirty_candidate",
    "foreign-confirm": "sim_faults.py::test_foreign_confirm",
    "second-writer": "faults_of_requests.py::test_a_second_writer_waits_for_the_lock",
    "slow": "faults_of_requests.py::test_only_one_rpc_is_slow",
    "commit-time": "faults_of_requests.py::test_a_commit_takes_longer_with_its_tunnels",
    "refuse-above": "faults_of_requests.py::test_more_tunnels_than_allowed_are_refused_whole",
    "no-confirmed-commit": "faults_of_requests.py::test_a_device_that_takes_no_confirmed_commits"
    "[<commit><confirmed/></commit>]",
    "half-up": "faults_of_requests.py::test_a_tunnel_is_half_up",
    "disk-full": "faults_of_requests.py::test_a_full_disk_takes_neither_commits_nor_files",
    "core-file": "faults_of_requests.py::test_a_core_file_appears",
    "alarm": "faults_of_requests.py::test_an_alarm_is_active",
    "load": "faults_of_health.py::test_a_loaded_device_shows_its_figures",
    "log-lines-lost": "faults_of_requests.py::test_lines_of_the_log_are_lost",
    "split-replies": "faults_on_the_wire.py::test_replies_in_pieces_are_the_same_replies",
    "ill-formed-reply": "faults_on_the_wire.py::test_a_scheduled_fault_comes_and_goes",
    "slow-banner": "faults_on_the_wire.py::test_a_late_banner_is_waited_for_in_vain",
    "other-host-key": "faults_on_the_wire.py::test_another_host_key_is_shown",
    "refuse-login": "faults_on_the_wire.py::test_nobody_is_let_in",
    "reboot": "faults_on_the_wire.py::test_a_rebooting_device_is_away",
    **{
        f"{lie}-vnf": f"machines.py::test_a_fault_concerns_the_machine_that_it_names[{lie}-vnf]"
        for lie in ("drop", "dead", "stopped", "absent")
    },
    "ghost-vnf": "machines.py::test_a_ghost_is_shown_and_not_configured",
}
NOTICED = ("call: AssertionError", "call: Failed")  # the latter: an exception that didn't come
DEAF = """
import json, os
import pytest
from harness.sim.faults.board import FaultBoard
from harness.sim.faults.named import fault

names = {test: name for name, test in json.loads(os.environ["EXERCISED"]).items()}
honest, deaf, red = FaultBoard.arm, set(), {}

def arm(board, spec):
    fault(spec)
    if spec.name not in deaf:
        honest(board, spec)

FaultBoard.arm = arm

def pytest_runtest_setup(item):
    deaf.clear()
    deaf.add(names[item.path.name.removeprefix("test_") + "::" + item.name])

def pytest_runtest_makereport(item, call):
    if call.excinfo is not None:
        name = names[item.path.name.removeprefix("test_") + "::" + item.name]
        red[name] = f"{call.when}: {call.excinfo.typename}"

def pytest_sessionfinish():
    with open(os.environ["RED"], "w") as file:
        json.dump(red, file)
"""


def run_deaf(folder: Path) -> dict[str, str]:
    """Run those tests, each on devices that are deaf to its fault: fault → what turned it red."""
    (folder / "deaf_devices.py").write_text(DEAF)
    red = folder / "red.json"
    arguments = ("-q", "-p", "deaf_devices", "-p", "no:cacheprovider", "-p", "no:xdist")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *arguments),
            *(f"{TESTS}/test_{test}" for test in EXERCISED.values()),
        ],
        cwd=TESTS.parents[2],
        env={
            **{name: v for name, v in os.environ.items() if not name.startswith("PYTEST_")},
            "PYTHONPATH": str(folder),
            "EXERCISED": json.dumps(EXERCISED),
            "RED": str(red),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    found: dict[str, str] = json.loads(red.read_text())
    return found


def test_every_fault_is_exercised():
    """A new fault needs a test of its own here."""
    assert set(EXERCISED) == set(KINDS)


def test_a_fault_that_does_nothing_is_noticed(tmp_path):
    """Each of those tests is red, because of what didn't happen and nothing else."""
    red = run_deaf(tmp_path)
    assert set(KINDS) - set(red) == set(), "green without their fault"
    other = {name: why for name, why in red.items() if why not in NOTICED}
    assert not other, "red for another reason than that nothing happened"
