"""The negative control: two tunnels are pushed and three claimed; who agrees isn't believed."""

from __future__ import annotations

from harness.deploy.rung import Pushed
from harness.errors import DeviceError, PlanError
from harness.lab.attempt import Attempt
from harness.lab.bench import Bench, Control
from harness.plan.model import Kind
from harness.verify.calibration import calibrate
from harness.verify.expect import expectation
from harness.verify.facts import Unreadable
from harness.verify.judge import judge
from harness.verify.observe import observe
from harness.verify.witnesses import Observation

CONTROL = 2  # tunnels of the negative control; one more is claimed and must be missed


def control_of(bench: Bench, kind: Kind) -> Control | DeviceError:
    """Return the negative control of this device and kind, run once a process."""
    known = bench.seen.controls.get(kind)
    if known is not None:
        return known
    attempt = Attempt(bench, kind, CONTROL)
    try:
        attempt.check()
    except PlanError as exc:
        raise PlanError(f"the negative control needs {CONTROL} tunnels: {exc}") from exc
    with bench.witnesses() as readers:
        before = observe(kind, readers)
    result = attempt.run(lambda pushed: _probe(attempt, pushed, before))
    control = result.conclusion or result.refused or DeviceError("the device refused")
    bench.seen.controls[kind] = control
    return control


def _probe(attempt: Attempt, pushed: Pushed, before: tuple[Observation, ...]) -> Control:
    baseline = pushed.baseline
    sent = expectation(attempt.plan(baseline), baseline.xml)
    claimed = expectation(attempt.claim(baseline, CONTROL + 1), baseline.xml)
    seen = {one.witness: one.seen for one in before if not isinstance(one.seen, Unreadable)}
    bundle = attempt.evidence(sent, pushed, seen)
    calibration = calibrate(sent, claimed, before, bundle.observations)
    return Control(calibration, judge(sent, bundle, calibration, str(pushed.mark)))
