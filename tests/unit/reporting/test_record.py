"""The record: what's written can be read back, whatever happened to the file in between."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.clock import ManualClock
from harness.errors import HarnessBug, UsageError
from harness.outcome import Evidence, Finding, Grade, Outcome
from harness.reporting import line
from harness.reporting.record import (
    EVENT_TYPES,
    Case,
    CaseStarted,
    Claim,
    Device,
    Event,
    Planned,
    Restore,
    RunFinished,
    RunRecord,
    RunStarted,
    read_events,
    split_nodeid,
)

NODEID = "suites/tunnels/test_tunnels.py::test_tunnels[srx4100-ipsec-1500]"
ONE_OF_EACH: tuple[Event, ...] = (
    RunStarted(
        run_id="7f3a",
        argv=("pytest", "suites/"),
        started=datetime(2026, 11, 22, 8, 41, tzinfo=UTC),
        testbed="simulated",
        libraries={"ncclient": "0.7.0"},
        operator_claims={"dvpn-full-mesh": 40},
    ),
    Planned(nodeids=(NODEID,)),
    Device(name="srx4100", platform="srx4100", grade=Grade.SIMULATED, reasons=("hello says so",)),
    Claim(
        id="srx4100-tunnels",
        title="Tunnels of an SRX4100",
        value=1500,
        source="document",
        citation="CSO 4.1.0 release notes, Table 2",
        in_play=True,
    ),
    CaseStarted(nodeid=NODEID, device="srx4100"),
    Case(
        nodeid=NODEID,
        outcome=Outcome.FAIL,
        reason="one is missing",
        device="srx4100",
        grade=Grade.SIMULATED,
        evidence=Evidence.READ_BACK,
        findings=(Finding("vpn hil-t00007", "present", "absent", ok=False, source="ncclient"),),
        unusable_witnesses={"netmiko": "counts 3 for 2"},
        properties={"rung": 3, "ratio": 0.5, "rehearsed": False, "note": "text"},
    ),
    Restore(device="srx4100", proven=True, how="rollback 1", commits=4),
    RunFinished(exit_status=1, interrupted_by="SIGTERM"),
)


@pytest.fixture
def record(tmp_path):
    """Yield a record in a fresh folder, closed afterwards."""
    with RunRecord.create(tmp_path, ManualClock()) as opened:
        yield opened


def test_every_event_type_survives_the_round_trip(record):
    """What is read equals what was appended, for each type of the schema, without a note."""
    for event in ONE_OF_EACH:
        record.append(event)
    assert {type(event) for event in ONE_OF_EACH} == set(EVENT_TYPES.values())
    assert read_events(record.path) == (ONE_OF_EACH, ())


def test_line_carries_version_type_and_time(record):
    """The envelope is the same on every line, so that other tools can read it."""
    record.append(RunFinished(exit_status=0))
    body = json.loads(record.path.read_text())
    assert body["v"] == 1
    assert body["type"] == "run-finished"
    assert body["at"] == "2026-01-01T00:00:00.000Z"


def test_event_is_in_the_file_when_append_returns(record):
    """A process that dies right after append loses nothing."""
    record.append(RunFinished(exit_status=0))
    assert len(read_events(record.path)[0]) == 1


def test_fsync_is_asked_for_only_when_wanted(tmp_path, monkeypatch):
    """With fsync each append reaches the disk; without it the kernel decides."""
    synced = []
    monkeypatch.setattr("harness.reporting.record.os.fsync", synced.append)
    for wanted in (False, True):
        with RunRecord.create(tmp_path, ManualClock(), fsync=wanted) as record:
            record.append(RunFinished(exit_status=0))
    assert len(synced) == 1


def test_grades_and_levels_are_written_as_words(record):
    """A number would change its meaning when a grade is added between two others."""
    for event in ONE_OF_EACH:
        record.append(event)
    text = record.path.read_text()
    assert '"grade":"simulated"' in text
    assert '"evidence":"read back"' in text


def test_torn_last_line_is_dropped_and_named(record):
    """A power cut in the middle of a line costs that line only."""
    for event in ONE_OF_EACH:
        record.append(event)
    whole = record.path.read_bytes()
    last_start = whole.rindex(b"\n", 0, -1) + 1
    for cut in (last_start + 1, len(whole) - 10, len(whole) - 1):
        record.path.write_bytes(whole[:cut])
        events, notes = read_events(record.path)
        assert events == ONE_OF_EACH[:-1]
        assert notes == (f"line {len(ONE_OF_EACH)}: torn (no end of line), dropped",)


def test_continuing_after_a_torn_line_keeps_the_new_events(record, tmp_path):
    """A second process that appends isn't glued to the torn line of the first."""
    record.append(ONE_OF_EACH[0])
    record.append(ONE_OF_EACH[1])
    record.path.write_bytes(record.path.read_bytes()[:-5])
    with RunRecord.create(tmp_path, ManualClock()) as second:
        second.append(ONE_OF_EACH[-1])
    events, notes = read_events(record.path)
    assert events == (ONE_OF_EACH[0], ONE_OF_EACH[-1])
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("damage", "note"),
    [
        (b"\x80\xff not text\n", "not JSON"),
        (b"[1,2]\n", "not an event"),
        (b"\n", "not JSON"),
        (b'{"v":1}\n', "not an event"),
        (b'{"v":1,"type":7}\n', "not an event"),
        (b'{"v":1,"type":"telemetry","load":3}\n', "unknown event type 'telemetry', ignored"),
        (b'{"v":1,"type":"run-finished"}\n', "exit_status: "),
        (b'{"v":1,"type":"device","name":"a","platform":"b","grade":"golden"}\n', "GOLDEN"),
        (b"[" * 100_000 + b"\n", "not JSON"),
        (b'{"a":"' + b"x" * line.MAX_LINE + b'"}\n', "longer than"),
    ],
)
def test_damaged_line_costs_itself_only(record, damage, note):
    """Lines before and after a damaged one are read; the note says which and why."""
    record.append(ONE_OF_EACH[0])
    with record.path.open("ab") as stream:
        stream.write(damage)
    record.append(ONE_OF_EACH[-1])
    events, notes = read_events(record.path)
    assert events == (ONE_OF_EACH[0], ONE_OF_EACH[-1])
    assert len(notes) == 1
    assert notes[0].startswith("line 2: ")
    assert note in notes[0]


