"""What became of a DVPN deployment's waves and of the whole, as cases that a person reads."""

from __future__ import annotations

from dataclasses import replace

from harness.claims.model import Claim
from harness.lab.deployed import Passed
from harness.lab.on_demand import DeployedOnDemand, Turn
from harness.lab.rollout_cases import RolloutCases, first_of
from harness.lab.steps import Part, Step
from harness.outcome import Evidence, Outcome
from harness.plan.dvpn import SitePair
from harness.reporting.record import Case, Property
from harness.reporting.runfolder import RunFolder


class OnDemandCases(RolloutCases):
    """Runs the steps of one DVPN deployment and says what each came to."""

    def __init__(
        self, deployed: DeployedOnDemand, claim: Claim | None, folder: RunFolder | None
    ) -> None:
        super().__init__(deployed, claim, folder)
        self._on_demand = deployed

    def run(self, step: Step) -> Case:
        """Take one step; raises from :mod:`harness.errors` where nothing can be said."""
        return self._ended(step) if step.part is Part.WHOLE else self._turned(step)

    def _turned(self, step: Step) -> Case:
        if self.deployed.stopped:
            reason = f"not reached: {self.deployed.stopped}"
            return replace(self._asked(step), outcome=Outcome.SKIP, reason=reason)
        self._begun += 1
        self._telling(step, lambda: self._on_demand.turn(step.number).passed)
        turn = self._on_demand.turns[-1]
        case = self._case(step, turn.passed, "sites")
        wrong = turn.passed.disagreements
        worst = Outcome.FAIL if case.outcome is Outcome.PASS and wrong else case.outcome
        accepted = self._count(turn.accepted)
        words = (
            f"{accepted} of {turn.wave.tunnels.count} tunnels, "
            f"{turn.created} created and {turn.deleted} deleted for {turn.wave.sessions} sessions; "
            f"{turn.stood} sites kept theirs"
        )
        return replace(
            case,
            outcome=worst,
            reason=f"{words}; {case.reason}",
            requested=turn.wave.tunnels.count,
            accepted=accepted,
            properties={**case.properties, **_of_turn(turn)},
        )

    def _ended(self, step: Step) -> Case:
        """Delete what is left, and judge all waves: what was created, what is gone."""
        back, gone = self._on_demand.end()
        turns = self._on_demand.turns
        created = sum(turn.created for turn in turns)
        deleted = sum(turn.deleted for turn in turns) + gone
        ends = [end for turn in turns for end in turn.passed.ends]
        failed = [str(end) for end in (*ends, *back.ends) if end.outcome is not Outcome.PASS]
        wrong = [str(found) for turn in turns for found in turn.passed.disagreements]
        incomplete = self._incomplete(step, len(turns))
        worst = self._worst((*ends, *back.ends), Outcome.FAIL if wrong else Outcome.PASS)
        if worst is Outcome.PASS and incomplete:
            (worst,) = incomplete
        elif worst is Outcome.PASS and created != deleted:
            worst = Outcome.FAIL
        words = [
            f"{len(turns)} of {self._on_demand.demand.waves} waves",
            f"{created} tunnels created, {deleted} deleted, {self._on_demand.left} left",
            *incomplete.values(),
        ]
        return replace(
            self._asked(step, self._claim),
            outcome=worst,
            reason="; ".join([*words, *first_of([*failed, *wrong])]),
            requested=self._per_claim_asked(),
            accepted=min(map(self._per_claim, turns), default=0),
            grade=self.identity.grade,
            evidence=min((end.evidence for end in ends), default=Evidence.NONE),
            seconds=round(sum(turn.passed.seconds for turn in turns), 3),
            witnesses=tuple(dict.fromkeys(name for end in ends for name in end.witnesses)),
            properties=self._of_whole(created, deleted, ends_pushed=len(ends)),
            attachments=self._series(step, back.ends),
        )

    def _incomplete(self, step: Step, reached: int) -> dict[Outcome, str]:  # noqa: ARG002 - of sites
        """Return what it is when not every wave was gone through; nothing if every one was."""
        waves = self._on_demand.demand.waves
        if self.deployed.stopped:
            return {Outcome.ERROR: f"stopped: {self.deployed.stopped}"}
        if reached < self._begun:
            return {Outcome.ERROR: "a wave came to no end"}
        if reached < waves:
            return {Outcome.SKIP: f"not judged: {reached} of {waves} waves were run"}
        return {}

    def _of_whole(self, created: int, deleted: int, *, ends_pushed: int) -> dict[str, Property]:
        turns = self._on_demand.turns
        tenants = [self._by_tenant(turn.accepted) for turn in turns]
        return {
            "tunnels.created": created,
            "tunnels.deleted": deleted,
            "tunnels.left": self._on_demand.left,
            "tunnels.per_tenant": min(map(min, tenants), default=0),
            "tunnels.per_installation": min(map(sum, tenants), default=0),
            "tenants": self._deployment.tenants,
            "sites": self._deployment.all_sites,
            "site_ends.judged": ends_pushed,
            "sessions.closed": sum(turn.wave.sessions for turn in turns),
        }

    def _per_claim_asked(self) -> int:
        """Return the tunnels that are there at a time, counted as the claim counts them."""
        each = self._on_demand.demand.tunnels
        return each if self._of_a_tenant else each * self._deployment.tenants

    def _per_claim(self, turn: Turn) -> int:
        """Return what was accepted in a wave: of the tenant that has fewest, or of all."""
        counts = self._by_tenant(turn.accepted)
        return min(counts) if self._of_a_tenant else sum(counts)

    @property
    def _of_a_tenant(self) -> bool:
        return self._claim is not None and self._claim.id == "dvpn-tunnels-per-tenant"

    def _by_tenant(self, pairs: frozenset[SitePair]) -> list[int]:
        """Return the tunnels of each tenant; those of pairs whose sites were accepted."""
        counts = [0] * self._deployment.tenants
        for low, _ in pairs:
            counts[low // self._deployment.sites] += self._on_demand.demand.mesh.tag_pairs
        return counts

    def _count(self, pairs: frozenset[SitePair]) -> int:
        return sum(self._by_tenant(pairs))


def _of_turn(turn: Turn) -> dict[str, Property]:
    passed: Passed = turn.passed
    return {
        "tunnels.created": turn.created,
        "tunnels.deleted": turn.deleted,
        "sites.pushed": len(passed.ends) - turn.stood,
        "sites.stood": turn.stood,
        "sessions.closed": turn.wave.sessions,
    }
