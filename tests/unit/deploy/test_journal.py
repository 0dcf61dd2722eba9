"""What was begun is on disk before it's begun, and stays readable after a power cut."""

import stat

import pytest

from harness.clock import ManualClock
from harness.deploy.baseline import Baseline
from harness.deploy.journal import Journal, read_journal
from harness.errors import LabError

BASELINE = Baseline("srx-a", "f" * 64, 17, "<configuration><secret>$9$abc</secret></configuration>")


@pytest.fixture
def journal(tmp_path):
    """Give a journal in an empty state directory."""
    return Journal(tmp_path / "state", "10.0.0.1_830", ManualClock())


def begin(journal):
    """Open the journal as a push does."""
    journal.open(BASELINE, run_id="r1", owner="eve@lab", note="rung=1")


def test_open_until_closed(journal):
    """The entry of a run is open from its first line to its last."""
    begin(journal)
    assert journal.read().open_entry["run"] == "r1"
    journal.close("rollback 1", 2)
    assert journal.read().open_entry is None


def test_the_baseline_comes_back_and_is_deleted_when_restore_is_proven(journal):
    """It holds reversible secrets: mode 0600, and gone as soon as it isn't needed."""
    begin(journal)
    assert stat.S_IMODE(journal.baseline_path.stat().st_mode) == 0o600
    assert journal.saved_baseline("srx-a") == BASELINE
    journal.close("rollback 1", 2)
    assert not journal.baseline_path.exists()


def test_a_torn_last_line_is_ignored_and_does_not_eat_the_next(journal):
    """What a power cut leaves behind harms neither the line before nor the one after."""
    begin(journal)
    with journal.path.open("a") as file:
        file.write('{"event": "clo')
    assert journal.read().open_entry is not None
    journal.note("committing")
    assert journal.read().entries[-1]["event"] == "committing"


def test_a_second_run_opens_anew(journal):
    """Only the last run decides whether a journal is open."""
    begin(journal)
    journal.close("rollback 1", 2)
    begin(journal)
    assert read_journal(journal.path).open_entry is not None


def test_another_run_begins_the_file_anew(journal):
    """What a closed run wrote is in its record; the journal must not grow for ever."""
    begin(journal)
    journal.close("rollback 1", 2)
    begin(journal)
    assert [entry["event"] for entry in journal.read().entries] == ["opened", "closed", "opened"]
    journal.close("rollback 1", 2)
    journal.open(BASELINE, run_id="r2", owner="eve@lab")
    assert [entry["run"] for entry in journal.read().entries] == ["r2"]


def test_an_open_run_is_never_forgotten(journal):
    """Whoever opens above it: what isn't proven undone stays readable."""
    begin(journal)
    journal.open(BASELINE, run_id="r2", owner="eve@lab")
    assert [entry["run"] for entry in journal.read().entries] == ["r1", "r2"]


def test_the_newest_lines_decide(journal):
    """However long a run is, its last entry is read."""
    begin(journal)
    with journal.path.open("a") as file:
        file.write('{"event": "step"}\n' * 10_001)
    journal.close("rollback 1", 2)
    assert journal.read().entries[-1]["event"] == "closed"


def test_no_secret_reaches_the_journal_itself(journal):
    """The entries are for people; the baseline has a file of its own."""
    begin(journal)
    assert "$9$" not in journal.path.read_text()


def test_nothing_to_restore_says_so(journal):
    """A journal that was never opened holds no baseline."""
    with pytest.raises(LabError, match="isn't open"):
        journal.saved_baseline("srx-a")


def test_a_damaged_baseline_says_so(journal):
    """A truncated file is the lab's trouble, in one line."""
    begin(journal)
    journal.baseline_path.write_bytes(journal.baseline_path.read_bytes()[:10])
    with pytest.raises(LabError, match="can't read the saved baseline"):
        journal.saved_baseline("srx-a")


def test_an_unwritable_state_directory_is_the_labs_fault(tmp_path):
    """The message names the directory."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(LabError, match="can't keep a journal"):
        begin(Journal(tmp_path / "state", "key", ManualClock()))


def test_a_key_never_leaves_the_directory(tmp_path):
    """A host name with slashes is a file name without."""
    journal = Journal(tmp_path, "../../etc/x", ManualClock())
    assert journal.path.parent == tmp_path


def test_a_missing_journal_is_empty(tmp_path):
    """A device that was never touched has nothing to say."""
    assert read_journal(tmp_path / "none").entries == ()
