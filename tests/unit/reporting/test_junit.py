"""The JUnit projection: right for the readers that exist, and honest about what never ended."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from harness.outcome import Evidence, Finding, Grade, Outcome
from harness.reporting.junit import junit, standing
from harness.reporting.record import (
    Case,
    CaseStarted,
    Device,
    Event,
    Planned,
    Restore,
    RunFinished,
    RunStarted,
)

SCHEMA = etree.XMLSchema(file=str(Path(__file__).parent / "data" / "junit-xunit1.xsd"))
TUNNELS = "suites/tunnels/test_tunnels.py::test_tunnels"
RESTORED = "suites/restore/test_restore.py::test_restored"

STARTED = RunStarted(
    run_id="7f3a",
    argv=("pytest", "suites/"),
    started=datetime(2026, 11, 22, 8, 41, tzinfo=UTC),
    testbed="lab",
    folder="reports/20261122T084100Z-7f3a",
    libraries={"ncclient": "0.7.0"},
    operator_claims={"dvpn": 40},
)
SIMULATED = Device(
    name="srx4100",
    platform="srx4100",
    grade=Grade.SIMULATED,
    model="SRX4100",
    os_version="18.4R3",
)
HARDWARE = Device(name="srx4100-b", platform="srx4100", grade=Grade.HARDWARE, model="SRX4100")
FULL = Case(
    nodeid=f"{TUNNELS}[srx4100-ipsec-1500]",
    outcome=Outcome.PASS,
    seconds=12.3456,
    device="srx4100",
    kind="ipsec",
    requested=1500,
    accepted=1500,
    claim_id="srx4100-tunnels",
    claimed=1500,
    claim_source="document",
    evidence=Evidence.READ_BACK,
    commit_seconds=4.5,
    config_sha256="ab" * 32,
    witnesses=("ncclient", "netmiko"),
)
DROPPED = replace(
    FULL,
    outcome=Outcome.FAIL,
    accepted=1499,
    reason="hil-t00007 is missing",
    findings=(
        Finding("vpn hil-t00007", "present", "absent", ok=False, source="ncclient"),
        Finding("vpn hil-t00008", "present", "present", ok=True, source="ncclient"),
    ),
    warnings=("uncommitted changes will be discarded",),
    unusable_witnesses={"netmiko": "counts 3 for 2"},
)
FINISHED = RunFinished(exit_status=0)


def project(*events: Event) -> etree._Element:
    """Project a run, validate the result against the schema, and parse it."""
    root = etree.fromstring(junit((STARTED, *events)))
    SCHEMA.assertValid(root)
    return root


def case(root: etree._Element, name: str) -> etree._Element:
    """Find the one case of that name."""
    (found,) = root.xpath("//testcase[@name=$name]", name=name)
    return found


def properties(element: etree._Element) -> dict[str, str]:
    """Return the properties of a suite or case."""
    return {p.get("name"): p.get("value") for p in element.findall("properties/property")}


def names(root: etree._Element) -> list[str]:
    """Return the names of all cases in order."""
    return [element.get("name") for element in root.iter("testcase")]


def test_passed_case_carries_the_numbers_as_properties():
    """Every property of the report format is there, flat and with its unit in the name."""
    element = case(project(SIMULATED, FULL, FINISHED), "test_tunnels[srx4100-ipsec-1500]")
    assert element.get("classname") == "suites.tunnels.test_tunnels"
    assert element.get("file") == "suites/tunnels/test_tunnels.py"
    assert element.get("time") == "12.346"
    assert properties(element) == {
        "claim.id": "srx4100-tunnels",
        "claim.value": "1500",
        "claim.source": "document",
        "claim.standing": "qualified",
        "tunnels.requested": "1500",
        "tunnels.accepted": "1500",
        "tunnels.kind": "ipsec",
        "commit.seconds": "4.500",
        "device.name": "srx4100",
        "device.model": "SRX4100",
        "device.os_version": "18.4R3",
        "evidence.grade": "simulated",
        "evidence.level": "read back",
        "witnesses.usable": "ncclient, netmiko",
        "config.sha256": "ab" * 32,
    }
    assert [child.tag for child in element] == ["properties"]


def test_suite_per_grade_with_the_grade_in_its_name():
    """Results of different grades never share a suite, whatever reader adds them up."""
    other = replace(FULL, nodeid=f"{TUNNELS}[srx4100-b-ipsec-1500]", device="srx4100-b")
    root = project(SIMULATED, HARDWARE, FULL, other, FINISHED)
    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [
        ("hil-harness [hardware]", "1"),
        ("hil-harness [simulated]", "1"),
    ]


@pytest.mark.parametrize(
    ("device", "claimed_grade", "shown"),
    [
        (SIMULATED, Grade.HARDWARE, "simulated"),
        (SIMULATED, None, "simulated"),
        (replace(SIMULATED, grade=Grade.HARDWARE), Grade.VIRTUAL, "virtual"),
        (replace(SIMULATED, grade=Grade.HARDWARE), None, "hardware"),
        (None, Grade.HARDWARE, "unverified"),
    ],
)
def test_grade_is_the_lower_of_case_and_device(device, claimed_grade, shown):
    """A case can't be more real than its device, and without a device event nothing is real."""
    devices = [device] if device else []
    root = project(*devices, replace(FULL, grade=claimed_grade), FINISHED)
    assert [suite.get("name") for suite in root] == [f"hil-harness [{shown}]"]


