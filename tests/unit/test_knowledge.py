"""What is kept of a probe, for whom it holds, and how it's told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.deploy.probe import Answers, Way
from harness.errors import LabError
from harness.lab.knowledge import FOLDER, Knowledge, headline, keep, known, known_at
from harness.outcome import Grade

GOOD = Answers(
    refused_in_private="",
    marks_pending=True,
    rolls_back=True,
    rolls_back_locked=True,
    followup="first",
    confirmed_by=dict.fromkeys(Way, True),
    survives_reboot=True,
    commit_seconds=(4.0, 2.0, 3.0),
    commits=14,
)
KEPT = Knowledge(
    model="SRX4100",
    release="18.4R3.3",
    grade=Grade.HARDWARE,
    device="srx-a",
    address="192.0.2.7_830",
    run="0badcafe",
    when="2026-01-02T03:04:05+00:00",
    answers=GOOD,
)
WHERE = ("SRX4100", "18.4R3.3", Grade.HARDWARE)


def test_what_was_kept_is_read_back(tmp_path):
    """Every answer, and the middle of the commit times."""
    path = keep(tmp_path, KEPT)
    assert path.name == "srx4100-18.4R3.3-hardware.json"
    assert known(tmp_path, *WHERE) == KEPT
    assert KEPT.smallest_commit_seconds == 3.0
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("model", "release", "grade"),
    [
        ("SRX4200", "18.4R3.3", Grade.HARDWARE),
        ("SRX4100", "18.4R3.4", Grade.HARDWARE),
        ("SRX4100", "18.4R3.3", Grade.SIMULATED),
        ("SRX4100", "18.4R3.3", Grade.UNVERIFIED),
    ],
)
def test_it_holds_for_nothing_else(tmp_path, model, release, grade):
    """Another model, release or grade isn't known: a simulated answer never counts for hardware."""
    keep(tmp_path, KEPT)
    assert known(tmp_path, model, release, grade) is None


def test_a_library_that_writes_the_model_otherwise(tmp_path):
    """PyEZ writes models in capitals, the device may not."""
    keep(tmp_path, KEPT)
    assert known(tmp_path, "srx4100", *WHERE[1:]) == KEPT


def test_a_renamed_file_counts_for_nothing(tmp_path):
    """What the file says decides, not what it's called: simulated answers stay simulated."""
    path = keep(tmp_path, replace(KEPT, grade=Grade.SIMULATED))
    path.rename(path.with_name("srx4100-18.4R3.3-hardware.json"))
    assert known(tmp_path, *WHERE) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"model": 7}', "\x00", "{}" * 40_000])
def test_a_file_that_cant_be_read_tells_nothing(tmp_path, text):
    """What isn't known is taken for the worst."""
    path = keep(tmp_path, KEPT)
    path.write_text(text)
    assert known(tmp_path, *WHERE) is None
    assert known_at(tmp_path, KEPT.address) == ()


def test_an_answer_of_another_kind_tells_nothing(tmp_path):
    """A word where yes or no belongs isn't guessed at."""
    path = keep(tmp_path, KEPT)
    path.write_text(path.read_text().replace('"followup":"first"', '"followup":"third"'))
    path.write_text(path.read_text().replace('"followup": "first"', '"followup": "third"'))
    assert "third" in path.read_text()
    assert known(tmp_path, *WHERE) is None


def test_a_name_that_leads_elsewhere(tmp_path):
    """A device's words about itself can't leave the folder."""
    path = keep(tmp_path, replace(KEPT, model="../../etc/x"))
    assert path.parent == tmp_path / FOLDER
    assert known(tmp_path, "../../etc/x", *WHERE[1:]) is not None


def test_the_newest_of_a_device_comes_first(tmp_path):
    """Other releases that the box had stay known; other boxes aren't named."""
    later = replace(KEPT, release="19.4R1", when="2026-05-01T00:00:00+00:00")
    for one in (KEPT, later, replace(KEPT, model="SRX4200", address="192.0.2.8_830")):
        keep(tmp_path, one)
    assert known_at(tmp_path, KEPT.address) == (later, KEPT)
    assert known_at(tmp_path / "nowhere", KEPT.address) == ()


def test_a_state_directory_that_cant_be_written(tmp_path):
    """One line names the file."""
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(LabError, match="can't keep what was measured"):
        keep(tmp_path, KEPT)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (
            GOOD,
            "goes by itself; confirmed by any commit or check; second confirmed commit: goes to",
        ),
        (replace(GOOD, survives_reboot=None), "reboot: unknown, taken as lost"),
        (replace(GOOD, rolls_back=False), "STAYS: the switch doesn't work"),
        (replace(GOOD, rolls_back_locked=False), "BUT NOT WHILE THE LOCK IS HELD"),
        (replace(GOOD, followup=None), "second confirmed commit: unknown, never sent"),
        (Answers(refused="no"), ": confirmed commits are refused"),
        (
            replace(GOOD, confirmed_by={Way.COMMIT_SAME: True, Way.CHECK_SAME: False}),
            "confirmed by commit, same session (not known: commit check, another session, commit,",
        ),
    ],
)
def test_the_headline(answers, says):
    """It names grade and day, what is known, and how what isn't is taken."""
    line = headline(KEPT.model, KEPT.release, replace(KEPT, answers=answers))
    assert line.startswith("dead-man's switch on SRX4100 18.4R3.3 [hardware, probed 2026-01-02]: ")
    assert says in line


def test_the_headline_of_what_was_never_probed():
    """Nothing in it sounds like an answer."""
    assert headline("SRX4100", "18.4R3.3", None) == (
        "dead-man's switch on SRX4100 18.4R3.3: not probed; what confirms: unknown, taken as any "
        "commit or check; second confirmed commit: unknown, never sent; reboot: unknown, taken as "
        "lost"
    )
