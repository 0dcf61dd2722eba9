"""The hooks of every process: options, collection, scheduling, the outcome of a case."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError, UsageError
from harness.lab.lab import join_lab
from harness.lab.ladder import Rung
from harness.lab.log_events import logging_devices
from harness.lab.run import Run
from harness.lab.steps import Step, steps
from harness.pytest_plugin.conclude import attach, case_of_failure
from harness.pytest_plugin.controller import Controller
from harness.pytest_plugin.evidence import gather
from harness.pytest_plugin.inert import make_inert, make_internal_error_inert
from harness.pytest_plugin.options import add_options
from harness.pytest_plugin.schedule import DeviceScheduling, suite_order, worker_count
from harness.pytest_plugin.state import STATE, State, make_state
from harness.reporting.redact import redact
from harness.reporting.text import printable
from harness.system_clock import SystemClock
from harness.testbed.model import Device


class Suites:
    """The hooks of one folder of suites."""

    def __init__(self, suites: Path, testbed: Path) -> None:
        self._suites = suites
        self._testbed = testbed

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        """Add the options of a qualification run."""
        add_options(parser)

    def _state(self, config: pytest.Config) -> State:
        """Make the state once; raises :class:`UsageError` for whatever is wrong."""
        if STATE not in config.stash:
            config.stash[STATE] = make_state(config, self._suites, self._testbed)
        return config.stash[STATE]

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Start no workers for a dry run: there is nothing to share out.

        This is before ``pytest_configure``, which is where mistakes are told.
        """
        with contextlib.suppress(UsageError):
            if self._state(config).options.dry_run and hasattr(config.option, "numprocesses"):
                config.option.numprocesses = None
                config.option.dist = "no"
                config.option.tx = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Read the testbed before anything else; what is wrong ends the run with exit code 64."""
        try:
            state = self._state(config)
        except UsageError as exc:
            pytest.exit(f"\n{printable(redact(str(exc)))}", returncode=exc.exit_code)
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(Controller(config, state), "harness-controller")

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Join the controller's lab, in a worker."""
        wire = getattr(session.config, "workerinput", {}).get("harness")
        if wire is not None:
            run = Run.from_wire(wire, SystemClock())
            state = session.config.stash[STATE]
            state.lab = join_lab(state.testbed, wire, run)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Close the sessions of a worker; the controller closes its own after restoring."""
        lab = session.config.stash[STATE].lab
        if lab is not None and hasattr(session.config, "workerinput"):
            session.config.stash[STATE].abandon_rollouts()
            lab.close()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give a case that asks for ``rung`` or ``device`` one instance for each of the testbed."""
        state = metafunc.config.stash[STATE]
        if "rung" in metafunc.fixturenames:
            metafunc.parametrize("rung", state.rungs, ids=lambda rung: rung.id)
        elif "step" in metafunc.fixturenames:
            wanted = steps(state.testbed, metafunc.module.TOPOLOGY)
            metafunc.parametrize("step", wanted, ids=lambda step: step.id)
        elif "load" in metafunc.fixturenames:
            metafunc.parametrize("load", state.event_loads, ids=lambda load: load.id)
        elif "device" in metafunc.fixturenames:
            logging = "log_events" in metafunc.fixturenames
            devices = logging_devices(state.testbed) if logging else state.asked
            metafunc.parametrize("device", devices, ids=lambda device: device.name)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Run preflight first and restore last; the sort is stable, all else keeps its order.

        What the testbed has nothing for is no case: pytest would show it as skipped.
        """
        items[:] = [item for item in items if not _without_a_subject(item)]
        items.sort(key=lambda item: suite_order(item.nodeid))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run nothing in a dry run; the cases stay collected, so that the exit code is 0."""
        dry = session.config.stash[STATE].options.dry_run
        return True if dry and not session.testsfailed else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_auto_num_workers(self, config: pytest.Config) -> int:
        """Make ``-n auto`` mean one worker per device, and one for all deployments.

        xdist asks before ``pytest_configure``, which is where mistakes are told.
        """
        try:
            state = self._state(config)
            alone = {device.name for device in state.devices} - set(state.playing)
            return worker_count([*alone, *state.testbed.deployments[:1]])
        except UsageError:
            return 1

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> DeviceScheduling:
        """Keep the cases of one device on one worker."""
        state = config.stash[STATE]
        deployments = [deployment.name for deployment in state.testbed.deployments]
        devices = [device.name for device in state.devices]
        return DeviceScheduling(config, log, devices, deployments, state.playing)

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep keys out of what pytest prints of a mistake of ours, with --showlocals too."""
        make_internal_error_inert(excrepr)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach what a case concluded to its report, so that it crosses to the controller."""
        report = yield
        error = call.excinfo.value if call.excinfo is not None else None
        if isinstance(error, HarnessError):
            report.longrepr = case_of_failure(item, error)  # its own words say it; no traceback
        gathered = gather(item, report)
        make_inert(report)
        if call.when == "call" or isinstance(error, HarnessError) or gathered:
            attach(item, report)
        return report


def _without_a_subject(item: pytest.Item) -> bool:
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    kinds = {"rung": Rung, "step": Step, "device": Device}
    return any(
        name in parameters and not isinstance(parameters[name], kind)
        for name, kind in kinds.items()
    )