def test_newer_version_is_read_as_far_as_it_is_understood(record):
    """Fields that were added later are passed over, and the version is noted."""
    record.path.write_text('{"v":2,"type":"run-finished","exit_status":3,"mood":"good"}\n')
    events, notes = read_events(record.path)
    assert events == (RunFinished(exit_status=3),)
    assert notes == ("line 1: written as version 2, read as version 1",)


def test_missing_stream_is_a_usage_error(tmp_path):
    """The message names the path that was looked for."""
    with pytest.raises(UsageError, match=r"nowhere/events\.jsonl: no record to read"):
        read_events(tmp_path / "nowhere" / "events.jsonl")


def test_control_characters_and_broken_utf8_stay_on_one_ascii_line(record):
    """Nothing a device says can end a line early or make the stream undecodable."""
    hostile = "a\nb\x00\x1b[2J\u2028\u202e" + b"\xff".decode("utf-8", "surrogateescape")
    record.append(Restore(device="d", proven=False, reason=hostile + "\ud800"))
    raw = record.path.read_bytes()
    assert raw.isascii()
    assert raw.count(b"\n") == 1
    (event,), notes = read_events(record.path)
    assert event.reason == "a\nb\x00\x1b[2J\u2028\u202e\\xff\\ud800"
    assert notes == ()


