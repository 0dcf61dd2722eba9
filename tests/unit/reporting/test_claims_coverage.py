"""Coverage over many runs: the last word on every row, never softer or older than it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from harness.claims.catalogue import Catalogue
from harness.cli.main import main
from harness.clock import ManualClock
from harness.errors import UsageError
from harness.outcome import Grade, Outcome
from harness.reporting.coverage import Row, closing_lines, cover
from harness.reporting.past_runs import PastRun, past_runs
from harness.reporting.record import (
    Case,
    Claim,
    Device,
    Event,
    RunFinished,
    RunRecord,
    RunStarted,
)
from harness.reporting.view import view

CATALOGUE = Catalogue.load()
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
ROW = "srx4100-tunnels"
SRX = Device(name="srx", platform="srx4100", grade=Grade.HARDWARE, serial="CZ1")
SIM = Device(name="sim", platform="srx4100", grade=Grade.SIMULATED, serial="SIM1")
FULL = Case(
    nodeid="suites/tunnels/test_tunnels.py::test_tunnels[srx-ipsec-1500]",
    outcome=Outcome.PASS,
    device="srx",
    kind="ipsec",
    requested=1500,
    accepted=1500,
    claim_id=ROW,
    claimed=1500,
    claim_source="document",
)
SIMULATED = replace(FULL, device="sim", nodeid="t.py::t[sim-ipsec-1500]")
FAILED = replace(FULL, outcome=Outcome.FAIL, accepted=1499)
SAMPLE = replace(FULL, requested=2, accepted=2)


def started(day: int) -> RunStarted:
    """Return the first event of a run of that day."""
    at = FIRST_DAY + timedelta(days=day)
    return RunStarted(run_id=f"r{day}", argv=("suites/",), started=at, testbed="lab")


def past(day: int, *events: Event) -> PastRun:
    """Return a finished run of that day on a device of hardware and a simulated one."""
    named = (
        replace(event, nodeid=f"suites/t.py::t[{at}]") if isinstance(event, Case) else event
        for at, event in enumerate(events)
    )
    run = view((started(day), SRX, SIM, *named, RunFinished(exit_status=0)))
    return PastRun(Path(f"reports/day-{day}"), FIRST_DAY + timedelta(days=day), run)


def row(
    *runs: PastRun, least: Grade = Grade.UNVERIFIED, claim: str = ROW, of: Catalogue = CATALOGUE
) -> Row:
    """Return one row of what the runs cover."""
    return next(each for each in cover(of, runs, least) if each.claim.id == claim)


def test_every_row_of_both_tables_is_there():
    """Without a run no row has a result, and each stands out."""
    rows = cover(CATALOGUE, (), Grade.UNVERIFIED)
    assert [each.claim.id for each in rows] == [claim.id for claim in CATALOGUE]
    assert {each.words for each in rows} == {"NO RESULT"}
    missing, last = closing_lines(rows)
    assert missing == f"NO RESULT: {', '.join(claim.id for claim in CATALOGUE)}"
    assert last == "0 of 15 rows qualified on hardware"


def test_a_result_has_grade_time_and_place():
    """Who reads the row can go and look."""
    result = row(past(3, FULL)).result
    assert (result.words, result.grade, result.device, result.kind) == (
        "qualified",
        Grade.HARDWARE,
        "srx",
        "ipsec",
    )
    assert (result.when, result.folder) == (FIRST_DAY + timedelta(days=3), "day-3")
    assert list(closing_lines([row(past(3, FULL))])) == ["1 of 1 rows qualified on hardware"]


@pytest.mark.parametrize(
    ("runs", "words", "folder"),
    [
        ([past(1, FULL), past(2, FULL)], "qualified", "day-2"),
        ([past(1, FULL), past(2, FAILED)], "NOT ACCEPTED: 1499 of 1500", "day-2"),
        ([past(1, FAILED), past(2, FULL)], "qualified", "day-2"),
        ([past(1, FULL), past(2, SAMPLE)], "qualified", "day-1"),
        ([past(1, FAILED), past(2, SAMPLE)], "NOT ACCEPTED: 1499 of 1500", "day-1"),
        (
            [past(1, replace(SAMPLE, outcome=Outcome.FAIL, accepted=1)), past(2, SAMPLE)],
            "sampled at 2",
            "day-2",
        ),
        (
            [past(1, replace(SAMPLE, requested=750, accepted=750)), past(2, SAMPLE)],
            "sampled at 2",
            "day-2",
        ),
        ([past(1, FULL), past(2, SIMULATED)], "qualified", "day-1"),
        ([past(1, SIMULATED), past(2, FAILED)], "NOT ACCEPTED: 1499 of 1500", "day-2"),
        ([past(1, SIMULATED)], "qualified on simulated", "day-1"),
        ([past(1, FULL, replace(FAILED, kind="gre"))], "NOT ACCEPTED: 1499 of 1500", "day-1"),
        (
            [past(1, replace(FAILED, kind="gre")), past(2, FULL)],
            "NOT ACCEPTED: 1499 of 1500",
            "day-1",
        ),
        ([past(1, FULL, replace(SAMPLE, kind="gre"))], "qualified", "day-1"),
        (
            [past(1, replace(FULL, outcome=Outcome.UNHEALTHY))],
            "UNHEALTHY: 1500 of 1500",
            "day-1",
        ),
        (
            [past(1, replace(FAILED, accepted=None))],
            "NOT ACCEPTED: unknown of 1500",
            "day-1",
        ),
    ],
)
def test_which_result_decides(runs, words, folder):
    """The last one of a device and kind, on the highest grade; a refusal weighs most."""
    for order in permutations(runs):
        found = row(*order)
        assert (found.words, found.result.folder) == (words, folder)


@pytest.mark.parametrize(
    "case",
    [
        replace(FULL, outcome=Outcome.ERROR, accepted=None),
        replace(FULL, outcome=Outcome.BLOCKED, accepted=None),
        replace(FULL, outcome=Outcome.SKIP, accepted=None),
        replace(FULL, observation=True, requested=1501, accepted=1501),
        replace(FULL, observation=True, requested=1501, outcome=Outcome.FAIL),
        replace(FULL, observation=True, requested=1501, outcome=Outcome.UNHEALTHY),
        replace(FULL, claim_id="somebody-elses"),
        replace(FULL, requested=None),
    ],
)
def test_what_is_no_result(case):
    """Our own errors, what wasn't tried, and what lies above the claim say nothing of a row."""
    assert row(past(1, case)).result is None
    assert row(past(1, FULL), past(2, case)).result.folder == "day-1"


