"""Sessions between sites over time, and the tunnels that they ask for: computed, never measured.

A seed decides which sites talk to each other and when their sessions close; the two rules of
:mod:`harness.plan.dvpn` make tunnels of that. Time is a value, in seconds since the first wave
began: a wave is one window of the rule that deletes, so that whatever is created is there at the
end of some wave.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from harness.errors import PlanError
from harness.plan.dvpn import CREATE_WINDOW, DELETE_WINDOW, OnDemand, SitePair, Thresholds
from harness.plan.full_mesh import FullMesh
from harness.plan.tenants import Tenants
from harness.plan.topology import check_range

_EVALUATED = 30  # seconds between two evaluations of the rule that creates: a choice of ours
_BURST = CREATE_WINDOW - _EVALUATED  # what closes within that lies in one evaluated window whole
_MORE = 3  # sessions beyond what a threshold asks for, at the most

Sessions = Mapping[SitePair, tuple[int, ...]]  # when each closed, in rising order


@dataclass(frozen=True, slots=True)
class Wave:
    """What has to be there at the end of a wave, and how it differs from the wave before."""

    number: int  # from 1
    tunnels: OnDemand
    created: int  # tunnels
    deleted: int
    sessions: int  # closed during the wave


@dataclass(frozen=True, slots=True)
class Demand:
    """Sessions that keep ``tunnels`` of each tenant up, and create ``churn`` of them in all.

    Of all pairs of a tenant, in an order that the seed gives, a stretch is busy. From wave to wave
    it moves on: pairs at its end fall silent, new ones become busy. Beside them others talk just
    too little. Raises :class:`PlanError` for numbers that don't go together.
    """

    mesh: FullMesh | Tenants
    waves: int
    tunnels: int
    churn: int
    thresholds: Thresholds
    seed: str
    _order: tuple[tuple[SitePair, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put the pairs of each tenant into the order of the seed."""
        check_range("waves", self.waves, 1)
        tags = self.mesh.tag_pairs
        if self.tunnels % tags or self.churn % tags:
            raise PlanError(f"tunnels and churn come in multiples of the {tags} tag pairs")
        tenants = self.mesh.tenants if isinstance(self.mesh, Tenants) else 1
        sites = self.mesh.size // tenants
        pairs = sites * (sites - 1) // 2
        check_range("tunnels", self.tunnels, tags, pairs * tags)
        most = self.tunnels + (self.waves - 1) * min(self.tunnels, pairs * tags - self.tunnels)
        check_range(f"churn of {self.waves} waves", self.churn, self.tunnels, most)
        order = tuple(self._shuffled(tenant * sites, sites) for tenant in range(tenants))
        object.__setattr__(self, "_order", order)

    def each(self) -> Iterator[Wave]:
        """Yield the waves in turn: the rules applied to their sessions, from nothing."""
        before = OnDemand(self.mesh)
        for number in range(1, self.waves + 1):
            sessions = self.sessions(number)
            now = self._ruled(before, sessions, (number - 1) * DELETE_WINDOW)
            tags = self.mesh.tag_pairs
            yield Wave(
                number,
                now,
                created=len(now.up - before.up) * tags,
                deleted=len(before.up - now.up) * tags,
                sessions=sum(map(len, sessions.values())),
            )
            before = now

    def sessions(self, number: int) -> Sessions:
        """Return the sessions of a wave, from 1.

        A pair that becomes busy closes enough at once to reach the threshold that creates; one that
        stays busy just more than deletes; one that fell silent no more than that; and as many as
        there are tunnels close one too few.
        """
        closed: dict[SitePair, tuple[int, ...]] = {}
        began, was = self._busy_from(number), self._busy_from(number - 1)
        up = self.tunnels // self.mesh.tag_pairs
        for order in self._order:
            rest = len(order) - up
            for rank in range(began, began + up):
                pair = order[rank % len(order)]
                stays = number > 1 and rank < was + up
                closed[pair] = self._steady(pair, number) if stays else self._burst(pair, number)
            for rank in range(was, began):
                pair = order[rank % len(order)]
                closed[pair] = self._spread(pair, number, self.thresholds.delete)
            quiet = range(began + up, began + up + min(up, rest - (began - was)))
            for rank in quiet:
                pair = order[rank % len(order)]
                closed[pair] = self._too_few(pair, number)
        return {pair: times for pair, times in closed.items() if times}

    def _busy_from(self, number: int) -> int:
        """Return where in the order the busy stretch of a wave begins; it wraps around."""
        if number <= 1 or self.waves == 1:
            return 0
        moved = (self.churn - self.tunnels) // self.mesh.tag_pairs
        return (number - 1) * moved // (self.waves - 1)

    def _ruled(self, before: OnDemand, sessions: Sessions, began: int) -> OnDemand:
        """Apply the rule that creates every so often, and the one that deletes at the end."""
        now, end = before, began + DELETE_WINDOW
        for at in range(began + _EVALUATED, end + 1, _EVALUATED):
            counts = closed_in(sessions, at - CREATE_WINDOW, at)
            if any(n >= self.thresholds.create and p not in now.up for p, n in counts.items()):
                now = now.created(counts, self.thresholds)
        return now.deleted(closed_in(sessions, began, end), self.thresholds)

    def _burst(self, pair: SitePair, number: int) -> tuple[int, ...]:
        """Enough within one window to create, enough in the wave not to be deleted at its end."""
        burst = self.thresholds.create + self._drawn(pair, number) % _MORE
        missing = max(0, self.thresholds.delete + 1 - burst)
        both = (*self._at_once(pair, number, burst), *self._spread(pair, number, missing))
        return tuple(sorted(both))

    def _at_once(self, pair: SitePair, number: int, count: int) -> tuple[int, ...]:
        room = DELETE_WINDOW - CREATE_WINDOW - _BURST
        first = self._from(number) + 1 + self._drawn(pair, number) % room
        return tuple(first + index * _BURST // count for index in range(count))

    def _too_few(self, pair: SitePair, number: int) -> tuple[int, ...]:
        """One too few to create, twice: together they would do, in one window they never are."""
        count, first = self.thresholds.create - 1, self._from(number) + 1
        first += self._drawn(pair, number) % CREATE_WINDOW
        times = [first + index * _BURST // count for index in range(count)]
        return (*times, *(at + _BURST + CREATE_WINDOW for at in times))

    def _steady(self, pair: SitePair, number: int) -> tuple[int, ...]:
        count = self.thresholds.delete + 1 + self._drawn(pair, number) % _MORE
        return self._spread(pair, number, count)

    def _spread(self, pair: SitePair, number: int, count: int) -> tuple[int, ...]:
        """Return ``count`` times, evenly over all of a wave that no window shares with another."""
        length = DELETE_WINDOW - CREATE_WINDOW
        shift = self._drawn(pair, number) % max(1, length // max(1, count))
        first = self._from(number) + 1
        return tuple(first + shift + index * length // count for index in range(count))

    def _from(self, number: int) -> int:
        """Return when a wave's sessions begin to close: a window after the last of those before."""
        return (number - 1) * DELETE_WINDOW + CREATE_WINDOW - 1

    def _drawn(self, pair: SitePair, number: int) -> int:
        return _number(self.seed, number, *pair)

    def _shuffled(self, first: int, sites: int) -> tuple[SitePair, ...]:
        pairs = combinations(range(first, first + sites), 2)
        return tuple(sorted(pairs, key=lambda pair: (_number(self.seed, 0, *pair), pair)))


def closed_in(sessions: Sessions, after: int, until: int) -> dict[SitePair, int]:
    """Count the sessions that closed later than ``after``, up to ``until``, of pairs with any."""
    counts = {
        pair: bisect_right(times, until) - bisect_right(times, after)
        for pair, times in sessions.items()
    }
    return {pair: count for pair, count in counts.items() if count}


def _number(seed: str, *words: int) -> int:
    text = "/".join((seed, *map(str, words)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
