"""The controller of a run: opens the lab, feeds the workers, keeps the record, restores.

Restoring happens here and not in a worker's teardown: after Ctrl-C a worker under pytest-xdist has
about five seconds (execnet ends it then), the controller has as long as it takes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from typing import Any

import click
import pytest

from harness.errors import HarnessError
from harness.lab.host_keys import accept_new
from harness.lab.lab import Lab, open_lab
from harness.lab.run import Run, new_run_id, outside, run_key, state_directory
from harness.lease import Waiting
from harness.outcome import Outcome
from harness.pytest_plugin.conclude import carried, carried_device, recorded_id, words_of
from harness.pytest_plugin.dry_run import dry_run
from harness.pytest_plugin.ending import Ending
from harness.pytest_plugin.interrupts import Interrupts
from harness.pytest_plugin.progress import Progress
from harness.pytest_plugin.state import State
from harness.reporting import record
from harness.reporting.environment import git_commit, library_versions, python_version
from harness.reporting.redact import redact, redact_argv
from harness.reporting.runfolder import RunFolder
from harness.reporting.summary import summarise
from harness.reporting.text import printable
from harness.system_clock import SystemClock
from harness.testbed.model import Deployment


class Controller:
    """Hooks that run once per run, in the process that the person started."""

    def __init__(self, config: pytest.Config, state: State) -> None:
        self._config = config
        self._state = state
        self._stack = ExitStack()
        self._record: record.RunRecord | None = None
        self._unwritten: Mapping[str, str] = {}  # what the reports lack at their end, and why
        self._session: pytest.Session | None = None
        self._begun: set[str] = set()  # nodeids
        self._folder: RunFolder | None = None
        self._devices: dict[str, record.Device] = {}
        self._deployed: set[str] = set()  # deployments of which something was pushed
        self._clock = SystemClock()
        self._interrupts = Interrupts(self._clock)
        self._progress = Progress(config, self._clock)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Open lab and record before any worker starts."""
        self._session = session
        if self._config.option.collectonly or self._state.options.dry_run:
            return
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.showfspath = False  # file names would run into the progress lines
            reporter.reportchars = reporter.reportchars.replace("fE", "")  # our summary has them
        try:
            self._open()
        except HarnessError as exc:
            self._stack.close()
            pytest.exit(f"\n{printable(redact(str(exc)))}", returncode=exc.exit_code)

    def _open(self) -> None:
        options, clock = self._state.options, self._clock
        run = Run(
            new_run_id(),
            run_key(options.seed),
            state_directory(),
            clock,
            options.driver,
            confirm_minutes=options.confirm_minutes,
            deadman=options.deadman,
            restore_wait=options.restore_wait,
        )
        outside(run.state, options.rundir)
        self._interrupts.catch()
        self._stack.callback(self._interrupts.release)
        self._state.lab = self._stack.enter_context(
            open_lab(
                self._state.testbed,
                run,
                _ask_password,
                waiting=Waiting.at_most(options.wait, clock, self._progress.tell),
            )
        )
        if self._config.getoption("harness_seed", None):
            self._progress.tell(
                "--seed is shown to every user of this machine, in the process list: "
                "HARNESS_SEED isn't"
            )
        if options.accept_new_host_keys:
            for learnt in accept_new(self._state.lab.endpoints):
                self._progress.tell(str(learnt))
        self._folder = RunFolder.create(options.rundir, run.run_id, clock.now())
        self._state.lab.folder = self._folder
        self._record = self._stack.enter_context(record.RunRecord.create(self._folder.path, clock))
        self._write_opening(run)

    def _write_opening(self, run: Run) -> None:
        testbed = self._state.testbed
        self._write(
            record.RunStarted(
                run_id=run.run_id,
                argv=redact_argv(sys.argv[1:]),
                started=run.clock.now(),
                testbed=testbed.name,
                testbed_path=testbed.path,
                folder=self._folder_as_seen(),
                python=python_version(),
                libraries=library_versions(),
                git_commit=git_commit(self._config.rootpath),
                operator_claims={
                    claim.id: claim.value
                    for claim in self._state.catalogue
                    if claim.source == "operator" and claim.value is not None
                },
            )
        )
        in_play = {rung.claim_id for rung in self._state.rungs}
        in_play |= {deployment.claim for deployment in testbed.deployments}
        in_play |= {load.claim.id for load in self._state.event_loads}
        for claim in self._state.catalogue:
            self._write(
                record.Claim(
                    id=claim.id,
                    title=claim.meaning,
                    value=claim.value,
                    source=claim.source,
                    citation=str(claim.citation),
                    unit=claim.unit,
                    in_play=claim.id in in_play,
                )
            )

    def _folder_as_seen(self) -> str:
        """Return the run folder from where the run was started: CI jobs know no other paths."""
        if self._folder is None:
            return ""
        return os.path.relpath(self._folder.path, self._config.invocation_params.dir)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand a worker what it needs to join the lab, through its pipe."""
        if self._state.lab is not None:
            node.workerinput["harness"] = self._state.lab.wire()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Plan, without workers."""
        if self._state.options.dry_run:
            dry_run(session, self._state)
        elif session.items:
            self._plan([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Plan, with workers: all collect the same, the first to say so counts."""
        self._plan(ids)

    def _plan(self, nodeids: list[str]) -> None:
        if self._progress.planned(nodeids):
            self._write(record.Planned(nodeids=tuple(self._recorded(n) for n in nodeids)))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say that a case began."""
        self._progress.started(nodeid)
        self._begun.add(nodeid)
        self._write(record.CaseStarted(nodeid=self._recorded(nodeid)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the end of a case; a failing teardown overrides what the call concluded.

        A signal ends the run whatever became of its exception: a device that doesn't come back
        is told in its place, and no reason to go on with the next one.
        """
        if self._interrupts.first and self._session is not None:
            self._session.shouldstop = f"stopped by {self._interrupts.first}"
        device = carried_device(report)
        if device is not None and device != self._devices.get(device.name):
            self._devices[device.name] = device
            self._write(device)
        case = self._case(report)
        if case is not None:
            self._write(case)
            if case.device in self._deployments and case.outcome is not Outcome.SKIP:
                self._deployed.add(case.device or "")
            self._progress.ended(report.nodeid, case)

    def _case(self, report: pytest.TestReport) -> record.Case | None:
        case = carried(report)
        if case is not None:
            return case
        if report.passed and report.when != "call":
            return None
        return record.Case(
            nodeid=self._recorded(report.nodeid),
            outcome=_outcome(report),
            reason=_why(report),
            seconds=report.duration,
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count as pytest does, without its letters: the progress lines say more."""
        if hasattr(report, "wasxfail") or (report.passed and report.when != "call"):
            return None
        word = "error" if report.failed and report.when != "call" else report.outcome
        return word, "", word.upper()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Let a further signal wait: from here on it would only hinder the restoring.

        The exception is replaced, because a signal can leave a traceback without line numbers,
        over which pytest stumbles.
        """
        try:
            return (yield)
        except KeyboardInterrupt as error:
            self._interrupts.hold_off()
            if type(error) is not KeyboardInterrupt:
                raise  # pytest's and xdist's own: -x, --maxfail
            raise KeyboardInterrupt from None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, object, object]:
        """Restore after everybody else's end: the workers are gone, no summary is printed yet.

        A wrapper, so that it happens even if another plugin's end raises; the innermost one,
        because the terminal's own wrapper prints the summary.
        """
        self._interrupts.hold_off()
        try:
            return (yield)
        finally:
            if self._state.lab is not None:
                self._end(self._state.lab, session, exitstatus)

    def _end(self, lab: Lab, session: pytest.Session, exitstatus: int) -> None:
        try:
            self._progress.close()  # raises where the terminal is gone
        finally:
            ending = Ending(self._state, lab, self._write, support=self._ask_for_support)
            self._unwritten = ending.unwritten
            loudest = ending.put_all_back(self._begun, self._deployed)
            if loudest:
                session.exitstatus = loudest
            by = self._interrupts.first if exitstatus == pytest.ExitCode.INTERRUPTED else None
            ending.write_last(
                record.RunFinished(exit_status=int(session.exitstatus), interrupted_by=by)
            )
            ending.show_devices()
            if ending.unwritten and not session.exitstatus:
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    @property
    def _ask_for_support(self) -> bool:
        """Say whether minutes may go into support information: nobody waits for the end."""
        return self._state.options.support_information and self._interrupts.first is None

    @property
    def _deployments(self) -> Mapping[str, Deployment]:
        return {deployment.name: deployment for deployment in self._state.testbed.deployments}

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Project the record to the terminal."""
        if self._folder is None:
            return
        events, notes = record.read_events(self._folder.events)
        for note in notes:
            terminalreporter.write_line(f"record: {note}")
        for what, why in self._unwritten.items():
            terminalreporter.write_line(printable(redact(f"NOT IN THE REPORTS: {what}: {why}")))
        self._progress.show(summarise(events))
        terminalreporter.write_line(f"record: {self._folder.path}")

    def pytest_unconfigure(self) -> None:
        """Close record, leases and simulated devices, in this order."""
        self._stack.close()

    def _write(self, event: record.Event) -> None:
        if self._record is not None:
            self._record.append(event)

    def _recorded(self, nodeid: str) -> str:
        return recorded_id(self._config, nodeid)


def _why(report: pytest.TestReport) -> str:
    if report.passed:
        return ""
    died = report.when not in {"setup", "call", "teardown"}  # what xdist says of a lost worker
    return f"{words_of(report)}; it left no evidence" if died else words_of(report)


def _outcome(report: pytest.TestReport) -> Outcome:
    if report.passed:
        return Outcome.PASS
    if report.skipped:
        return Outcome.SKIP
    return Outcome.FAIL if report.when == "call" else Outcome.ERROR


def _ask_password(question: str) -> str:
    answer: str = click.prompt(question, hide_input=True, err=True)
    return answer
