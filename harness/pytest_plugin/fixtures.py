"""What a suite may ask for: the run's state, the bench of its device, the way to end a case."""

from __future__ import annotations

import pytest

from harness.lab.bench import Bench
from harness.lab.ladder import Rung
from harness.pytest_plugin.conclude import Conclude
from harness.pytest_plugin.evidence import begin
from harness.pytest_plugin.state import STATE, State
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
    found = lab_state.open_lab().bench(name)
    begin(request.node, found)
    required = lab_state.options.require_grade
    if required is not None and found.identity.grade < required:
        reasons = "; ".join(found.identity.reasons)
        pytest.skip(f"{name} is {found.identity.grade}, {required} is required ({reasons})")
    return found


@pytest.fixture
def conclude(request: pytest.FixtureRequest) -> Conclude:
    """Give the way to end a case: it records the result and turns it into pytest's outcome."""
    return Conclude(request.node)
