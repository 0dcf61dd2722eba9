"""``harness report``: everything can be rebuilt from the stream, after any death of a run."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from harness.cli.main import main
from harness.cli.report import report
from harness.clock import ManualClock
from harness.errors import UsageError
from harness.outcome import Grade, Outcome
from harness.reporting.record import Case, Device, RunFinished, RunRecord

CASE = Case(nodeid="suites/t.py::test_t[srx]", outcome=Outcome.PASS, device="srx")

# Plays a run that is killed while a case runs, half a line in its stream.
KILLED = """
import os, signal, sys
from pathlib import Path
from harness.clock import ManualClock
from harness.outcome import Grade, Outcome
from harness.reporting.record import Case, CaseStarted, Device, Planned, RunRecord

node = "suites/t.py::test_t[srx-{}]".format
record = RunRecord.create(Path(sys.argv[1]), ManualClock())
record.append(Planned(nodeids=(node(1), node(2), node(3))))
record.append(Device(name="srx", platform="srx4100", grade=Grade.SIMULATED))
record.append(Case(nodeid=node(1), outcome=Outcome.PASS, device="srx"))
record.append(CaseStarted(nodeid=node(2), device="srx"))
with record.path.open("ab") as stream:
    stream.write(b'{"v":1,"type":"case","nodeid"')
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def rundir(tmp_path: Path) -> Path:
    """Make a run folder with a finished run in it, and nothing but the stream."""
    with RunRecord.create(tmp_path / "run", ManualClock()) as record:
        record.append(Device(name="srx", platform="srx4100", grade=Grade.SIMULATED))
        record.append(CASE)
        record.append(RunFinished(exit_status=0))
    return tmp_path / "run"


def invoke(*arguments: object):
    """Run the command in this process."""
    return CliRunner().invoke(report, [str(argument) for argument in arguments])


def test_build_needs_the_stream_alone_and_is_repeatable(rundir: Path, tmp_path: Path):
    """The same stream gives the same bytes, in whatever folder it stands."""
    assert invoke("build", rundir).exit_code == 0
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    shutil.copy(rundir / "events.jsonl", copy)
    result = invoke("build", copy)
    sha256 = hashlib.sha256((copy / "events.jsonl").read_bytes()).hexdigest()
    assert result.stdout == f"{copy}/junit.xml: written from 3 events, SHA-256 {sha256}\n"
    assert result.stderr == ""
    assert (copy / "junit.xml").read_bytes() == (rundir / "junit.xml").read_bytes()


def test_a_record_that_changed_is_told(rundir: Path):
    """An edited stream doesn't replace the reports of the original one silently."""
    assert invoke("build", rundir).exit_code == 0
    events = rundir / "events.jsonl"
    before = hashlib.sha256(events.read_bytes()).hexdigest()
    events.write_text(events.read_text().replace("simulated", "hardware"))
    result = invoke("build", rundir)
    assert f"(SHA-256 {before}): the record changed since" in result.stderr
    root = etree.parse(rundir / "junit.xml").getroot()
    (after,) = {p.get("value") for p in root.iter("property") if p.get("name") == "record.sha256"}
    assert after == hashlib.sha256(events.read_bytes()).hexdigest() != before


def test_a_junit_file_that_is_none_is_replaced(rundir: Path):
    """Whatever stands in the way of the file is no reason to trust it, nor to stop."""
    (rundir / "junit.xml").write_text("<not xml")
    assert invoke("build", rundir).stderr == ""


def test_killed_run_is_rebuilt_red(tmp_path: Path):
    """After SIGKILL: what passed passed, what ran is an error, what waited is skipped."""
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    died = subprocess.run(command, check=False)
    assert died.returncode == -signal.SIGKILL
    result = invoke("build", tmp_path)
    assert result.exit_code == 0
    assert "line 5: torn (no end of line), dropped" in result.stderr
    root = etree.parse(tmp_path / "junit.xml").getroot()
    ended = {
        case.get("name"): [child.tag for child in case if child.tag != "properties"]
        for case in root.iter("testcase")
    }
    assert ended == {
        "test_t[srx-1]": [],
        "test_t[srx-2]": ["error"],
        "test_t[srx-3]": ["skipped"],
        "test_restored[srx]": ["error"],
        "test_run_finished": ["error"],
    }


def test_show_prints_the_summary(rundir: Path):
    """The last line is the one that people and scripts look for."""
    result = invoke("show", rundir)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "0 of 0 rows qualified on hardware"


def test_show_json_is_one_object(rundir: Path):
    """Notes go to stderr, so that stdout is JSON whatever happened to the stream."""
    with (rundir / "events.jsonl").open("ab") as stream:
        stream.write(b"torn")
    result = invoke("show", "--json", rundir)
    assert json.loads(result.stdout)["outcomes"]["pass"] == 1
    assert result.stderr.endswith("line 4: torn (no end of line), dropped\n")


@pytest.mark.parametrize("verb", ["build", "show"])
@pytest.mark.parametrize(
    ("made", "complaint"),
    [
        ("nothing", "no such run folder"),
        ("file", "no such run folder"),
        ("empty", "not a run folder, it has no events.jsonl"),
    ],
)
def test_wrong_folder_is_one_clear_line(tmp_path: Path, capsys, verb, made, complaint):
    """A usage error, exit code 64, that names the path."""
    target = tmp_path / "target"
    if made == "file":
        target.touch()
    elif made == "empty":
        target.mkdir()
    assert main(["report", verb, str(target)]) == 64
    assert capsys.readouterr() == ("", f"{target}: {complaint}\n")


def test_unwritable_folder_is_one_clear_line(rundir: Path):
    """The old report can't be replaced: say where and why."""
    (rundir / "junit.xml").mkdir()
    error = invoke("build", rundir).exception
    assert isinstance(error, UsageError)
    assert str(error).startswith(f"{rundir}/junit.xml: can't be written (")
