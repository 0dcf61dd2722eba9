"""The cases that only deployments of VNFs have: one VNF above the claim, and compute nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.claims.model import Claim
from harness.errors import PlanError
from harness.lab.compute_nodes import WITNESS, look_at_nodes
from harness.lab.control import controlled
from harness.lab.deployed import Deployed, Passed
from harness.lab.lab import Lab
from harness.lab.place import Occupancy, PlaceEnd
from harness.lab.rollout_cases import RolloutCases, first_of
from harness.lab.steps import Part, Step
from harness.lab.vnf_place import VnfAttempt, control_at
from harness.outcome import Evidence, Outcome
from harness.plan.deployments import Rollout
from harness.plan.vnf_sites import VnfRollout
from harness.reporting.record import Case
from harness.reporting.runfolder import RunFolder


class DistributedCases(RolloutCases):
    """Runs the steps of one distributed deployment and says what each came to."""

    def __init__(
        self, lab: Lab, rollout: VnfRollout, claim: Claim | None, folder: RunFolder | None
    ) -> None:
        super().__init__(Deployed(lab, rollout), claim, folder)
        self._lab = lab
        self._rollout = rollout

    def run(self, step: Step) -> Case:
        """Take one step; raises from :mod:`harness.errors` where nothing can be said."""
        return self._above(step) if step.part is Part.ABOVE else super().run(step)

    def _above(self, step: Step) -> Case:
        """Put one VNF more than is claimed on the first site: "supported" isn't "maximum".

        Whether the device takes it is told, and not judged. That nobody could find out, that it
        fell ill, or isn't back, is what it always is; raises as :meth:`run` does.
        """
        place = self._rollout.place(0)
        count = self._rollout.asked(place) + 1
        bench = self._lab.bench_of(place.device)
        attempt = VnfAttempt(bench, self._rollout, place, count)
        occupancy = Occupancy(
            attempt, lambda b: controlled(control_at(b, self._rollout)), self._lab.run.key
        )
        try:
            with occupancy.held() as end:
                found = end
        except PlanError as no_room:
            return replace(self._asked(step), outcome=Outcome.SKIP, reason=f"not tried: {no_room}")
        finally:
            bench.close()
        taken_or_refused = found.outcome in {Outcome.PASS, Outcome.FAIL}
        told = f"observed above the claim, not judged: {found.outcome}: {found.reason}"
        return replace(
            self._asked(step),
            outcome=Outcome.PASS if taken_or_refused else found.outcome,
            reason=told if taken_or_refused else found.reason,
            requested=count,
            observation=True,
            grade=bench.identity.grade,
        )


class CentralizedCases(RolloutCases):
    """Runs the steps of one centralized deployment: its nodes, its hubs, its VNFs, the whole."""

    def __init__(
        self, lab: Lab, rollout: Rollout, claim: Claim | None, folder: RunFolder | None
    ) -> None:
        super().__init__(Deployed(lab, rollout), claim, folder)
        self._lab = lab
        self._nodes: list[PlaceEnd] | None = None

    def run(self, step: Step) -> Case:
        """Take one step; raises from :mod:`harness.errors` where nothing can be said."""
        match step.part:
            case Part.NODES:
                return self._look_at_nodes(step)
            case Part.WHOLE:
                return self._with_nodes(super().run(step))
            case _:
                return super().run(step)

    def _look_at_nodes(self, step: Step) -> Case:
        clock = self._lab.run.clock
        began = clock.monotonic()
        self._nodes = look_at_nodes(self._lab, self._deployment)
        good = sum(end.outcome is Outcome.PASS for end in self._nodes)
        wrong = [str(end) for end in self._nodes if end.outcome is not Outcome.PASS]
        words = f"{good} of {len(self._nodes)} compute nodes run exactly their VNFs"
        return replace(
            self._asked(step),
            outcome=self._worst(self._nodes, Outcome.PASS),
            reason="; ".join([words, *first_of(wrong)]),
            accepted=sum(end.accepted for end in self._nodes),
            grade=min((end.grade for end in self._nodes), default=None),
            evidence=min((end.evidence for end in self._nodes), default=Evidence.NONE),
            seconds=round(clock.monotonic() - began, 3),
            witnesses=(WITNESS,),
            attachments=self._series(step, self._nodes),
        )

    def _all(self) -> Iterator[Passed]:
        """Count the nodes among those that took part: no grade is above theirs."""
        if self._nodes is not None:
            yield Passed(ends=self._nodes)
        yield from super()._all()

    def _with_nodes(self, case: Case) -> Case:
        """Let the whole pass only where each node ran exactly its VNFs."""
        if self._nodes is None:
            words, worst = "its compute nodes weren't looked at", Outcome.SKIP
        else:
            wrong = [str(end) for end in self._nodes if end.outcome is not Outcome.PASS]
            words = "; ".join(first_of(wrong))
            worst = self._worst(self._nodes, Outcome.PASS)
        if worst is Outcome.PASS:
            return case
        outcome = worst if case.outcome is Outcome.PASS else case.outcome
        return replace(case, outcome=outcome, reason=f"{case.reason}; {words}")
