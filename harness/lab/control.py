"""The negative control: two tunnels are pushed and three claimed; who agrees isn't believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from harness.deploy.baseline import Baseline
from harness.deploy.rung import Pushed, RungResult
from harness.errors import DeviceError, PlanError
from harness.lab.attempt import Attempt
from harness.lab.bench import Bench, Control
from harness.plan.model import Kind
from harness.plan.vnfs import VNF, Subject
from harness.verify.calibration import calibrate
from harness.verify.expect import Expectation
from harness.verify.facts import Leg, Sighting, Unreadable
from harness.verify.judge import Bundle, judge
from harness.verify.observe import observe
from harness.verify.witnesses import Observation

CONTROL = 2  # tunnels of the negative control; one more is claimed and must be missed


class Controlled(Protocol):
    """What goes to a device and is then looked for: tunnels of a kind, or VNFs."""

    @property
    def bench(self) -> Bench: ...

    @property
    def kind(self) -> Subject: ...

    def check(self) -> None: ...

    def expected(self, baseline: Baseline) -> Expectation: ...

    def claimed(self, baseline: Baseline, count: int) -> Expectation: ...

    def run(self, probe: Callable[[Pushed], Control]) -> RungResult[Control]: ...

    def evidence(
        self, expected: Expectation, pushed: Pushed, before: Mapping[str, Mapping[Leg, Sighting]]
    ) -> Bundle: ...


def control_of(bench: Bench, kind: Kind) -> Control | DeviceError:
    """Return the negative control of this device and kind, run once a process."""
    return controlled(Attempt(bench, kind, CONTROL))


def controlled(attempt: Controlled) -> Control | DeviceError:
    """Return the negative control that ``attempt``, with so many, is; run once a process."""
    bench, kind = attempt.bench, attempt.kind
    known = bench.seen.controls.get(kind)
    if known is not None:
        return known
    try:
        attempt.check()
    except PlanError as exc:
        what = "VNFs" if kind == VNF else "tunnels"
        raise PlanError(f"the negative control needs {CONTROL} {what}: {exc}") from exc
    with bench.witnesses() as readers:
        before = observe(kind, readers)
    result = attempt.run(lambda pushed: _probe(attempt, pushed, before))
    control = result.conclusion or result.refused or DeviceError("the device refused")
    bench.seen.controls[kind] = control
    return control


def _probe(attempt: Controlled, pushed: Pushed, before: tuple[Observation, ...]) -> Control:
    baseline = pushed.baseline
    sent = attempt.expected(baseline)
    claimed = attempt.claimed(baseline, CONTROL + 1)
    seen = {one.witness: one.seen for one in before if not isinstance(one.seen, Unreadable)}
    bundle = attempt.evidence(sent, pushed, seen)
    calibration = calibrate(sent, claimed, before, bundle.observations)
    return Control(calibration, judge(sent, bundle, calibration, str(pushed.mark)))
