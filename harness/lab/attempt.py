"""One plan on its way to one device: made from the baseline, rendered, run through a rung."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from harness.deploy.baseline import Baseline
from harness.deploy.blast_radius import AllowList
from harness.deploy.push import rehearse, run_rung
from harness.deploy.rung import Payload, Pushed, RungResult
from harness.errors import DeviceMessage, NoConfirmedCommit
from harness.lab.bench import Bench
from harness.lab.editors import naming_editors
from harness.lab.timer_size import Timed, minutes_for
from harness.plan.builder import build_plan
from harness.plan.check import check_request
from harness.plan.model import Kind, Plan, Site
from harness.plan.occupied import Occupied, occupied
from harness.plan.sites import device_proposal, site_of
from harness.render.allowlist import Hierarchy, allowed_hierarchies
from harness.render.rendering import Rendering, render
from harness.verify.expect import Expectation, expectation
from harness.verify.facts import Leg, Sighting
from harness.verify.judge import Bundle
from harness.verify.observe import gather
from harness.verify.wait import Patience, observe_settled

V = TypeVar("V")


def payload_of(
    bench: Bench,
    rendering: Rendering,
    allowed: Iterable[Hierarchy],
    *,
    kind: str,
    count: int,
) -> Payload:
    """Make of a rendering what a driver loads best, with all that a rung asks of it.

    ``kind`` and ``count`` are what the commit log and the journal call it. Raises
    :class:`NoConfirmedCommit` for a device whose dead-man's switch is known not to work.
    """
    by_cli = bench.run.driver == "netmiko"
    return Payload(
        text="\n".join(rendering.set_lines()) if by_cli else rendering.xml(),
        fmt="set" if by_cli else "xml",
        allowed=AllowList(allowed),
        note=bench.next_note(kind, count),
        confirm_minutes=_minutes(bench, count),
        ours=frozenset(rendering.paths()),
        confirmed_before=bool(bench.seen.timed),
    )


def push(
    bench: Bench,
    count: int,
    prepare: Callable[[Baseline], Payload],
    probe: Callable[[Pushed], V],
) -> RungResult[V]:
    """Push, probe, take back, prove; raises what :func:`~harness.deploy.push.run_rung` does."""

    def timed(pushed: Pushed) -> V:
        bench.seen.timed.append(Timed(count, pushed.commit_seconds))
        return probe(pushed)

    with naming_editors(bench):
        return run_rung(bench.access, bench.journal, bench.run.owner, prepare, timed)


def _minutes(bench: Bench, count: int) -> int | None:
    run, seen = bench.run, bench.seen
    if not run.deadman:
        return None
    _require_switch(bench)
    return minutes_for(count, seen.timed, bench.smallest_commit_seconds, run.confirm_minutes)


def _require_switch(bench: Bench) -> None:
    """Refuse a device whose switch is known not to work; one that isn't known is tried."""
    knowledge = bench.knowledge
    useless = "" if knowledge is None else knowledge.useless
    if useless:
        raise NoConfirmedCommit(
            f"{bench.device.name}: {useless}: nothing would take the tunnels off if "
            "everything here died; probe it again ('harness testbed probe'), or push all the "
            "same by --without-deadman, and then only 'harness restore' does it"
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One plan on its way: made from the baseline, pushed, probed."""

    bench: Bench
    kind: Kind
    count: int

    def check(self) -> None:
        """Raise :class:`PlanError` for what no baseline can make possible; asks no device."""
        device = self.bench.device
        site, proposal = site_of(device), device_proposal(device)
        check_request(site, self.kind, self.count, Occupied.none(), proposal)

    def plan(self, baseline: Baseline) -> Plan:
        """Plan around what the baseline holds."""
        return self._plan(baseline, site_of(self.bench.device), self.count)

    def claim(self, baseline: Baseline, count: int) -> Plan:
        """Plan what is claimed and never pushed: what the testbed allows the device isn't asked."""
        site = replace(site_of(self.bench.device), max_tunnels=None)
        return self._plan(baseline, site, count)

    def _plan(self, baseline: Baseline, site: Site, count: int) -> Plan:
        device = self.bench.device
        return build_plan(
            site,
            self.kind,
            count,
            run_key=self.bench.run.key,
            occupied=occupied(baseline.xml),
            proposal=device_proposal(device),
            mpls=device.underlay.mpls if device.underlay else False,
        )

    def expected(self, baseline: Baseline) -> Expectation:
        """Say what the device must show once the plan is on it."""
        return expectation(self.plan(baseline), baseline.xml)

    def claimed(self, baseline: Baseline, count: int) -> Expectation:
        """Say what it would have to show of a claim that was never pushed."""
        return expectation(self.claim(baseline, count), baseline.xml)

    def payload(self, baseline: Baseline) -> Payload:
        """Render the plan as what a driver loads best."""
        plan = self.plan(baseline)
        allowed = allowed_hierarchies(plan)
        return payload_of(self.bench, render(plan), allowed, kind=self.kind, count=self.count)

    def run(self, probe: Callable[[Pushed], V]) -> RungResult[V]:
        """Push, probe, take back, prove."""
        return push(self.bench, self.count, self.payload, probe)

    def rehearse(self) -> tuple[int, tuple[DeviceMessage, ...]]:
        """Do all of it but the commit; return statements in the device's diff, and its words."""
        with naming_editors(self.bench):
            return rehearse(
                self.bench.access, self.bench.journal, self.bench.run.owner, self.payload
            )

    def evidence(
        self, expected: Expectation, pushed: Pushed, before: Mapping[str, Mapping[Leg, Sighting]]
    ) -> Bundle:
        """Ask every witness, and read history and configuration; see :func:`collect`."""
        return collect(self.bench, expected, pushed, before, self.bench.patience)


def collect(
    bench: Bench,
    expected: Expectation,
    pushed: Pushed,
    before: Mapping[str, Mapping[Leg, Sighting]],
    patience: Patience,
) -> Bundle:
    """Ask every witness, waiting for a device's daemons, and read history and configuration.

    ``before`` is what each witness saw of the baseline.
    """
    with bench.witnesses() as readers:
        return gather(
            expected.kind,
            readers,
            messages=pushed.messages,
            history_before=pushed.history_before,
            look_around=partial(
                observe_settled, expected, before, readers, bench.run.clock, patience
            ),
        )
