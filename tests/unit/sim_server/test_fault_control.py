"""Requests about faults, as they come from the control socket."""

from __future__ import annotations

import json

import pytest

from harness.sim.faults.control import answer
from harness.sim.faults.named import Faults
from harness.sim.spec import FaultSpec


class _Device:
    """A device as far as faults go."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.specs: list[FaultSpec] = []

    def arm(self, spec: FaultSpec) -> None:
        self.faults.arm(spec)
        self.specs.append(spec)

    def disarm(self, name: str) -> None:
        self.faults.disarm(name)


def _ask(device: _Device, request: object) -> dict[str, object]:
    data = request if isinstance(request, bytes) else json.dumps(request).encode()
    said = json.loads(answer(data, {"srx-a": device}.get))
    assert isinstance(said, dict)
    return said


def test_a_fault_is_switched_on_and_off() -> None:
    """What is on is told after each request, with every option filled in."""
    device = _Device()
    armed = _ask(device, {"device": "srx-a", "arm": {"name": "drop-sa", "options": {"index": 3}}})
    assert armed == {"armed": [{"name": "drop-sa", "options": {"index": 3, "from_count": 1}}]}
    assert _ask(device, {"device": "srx-a"}) == armed
    assert _ask(device, {"device": "srx-a", "disarm": "drop-sa"}) == {"armed": []}


def test_times_come_along() -> None:
    """A fault may begin later and last for a while."""
    device = _Device()
    _ask(device, {"device": "srx-a", "arm": {"name": "slow", "after": 5, "lasting": 60}})
    assert [(spec.after, spec.lasting) for spec in device.specs] == [(5.0, 60.0)]


def test_an_unknown_fault_is_not_switched_off() -> None:
    """A slip of the pen is refused as it is when switching on."""
    said = _ask(_Device(), {"device": "srx-a", "disarm": "slo"})
    assert str(said["error"]).startswith("unknown fault 'slo', did you mean 'slow'?; known: drop")


def test_a_device_of_somebody_else_is_absent() -> None:
    """Another process may serve it."""
    assert _ask(_Device(), {"device": "srx-b"}) == {"absent": True}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (b"not json", "one JSON object"),
        (b"[" * 50_000, "one JSON object"),
        ([], "one JSON object"),
        ({}, "'device' is a text"),
        ({"device": "srx-a", "arm": "slow"}, "'arm' is an object"),
        ({"device": "srx-a", "arm": {"name": "nope"}}, "unknown fault 'nope'"),
        ({"device": "srx-a", "arm": {"name": "slow", "options": {"x": 1}}}, "no option 'x'"),
        ({"device": "srx-a", "arm": {"name": "slow", "options": {"rpc": []}}}, "option 'rpc' is"),
        ({"device": "srx-a", "arm": {"name": "slow", "after": -1}}, "'after' is a number"),
        ({"device": "srx-a", "arm": {"name": "slow", "lasting": "x"}}, "'lasting' is a number"),
        (
            {"device": "srx-a", "arm": {"name": "die-during-commit", "options": {"when": "later"}}},
            "allowed: before, during, after",
        ),
    ],
)
def test_a_wrong_request_is_told_in_one_line(request_: object, words: str) -> None:
    """What's wrong and what is allowed, and nothing was switched."""
    device = _Device()
    said = _ask(device, request_)
    assert words in str(said["error"])
    assert not device.specs
