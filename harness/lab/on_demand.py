"""A DVPN deployment in the course of a run: from wave to wave tunnels are created and deleted.

What the device is sent must begin at its proven baseline, so a site whose tunnels change gives all
of them back, proven, and gets those of the new wave under a confirmed commit of its own. A site
whose tunnels don't change keeps them meanwhile, and is looked at again.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from harness.clock import Deadline
from harness.deploy.fleet import Ended
from harness.errors import DeviceError, HarnessError, RestoreFailed
from harness.lab.deployed import Deployed, Passed
from harness.lab.lab import Lab
from harness.lab.place import Occupancy, PlaceEnd
from harness.outcome import Outcome
from harness.plan.demand import Demand, Wave
from harness.plan.deployments import Place, Rollout
from harness.plan.dvpn import SitePair
from harness.plan.model import Kind
from harness.render.readback import statements
from harness.verify.facts import named
from harness.verify.lingering import lingering, still_configured
from harness.verify.observe import observe
from harness.verify.pairs import Ledger

_MINUTES = 12  # of a first device's own rung
_DEVICE_MINUTES = 2.0  # that a push and its proof may take on a real device
_WAVES = 3  # that a site may stand through before it's pushed again


class Lingering(DeviceError):
    """A device still shows tunnels that were deleted."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a wave came to: on devices, not in the plan."""

    wave: Wave
    passed: Passed
    accepted: frozenset[SitePair]  # pairs both of whose sites were accepted
    created: int  # tunnels accepted now that weren't before
    deleted: int  # tunnels that were accepted before, and are proven to be gone
    stood: int  # sites that kept their tunnels, and were looked at again


