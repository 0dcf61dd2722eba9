"""What was begun is on disk before it's begun, and stays readable after a power cut."""

import gzip
import json
import resource
import stat
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from harness.clock import ManualClock
from harness.deploy.baseline import Baseline
from harness.deploy.journal import Journal, read_journal
from harness.errors import LabError, RestoreFailed
from harness.render.readback import fingerprint

XML = "<configuration><secret>$9$abc</secret></configuration>"
BASELINE = Baseline("srx-a", fingerprint(XML), 17, XML)
OURS = {("interfaces", "interface", "st0", "unit", "1"), ("security", "é", "<secret>")}


@pytest.fixture
def journal(tmp_path):
    """Give a journal in an empty state directory."""
    return Journal(tmp_path / "state", "10.0.0.1_830", ManualClock())


def begin(journal):
    """Open the journal as a push does."""
    journal.open(BASELINE, OURS, run_id="r1", owner="eve@lab", note="rung=1", minutes=12)


def whole(journal):
    """Write every step of a rung that needed two attempts to come back."""
    begin(journal)
    journal.note("committing", log="hil-harness run=r1 phase=push rung=1", minutes=12)
    journal.note("committed", answer_lost=False, seconds=61.0, minutes=12)
    journal.note("returning")
    journal.note("restore failed", reason="the first cause")
    journal.note("returning")
    journal.note("restore failed", reason="another one")
    journal.close("rollback 1", 2, BASELINE.fingerprint)


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


@contextmanager
def room_for(path, more):
    """Let files grow no further than ``more`` bytes above the size of ``path``: a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = path.stat().st_size if path.exists() else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("more", [0, 30])
def test_a_step_that_does_not_fit_on_the_disk_is_not_taken_for_written(journal, more):
    """Half a line is none: whoever announces a step with it mustn't take the step."""
    begin(journal)
    with (
        room_for(journal.path, more),
        pytest.raises(LabError, match="can't write the journal: File too large"),
    ):
        journal.note("committing", log="hil-harness run=r1 phase=push rung=1", minutes=12)
    assert not journal.read().committed
    journal.note("committing", log="hil-harness run=r1 phase=push rung=1", minutes=12)
    assert journal.read().committed


@pytest.mark.parametrize("beginning", ["{garbage", "[]", "[" * 50_000, "", "\0" * 300])
def test_steps_without_a_beginning_are_of_an_open_run(journal, beginning):
    """A damaged line hides whose run it is and where it began, not that something was done."""
    begin(journal)
    journal.note("committing", log="hil-harness run=r1 phase=push rung=1", minutes=12)
    steps = journal.path.read_text().split("\n", 1)[1]
    journal.path.write_text(f"{beginning}\n{steps}")
    state = journal.read()
    assert state.open_entry is not None
    assert state.beginning_lost
    assert state.committed
    with pytest.raises(RestoreFailed, match="the line that begins the run can't be read") as lost:
        journal.saved_baseline("srx-a")
    assert f"move {journal.path} away" in str(lost.value)
    assert str(journal.baseline_path) in str(lost.value)
    journal.close("by hand", 0)
    assert journal.read().open_entry is None


def test_what_is_noticed_after_the_end_opens_nothing(journal):
    """A last look at the device comes after the proof."""
    whole(journal)
    journal.note("noticed", moment="after the way back")
    assert journal.read().open_entry is None


@pytest.mark.parametrize("told", ["yesterday", 17, "", None, "2026-13-01T00:00:00+00:00"])
def test_a_time_that_can_not_be_read_is_not_known(journal, told):
    """It bounds how long a device is waited for; nothing else hangs on it."""
    begin(journal)
    entry = json.loads(journal.path.read_text())
    journal.path.write_text(json.dumps({**entry, "deadline": told, "time": told}) + "\n")
    state = journal.read()
    assert (state.deadline, state.opened_at) == (None, None)
    assert state.open_entry is not None


def test_a_time_without_a_zone_is_utc(journal):
    """As all times of a journal are."""
    begin(journal)
    journal.path.write_text(journal.path.read_text().replace("+00:00", ""))
    assert journal.read().opened_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert journal.read().deadline == datetime(2026, 1, 1, 0, 12, tzinfo=UTC)


def test_a_journal_that_can_not_be_read_is_named(journal):
    """Whether a run is open isn't known then: nobody may go on."""
    journal.path.mkdir(parents=True)
    with pytest.raises(LabError, match="can't read the journal: Is a directory") as found:
        journal.read()
    assert str(journal.path) in str(found.value)


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


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:10]), "can't read the saved baseline"),
        (lambda path: path.write_bytes(b"no gzip"), "can't read the saved baseline"),
        (lambda path: path.unlink(), "can't read the saved baseline: No such file"),
        (lambda path: path.write_bytes(gzip.compress(b"<x/>")), "can't read the saved baseline"),
        (
            lambda path: path.write_bytes(gzip.compress(b"<configuration><a/></configuration>")),
            "the saved baseline is another configuration",
        ),
    ],
)
def test_a_baseline_that_is_not_what_was_saved_is_never_restored(journal, damage, says):
    """What is left to do is named: where, whose, until when, and how the journal is closed."""
    begin(journal)
    damage(journal.baseline_path)
    with pytest.raises(RestoreFailed, match=says) as lost:
        journal.saved_baseline("srx-a")
    words = str(lost.value)
    assert words.startswith(f"{journal.baseline_path}: ")
    assert "goes by itself at 2026-01-01T00:12:00+00:00" in words
    assert "before run r1" in words
    assert f"'harness restore srx-a' proves it by its fingerprint {BASELINE.fingerprint[:12]}" in (
        words
    )