def test_a_case_that_held_itself_to_less_is_a_sample():
    """The catalogue's number counts, not the one that a run believed in."""
    assert row(past(1, replace(FULL, claimed=100, requested=100, accepted=100))).words == (
        "sampled at 100"
    )


def test_one_box_under_two_names_is_one():
    """A serial number is what two testbeds agree about."""
    again = replace(SRX, name="hub-a")
    failed = replace(FAILED, device="srx")
    passed = replace(FULL, device="hub-a")
    assert row(past(1, failed), past(2, again, passed)).words == "qualified"
    other = replace(SRX, name="hub-b", serial="CZ2")
    elsewhere = replace(FULL, device="hub-b")
    assert row(past(1, failed), past(2, other, elsewhere)).words == "NOT ACCEPTED: 1499 of 1500"


def test_a_required_grade_leaves_lower_ones_out():
    """Simulated results are no answer to who asks for hardware."""
    assert row(past(1, SIMULATED), least=Grade.HARDWARE).words == "NO RESULT"
    assert row(past(1, SIMULATED), least=Grade.SIMULATED).qualified
    assert row(past(1, SIMULATED, FULL), least=Grade.HARDWARE).qualified


def test_lower_grades_are_never_in_the_last_line():
    """What ran on simulated devices is counted apart."""
    lines = list(closing_lines(cover(CATALOGUE, [past(1, SIMULATED)], Grade.UNVERIFIED)))
    assert lines[1:] == ["1 qualified on simulated only", "0 of 15 rows qualified on hardware"]


