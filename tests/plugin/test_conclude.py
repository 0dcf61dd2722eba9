"""What a case concluded is recorded, unless it broke afterwards: that is never a pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.outcome import Outcome
from harness.reporting.record import Case, read_events

CHECKOUT = Path(__file__).parents[2]

CONFTEST = """
from pathlib import Path
from harness.pytest_plugin import wake_up

def pytest_addoption(pluginmanager):
    wake_up(pluginmanager, suites=Path(__file__).parent, testbed=Path({testbed!r}))
"""

SUITE = """
import pytest
from harness.errors import CommitRefused, LabError, OutcomeUnknown, RestoreFailed, RpcRefused
from harness.lab.preflight import inspect_bench

def test_honest(device, bench, conclude):
    conclude(inspect_bench(bench), bench)

def test_broken_afterwards(device, bench, conclude):
    conclude(inspect_bench(bench), bench)
    raise ValueError("after the conclusion")

def test_skipped_afterwards(device, bench, conclude):
    conclude(inspect_bench(bench), bench)
    pytest.skip("second thoughts")

@pytest.fixture
def unready():
    raise LabError("the bench is on fire")

def test_not_set_up(device, bench, unready):
    pass

def test_refused(device, bench):
    raise CommitRefused("that many tunnels are too many")

def test_not_told(device, bench):
    raise RpcRefused("the history isn't well-formed")

def test_lost(device, bench):
    raise OutcomeUnknown("no answer", "not committed")

def test_lost_behind(device, bench):
    raise RestoreFailed("locked by: lab") from OutcomeUnknown("no answer", "still running")

def test_indiscreet(device, bench, conclude):
    raise LabError("refused: ascii-text $9$abcdefghijkl")

@pytest.fixture
def untidy():
    yield
    raise RuntimeError("left the bench dirty")

def test_not_torn_down(device, bench, conclude, untidy):
    conclude(inspect_bench(bench), bench)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run the suite above on one simulated device; return exit code, last cases, and JUnit text."""
    folder = tmp_path_factory.mktemp("conclude")
    suites = folder / "suites"
    suites.mkdir()
    testbed = str(CHECKOUT / "testbeds" / "simulated.yaml")
    (suites / "conftest.py").write_text(CONFTEST.format(testbed=testbed))
    (suites / "test_ends.py").write_text(SUITE)
    xml = folder / "own.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(suites), "-k", "vmx", f"--junitxml={xml}"],
        cwd=folder,
        env={
            **os.environ,
            "HARNESS_STATE": str(folder / "state"),
            "HARNESS_RUNDIR": str(folder / "reports"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    events, _ = read_events(folder / "reports" / "latest" / "events.jsonl")
    cases = {
        event.name.removeprefix("test_").removesuffix("[vmx]"): event
        for event in events
        if isinstance(event, Case)
    }
    return done.returncode, cases, xml.read_text()


@pytest.mark.parametrize(
    ("name", "outcome", "reason"),
    [
        ("honest", Outcome.PASS, "declares itself simulated"),
        ("broken_afterwards", Outcome.ERROR, "ValueError: after the conclusion"),
        ("skipped_afterwards", Outcome.ERROR, "second thoughts"),
        ("not_set_up", Outcome.ERROR, "LabError: the bench is on fire"),
        ("refused", Outcome.FAIL, "CommitRefused: that many"),
        ("not_told", Outcome.ERROR, "RpcRefused: the history"),
        ("not_torn_down", Outcome.ERROR, "left the bench dirty"),
    ],
)
def test_the_record_says_how_a_case_ended(run, name, outcome, reason):
    """The last word on a case is the worst one."""
    _, cases, _ = run
    assert cases[name].outcome is outcome
    assert reason in cases[name].reason


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("lost", "not committed"), ("lost_behind", "still running"), ("not_told", None)],
)
def test_what_became_of_a_commit_is_in_the_record(run, name, outcome):
    """Also where something worse came of it."""
    _, cases, _ = run
    assert cases[name].properties.get("commit.outcome") == outcome


def test_a_case_names_its_device_and_takes_time(run):
    """Whether it came to a conclusion or not."""
    _, cases, _ = run
    assert {cases[name].device for name in ("honest", "not_set_up")} == {"vmx"}
    assert cases["honest"].seconds > 0


def test_the_run_is_red(run):
    """Cases that broke fail the run."""
    code, _, _ = run
    assert code == pytest.ExitCode.TESTS_FAILED


def test_no_key_reaches_a_report(run):
    """Neither through our record nor through pytest's own JUnit file."""
    _, cases, xml = run
    assert "ascii-text" in cases["indiscreet"].reason
    assert "$9$abcdefghijkl" not in xml + cases["indiscreet"].reason
