"""A device logs to a collector: what each part of the evidence makes of the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.drivers.history import CommitEntry
from harness.errors import DeviceMessage
from harness.outcome import Evidence, Outcome
from harness.render.readback import statements
from harness.verify.facts import Unreadable
from harness.verify.log_stream import (
    Arrived,
    LogEvidence,
    LogExpectation,
    judge_log_stream,
)

MARK = "hil-harness run=1 phase=push"
BEFORE = (CommitEntry(0, "lab", "cli", 100, "by hand"),)
AFTER = (CommitEntry(0, "lab", "netconf", 200, MARK), *BEFORE)
LINE = "set security log stream hil-events format sd-syslog"
MODE = "<mode>stream</mode>"
STREAM = "<stream><name>hil-events</name><format>sd-syslog</format></stream>"


def log(inside: str) -> str:
    """Return a configuration that says this of logs."""
    return f"<configuration><security><log>{inside}</log></security></configuration>"


EXPECTED = LogExpectation(
    "srx-a", statements(log(MODE)), statements(log(STREAM)), frozenset({LINE})
)
GOOD = LogEvidence(
    history=AFTER,
    history_before=BEFORE,
    readback=statements(log(MODE + STREAM)),
    lines_before=frozenset({"set security log mode stream"}),
    lines=frozenset({"set security log mode stream", LINE}),
    arrived=Arrived(before=0, events=12, seconds=60.0),
)


def test_all_agree() -> None:
    """Both witnesses are heard, and the reason says who sent."""
    verdict = judge_log_stream(EXPECTED, GOOD, MARK)
    assert (verdict.outcome, verdict.evidence) == (Outcome.PASS, Evidence.READ_BACK)
    assert verdict.reason == (
        "srx-a: log stream accepted: commit history, read-back and 2 witnesses agree "
        "(cli-log-configuration, collector); 12 events came from it in 60 s"
    )
    played = replace(GOOD, arrived=Arrived(0, 50, 0.7, played=50))
    assert "played by the harness" in judge_log_stream(EXPECTED, played, MARK).reason


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        ({"history": BEFORE}, Outcome.FAIL, "commit history: it doesn't show our commit; the"),
        ({"history_before": AFTER}, Outcome.FAIL, "commit history: it doesn't show our commit"),
        ({"history": ()}, Outcome.FAIL, "the newest is none"),
        ({"history": Unreadable("cut")}, Outcome.ERROR, "commit history: cut"),
        ({"readback": statements(log(MODE))}, Outcome.FAIL, "planned statements: 1 missing"),
        ({"readback": statements(log(STREAM))}, Outcome.FAIL, "of the baseline: 1 lost: security"),
        (
            {"readback": statements(log(MODE + STREAM + "<disable/>"))},
            Outcome.FAIL,
            "statements not planned: 1 added: security log disable",
        ),
        (
            {"readback": statements(log(MODE.replace("stream", "event") + STREAM))},
            Outcome.FAIL,
            "1 added: security log mode event",
        ),
        ({"readback": Unreadable("cut")}, Outcome.ERROR, "read-back: cut"),
        ({"lines": frozenset()}, Outcome.FAIL, f"set lines: 1 missing: {LINE}"),
        (
            {"lines": Unreadable("refused")},
            Outcome.BLOCKED,
            "usable witnesses: 1: collector; cli-log-configuration: after the push: refused",
        ),
        (
            {"lines_before": frozenset({LINE})},
            Outcome.BLOCKED,
            "before the push it shows lines of ours",
        ),
        (
            {"arrived": Arrived(0, 0, 60.0)},
            Outcome.BLOCKED,
            "nothing came in 60 s: it's configured, and whether it sends isn't known",
        ),
        ({"arrived": Arrived(3, 12, 60.0)}, Outcome.BLOCKED, "3 came before the push already"),
        (
            {"arrived": Arrived(0, 49, 0.7, played=50)},
            Outcome.ERROR,
            "events: 50 were sent in its place, 49 came",
        ),
        (
            {"messages": (DeviceMessage(severity="error", text="out of streams"),)},
            Outcome.FAIL,
            "commit reply: error: out of streams",
        ),
    ],
)
def test_whatever_is_wrong_is_named(change: dict, outcome: Outcome, words: str) -> None:
    """The worst decides, and the reason says what was seen."""
    verdict = judge_log_stream(EXPECTED, replace(GOOD, **change), MARK)
    assert verdict.outcome is outcome
    assert words in verdict.reason
    assert any(not finding.ok for finding in verdict.findings)


def test_warnings_are_no_fault() -> None:
    """They're told, and pass."""
    warned = replace(GOOD, messages=(DeviceMessage(severity="warning", text="statement ignored"),))
    assert judge_log_stream(EXPECTED, warned, MARK).passed
