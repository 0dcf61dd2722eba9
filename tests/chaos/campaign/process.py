"""The harness as it's started by a person, in processes of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from campaign.inside import AT_WORK, FOLDER
from campaign.mutants import NAME as MUTANT
from campaign.scenario import COUNT, Scenario
from campaign.world import World

CHECKOUT = Path(__file__).parents[3]
_PACKAGES = Path(__file__).parents[1]
_UNWANTED = ("HARNESS_", "PYTEST_", "COVERAGE_", "COV_", "CHAOS_")
_SECONDS = 120  # a hang ends here


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that is over, with every process it had."""

    code: int | None  # None: it hung, and was killed
    output: str


class Started:
    """A command that runs, in a process group of its own."""

    def __init__(self, world: World, arguments: Sequence[str], mutant: str) -> None:
        self._world = world
        self._process = subprocess.Popen(
            [sys.executable, "-m", "campaign.child", *arguments],
            cwd=CHECKOUT,
            env=_environment(world, mutant),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Return the process that was started, which leads the group."""
        return self._process.pid

    def worker_on(self, device: str) -> int | None:
        """Return the process that works on a device, unless that is the one that was started."""
        path = self._world.folder / f"{AT_WORK}{device}"
        pid = int(path.read_text()) if path.exists() else self.pid
        return pid if pid != self.pid else None

    def kill_everybody(self) -> None:
        """Kill every process of the group at once, and wait until its leader is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(_SECONDS)

    def end(self) -> Ended:
        """Wait until nobody holds the output any more: controller and workers are gone."""
        try:
            output, _ = self._process.communicate(timeout=_SECONDS)
            code: int | None = self._process.returncode
        except subprocess.TimeoutExpired:
            self.kill_everybody()
            output, _ = self._process.communicate()
            code = None
        return Ended(code, output.decode("utf-8", "replace"))


def start_suites(scenario: Scenario, world: World, mutant: str) -> Started:
    """Start a run on the devices of ``world``."""
    test = "suites/tunnels/test_tunnels.py::test_tunnels"
    chosen = [f"{test}[{name}-{kind}-{COUNT}]" for name in world.names for kind in scenario.tunnels]
    workers = ["-n", str(scenario.workers)] if scenario.workers else []
    options = ["-p", "no:cacheprovider", "--count", str(COUNT), "--driver", scenario.driver]
    return Started(world, ["pytest", *chosen, "suites/restore", *options, *workers], mutant)


def start_restore(world: World, mutant: str) -> Started:
    """Start what a person types when a run was killed."""
    return Started(world, ["harness", "restore", "--all", "--testbed", str(world.testbed)], mutant)


def _environment(world: World, mutant: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_UNWANTED)}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(_PACKAGES), str(CHECKOUT)]),
        FOLDER: str(world.folder),
        MUTANT: mutant,
        "HARNESS_STATE": str(world.state),
        "HARNESS_RUNDIR": str(world.reports),
        "HARNESS_TESTBED": str(world.testbed),
        "HARNESS_SEED": "chaos",  # the same keys every time
    }
