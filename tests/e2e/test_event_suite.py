"""The suite of log events as a person runs it: what passes, what is only measured, what is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.outcome import Outcome

CHECKOUT = Path(__file__).parents[2]
EVENTS = CHECKOUT / "suites" / "events"
CLAIM = "log-events-per-second"
BASE = CHECKOUT / "harness" / "sim" / "data" / "base" / "srx4100.set"


@pytest.fixture(scope="module")
def testbed(runner, simulated_device):
    """Give the way to write a testbed with one SRX and what is said of events."""

    def write(name: str, events: dict[str, Any], **custom: object) -> Path:
        path = runner.testbed(name, {"srx": simulated_device(**custom)})
        told = json.loads(path.read_text()) | {"events": events}
        path.write_text(json.dumps(told))
        return path

    return write


def test_a_rate_nobody_claims_is_sampled(runner, testbed) -> None:
    """The device takes its stream; of the rate every event is counted, and none is judged."""
    run = runner(EVENTS, "--testbed", testbed("plain", {"rate": 200, "seconds": 0.5, "cpes": 7}))
    assert run.exit_code == 0, run.output
    assert run.cases.keys() == {"events srx", "events harness-cpes-tcp-200"}
    rate, logging = run.cases["events harness-cpes-tcp-200"], run.cases["events srx"]
    assert (rate.outcome, rate.claim_id, rate.claimed) == (Outcome.PASS, CLAIM, None)
    assert "100 sent, 100 received, 0 lost, 0 malformed" in rate.reason
    assert "not judged: the document leaves this number blank" in rate.reason
    assert rate.properties["events.sent_by"] == "the harness"
    assert logging.properties["events.received"] == 50
    assert logging.properties["events.sent_by"] == "the harness, in its place"
    assert "2 witnesses agree (cli-log-configuration, collector)" in logging.reason
    assert run.restores["srx"].proven


def test_a_rate_that_held_is_held_against_the_operators_number(runner, testbed) -> None:
    """It's his number everywhere, over UDP as well."""
    path = testbed("his", {"seconds": 0.5, "transport": "udp"})
    run = runner(EVENTS, "--testbed", path, "--claim", f"{CLAIM}=300", "-k", "rate")
    case = run.cases["events harness-cpes-udp-300"]
    assert (case.requested, case.claimed, case.claim_source) == (300, 300, "operator")
    assert "150 sent, 150 received, 0 lost" in case.reason
    assert "the operator's number 300 (--claim)" in case.reason
    properties = run.properties("events harness-cpes-udp-300")
    assert properties["claim.source"] == "operator"
    assert "operator" in run.output


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_what_is_lost_or_garbled_is_told(runner, testbed, transport) -> None:
    """Three that never leave and two garbled: red by the operator's number, told without one."""
    events = {"rate": 100, "seconds": 0.5, "transport": transport}
    path = testbed(f"faulty-{transport}", {**events, "faults": {"lost": 3, "garbled": 2}})
    label = f"events harness-cpes-{transport}-100"

    judged = runner(EVENTS, "--testbed", path, "--claim", f"{CLAIM}=100", "-k", "rate")
    assert judged.exit_code == 1
    case = judged.cases[label]
    assert case.outcome is Outcome.FAIL
    assert "45 received, 5 lost, 2 malformed" in case.reason
    (failure,) = judged.testcases[label].iter("failure")
    assert "5 of 50 lost; 2 malformed" in (failure.get("message") or "")
    assert case.standing == "not accepted"

    told = runner(EVENTS, "--testbed", path, "-k", "rate")
    assert told.exit_code == 0
    case = told.cases[label]
    assert (case.outcome, case.standing) == (Outcome.PASS, "not accepted")
    assert "5 of 50 lost; 2 malformed" in case.reason


def test_a_baseline_in_the_way_is_quoted_and_left_alone(runner, testbed, tmp_path) -> None:
    """A device that logs through its control plane is told apart before a byte is sent."""
    base = tmp_path / "event-mode.set"
    base.write_text(BASE.read_text().replace("log mode stream", "log mode event"))
    path = testbed("event-mode", {"seconds": 0.5}, base=str(base))
    run = runner(EVENTS, "--testbed", path, "-k", "logging")
    assert run.exit_code == 1
    case = run.cases["events srx"]
    assert case.outcome is Outcome.ERROR
    assert "device srx: the baseline says 'set security log mode event'" in case.reason
    assert "\n" not in case.reason


def test_a_rehearsal_commits_nothing(runner, testbed) -> None:
    """It says what the device's own diff would add."""
    path = testbed("rehearsed", {"seconds": 0.5})
    run = runner(EVENTS, "--testbed", path, "-k", "logging", "--rehearse")
    case = run.cases["events srx"]
    assert case.outcome is Outcome.SKIP
    assert "rehearsed only: 6 statements in the device's own diff" in case.reason
    assert "commit.seconds" not in run.properties("events srx")


def test_a_dry_run_says_what_it_would_do(runner, testbed) -> None:
    """Nothing is listened on, nothing is pushed."""
    run = runner(EVENTS, "--testbed", testbed("dry", {"rate": 5}), "--dry-run")
    assert "would push a log stream (hil-events), and take it back" in run.output
    assert "would send 5 events/s to itself, pushes nothing" in run.output


def test_an_address_of_another_machine_is_one_line(runner, testbed) -> None:
    """It can't be listened on, and that isn't waited for."""
    path = testbed("elsewhere", {"collector": "192.0.2.99", "seconds": 0.5})
    run = runner(EVENTS, "--testbed", path, "-k", "logging")
    case = run.cases["events srx"]
    assert case.outcome is Outcome.ERROR
    assert "192.0.2.99:0: can't listen there" in case.reason


def test_a_night_searches_the_highest_rate(runner, testbed) -> None:
    """Beside the rate that is measured longer; a dry run names both."""
    path = testbed("night", {"rate": 5})
    run = runner(EVENTS, "--testbed", path, "--profile", "nightly", "--dry-run")
    assert "test_rate[harness-cpes-tcp-5]: would send 5 events/s" in run.output
    assert "test_rate[harness-cpes-tcp-highest]: would send ever more events/s" in run.output
