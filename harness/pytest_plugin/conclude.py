"""From a case's result to pytest's outcome, and to the property that carries it to the record."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import pytest
from pydantic import TypeAdapter

from harness.errors import (
    CommitRefused,
    HarnessError,
    LoadRefused,
    OutcomeUnknown,
    UsageError,
)
from harness.lab.event_load import PLAYER, EventLoad
from harness.lab.ladder import Rung
from harness.lab.qualify import case_of, deadman_properties
from harness.lab.steps import Step
from harness.outcome import Outcome
from harness.pytest_plugin.state import STATE
from harness.reporting.line import encode
from harness.reporting.record import VERSION, Case, Device

CASE_PROPERTY = "harness.case"
DEVICE_PROPERTY = "harness.device"
CASE = pytest.StashKey[Case]()
DEVICE = pytest.StashKey[Device]()
_CASES = TypeAdapter(Case)
_DEVICES = TypeAdapter(Device)
_FINDINGS_SHOWN = 10


class Subject(Protocol):
    """What a case is about: a device on its bench, or a deployment."""

    @property
    def identity(self) -> Device:
        """Return who it is and how real, for the record."""
        ...


class Conclude:
    """Ends a case: ``conclude(case)`` returns when it passed and raises pytest's word otherwise."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def __call__(self, case: Case, subject: Subject) -> None:
        """Record ``case`` and its device under the running item, and pass, fail or skip."""
        self._item.stash[CASE] = replace(case, nodeid=recorded_id(self._item.config, self._item))
        if case.outcome is not Outcome.ERROR:  # an unreachable device can't say who it is
            self._item.stash[DEVICE] = subject.identity
        if case.outcome is Outcome.PASS:
            return
        if case.outcome is Outcome.SKIP:
            pytest.skip(case.reason)
        pytest.fail(_words(case), pytrace=False)


def recorded_id(config: pytest.Config, item: pytest.Item | str) -> str:
    """Return a node id from the folder above the suites, wherever pytest put its own root."""
    nodeid = item if isinstance(item, str) else item.nodeid
    path, separator, rest = nodeid.partition("::")
    above = config.stash[STATE].suites.parent
    return os.path.relpath(config.rootpath / path, above) + separator + rest


def attach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put the result of ``item`` on its report; only properties survive the way from a worker.

    They're written as the record writes them, redacted: other plugins show properties too.
    """
    concluded: dict[str, Case | Device | None] = {
        CASE_PROPERTY: item.stash.get(CASE, None),
        DEVICE_PROPERTY: item.stash.get(DEVICE, None),
    }
    for name, event in concluded.items():
        if event is not None:
            began = datetime.fromtimestamp(report.start, UTC)
            line = encode(name, event, at=began, version=VERSION)
            report.user_properties.append((name, line.decode().rstrip()))


def case_of_failure(item: pytest.Item, error: HarnessError) -> str:
    """Record what an exception means, and return its words.

    A device's refusal of what it was sent is its failure, all else an error, an answer that can't
    be had or read too: it says nothing of what the device takes. What the person running has to
    change says where the testbed speaks of the device.
    """
    outcome = Outcome.FAIL if isinstance(error, LoadRefused | CommitRefused) else Outcome.ERROR
    words = f"{_where(item)}: {error}" if isinstance(error, UsageError) else str(error)
    reason = f"{type(error).__name__}: {words}"
    known = item.stash.get(CASE, None) or _asked(item)
    if not item.config.stash[STATE].options.deadman:
        known = replace(known, properties={**known.properties, **deadman_properties(None)})
    found = _commit_outcome(error)
    item.stash[CASE] = replace(
        known,
        nodeid=recorded_id(item.config, item),
        outcome=outcome,
        reason=reason,
        properties={**known.properties, **({"commit.outcome": found} if found else {})},
    )
    return words


def _commit_outcome(error: BaseException | None) -> str:
    """Return what became of a commit whose answer was lost, wherever that stands behind an end."""
    while error is not None:
        if isinstance(error, OutcomeUnknown) and error.outcome:
            return error.outcome
        error = error.__cause__
    return ""


def _asked(item: pytest.Item) -> Case:
    """Return what the case was to try, for the record of one that came to no conclusion."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    rung, device = parameters.get("rung"), parameters.get("device")
    if isinstance(rung, Rung):
        return case_of(rung, Outcome.ERROR)
    load = parameters.get("load")
    if isinstance(load, EventLoad):
        return load.asked()
    step = parameters.get("step")
    if isinstance(step, Step):
        return Case(nodeid="", outcome=Outcome.ERROR, device=step.deployment)
    return Case(nodeid="", outcome=Outcome.ERROR, device=device.name if device else None)


def _where(item: pytest.Item) -> str:
    """Return the place of the case's device in the testbed: "lab.yaml:7"."""
    testbed, name = item.config.stash[STATE].testbed, _asked(item).device
    if name == PLAYER:
        return testbed.path
    if name in {deployment.name for deployment in testbed.deployments}:
        return f"{testbed.path}:{testbed.deployment(name).line}"
    return f"{testbed.path}:{testbed.device(name).line}" if name else testbed.path


def carried(report: pytest.TestReport) -> Case | None:
    """Return the result that a report carries, or None.

    A case that concluded well and then broke, or was skipped, isn't a pass.
    """
    text = _property(report, CASE_PROPERTY)
    if text is None:
        return None
    case = _CASES.validate_python(json.loads(text))
    if case.outcome is Outcome.PASS and not report.passed:
        return replace(case, outcome=Outcome.ERROR, reason=words_of(report))
    return replace(case, seconds=case.seconds or round(report.duration, 3))


def carried_device(report: pytest.TestReport) -> Device | None:
    """Return the device that a report speaks of, or None."""
    text = _property(report, DEVICE_PROPERTY)
    return _DEVICES.validate_python(json.loads(text)) if text is not None else None


def words_of(report: pytest.TestReport) -> str:
    """Return why a phase didn't pass, without its traceback."""
    if isinstance(report.longrepr, tuple):  # a skip: file, line, words
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else report.longrepr)


def _property(report: pytest.TestReport, wanted: str) -> str | None:
    return next((str(value) for name, value in report.user_properties if name == wanted), None)


def _words(case: Case) -> str:
    wrong = [str(finding) for finding in case.findings if not finding.ok]
    more = len(wrong) - _FINDINGS_SHOWN
    lines = [f"{case.outcome}: {case.reason}", *wrong[:_FINDINGS_SHOWN]]
    return "\n  ".join([*lines, f"and {more} more"] if more > 0 else lines)
