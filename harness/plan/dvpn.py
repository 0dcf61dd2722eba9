"""Tunnels between sites of a mesh that come and go with the sessions between them (DVPN).

From CSO 4.1.0 on, tunnels between branches aren't built beforehand. One is created when the
sessions closed between two sites within two minutes reach a threshold and the sites' mesh tags
match, and deleted when those closed within fifteen minutes are no more than another one (CSO
5.1.1 administration help, topic 132839). Counting the sessions is somebody else's; here are the
rules and what follows from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from harness.errors import PlanError
from harness.plan.full_mesh import FullMesh
from harness.plan.tenants import Tenants
from harness.plan.topology import Pair, Topology, check_range

CREATE_WINDOW = 120  # seconds over which closed sessions count for creating
DELETE_WINDOW = 900  # seconds, for deleting

SitePair = tuple[int, int]  # two sites, the lower index first


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The two thresholds in force between two sites, in closed sessions per window.

    The documented default of the first is 5; none is documented for the second. A site's own goes
    before its tenant's, a tenant's before the installation's; whose applies between two sites
    that differ isn't documented, so the caller says which are in force.
    """

    delete: int
    create: int = 5

    def __post_init__(self) -> None:
        """Refuse what counts no sessions."""
        check_range("create threshold", self.create, 1)
        check_range("delete threshold", self.delete, 0)


@dataclass(frozen=True, slots=True)
class OnDemand(Topology):
    """The tunnels of ``mesh`` that are there now: all of its tags' between each pair in ``up``.

    ``mesh`` is one tenant's, or those of many tenants, whose sites have no tunnels to each other.
    A tunnel keeps the number, so the addresses, that it has in the full mesh: one that is created
    again is the same tunnel.
    """

    mesh: FullMesh | Tenants
    up: frozenset[SitePair] = frozenset()
    _peers: Mapping[int, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look up whom each site has tunnels to."""
        peers: dict[int, list[int]] = {}
        for low, high in sorted(self.up):
            if not 0 <= low < high < self.mesh.size:
                raise PlanError(
                    f"no pair of sites ({low}, {high}); the lower index comes first, of "
                    f"0..{self.mesh.size - 1}"
                )
            next(self.mesh.pairs_between(low, high))  # refuses sites of two tenants
            peers.setdefault(low, []).append(high)
            peers.setdefault(high, []).append(low)
        kept = {site: tuple(sorted(others)) for site, others in peers.items()}
        object.__setattr__(self, "_peers", MappingProxyType(kept))

    def created(self, sessions: Mapping[SitePair, int], thresholds: Thresholds) -> OnDemand:
        """Return what is there after tunnels were created; ``sessions`` of ``CREATE_WINDOW``."""
        new = {pair for pair, closed in sessions.items() if closed >= thresholds.create}
        return OnDemand(self.mesh, self.up | new)

    def deleted(self, sessions: Mapping[SitePair, int], thresholds: Thresholds) -> OnDemand:
        """Return what is there after tunnels were deleted; ``sessions`` of ``DELETE_WINDOW``.

        A pair that ``sessions`` doesn't name closed none.
        """
        kept = {pair for pair in self.up if sessions.get(pair, 0) > thresholds.delete}
        return OnDemand(self.mesh, frozenset(kept))

    def by_hand(
        self, *, create: Iterable[SitePair] = (), delete: Iterable[SitePair] = ()
    ) -> OnDemand:
        """Return what is there after somebody created and deleted tunnels himself."""
        return OnDemand(self.mesh, (self.up | frozenset(create)) - frozenset(delete))

    @property
    def size(self) -> int:
        """Return the number of sites, with tunnels or without."""
        return self.mesh.size

    @property
    def addresses_per_site(self) -> int:
        """Return one per tagged link."""
        return self.mesh.addresses_per_site

    @property
    def count(self) -> int:
        """Return the tunnels that are there."""
        return len(self.up) * self.mesh.tag_pairs

    @property
    def numbers(self) -> int:
        """Return the tunnels that the full mesh would have."""
        return self.mesh.count

    def degree(self, site: int) -> int:
        """Return how many tunnels end at ``site`` now."""
        return len(self._peers.get(site, ())) * self.mesh.tag_pairs

    def pairs_of(self, site: int) -> Iterator[Pair]:
        """Yield the tunnels to each site that there are tunnels to."""
        for other in self._peers.get(site, ()):
            yield from self.mesh.pairs_between(site, other)

    def name(self, site: int) -> str:
        """Return the name that the site has in the mesh."""
        return self.mesh.name(site)

    def index(self, name: str) -> int:
        """Return the index of a site."""
        return self.mesh.index(name)
