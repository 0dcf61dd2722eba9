"""The JUnit projection of a record: pure, one testsuite per grade, written by rename.

The shapes are pytest's ``junit_family=xunit1``: properties inside a testcase. Jenkins keeps
them on request, GitLab and GitHub drop them, and GitLab doesn't even show a suite's name;
so the numbers that matter stand in the failure message again, grade included.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from pathlib import PurePosixPath
from typing import Final

from lxml import etree

from harness.outcome import Grade, Outcome
from harness.reporting.record import Case, Event
from harness.reporting.text import one_line, printable
from harness.reporting.view import CaseView, RunView, view

SUITE_NAME: Final = "hil-harness"
RECORD_SHA256: Final = "record.sha256"  # the property that names the stream's content
_SHOWN_FINDINGS: Final = 50  # the rest is in the stream
_MARK: Final = re.compile(r"\[\[(?=\s*ATTACHMENT\b)", re.IGNORECASE)
_SAFE_PATH: Final = re.compile(r"[^\]\[|\s]+")


def junit(events: Iterable[Event], sha256: str = "") -> bytes:
    """Return the JUnit XML of ``events``: UTF-8, valid even when the run was killed.

    ``sha256`` is the digest of the stream that they were read from.
    """
    run = view(events)
    root = etree.Element("testsuites", name=SUITE_NAME)
    for grade in sorted({shown.grade for shown in run.cases}, reverse=True):
        cases = [shown for shown in run.cases if shown.grade is grade]
        _suite(root, run, grade, cases, {RECORD_SHA256: sha256})
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def headline(shown: CaseView) -> str:
    """Return the one line that says what happened, on what, and how real it was."""
    case = shown.case
    place = f"{case.device} [{shown.grade}]" if case.device else f"[{shown.grade}]"
    reason = case.reason or next((str(f) for f in case.findings if not f.ok), case.outcome.value)
    if case.requested is None:
        return one_line(f"{place}: {reason}")
    accepted = "unknown" if case.accepted is None else case.accepted
    of = f"{case.requested}{_against_claim(case)}"
    return one_line(f"accepted {accepted} of {of} on {place}: {reason}")


def _against_claim(case: Case) -> str:
    if case.claimed is None:
        return ""
    whose = "the operator's value" if case.claim_source == "operator" else "documented"
    return f" ({whose})" if case.claimed == case.requested else f" ({whose}: {case.claimed})"


def _suite(
    root: etree._Element,
    run: RunView,
    grade: Grade,
    cases: list[CaseView],
    more: Mapping[str, object],
) -> None:
    outcomes = Counter(shown.outcome for shown in cases)
    suite = etree.SubElement(
        root,
        "testsuite",
        name=f"{SUITE_NAME} [{grade}]",
        tests=str(len(cases)),
        failures=str(outcomes[Outcome.FAIL] + outcomes[Outcome.UNHEALTHY]),
        errors=str(outcomes[Outcome.ERROR] + outcomes[Outcome.BLOCKED]),
        skipped=str(outcomes[Outcome.SKIP]),
        time=_seconds(sum(shown.case.seconds for shown in cases)),
    )
    if run.started:
        suite.set("timestamp", run.started.started.astimezone(UTC).isoformat(timespec="seconds"))
    _properties(suite, [*_suite_properties(run, grade), *more.items()])
    folder = run.started.folder if run.started else ""
    for shown in cases:
        _testcase(suite, shown, run, folder)


def _suite_properties(run: RunView, grade: Grade) -> Iterator[tuple[str, object]]:
    yield "evidence.grade", grade
    yield "run.finished", run.finished is not None
    if run.finished:
        yield "run.exit_status", run.finished.exit_status
        yield "run.interrupted_by", run.finished.interrupted_by
    if run.started:
        yield "run.id", run.started.run_id
        yield "run.arguments", " ".join(run.started.argv)
        yield "testbed.name", run.started.testbed
        yield "testbed.path", run.started.testbed_path
        yield "git.commit", run.started.git_commit
        yield "python.version", run.started.python
        for library, version in sorted(run.started.libraries.items()):
            yield f"library.{library}", version
        for claim, value in sorted(run.started.operator_claims.items()):
            yield f"operator.{claim}", value


def _testcase(suite: etree._Element, shown: CaseView, run: RunView, folder: str) -> None:
    case = shown.case
    element = etree.SubElement(
        suite,
        "testcase",
        classname=one_line(case.suite),
        name=one_line(case.name),
        file=one_line(case.nodeid.partition("::")[0]),
        time=_seconds(case.seconds),
    )
    own = dict(_case_properties(shown, run))
    _properties(element, [*own.items(), *sorted(_free_properties(case, own))])
    _result(element, shown)
    attachments = [f"[[ATTACHMENT|{path}]]" for path in _attachments(case, folder)]
    if attachments:
        etree.SubElement(element, "system-out").text = "\n".join(["", *attachments, ""])


def _case_properties(shown: CaseView, run: RunView) -> Iterator[tuple[str, object]]:
    case = shown.case
    device = run.devices.get(case.device) if case.device else None
    yield "claim.id", case.claim_id
    yield "claim.value", case.claimed
    yield "claim.source", case.claim_source
    yield "claim.standing", standing(case)
    yield "tunnels.requested", case.requested
    yield "tunnels.accepted", case.accepted
    yield "tunnels.kind", case.kind
    yield "commit.seconds", None if case.commit_seconds is None else _seconds(case.commit_seconds)
    yield "device.name", case.device
    if device:
        yield "device.model", device.model
        yield "device.os_version", device.os_version
        yield "device.emulates", device.emulates
        yield "device.deadman", device.deadman
    yield "evidence.grade", shown.grade
    yield "evidence.level", case.evidence if case.requested is not None else None
    yield "evidence.negotiated_by", case.negotiated_by
    yield "witnesses.usable", ", ".join(case.witnesses)
    yield "witnesses.unusable", "; ".join(f"{n}: {w}" for n, w in case.unusable_witnesses.items())
    yield "device.warnings", len(case.warnings) or None
    yield "config.sha256", case.config_sha256
    yield "case.reason", case.reason if shown.outcome is Outcome.PASS else None
    yield "case.observation", case.observation or None
    yield "case.rerun", case.rerun
    yield "case.earlier_attempts", shown.attempts - 1 or None


def standing(case: Case) -> str:
    """Return what the case means for its claim, in words: "qualified", "sampled at 750"."""
    word = case.standing
    if word == "sampled" and case.claimed is None:  # nobody gave a number to hold it against
        return f"measured at {case.requested}, no reference value"
    return f"{word} at {case.requested}" if word in {"sampled", "observed"} else word


def _free_properties(case: Case, own: dict[str, object]) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in case.properties.items() if name not in own)


def _result(element: etree._Element, shown: CaseView) -> None:
    match shown.outcome:
        case Outcome.FAIL | Outcome.UNHEALTHY as outcome:
            _complaint(element, "failure", outcome.value, shown)
        case Outcome.ERROR | Outcome.BLOCKED as outcome:
            _complaint(element, "error", outcome.value, shown)
        case Outcome.SKIP:
            reason = one_line(shown.case.reason) or "skipped"
            etree.SubElement(element, "skipped", type="skip", message=_inert(reason))


def _complaint(element: etree._Element, tag: str, kind: str, shown: CaseView) -> None:
    line = headline(shown)
    complaint = etree.SubElement(element, tag, type=kind, message=_inert(line))
    complaint.text = _inert(printable("\n".join([line, *_details(shown.case)])))


def _details(case: Case) -> Iterator[str]:
    failed = [str(finding) for finding in case.findings if not finding.ok]
    yield from failed[:_SHOWN_FINDINGS]
    if len(failed) > _SHOWN_FINDINGS:
        yield f"and {len(failed) - _SHOWN_FINDINGS} more in events.jsonl"
    yield from (f"device warning: {warning}" for warning in case.warnings[:_SHOWN_FINDINGS])
    for witness, why in case.unusable_witnesses.items():
        yield f"witness not usable: {witness}: {why}"
    if case.rerun:
        yield f"run again: {case.rerun}"


def _properties(parent: etree._Element, pairs: Iterable[tuple[str, object]]) -> None:
    holder = etree.SubElement(parent, "properties")
    for name, value in pairs:
        shown_name, shown_value = one_line(name), one_line(_word(value))
        if shown_name and shown_value:
            etree.SubElement(holder, "property", name=shown_name, value=shown_value)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _attachments(case: Case, folder: str) -> Iterator[str]:
    """Yield paths a reader may open: inside the run folder, without a way out of the mark."""
    for attachment in case.attachments:
        path = PurePosixPath(attachment)
        if path.is_absolute() or ".." in path.parts:
            continue
        whole = printable(str(PurePosixPath(folder) / path))
        if _SAFE_PATH.fullmatch(whole):
            yield whole


def _inert(text: str) -> str:
    """Break attachment marks in a device's words: GitLab would follow them."""
    return _MARK.sub("[ [", text)


def _seconds(value: float) -> str:
    return f"{value:.3f}"