def test_event_beyond_the_line_bound_is_shortened_and_says_so(record):
    """A long list of findings can't make a line that the reader would refuse."""
    finding = Finding("x" * 400, "present", "absent", ok=False)
    case = replace(ONE_OF_EACH[5], findings=(finding,) * 9000, reason="r" * 5000)
    record.append(case)
    assert len(record.path.read_bytes()) <= line.MAX_LINE
    (event,), notes = read_events(record.path)
    assert 0 < len(event.findings) < 9000
    assert event.reason.endswith("more characters]")
    assert notes == ("line 1: was too long and has been shortened when it was written",)


def test_event_that_cannot_be_shortened_enough_is_our_bug(record, monkeypatch):
    """Rather an error in the run than a line that no reader takes."""
    monkeypatch.setattr(line, "MAX_LINE", 40)
    with pytest.raises(HarnessBug, match="doesn't fit"):
        record.append(RunFinished(exit_status=0))


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        (replace(ONE_OF_EACH[5], properties={"x": object()}), "can't hold a object"),
        (replace(ONE_OF_EACH[5], seconds=float("nan")), "can't hold this case event"),
        (replace(ONE_OF_EACH[0], started=datetime(2026, 1, 1)), "aware times"),  # noqa: DTZ001 - what's refused
    ],
)
def test_what_json_cannot_hold_is_refused_whole(record, event, complaint):
    """A refused event leaves no half line behind."""
    with pytest.raises(HarnessBug, match=complaint):
        record.append(event)
    assert record.path.read_bytes() == b""


def test_own_encoder_is_used_even_when_the_default_one_was_replaced(record, monkeypatch):
    """PyEZ swaps ``JSONEncoder.default`` of the whole process; the record doesn't notice."""
    monkeypatch.setattr(json.JSONEncoder, "default", lambda *_: "swapped")
    with pytest.raises(HarnessBug):
        record.append(replace(ONE_OF_EACH[5], properties={"x": object()}))


@pytest.mark.parametrize(
    ("nodeid", "suite", "name"),
    [
        (NODEID, "suites.tunnels.test_tunnels", "test_tunnels[srx4100-ipsec-1500]"),
        (NODEID + "@srx4100", "suites.tunnels.test_tunnels", "test_tunnels[srx4100-ipsec-1500]"),
        ("suites/a/test_a.py::test_a@g", "suites.a.test_a", "test_a"),
        ("suites/a/test_a.py::TestX::test_a[b::c/d.py]", "suites.a.test_a.TestX", None),
        ("suites/a/test_a.py::test_a[lab@host]", "suites.a.test_a", "test_a[lab@host]"),
    ],
)
def test_nodeid_becomes_suite_path_and_case_name(nodeid, suite, name):
    """Names depend on neither xdist's grouping nor what stands in the parameters."""
    assert split_nodeid(nodeid) == (suite, name or "test_a[b::c/d.py]")


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, "qualified"),
        ({"requested": 1600, "accepted": 1600}, "qualified"),
        ({"requested": 150, "accepted": 150}, "sampled"),
        ({"claimed": None}, "sampled"),
        ({"accepted": 1499}, "not accepted"),
        ({"accepted": None}, "not accepted"),
        ({"outcome": Outcome.BLOCKED}, "not accepted"),
        ({"outcome": Outcome.UNHEALTHY}, "unhealthy"),
        ({"outcome": Outcome.UNHEALTHY, "observation": True, "requested": 1501}, "observed"),
        ({"observation": True, "requested": 1501, "accepted": 1501}, "observed"),
        ({"claim_id": None}, ""),
        ({"requested": None}, ""),
    ],
)
def test_standing_is_computed_from_the_numbers(changes, standing):
    """Qualified needs a pass with requested ≥ claimed; a bare word can't claim it."""
    case = Case(
        nodeid=NODEID,
        outcome=Outcome.PASS,
        claim_id="srx4100-tunnels",
        claimed=1500,
        requested=1500,
        accepted=1500,
    )
    assert replace(case, **changes).standing == standing
