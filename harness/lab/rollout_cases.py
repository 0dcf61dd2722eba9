"""What became of a deployment's hubs, waves and whole, as cases that a person reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace

from harness.claims.catalogue import Catalogue
from harness.claims.model import Claim
from harness.errors import ClaimError, HarnessBug, UsageError
from harness.lab.deployed import AnyDeployed, Passed
from harness.lab.place import PlaceEnd
from harness.lab.rollout_counts import SPEAKS_TO, counted
from harness.lab.steps import Part, Step
from harness.outcome import Evidence, Grade, Outcome
from harness.plan.deployments import rollout_of
from harness.plan.vnf_sites import vnf_rollout
from harness.reporting import record
from harness.reporting.record import Case, Property
from harness.reporting.redact import redact
from harness.reporting.runfolder import RunFolder, write_whole
from harness.reporting.text import one_line
from harness.testbed.model import Deployment, Device, Testbed

SERIES = "devices.jsonl"
_SHOWN = 10  # places that failed, and pairs that differ, in a reason
# The worst first: what a wave is when one of its places is that.
_WORST = (Outcome.FAIL, Outcome.UNHEALTHY, Outcome.ERROR, Outcome.BLOCKED, Outcome.SKIP)


class RolloutCases:
    """Runs the steps of one deployment and says what each came to."""

    def __init__(
        self, deployed: AnyDeployed, claim: Claim | None, folder: RunFolder | None
    ) -> None:
        self.deployed = deployed
        self._claim = claim
        self._folder = folder
        self._hubs: Passed | None = None
        self._begun = 0  # sites of the waves that were begun

    @property
    def identity(self) -> record.Device:
        """Return what the record calls a device here: all that took part, by the lowest grade."""
        ends = [end for passed in self._all() for end in passed.ends]
        deployment = self._deployment
        graded = [end.grade for end in ends if end.outcome is not Outcome.ERROR]
        players = ", ".join((*deployment.played_by, *deployment.hubs_played_by))
        return record.Device(
            name=deployment.name,
            platform=deployment.topology,
            grade=min(graded, default=Grade.UNVERIFIED),
            reasons=(f"the lowest of {len(graded)} devices ({players})",),
        )

    def run(self, step: Step) -> Case:
        """Take one step; raises from :mod:`harness.errors` where nothing can be said."""
        match step.part:
            case Part.NODES | Part.ABOVE:
                raise HarnessBug(f"{step.id}: a deployment of tunnels alone has no such case")
            case Part.HUBS:
                return self._push_hubs(step)
            case Part.WAVE:
                return self._wave(step)
            case Part.WHOLE:
                return self._whole(step)

    def _push_hubs(self, step: Step) -> Case:
        deployed = self.deployed
        self._hubs = self._telling(step, deployed.push_hubs)
        case = self._case(step, self._hubs, "hubs")
        failed = sum(end.outcome is not Outcome.PASS for end in self._hubs.ends)
        if failed > self._deployment.failures_allowed * len(self._hubs.ends):
            deployed.stopped = f"its hubs: {case.reason}"
        return case

    def _wave(self, step: Step) -> Case:
        skipped = self._not_pushed()
        if skipped:
            return replace(self._asked(step), outcome=Outcome.SKIP, reason=skipped)
        hubs = self._deployment.hubs
        places = [self.deployed.rollout.place(hubs + n) for n in range(step.first, step.last)]
        self._begun += len(places)
        passed = self._telling(step, lambda: self.deployed.wave(places))
        return self._case(step, passed, "sites")

    def _not_pushed(self) -> str:
        """Say why no wave is pushed; "" when one can be."""
        if self.deployed.stopped:
            return f"not reached: {self.deployed.stopped}"
        if self._deployment.hubs and self._hubs is None:
            return "not pushed: its hubs don't stand, their case wasn't run by this process"
        return ""

    def _telling(self, step: Step, push: Callable[[], Passed]) -> Passed:
        """Push; where that is interrupted, what is known by then still goes to the series."""
        try:
            return push()
        except BaseException:
            self._series(step, self.deployed.under_way.ends)
            raise

    def _whole(self, step: Step) -> Case:
        """Put the hubs back, and judge all that was pushed: every site, every pair."""
        hubs = self._hubs or Passed()
        self.deployed.take_off_hubs(hubs)
        waves = self.deployed.passed
        ends = [end for passed in waves for end in passed.ends]
        accepted = sum(end.outcome is Outcome.PASS for end in ends)
        alone = self.deployed.ledger.alone() if accepted == step.last else ()
        wrong = [*map(str, self.deployed.ledger.disagreements), *map(str, alone)]
        failed = [str(end) for end in (*hubs.ends, *ends) if end.outcome is not Outcome.PASS]
        incomplete = self._incomplete(step, len(ends))
        words = [f"{accepted} of {step.last} sites accepted", self._pairs(), *incomplete.values()]
        worst = self._worst((*hubs.ends, *ends), Outcome.FAIL if wrong else Outcome.PASS)
        if worst is Outcome.PASS and incomplete:
            (worst,) = incomplete
        count = counted(self._deployment, self._claim, self._accepted())
        return replace(
            self._asked(step, self._claim),
            outcome=worst,
            reason="; ".join(filter(None, [*words, *first_of([*failed, *wrong])])),
            requested=count.requested,
            accepted=count.accepted,
            grade=self.identity.grade,
            evidence=min((end.evidence for end in ends), default=Evidence.NONE),
            seconds=round(sum(passed.seconds for passed in waves), 3),
            witnesses=_witnesses(ends),
            properties={**self._properties(ends), **self._facts_of_claim(accepted, step)},
            attachments=self._series(step, hubs.ends),
        )

    def _incomplete(self, step: Step, reached: int) -> dict[Outcome, str]:
        """Return what a deployment is that wasn't gone through, with why; nothing if it was."""
        if self.deployed.stopped:
            return {Outcome.ERROR: f"stopped: {self.deployed.stopped}"}
        if reached < self._begun:
            return {Outcome.ERROR: "a wave came to no end"}
        if reached < step.last:
            return {Outcome.SKIP: f"not judged: {reached} of {step.last} sites were tried"}
        return {}

    def _accepted(self) -> set[int]:
        """Return the accepted sites, from 0, hubs left out."""
        hubs, index = self._deployment.hubs, self.deployed.rollout.index
        return {
            index(end.place) - hubs
            for passed in self.deployed.passed
            for end in passed.ends
            if end.outcome is Outcome.PASS
        }

    def _facts_of_claim(self, accepted: int, step: Step) -> dict[str, Property]:
        return {
            "sites.requested": step.last,
            "sites.accepted": accepted,
            "tenants": self._deployment.tenants,
        }

    @property
    def _deployment(self) -> Deployment:
        return self.deployed.rollout.deployment

    def _case(self, step: Step, passed: Passed, what: str) -> Case:
        accepted = sum(end.outcome is Outcome.PASS for end in passed.ends)
        failed = [str(end) for end in passed.ends if end.outcome is not Outcome.PASS]
        pairs = [str(found) for found in passed.disagreements]
        words = [f"{accepted} of {len(passed.ends)} {what} accepted", self._pairs()]
        return replace(
            self._asked(step),
            outcome=self._worst(passed.ends, Outcome.PASS),
            reason="; ".join(filter(None, [*words, *first_of([*pairs, *failed])])),
            accepted=accepted,
            grade=min((end.grade for end in passed.ends), default=None),
            evidence=min((end.evidence for end in passed.ends), default=Evidence.NONE),
            seconds=round(passed.seconds, 3),
            witnesses=_witnesses(passed.ends),
            properties={**self._properties(passed.ends), "cli.sampled": len(passed.sampled)},
            attachments=self._series(step, passed.ends),
        )

    def _asked(self, step: Step, claim: Claim | None = None) -> Case:
        """Return the case with what is asked; only the whole speaks to a claim."""
        return Case(
            nodeid="",
            outcome=Outcome.ERROR,
            device=self._deployment.name,
            kind=self._deployment.kind,
            requested=step.last - step.first,
            accepted=0,
            claim_id=claim.id if claim else None,
            claimed=claim.value if claim else None,
            claim_source=claim.source if claim else None,
        )

    def _pairs(self) -> str:
        """Say how the two ends of tunnels agree; "" of VNFs, which have one."""
        if self._deployment.machine is not None:
            return ""
        ledger = self.deployed.ledger
        words = f"{ledger.agreed} tunnels agree at both ends"
        if ledger.keys_not_compared:
            words += f", {ledger.keys_not_compared} of them but for their key, which isn't shown"
        return words

    def _properties(self, ends: Sequence[PlaceEnd]) -> dict[str, Property]:
        commits = sorted(end.commit_seconds for end in ends if end.commit_seconds is not None)
        what = "tunnels" if self._deployment.machine is None else "vnfs"
        facts: dict[str, Property] = {
            f"{what}.requested": sum(end.requested for end in ends),
            f"{what}.accepted": sum(end.accepted for end in ends),
        }
        if what == "tunnels":
            facts |= {
                "pairs.agreed": self.deployed.ledger.agreed,
                "pairs.differ": len(self.deployed.ledger.disagreements),
            }
        if commits:
            facts |= {"commit.median": commits[len(commits) // 2], "commit.longest": commits[-1]}
        return facts

    def _series(self, step: Step, ends: Sequence[PlaceEnd]) -> tuple[str, ...]:
        """Write one line for each device, and return where, from the run folder."""
        if self._folder is None or not ends:
            return ()
        encode = json.JSONEncoder(ensure_ascii=True).encode
        rows = (
            {**asdict(end), "grade": str(end.grade), "evidence": str(end.evidence)} for end in ends
        )
        lines = "".join(f"{redact(encode(_short(row)))}\n" for row in rows)
        path = self._folder.case(step.id) / SERIES
        write_whole(path, lines.encode())
        return (str(path.relative_to(self._folder.path)),)

    def _worst(self, ends: Sequence[PlaceEnd], otherwise: Outcome) -> Outcome:
        found = {end.outcome for end in ends}
        return next((outcome for outcome in _WORST if outcome in found), otherwise)

    def _all(self) -> Iterator[Passed]:
        if self._hubs is not None:
            yield self._hubs
        yield from self.deployed.passed


def check_deployment(testbed: Testbed, deployment: Deployment, catalogue: Catalogue) -> None:
    """Raise :class:`UsageError` in one line for what can't be, before anything is started.

    That is: a device's name, an unknown claim, a claim of something else, pools that are too
    small, a hub with more tunnels than its platform is documented for.
    """
    where = f"{testbed.path}:{deployment.line}: deployments.{deployment.name}"
    if deployment.name in {device.name for device in testbed.devices}:
        raise UsageError(f"{where}: a device is called so too; allowed: another name")
    if deployment.claim is not None:
        try:
            claim = catalogue.get(deployment.claim)
        except ClaimError as exc:
            raise ClaimError(f"{where}.claim: {exc}") from exc
        allowed = SPEAKS_TO[deployment.topology]
        if claim.id not in allowed:
            raise UsageError(
                f"{where}.claim: {claim.id} isn't of a {deployment.topology} deployment; allowed: "
                f"{', '.join(allowed)}"
            )
    if deployment.machine is not None:
        rollout_of_vnfs = vnf_rollout(testbed, deployment)
        rollout_of_vnfs.plan(rollout_of_vnfs.place(0))
        return
    rollout = rollout_of(testbed, deployment, run_key=bytes(32))
    for hub in rollout.hubs:
        needed = rollout.topology.degree(hub.index)
        there = _capacity(hub.device, catalogue)
        if there is not None and needed > there:
            raise UsageError(
                f"{where}: {hub.name} would carry {needed} tunnels, {hub.device.name} is good for "
                f"{there}; allowed: more hubs, or fewer sites or links"
            )


def _capacity(device: Device, catalogue: Catalogue) -> int | None:
    """Return what the owner allows or the document says of the device, the lower of the two."""
    rows = (c.value for c in catalogue.for_platform(device.claimed_platform) if c.unit == "tunnels")
    known = [value for value in (*rows, device.limits.tunnels) if value is not None]
    return min(known, default=None)


def first_of(words: Sequence[str]) -> list[str]:
    """Return the first of ``words``, each on one line, and how many more there are."""
    more = len(words) - _SHOWN
    shown = [one_line(each, 300) for each in words[:_SHOWN]]
    return [*shown, f"and {more} more"] if more > 0 else shown


def _witnesses(ends: Iterable[PlaceEnd]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for end in ends for name in end.witnesses))


def _short(row: dict[str, object]) -> dict[str, object]:
    return {key: one_line(value) if isinstance(value, str) else value for key, value in row.items()}
