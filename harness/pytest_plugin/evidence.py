"""When evidence is collected: at the first case of a device, and at the end of a failed one.

Whatever goes wrong with it is told beside the failure, never instead of it.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import replace

import pytest

from harness.lab.bench import Bench
from harness.lab.evidence import BEFORE, Occasion, case_begins, collect, show_device
from harness.lab.ladder import Rung
from harness.lab.steps import Part, Step
from harness.outcome import Outcome
from harness.pytest_plugin.conclude import CASE, recorded_id, words_of
from harness.pytest_plugin.options import said_again
from harness.pytest_plugin.state import STATE
from harness.reporting.record import Case

OCCASION = pytest.StashKey[Occasion]()


def begin(item: pytest.Item, bench: Bench) -> None:
    """Start the transcript of a case; the first one of a device shows the device before it."""
    state = item.config.stash[STATE]
    folder = state.open_lab().folder
    if folder is not None:
        try:
            show_device(folder, bench, BEFORE)
        except OSError as error:  # a full disk must not stop a case; its own bundle will say so
            item.add_report_section("setup", "evidence", f"devices/: {error.strerror}")
    item.stash[OCCASION] = case_begins(bench)


def rerun_command(item: pytest.Item) -> str:
    """Return the shell command that runs ``item`` again, from where this run was started."""
    config = item.config
    path, _, rest = item.nodeid.partition("::")
    where = os.path.relpath(config.rootpath / path, config.invocation_params.dir)
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    rung, step = parameters.get("rung"), parameters.get("step")
    count = ["--count", str(rung.count)] if isinstance(rung, Rung) else []
    cases = _steps_before(f"{where}::{rest}", step) if isinstance(step, Step) else []
    cases = cases or [f"{where}::{rest}"]
    command = shlex.join(["pytest", *cases, *said_again(config), *count])
    seeded = config.stash[STATE].options.seed is not None
    return f"{command} # with the run's own HARNESS_SEED set" if seeded else command


def _steps_before(nodeid: str, step: Step) -> list[str]:
    """Return what has to be run for a step: with a wave its hubs, for the whole everything."""
    cases, _, _ = nodeid.partition("[")
    if step.part is Part.WHOLE:
        return [cases, "-k", f"{step.deployment}-"]
    hubs = [f"{cases}[{step.deployment}-{Part.HUBS}]"] if step.needs_hubs else []
    return [*hubs, nodeid]


def gather(item: pytest.Item, report: pytest.TestReport) -> bool:
    """Collect the bundle of a failed case, and say in its failure where it is.

    Returns False where there's nothing to collect: the case didn't fail, or did so before.
    """
    occasion = item.stash.get(OCCASION, None)
    if report.failed and occasion is None and item.stash.get(CASE, None) is not None:
        return _gather_of_deployment(item, report, item.stash[CASE])
    if occasion is None or not report.failed:
        return False
    del item.stash[OCCASION]  # one bundle a case, of its first failure
    case, rerun = _case_of(item, report, occasion.bench), rerun_command(item)
    state = item.config.stash[STATE]
    folder = state.open_lab().folder
    attachments: tuple[str, ...] = ()
    told = [f"run again: {rerun}"]
    if folder is not None:
        try:
            support = state.options.support_information
            attachments = collect(folder, occasion, case, rerun, support=support)
            told.append(f"evidence: {folder.path / attachments[0]}")
        except Exception as error:  # noqa: BLE001 - the first cause must not be lost to a later one
            told.append(f"evidence: none, collecting it failed ({type(error).__name__}: {error})")
    item.stash[CASE] = replace(case, attachments=attachments, rerun=rerun)
    _tell(report, told)
    return True


def _gather_of_deployment(item: pytest.Item, report: pytest.TestReport, case: Case) -> bool:
    """Say how to run a failed step again, and where the verdict of each of its devices is.

    That is the evidence: bundles of thousands of devices would bury the one that matters.
    """
    if not (hasattr(item, "callspec") and isinstance(item.callspec.params.get("step"), Step)):
        return False
    folder = item.config.stash[STATE].open_lab().folder
    rerun = rerun_command(item)
    series = [f"devices: {folder.path / path}" for path in case.attachments] if folder else []
    item.stash[CASE] = replace(case, rerun=rerun)
    _tell(report, [f"run again: {rerun}", *series])
    return True


def _case_of(item: pytest.Item, report: pytest.TestReport, bench: Bench) -> Case:
    """Return what the case concluded, or that it came to no conclusion."""
    known = item.stash.get(CASE, None)
    if known is not None:
        return known
    outcome = Outcome.FAIL if report.when == "call" else Outcome.ERROR
    return Case(
        nodeid=recorded_id(item.config, item),
        outcome=outcome,
        reason=words_of(report),
        device=bench.device.name,
    )


def _tell(report: pytest.TestReport, lines: list[str]) -> None:
    if isinstance(report.longrepr, str):
        report.longrepr = "\n  ".join([report.longrepr, *lines])
    else:
        report.sections.append(("evidence", "\n".join(lines)))