class TestBlankRows:
    """What the document leaves blank."""

    BLANK = "log-events-per-second"
    MEASURED = replace(
        FULL, claim_id=BLANK, claimed=None, claim_source=None, requested=5000, accepted=5000
    )

    def test_no_number_means_no_judgement(self):
        """It's said what was measured, and that there's nothing to hold it against."""
        found = row(past(1, self.MEASURED), claim=self.BLANK)
        assert found.words == "sampled at 5000, no reference value"
        assert not found.qualified

    def test_the_operators_number_comes_from_the_newest_run(self):
        """The row says whose it is, and which run had it."""
        given = Claim(id=self.BLANK, title="t", value=4000, source="operator", citation="Table 2")
        measured = replace(self.MEASURED, claimed=4000, claim_source="operator")
        older = replace(given, value=9000)
        found = row(past(1, older), past(2, given, measured), claim=self.BLANK)
        assert found.qualified
        assert (found.claim.value, found.claim.source, found.claim.given_in) == (
            4000,
            "operator",
            "day-2",
        )
        rows = cover(CATALOGUE, [past(2, given, measured)], Grade.UNVERIFIED)
        assert list(closing_lines(rows))[-1] == "1 of 16 rows qualified on hardware"

    def test_a_number_given_now_goes_before_that_of_a_run(self):
        """Who asks with a number of his own is answered with it."""
        given = Claim(id=self.BLANK, title="t", value=4000, source="operator", citation="Table 2")
        measured = replace(self.MEASURED, claimed=4000, claim_source="operator")
        asked = CATALOGUE.with_operator_values({self.BLANK: 6000}, "--claim")
        found = row(past(1, given, measured), claim=self.BLANK, of=asked)
        assert (found.words, found.claim.given_in) == ("sampled at 5000", "--claim")


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Make a folder of reports: a run of 2026, one of 2999, and things that are no runs."""
    folder = tmp_path / "reports"
    for name, at, device, case in (
        ("old", FIRST_DAY, SRX, FULL),
        ("future", datetime(2999, 1, 1, tzinfo=UTC), SIM, SIMULATED),
    ):
        with RunRecord.create(folder / name, ManualClock()) as record:
            for event in (
                replace(started(0), started=at),
                device,
                case,
                RunFinished(exit_status=0),
            ):
                record.append(event)
    (folder / "latest").symlink_to("future")
    (folder / "README.md").write_text("reports come here")
    (folder / "empty").mkdir()
    return folder


def test_records_are_found_once_each_in_order(reports):
    """Links and other things in the folder are passed over."""
    found = past_runs(reports)
    assert [run.folder.name for run in found.runs] == ["old", "future"]
    assert found.notes == ()
    assert [run.folder.name for run in past_runs(reports, FIRST_DAY + timedelta(1)).runs] == [
        "future"
    ]


def test_records_that_cannot_be_read_are_notes(reports):
    """One broken record doesn't hide the others, and isn't passed over in silence."""
    with (reports / "old" / "events.jsonl").open("ab") as stream:
        stream.write(b'{"v":1,"type":"ca')
    with RunRecord.create(reports / "headless", ManualClock()) as record:
        record.append(SRX)
    found = past_runs(reports)
    assert len(found.runs) == 2
    assert any("headless" in note and "doesn't say when it began" in note for note in found.notes)
    assert any("old" in note and "line 5" in note for note in found.notes)
    with pytest.raises(UsageError, match="no folder of reports"):
        past_runs(reports / "nowhere")


def test_the_command_prints_a_table(reports, capsys):
    """Every row once, the best known result, and the honest last line."""
    assert main(["claims", "coverage", "--reports", str(reports)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "srx4100-tunnels 1500 qualified hardware 2026-01-01 00:00 srx ipsec in lab, old" in lines
    assert "tenant-sites 250 NO RESULT" in lines
    assert "dvpn-tunnels-per-tenant blank NO RESULT" in lines
    assert lines[-1] == "1 of 15 rows qualified on hardware"
    assert len(lines) == 1 + 18 + 1 + 2


def test_the_command_takes_an_age_and_a_grade(reports, capsys):
    """What is older, or less real, doesn't count."""
    asked = ["claims", "coverage", "--reports", str(reports), "--json"]
    assert main([*asked, "--since", "8w"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {one["id"]: one for one in found["rows"]}
    assert (found["runs"], rows[ROW]["standing"]) == (1, "qualified on simulated")
    assert rows[ROW]["result"]["when"] == "2999-01-01T00:00:00+00:00"
    assert rows[ROW]["result"]["grade"] == "simulated"
    assert rows["nfx250-tunnels"]["result"] is None
    assert found["last_line"] == "0 of 15 rows qualified on hardware"
    assert main([*asked, "--since", "8w", "--require-grade", "hardware"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["standing"] for one in found["rows"]} == {"NO RESULT"}


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1.5d", "30 d", "30m", "999999d", "٣d"])
def test_an_age_that_is_none_gets_one_line(age, reports, capsys):
    """Exit code 64, and what is allowed."""
    assert main(["claims", "coverage", "--reports", str(reports), f"--since={age}"]) == 64
    assert capsys.readouterr().err == (
        f"--since {age!a}: allowed: hours, days or weeks, as in 12h, 30d, 8w\n"
    )


def test_the_longest_age_is_still_a_date(reports, capsys):
    """Nothing overflows."""
    asked = ["claims", "coverage", "--reports", str(reports), "--since", "99999w", "--json"]
    assert main(asked) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 2


def test_a_folder_that_is_not_there_gets_one_line(tmp_path, capsys):
    """Exit code 64, and which folder."""
    missing = tmp_path / "none"
    assert main(["claims", "coverage", "--reports", str(missing)]) == 64
    assert capsys.readouterr().err == (
        f"{missing}: no folder of reports (No such file or directory)\n"
    )
