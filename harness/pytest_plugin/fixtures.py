"""What a suite may ask for: the run's state, the bench of its device, the way to end a case."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from harness.lab.bench import Bench
from harness.lab.event_load import EventLoad
from harness.lab.ladder import Rung
from harness.lab.log_events import log_events as _log_events
from harness.lab.rollout_cases import RolloutCases
from harness.outcome import Grade
from harness.pytest_plugin.conclude import Conclude
from harness.pytest_plugin.evidence import begin
from harness.pytest_plugin.state import STATE, State
from harness.reporting.record import Case
from harness.testbed.model import Device


@pytest.fixture(scope="session")
def lab_state(pytestconfig: pytest.Config) -> State:
    """Give options, testbed, claims and the open lab."""
    return pytestconfig.stash[STATE]


@pytest.fixture
def bench(request: pytest.FixtureRequest, lab_state: State) -> Bench:
    """Give the bench of the case's device, by its ``rung`` or its ``device`` parameter."""
    parameters = request.node.callspec.params
    subject: Rung | Device = parameters.get("rung") or parameters["device"]
    name = subject.device if isinstance(subject, Rung) else subject.name
    lab_state.abandon_rollouts()
    found = lab_state.open_lab().bench(name)
    begin(request.node, found)
    required = lab_state.options.require_grade
    if required is not None and found.identity.grade < required:
        reasons = "; ".join(found.identity.reasons)
        pytest.skip(f"{name} is {found.identity.grade}, {required} is required ({reasons})")
    return found


@pytest.fixture
def deployment(request: pytest.FixtureRequest, lab_state: State) -> RolloutCases:
    """Give the deployment of the case's ``step``, the same one to all of its cases."""
    name = request.node.callspec.params["step"].deployment
    options = lab_state.options
    if options.rehearse:
        pytest.skip("a deployment isn't rehearsed: its devices are pushed to in waves")
    if options.require_grade is not None:
        _require_of_players(lab_state, name, options.require_grade)
    return lab_state.rollout(name)


@pytest.fixture
def log_events(lab_state: State) -> Callable[[Bench], Case]:
    """Give the way to have a device log to a collector of ours, as the testbed says."""
    rehearsing = lab_state.options.rehearse
    return partial(_log_events, events=lab_state.testbed.events, rehearsing=rehearsing)


def _require_of_players(state: State, deployment: str, required: Grade) -> None:
    """Skip where a device isn't real enough: each single one is asked, of a fleet the first."""
    for player in state.testbed.deployment(deployment).players:
        first = next(state.testbed.players((player,)))
        bench = state.open_lab().bench_of(first)
        try:
            found = bench.identity
        finally:
            bench.close()
        if found.grade < required:
            reasons = "; ".join(found.reasons)
            pytest.skip(f"{first.name} is {found.grade}, {required} is required ({reasons})")


@pytest.fixture
def measure(lab_state: State) -> Callable[[EventLoad], Case]:
    """Give the way to measure a rate of events, which is never more than simulated."""
    required = lab_state.options.require_grade

    def run(load: EventLoad) -> Case:
        told = load.identity
        if required is not None and told.grade < required:
            reasons = "; ".join(told.reasons)
            pytest.skip(f"{told.name} is {told.grade}, {required} is required ({reasons})")
        return load.run()

    return run


@pytest.fixture
def conclude(request: pytest.FixtureRequest) -> Conclude:
    """Give the way to end a case: it records the result and turns it into pytest's outcome."""
    return Conclude(request.node)