def test_the_statements_come_back_or_are_not_known(journal):
    """They're kept as the baseline is; others than those that the entry names are nobody's."""
    begin(journal)
    assert stat.S_IMODE(journal.ours_path.stat().st_mode) == 0o600
    assert journal.saved_statements() == OURS
    kept = journal.ours_path.read_bytes()
    for damaged in (kept[:-4], b"", gzip.compress(b'["security"]\n')):
        journal.ours_path.write_bytes(damaged)
        assert journal.saved_statements() is None
    journal.close("rollback 1", 2)
    assert not journal.ours_path.exists()
    assert journal.saved_statements() is None


def test_an_entry_says_who_where_and_until_when(journal):
    """Enough for a person who finds the file: nothing of it has to be looked up elsewhere."""
    journal.open(
        BASELINE,
        run_id="r1",
        owner="eve@lab",
        minutes=12,
        url="https://ci/1",
        serial="SIM1",
        session_id=4711,
    )
    opened = journal.read().open_entry
    assert opened == {
        "event": "opened",
        "time": "2026-01-01T00:00:00+00:00",
        "run": "r1",
        "owner": "eve@lab",
        "device": "srx-a",
        "baseline": BASELINE.fingerprint,
        "baseline_commit_seconds": 17,
        "ours": opened["ours"],
        "minutes": 12,
        "deadline": "2026-01-01T00:12:00+00:00",
        "url": "https://ci/1",
        "serial": "SIM1",
        "session_id": 4711,
    }


def test_the_deadline_is_that_of_the_last_step_that_has_one(tmp_path):
    """The device counts from the end of its commit."""
    clock = ManualClock()
    journal = Journal(tmp_path, "key", clock)
    assert journal.read().deadline is None
    begin(journal)
    clock.advance(90)
    journal.note("committed", minutes=12)
    assert journal.read().deadline == datetime(2026, 1, 1, 0, 13, 30, tzinfo=UTC)


def test_without_a_confirmed_commit_there_is_no_deadline(journal):
    """A run without the dead-man's switch has no timer, and says so."""
    journal.open(BASELINE, run_id="r1", owner="eve@lab")
    assert journal.read().deadline is None
    journal.baseline_path.unlink()
    with pytest.raises(RestoreFailed, match="no timer takes it off"):
        journal.saved_baseline("srx-a")


def test_every_cut_of_the_file_can_be_read(tmp_path):
    """A power cut may end it after any byte: what is whole counts, and what follows is whole."""
    written = Journal(tmp_path / "written", "key", ManualClock())
    whole(written)
    text = written.path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(text) if byte == ord("\n")]
    events = [json.loads(line)["event"] for line in text.splitlines()]
    for cut in range(len(text)):
        torn = Journal(tmp_path / "torn", "key", ManualClock())
        torn.path.parent.mkdir(exist_ok=True)
        torn.path.write_bytes(text[:cut])
        lines = sum(end - 1 <= cut for end in ends)  # a line is whole without its line feed, too
        state = torn.read()
        assert [entry["event"] for entry in state.entries] == events[:lines]
        assert (state.open_entry is not None) is (0 < lines < len(events))
        assert state.commit_in_flight is (events[:lines][-1:] == ["committing"])
        torn.note("after")
        assert [entry["event"] for entry in torn.read().entries] == [*events[:lines], "after"]


def test_the_first_cause_is_kept(journal):
    """What comes later is often a consequence."""
    whole(journal)
    assert journal.read().failure == ""
    begin(journal)
    journal.note("restore failed", reason="the first cause")
    journal.note("restore failed", reason="another one")
    assert journal.read().failure == "the first cause"


def test_the_log_of_the_push_is_known(journal):
    """It's looked for in the device's history."""
    begin(journal)
    assert journal.read().push_log == ""
    journal.note("committing", log="hil-harness run=r1 phase=push rung=1", minutes=12)
    assert journal.read().push_log == "hil-harness run=r1 phase=push rung=1"


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


LOCKING = {"run_id": "r1", "owner": "eve@lab", "device": "srx-a", "session_id": "4711"}


def test_a_lock_is_pending_until_it_is_given_back(journal):
    """Before anything is begun, nothing else tells of the session."""
    journal.locking(**LOCKING)
    assert [entry["session_id"] for entry in journal.read().lock_left] == ["4711"]
    assert journal.read().pending["event"] == "locking"
    assert journal.read().open_entry is None
    journal.unlocked()
    assert (journal.read().lock_left, journal.read().pending) == ((), None)


def test_a_lock_stays_pending_after_the_run_is_proven(journal):
    """The session may be lost between the proof and the unlock; all numbers are told."""
    journal.locking(**LOCKING)
    journal.open(BASELINE, run_id="r1", owner="eve@lab", session_id="4712")
    assert journal.read().pending["event"] == "opened"
    journal.close("rollback 1", 2)
    assert [e["session_id"] for e in journal.read().lock_left] == ["4711", "4712"]


def test_a_run_that_announced_no_lock_left_none(journal):
    """Journals of older versions don't tell of locks."""
    whole(journal)
    assert journal.read().pending is None


def test_the_next_run_begins_the_file_anew_at_its_lock(journal):
    """Unless the run before may still have it."""
    journal.locking(**LOCKING)
    journal.locking(**{**LOCKING, "run_id": "r2"})
    assert len(journal.read().entries) == 2
    journal.unlocked()
    journal.locking(**{**LOCKING, "run_id": "r3"})
    assert [entry["run"] for entry in journal.read().entries] == ["r3"]