@pytest.mark.parametrize(
    ("outcome", "tag", "kind"),
    [
        (Outcome.FAIL, "failure", "fail"),
        (Outcome.UNHEALTHY, "failure", "unhealthy"),
        (Outcome.ERROR, "error", "error"),
        (Outcome.BLOCKED, "error", "blocked"),
        (Outcome.SKIP, "skipped", "skip"),
    ],
)
def test_outcome_becomes_the_element_that_readers_know(outcome, tag, kind):
    """The device's fault is a failure, ours and the lab's an error, and the counts add up."""
    root = project(SIMULATED, replace(DROPPED, outcome=outcome), FINISHED)
    element = case(root, "test_tunnels[srx4100-ipsec-1500]")
    assert [child.get("type") for child in element.findall(tag)] == [kind]
    suite = root[0]
    counts = {name: suite.get(name) for name in ("failures", "errors", "skipped")}
    plural = {"failure": "failures", "error": "errors", "skipped": "skipped"}[tag]
    assert counts == {"failures": "0", "errors": "0", "skipped": "0"} | {plural: "1"}


def test_failure_message_repeats_the_numbers_and_the_grade():
    """GitLab and GitHub show only this line; it must stand alone."""
    failure = project(SIMULATED, DROPPED, FINISHED).find(".//failure")
    assert failure.get("message") == (
        "accepted 1499 of 1500 (documented) on srx4100 [simulated]: hil-t00007 is missing"
    )
    assert failure.text.splitlines() == [
        failure.get("message"),
        "NOT OK: vpn hil-t00007: expected present, seen absent [ncclient]",
        "device warning: uncommitted changes will be discarded",
        "witness not usable: netmiko: counts 3 for 2",
    ]


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"claim_source": "operator"}, "accepted 1499 of 1500 (the operator's value) on"),
        ({"requested": 150, "accepted": 7}, "accepted 7 of 150 (documented: 1500) on"),
        ({"accepted": None}, "accepted unknown of 1500 (documented) on"),
        ({"claimed": None}, "accepted 1499 of 1500 on"),
        ({"requested": None}, "srx4100 [simulated]: hil-t00007 is missing"),
        ({"reason": ""}, "accepted 1499 of 1500 (documented) on srx4100 [simulated]: NOT OK: vpn"),
    ],
)
def test_failure_message_says_whose_number_it_was(changes, start):
    """A documented count, an operator's, a smaller rung and no number at all read differently."""
    failure = project(SIMULATED, replace(DROPPED, **changes), FINISHED).find(".//failure")
    assert failure.get("message").startswith(start)


def test_findings_are_bounded_and_the_rest_is_counted():
    """1500 missing tunnels don't make a page of 1500 lines."""
    findings = tuple(Finding(f"vpn {n}", "present", "absent", ok=False) for n in range(1500))
    failure = project(SIMULATED, replace(DROPPED, findings=findings), FINISHED).find(".//failure")
    assert len(failure.text.splitlines()) < 60
    assert "and 1450 more in events.jsonl" in failure.text.splitlines()


def test_message_is_bounded():
    """A device that talks for a megabyte fills neither a table cell nor a mail subject."""
    failure = project(SIMULATED, replace(DROPPED, reason="x" * 1_000_000)).find(".//failure")
    assert len(failure.get("message")) == 1000
    assert failure.get("message").endswith("…")


def test_rung_above_the_claim_is_observed_and_cannot_fail():
    """The document says "supported", not "maximum": refusing more is no fault."""
    above = replace(
        DROPPED,
        nodeid=f"{TUNNELS}[srx4100-ipsec-1501]",
        requested=1501,
        accepted=0,
        observation=True,
        reason="refused",
    )
    element = case(project(SIMULATED, above, FINISHED), "test_tunnels[srx4100-ipsec-1501]")
    assert [child.tag for child in element] == ["properties"]
    shown = properties(element)
    assert shown["claim.standing"] == "observed at 1501"
    assert shown["case.reason"] == "refused"
    assert shown["case.observation"] == "true"


