"""The script of a night: one testbed after another, JUnit of each, the loudest exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

CHECKOUT = Path(__file__).parents[2]
NIGHTLY = CHECKOUT / ".ci" / "nightly"


@pytest.fixture
def night(tmp_path, runner, simulated_device):
    """Give the way to run a night over some testbeds; ``good`` stands for one small device."""
    good = runner.testbed("good", {"srx": simulated_device()})

    def run(*names: str, minutes: int = 10) -> subprocess.CompletedProcess[str]:
        paths = [str(good) if name == "good" else str(tmp_path / name) for name in names]
        env = {
            **os.environ,
            "TESTBEDS": " ".join(paths),
            "FOLDER": str(tmp_path / "reports"),
            "MINUTES": str(minutes),
            "PYTEST": str(Path(sys.executable).with_name("pytest")),
        }
        command = [str(NIGHTLY), "--count", "2", "-k", "gre-2", "-p", "no:cacheprovider"]
        return subprocess.run(
            command, env=env, capture_output=True, text=True, timeout=300, check=False
        )

    return run


def test_each_testbed_runs_and_the_loudest_code_counts(night, tmp_path) -> None:
    """A testbed that can't be read ends the night with 64, and the others run all the same."""
    done = night("missing.yaml", "good")

    assert done.returncode == 64, done.stdout + done.stderr
    assert "nightly: missing: exit code 64" in done.stdout
    assert "nightly: good: exit code 0" in done.stdout
    junit = ElementTree.parse(tmp_path / "reports" / "good.xml")  # noqa: S314 - our own
    assert [*junit.iter("testcase")]


def test_a_night_without_time_left_is_not_green(night, tmp_path) -> None:
    """What wasn't run for lack of time is named, and the exit code isn't 0."""
    done = night("good", minutes=0)

    assert done.returncode == 2
    assert "nightly: good: not run: no time left of 0 minutes" in done.stderr
    assert not (tmp_path / "reports" / "good.xml").exists()
