"""The VNFs of one place on their way to its JDM, and what goes to a place of any deployment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from harness.deploy.baseline import Baseline
from harness.deploy.rung import Payload, Pushed, RungResult
from harness.errors import DeviceError
from harness.lab.attempt import Attempt, collect, payload_of, push
from harness.lab.bench import Bench
from harness.lab.control import CONTROL, Controlled
from harness.lab.place import AtPlace, attempt_at
from harness.plan.deployments import Place, Rollout
from harness.plan.model import Kind
from harness.plan.vnf_sites import VnfRollout
from harness.plan.vnfs import VNF, HostMemory, Subject, VnfPlan, check_vnfs, lodgers_of
from harness.render.vnf import render_vnfs, vnf_hierarchies
from harness.verify.expect import Expectation, vnf_expectation
from harness.verify.facts import Leg, Sighting, Unreadable
from harness.verify.judge import Bundle
from harness.verify.observe import ask
from harness.verify.pairs import EndSeen
from harness.verify.vnf import memory
from harness.verify.wait import Patience
from harness.verify.witnesses import Command

V = TypeVar("V")

_MEMORY = Command("show system visibility memory")
# A VNF answers once its own system is up, which takes minutes; a simulated one a moment.
_PATIENCE = Patience(seconds=300.0, interval=10.0)
_SIMULATED = Patience(seconds=5.0, interval=0.05)


@dataclass(frozen=True, slots=True)
class VnfAttempt:
    """So many VNFs for one JDM: made when its baseline and its memory are known."""

    bench: Bench
    rollout: VnfRollout
    place: Place
    count: int
    minutes: int = 0  # of the confirmed commit, at least

    @property
    def kind(self) -> Subject:
        """Return what they are to witnesses and judge."""
        return VNF

    def plan(self, count: int) -> VnfPlan:
        """Plan so many of them; the first ones are the same whatever the count."""
        return self.rollout.plan(replace(self.place, device=self.bench.device), count)

    def check(self) -> None:
        """Raise :class:`PlanError` for what no baseline can make possible; asks no device."""
        self.plan(self.count)

    def payload(self, baseline: Baseline) -> Payload:
        """Render the plan if the JDM has the memory for it; raises :class:`PlanError` if not."""
        plan = self.plan(self.count)
        check_vnfs(plan, lodgers_of(baseline.xml), self._memory())
        rendering = render_vnfs(plan)
        made = payload_of(self.bench, rendering, vnf_hierarchies(), kind=VNF, count=self.count)
        if made.confirm_minutes is None:
            return made
        return replace(made, confirm_minutes=max(made.confirm_minutes, self.minutes))

    def _memory(self) -> HostMemory:
        with self.bench.reader() as reader:
            found = memory(ask(reader, _MEMORY))
        if isinstance(found, Unreadable):
            raise DeviceError(
                f"{self.bench.device.name}: {found.reason}: nothing is pushed to a host that may "
                "be out of memory"
            )
        return found

    def expected(self, baseline: Baseline) -> Expectation:
        """Say what the JDM must show once they're on it."""
        return vnf_expectation(self.plan(self.count), baseline.xml)

    def claimed(self, baseline: Baseline, count: int) -> Expectation:
        """Say what it would have to show of a claim that was never pushed."""
        return vnf_expectation(self.plan(count), baseline.xml)

    def run(self, probe: Callable[[Pushed], V]) -> RungResult[V]:
        """Push, probe, take back, prove."""
        return push(self.bench, self.count, self.payload, probe)

    def evidence(
        self, expected: Expectation, pushed: Pushed, before: Mapping[str, Mapping[Leg, Sighting]]
    ) -> Bundle:
        """Ask every witness until the VNFs had time to come up."""
        patience = _SIMULATED if self.bench.device.simulated else _PATIENCE
        return collect(self.bench, expected, pushed, before, patience)

    def ends(self, *_: object) -> tuple[EndSeen, ...]:
        """Return none: VNFs have no other end."""
        return ()


def attempt_for(bench: Bench, rollout: Rollout | VnfRollout, place: Place, minutes: int) -> AtPlace:
    """Return what goes to a place: all of its tunnels, or all of its VNFs."""
    if isinstance(rollout, VnfRollout):
        return VnfAttempt(bench, rollout, place, rollout.asked(place), minutes)
    return attempt_at(bench, rollout, place, minutes)


def control_at(bench: Bench, rollout: Rollout | VnfRollout) -> Controlled:
    """Return the negative control of a deployment on one of its devices."""
    if isinstance(rollout, VnfRollout):
        return VnfAttempt(bench, rollout, rollout.place(0), CONTROL)
    return Attempt(bench, Kind(rollout.deployment.kind), CONTROL)
