"""What a bundle holds of a device in each state: crashed, half-silent, gone, out for the run."""

from __future__ import annotations

import json

import pytest

from harness.errors import Unreachable
from harness.lab.evidence import AFTER, BEFORE, case_begins, collect, show_device
from harness.lab.lab import open_lab
from harness.lab.ladder import Rung
from harness.lab.qualify import qualify
from harness.lab.run import Run
from harness.outcome import Outcome
from harness.plan.model import Kind
from harness.reporting.record import Case
from harness.reporting.runfolder import RunFolder
from harness.testbed.load import load_testbed

CASE = Case(nodeid="suites/x/test_x.py::test_x[dut]", outcome=Outcome.FAIL, reason="why")
RERUN = "pytest 'suites/x/test_x.py::test_x[dut]'"
RUNG = Rung("dut", Kind.IPSEC, 2)
ASKED = ("alarms.txt", "cores.txt", "commit-history.txt", "log.txt")


@pytest.fixture
def lab(dut, testbed, tmp_path):
    """Open a lab of the device that runs, and of one that isn't there."""
    run = Run("deadbeef", b"k" * 32, tmp_path / "state", dut.clock)
    with open_lab(load_testbed(testbed), run, str) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path):
    """Return a new run folder."""
    return RunFolder.at(tmp_path / "reports")


@pytest.fixture
def read(folder):
    """Give the way to collect the bundle of a case, as file name → text."""

    def make(occasion, **more):
        paths = collect(folder, occasion, CASE, RERUN, **more)
        return {path.rpartition("/")[2]: (folder.path / path).read_text() for path in paths}

    return make


def test_a_new_core_file_is_told_from_an_old_one(dut, lab, folder, read):
    """Only what wasn't there when the run began stands under "new"."""
    bench = lab.bench("dut")
    dut.arm("core-file", daemon="kmd")
    show_device(folder, bench, BEFORE)
    occasion = case_begins(bench)
    assert read(occasion)["cores.txt"].startswith("New since the run began: none\n")
    dut.clock.advance(60)
    dut.arm("alarm", severity="major", text="FPC 0 Hard errors")
    dut.handle.call(lambda device: device.files.write("/var/crash/iked.core.1", b"x", "root"))
    files = read(occasion)
    head, _, listing = files["cores.txt"].partition("\n\n")
    assert head.startswith("New since the run began: 1\n-rw")
    assert head.endswith("/var/crash/iked.core.1")
    assert "kmd.core.0.gz" not in head
    assert "kmd.core.0.gz" in listing
    assert "Major  FPC 0 Hard errors" in files["alarms.txt"]


def test_without_a_look_at_the_device_before_new_core_files_can_not_be_told(lab, read):
    """It's said, not guessed."""
    cores = read(case_begins(lab.bench("dut")))["cores.txt"]
    assert cores.startswith("New since the run began: can't be told")


def test_the_device_is_shown_once_each_time(dut, lab, folder):
    """A worker that takes over from a dead one doesn't overwrite what was before."""
    bench = lab.bench("dut")
    show_device(folder, bench, BEFORE)
    first = json.loads((folder.path / "devices/dut/before/device.json").read_text())
    dut.commit_as("alice", "set system host-name changed")
    show_device(folder, bench, BEFORE)
    show_device(folder, bench, AFTER)
    again, after = (
        json.loads((folder.path / f"devices/dut/{when}/device.json").read_text())
        for when in (BEFORE, AFTER)
    )
    assert first == again
    key = "committed configuration, sha256"
    assert first[key] != after[key]


def test_a_passing_case_leaves_a_transcript_and_the_next_one_begins_anew(lab, folder, read):
    """What was said belongs to the case in which it was."""
    bench = lab.bench("dut")
    occasion = case_begins(bench)
    assert qualify(bench, RUNG).outcome is Outcome.PASS
    files = read(occasion)
    assert "phase=push rung=2" in files["transcript.txt"]
    assert "hil-t00002" in files["candidate.diff"]
    files = read(case_begins(bench))
    assert "candidate.diff" not in files
    assert "transcript.txt" not in files


def test_a_device_that_is_gone_is_waited_for_once(lab, folder, read):
    """The case after the first one that can't reach it doesn't ask again, and says so."""
    bench = lab.bench("absent")
    for words in ("no connection", "not asked again: nobody answered this case, nor before it"):
        occasion = case_begins(bench)
        with pytest.raises(Unreachable):
            qualify(bench, RUNG)
        files = read(occasion)
        assert not set(ASKED) & set(files)
        index = files["README.txt"].partition("Not had")[2]
        assert all(f"  {name} " in index for name in ASKED)
        assert words in index
        assert "(no reply)" in files["transcript.txt"]


def test_a_device_that_comes_back_is_asked_again(dut, lab, folder, read):
    """Having been gone once is no reason not to ask a device that answers."""
    bench = lab.bench("dut")
    bench.seen.gone = "it was away"
    occasion = case_begins(bench)
    qualify(bench, RUNG)
    assert set(ASKED) <= set(read(occasion))
    assert not bench.seen.gone


def test_a_device_that_is_out_for_the_run_is_not_asked(dut, lab, folder, read):
    """The index names the first cause; support information isn't waited for either."""
    bench = lab.bench("dut")
    bench.seen.broken = "no way back to the baseline"
    files = read(case_begins(bench), support=True)
    index = files["README.txt"].partition("Not had")[2]
    for name in (*ASKED, "support-information.txt"):
        assert f"  {name} " in index
    assert index.count("before this case: no way back to the baseline") == len(ASKED) + 1


def test_nothing_is_changed_by_asking(dut, lab, folder, read):
    """No lock, no candidate, no commit."""
    bench = lab.bench("dut")
    before, logs = dut.committed, dut.logs()
    show_device(folder, bench, BEFORE)
    read(case_begins(bench), support=True)
    dut.assert_untouched_since(before)
    assert dut.logs() == logs
