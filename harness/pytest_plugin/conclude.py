"""From a case's result to pytest's outcome, and to the property that carries it to the record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from harness.errors import DeviceError, HarnessError
from harness.outcome import Outcome
from harness.reporting.record import Case

PROPERTY = "harness.case"
CASE = pytest.StashKey[Case]()
_ADAPTER = TypeAdapter(Case)
_FINDINGS_SHOWN = 10


class Conclude:
    """Ends a case: ``conclude(case)`` returns when it passed and raises pytest's word otherwise."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def __call__(self, case: Case) -> None:
        """Record ``case`` under the running item and pass, fail or skip."""
        self._item.stash[CASE] = replace(case, nodeid=recorded_id(self._item.config, self._item))
        if case.outcome is Outcome.PASS:
            return
        if case.outcome is Outcome.SKIP:
            pytest.skip(case.reason)
        pytest.fail(_words(case), pytrace=False)


def recorded_id(config: pytest.Config, item: pytest.Item | str) -> str:
    """Return a node id as the record keeps it: with the suites folder in front."""
    nodeid = item if isinstance(item, str) else item.nodeid
    return f"{config.rootpath.name}/{nodeid}"


def attach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put the result of ``item`` on its report; only properties survive the way from a worker."""
    case = item.stash.get(CASE, None)
    if case is not None and report.when == "call":
        report.user_properties.append((PROPERTY, _ADAPTER.dump_json(case).decode()))


def case_of_failure(item: pytest.Item, error: HarnessError) -> None:
    """Record what an exception means: the device's refusal is its failure, all else an error."""
    outcome = Outcome.FAIL if isinstance(error, DeviceError) else Outcome.ERROR
    reason = f"{type(error).__name__}: {error}"
    known = item.stash.get(CASE, None) or Case(nodeid="", outcome=outcome)
    item.stash[CASE] = replace(
        known, nodeid=recorded_id(item.config, item), outcome=outcome, reason=reason
    )


def carried(report: pytest.TestReport) -> Case | None:
    """Return the result that a report carries, or None."""
    for name, value in report.user_properties:
        if name == PROPERTY:
            return _ADAPTER.validate_json(str(value))
    return None


def _words(case: Case) -> str:
    wrong = [str(finding) for finding in case.findings if not finding.ok]
    more = len(wrong) - _FINDINGS_SHOWN
    lines = [f"{case.outcome}: {case.reason}", *wrong[:_FINDINGS_SHOWN]]
    return "\n  ".join([*lines, f"and {more} more"] if more > 0 else lines)