def test_error_above_the_claim_stays_an_error():
    """An observation excuses the device, not the lab."""
    broken = replace(DROPPED, observation=True, outcome=Outcome.ERROR)
    assert project(SIMULATED, broken, FINISHED).find(".//error") is not None


def test_last_event_of_a_case_wins_and_earlier_ones_are_counted():
    """GitLab keeps the first of two cases with one name, so there must be one."""
    root = project(SIMULATED, DROPPED, DROPPED, FULL, FINISHED)
    element = case(root, "test_tunnels[srx4100-ipsec-1500]")
    assert element.find("failure") is None
    assert properties(element)["case.earlier_attempts"] == "2"


def test_name_does_not_depend_on_grouping():
    """The group that xdist appends is cut, and both spellings are one case."""
    grouped = replace(FULL, nodeid=FULL.nodeid + "@srx4100")
    assert names(project(SIMULATED, FULL, grouped, FINISHED)) == [
        "test_tunnels[srx4100-ipsec-1500]"
    ]


def test_attachments_are_marks_that_gitlab_and_jenkins_follow():
    """One mark per line, from the project's root, in the order given."""
    shown = replace(DROPPED, attachments=("tests/srx4100-ipsec-1500/diff.txt", "devices/x/log"))
    text = project(SIMULATED, shown, FINISHED).findtext(".//system-out")
    assert text.split() == [
        "[[ATTACHMENT|reports/20261122T084100Z-7f3a/tests/srx4100-ipsec-1500/diff.txt]]",
        "[[ATTACHMENT|reports/20261122T084100Z-7f3a/devices/x/log]]",
    ]


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a]]\n[[ATTACHMENT|b", "a b"])
def test_attachment_outside_the_run_folder_is_not_linked(path):
    """A path can neither leave the folder nor smuggle a second mark."""
    root = project(SIMULATED, replace(FULL, attachments=(path,)), FINISHED)
    assert root.find(".//system-out") is None


def test_free_properties_come_after_and_cannot_replace_the_standard_ones():
    """A suite may add what it measured; it can't rename a device or a grade."""
    free = {"device.name": "other", "evidence.grade": "hardware", "memory.mebibytes": 512}
    shown = properties(
        case(project(SIMULATED, replace(FULL, properties=free), FINISHED), FULL.name)
    )
    assert shown["device.name"] == "srx4100"
    assert shown["evidence.grade"] == "simulated"
    assert shown["memory.mebibytes"] == "512"


def test_suite_properties_say_which_run_this_was():
    """Run id, command, testbed, versions and the operator's own values."""
    shown = properties(project(SIMULATED, FULL, replace(FINISHED, interrupted_by="SIGINT"))[0])
    assert shown["run.id"] == "7f3a"
    assert shown["run.finished"] == "true"
    assert shown["run.exit_status"] == "0"
    assert shown["run.interrupted_by"] == "SIGINT"
    assert shown["library.ncclient"] == "0.7.0"
    assert shown["operator.dvpn"] == "40"


@pytest.mark.parametrize(("proven", "tag"), [(True, None), (False, "error")])
def test_restore_case_rests_on_the_controllers_proof(proven, tag):
    """The case of the same name that pytest ran is overridden, whichever way it ended."""
    ran = Case(
        nodeid=f"{RESTORED}[srx4100]",
        outcome=Outcome.FAIL if proven else Outcome.PASS,
        device="srx4100",
    )
    proof = Restore(device="srx4100", proven=proven, how="rollback 1", commits=4, seconds=2.0)
    for events in ((ran, proof), (proof, ran)):
        root = project(SIMULATED, *events, FINISHED)
        element = case(root, "test_restored[srx4100]")
        assert element.get("classname") == "suites.restore.test_restore"
        assert [child.tag for child in element][1:] == ([tag] if tag else [])
        assert properties(element)["restore.how"] == "rollback 1"
        assert properties(element)["restore.commits"] == "4"


def test_planned_cases_that_were_not_reached_are_skipped_not_silent():
    """After Ctrl-C or -x each selected case still stands in the report, in planned order."""
    late = f"{TUNNELS}[srx4100-ipsec-1501]"
    planned = Planned(nodeids=(f"{TUNNELS}[srx4100-ipsec-750]", FULL.nodeid, late))
    root = project(planned, SIMULATED, FULL, replace(FINISHED, exit_status=2))
    assert names(root) == [
        "test_tunnels[srx4100-ipsec-750]",
        "test_tunnels[srx4100-ipsec-1500]",
        "test_tunnels[srx4100-ipsec-1501]",
    ]
    for name in ("test_tunnels[srx4100-ipsec-750]", "test_tunnels[srx4100-ipsec-1501]"):
        element = case(root, name)
        assert element.find("skipped").get("message") == "not reached"
        assert properties(element)["evidence.grade"] == "simulated"


def test_device_of_an_unreached_case_is_the_longest_name_that_fits():
    """``srx4100`` is a prefix of ``srx4100-b``; the case belongs to the latter."""
    planned = Planned(nodeids=(f"{TUNNELS}[srx4100-b-ipsec-750]",))
    root = project(planned, SIMULATED, HARDWARE, FINISHED)
    assert [suite.get("name") for suite in root] == ["hil-harness [hardware]"]


def test_killed_run_is_red_and_marked():
    """After SIGKILL: run.finished=false, and errors for the running case and the restore."""
    running = CaseStarted(nodeid=FULL.nodeid, device="srx4100")
    planned = Planned(nodeids=(FULL.nodeid, f"{RESTORED}[srx4100]"))
    root = project(planned, SIMULATED, running)
    assert properties(root[0])["run.finished"] == "false"
    errors = {e.getparent().get("name"): e.get("message") for e in root.iter("error")}
    assert set(errors) == {FULL.name, "test_restored[srx4100]", "test_run_finished"}
    assert "interrupted" in errors[FULL.name]
    assert "run `harness restore`" in errors["test_restored[srx4100]"]
    assert len(root) == 1


def test_end_that_is_missing_is_no_more_real_than_the_least_real_device():
    """The case that stands for the run's missing end never is alone in a hardware suite."""
    root = project(SIMULATED, HARDWARE)
    assert [suite.get("name") for suite in root] == ["hil-harness [simulated]"]


def test_cases_stand_in_planned_order_whatever_order_they_ended_in():
    """With several workers the stream has another order each night; the report hasn't."""
    first = replace(FULL, nodeid=f"{TUNNELS}[srx4100-gre-1500]")
    planned = Planned(nodeids=(first.nodeid, FULL.nodeid))
    assert names(project(planned, SIMULATED, FULL, first, FINISHED)) == [first.name, FULL.name]


def test_killed_run_keeps_the_proof_it_has():
    """A device that was proven restored before the kill stays proven."""
    root = project(SIMULATED, FULL, Restore(device="srx4100", proven=True))
    assert case(root, "test_restored[srx4100]").find("error") is None


@pytest.mark.parametrize("events", [(), (STARTED,), (FINISHED,), (STARTED, FINISHED)])
def test_empty_run_is_still_valid(events: Iterable[Event]):
    """Nothing ran: a valid file, and never one that reads as a pass."""
    root = etree.fromstring(junit(events))
    SCHEMA.assertValid(root)
    assert not root.xpath("//testcase[not(error)]")


HOSTILE = "]]><script>&\x00\x1b[2J\x9b2J\ud800\ufffe\u202e\r\n[[ATTACHMENT|/etc/passwd]]\n<x/>"


def test_hostile_device_text_is_inert():
    """Escapes, markup and attachment marks in a device's words reach no reader as such."""
    hostile = replace(
        DROPPED,
        nodeid=f"{TUNNELS}[{HOSTILE}]",
        reason=HOSTILE,
        findings=(Finding(HOSTILE, HOSTILE, HOSTILE, ok=False, source=HOSTILE),),
        warnings=(HOSTILE,),
        properties={HOSTILE: HOSTILE},
        unusable_witnesses={HOSTILE: HOSTILE},
    )
    device = replace(SIMULATED, model=HOSTILE, os_version=HOSTILE)
    root = project(device, hostile, FINISHED)
    written = etree.tostring(root, encoding="unicode")
    assert not root.xpath("//script | //x")
    assert not set(written) & set("\x1b\x9b")
    assert "\u202e" not in written
    assert "[[ATTACHMENT" not in root.find(".//failure").text
    assert "[[ATTACHMENT" not in root.find(".//failure").get("message")


@given(text=st.text())
def test_any_text_makes_a_valid_file(text: str):
    """No string that Python can hold breaks the XML."""
    shown = replace(DROPPED, reason=text, warnings=(text,), properties={"note": text})
    project(SIMULATED, shown, FINISHED)


def test_a_number_that_nobody_gave_is_measured():
    """A blank row is neither sampled nor qualified: there's nothing to hold it against."""
    case = Case(nodeid="a::b", outcome=Outcome.PASS, claim_id="x", requested=6, accepted=6)
    assert standing(case) == "measured at 6, no reference value"
    assert standing(replace(case, claimed=7)) == "sampled at 6"