class DeployedOnDemand(Deployed[Rollout]):
    """A DVPN deployment under way; one process works on it, wave after wave."""

    def __init__(self, lab: Lab, rollout: Rollout, demand: Demand) -> None:
        super().__init__(lab, rollout)
        self._places = self._now = rollout  # at first with the full mesh
        self._tunnels_of = Kind(rollout.deployment.kind)
        self.demand = demand
        self._waves = {wave.number: wave for wave in demand.each()}
        self._until: dict[str, float] = {}  # monotonic time at which a site's timer runs out
        self._there: frozenset[SitePair] = frozenset()  # accepted, and not proven to be gone
        self._kept: set[str] = set()  # sites that couldn't be proven to have given theirs back
        self.turns: list[Turn] = []

    def turn(self, number: int) -> Turn:
        """Make of what stands what a wave asks for, and judge every site and every pair.

        Where more sites failed than the deployment allows, :attr:`stopped` says so afterwards.
        """
        began = self._lab.run.clock.monotonic()
        wave = self._waves[number]
        back = self._given_back([name for name in self._standing if self._changes(name, wave)])
        deleted = self._gone(self._there - wave.tunnels.up)
        self.rollout = self._now = self._places.now(wave.tunnels)
        self.ledger = Ledger()  # each tunnel of this wave is read back at both ends, now
        standing = [self._now.place(self._index(name)) for name in self._standing]
        try:
            passed = self._brought(wave, back, standing)
        except BaseException:
            self._taken_off(list(self._standing), self.under_way)
            raise
        passed.seconds = self._lab.run.clock.monotonic() - began
        self.passed.append(passed)
        good = {self._index(end.place) for end in passed.ends if end.outcome is Outcome.PASS}
        accepted = frozenset(pair for pair in wave.tunnels.up if good.issuperset(pair))
        created = self._tunnels(accepted - self._there)
        self._there |= accepted
        self.turns.append(Turn(wave, passed, accepted, created, deleted, len(standing)))
        self._stop_at(len(passed.ends) - len(good), number)
        return self.turns[-1]

    def end(self) -> tuple[Passed, int]:
        """Delete all that is left; return how it went, and how many tunnels are proven gone."""
        back = self._given_back(list(self._standing))
        return back, self._gone(self._there)

    @property
    def left(self) -> int:
        """Return the tunnels that were accepted and aren't proven to be gone."""
        return self._tunnels(self._there)

    def _changes(self, name: str, wave: Wave) -> bool:
        """Say whether a site can't keep what it has: other tunnels, a short timer, a failure."""
        standing, index = self._standing[name], self._index(name)
        if standing.end.outcome is not Outcome.PASS:
            return True
        left = self._until[name] - self._lab.run.clock.monotonic()
        if left < self._turn_minutes() * 60:
            return True
        before, now = self._now.topology.pairs_of(index), wave.tunnels.pairs_of(index)
        return {pair.number for pair in before} != {pair.number for pair in now}

    def _given_back(self, names: Sequence[str]) -> Passed:
        """Put sites back; an end passes if that is proven, whatever its wave said of it."""
        ends = (self._standing[name].end for name in names)
        passed = Passed([replace(end, outcome=Outcome.PASS, reason="") for end in ends])
        self._taken_off(names, passed)
        self._kept |= {end.place for end in passed.ends if end.outcome is not Outcome.PASS}
        return passed

    def _gone(self, pairs: frozenset[SitePair]) -> int:
        """Take off the books those of ``pairs`` that are proven to be gone at both ends."""
        kept = {self._index(name) for name in (*self._kept, *self._standing)}
        gone = {pair for pair in pairs if kept.isdisjoint(pair)}
        self._there -= gone
        return self._tunnels(gone)

    def _brought(self, wave: Wave, back: Passed, standing: Sequence[Place]) -> Passed:
        """Push to the sites that have tunnels now and don't stand, look at the others again."""
        lost = [
            replace(end, requested=wave.tunnels.degree(self._index(end.place)), accepted=0)
            for end in back.ends
            if end.outcome is not Outcome.PASS
        ]
        out = {*(end.place for end in lost), *(place.name for place in standing)}
        fresh = [
            place
            for place in self._now.sites()
            if wave.tunnels.degree(place.index) and place.name not in out
        ]
        minutes = _WAVES * self._turn_minutes()
        until = self._lab.run.clock.monotonic() + minutes * 60
        self._until |= {place.name: until for place in fresh}
        passed = self._sent(fresh, minutes)
        passed.ends += lost
        self._look_again(standing, passed)
        self._judge_pairs(passed)
        if all(end.outcome is Outcome.PASS for end in passed.ends):
            passed.disagreements += self.ledger.alone()
        return passed

    def _look_again(self, standing: Sequence[Place], passed: Passed) -> None:
        """Judge again what stands since an earlier wave: nobody may have touched it."""
        by_name = {place.name: place for place in standing}

        def look(name: str) -> PlaceEnd:
            found = self._standing[name]
            found.end = found.occupancy.again()
            return found.end

        def ended(end: Ended[PlaceEnd]) -> None:
            passed.ends.append(self._told(end, by_name[end.name]))

        self._fleet(look, "looked at again", len(by_name), tries=1, ended=ended).run(list(by_name))

    def _take_off(self, name: str) -> PlaceEnd:
        """Put a site back, and have its witnesses say that they see nothing of it any more."""
        standing = self._standing.pop(name)
        try:
            standing.stack.close()
            words = self._lingering(standing.occupancy)
        except RestoreFailed as exc:
            kept = _still_configured(standing.occupancy)
            if not kept:
                raise
            raise RestoreFailed(f"still configured: {named(kept)}; {exc}") from exc
        finally:
            standing.bench.close()
        if words:
            raise Lingering(f"its configuration is the baseline again; {'; '.join(words)}")
        return standing.end

    def _after(self, end: PlaceEnd, back: Ended[PlaceEnd]) -> PlaceEnd:
        if isinstance(back.error, Lingering):
            reason = f"deleted tunnels are there: {back.error}"
            return replace(end, outcome=Outcome.FAIL, reason=reason, restored="proven")
        return super()._after(end, back)

    def _lingering(self, occupancy: Occupancy) -> tuple[str, ...]:
        bench, clock = occupancy.bench, self._lab.run.clock
        if occupancy.expected is None:
            return ()
        deadline = Deadline.after(bench.patience.seconds, clock)
        while True:
            with bench.witnesses() as readers:
                now = observe(self._tunnels_of, readers)
            words = lingering(occupancy.expected, occupancy.before, now)
            if not words or deadline.passed(clock):
                return words
            clock.sleep(min(bench.patience.interval, deadline.remaining(clock)))

    def _stop_at(self, failed: int, wave: int) -> None:
        sites = self.rollout.deployment.all_sites
        if failed > self.rollout.deployment.failures_allowed * sites:
            self.stopped = f"{failed} of {sites} sites failed in wave {wave}"

    def _tunnels(self, pairs: Collection[SitePair]) -> int:
        return len(pairs) * self.demand.mesh.tag_pairs

    def _index(self, name: str) -> int:
        return self._places.topology.index(name)

    def _turn_minutes(self) -> int:
        """Return how long a wave may take on real devices: all back, all pushed, all looked at."""
        deployment = self.rollout.deployment
        passes = 2 * _DEVICE_MINUTES * deployment.all_sites / deployment.at_once
        return _MINUTES + math.ceil(passes)


def _still_configured(occupancy: Occupancy) -> tuple[str, ...]:
    """Name what a device kept whose baseline couldn't be proven; nothing if it can't be asked."""
    if occupancy.expected is None:
        return ()
    try:
        with occupancy.bench.reader() as reader:
            read = reader.configuration("committed", "xml")
        return still_configured(occupancy.expected, statements(read))
    except HarnessError:
        return ()  # the restore's own words stand
