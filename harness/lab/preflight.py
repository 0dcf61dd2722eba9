"""Look at devices before anything is pushed: as a case of a run, and for ``testbed check``."""

from __future__ import annotations

from contextlib import ExitStack

from harness.errors import HarnessError
from harness.lab.bench import Bench
from harness.lab.compute_nodes import survey_node
from harness.outcome import Outcome
from harness.reporting.record import Case
from harness.verify.preflight import Preflight, preflight, unreachable


def look(bench: Bench) -> Preflight:
    """Ask a device about itself, read-only; an unreachable one is an answer, not an exception."""
    if bench.device.role == "compute":
        return survey_node(bench)
    with ExitStack() as stack:
        try:
            readers = stack.enter_context(bench.witnesses())
            jdm = stack.enter_context(bench.jdm.reader()) if bench.jdm else None
            return preflight(bench.device, readers, bench.run.clock, jdm)
        except HarnessError as error:
            return unreachable(bench.device, error)


def inspect_bench(bench: Bench) -> Case:
    """Say whether a run may begin on the device; what forbids it is the lab's, not the device's."""
    found = look(bench)
    wrong = [finding for finding in found.findings if not finding.ok]
    return Case(
        nodeid="",
        outcome=Outcome.ERROR if wrong else Outcome.PASS,
        reason="; ".join(f"{f.what}: {f.seen}" for f in wrong) or found.graded.reason,
        device=bench.device.name,
        grade=found.graded.grade,
        findings=found.findings,
    )
