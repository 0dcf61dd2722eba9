"""Sites that reach each other through hubs: a primary, perhaps a secondary, and an OAM tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge

from harness.errors import PlanError
from harness.plan.site_names import Names
from harness.plan.topology import (
    WAN_LINKS,
    End,
    Pair,
    Purpose,
    Topology,
    check_range,
    unknown_site,
)

HUBS_PER_SITE = 2  # primary and secondary (CSO 5.0, "Dynamic VPN Overview": static tunnels)


@dataclass(frozen=True, slots=True)
class HubAndSpoke(Topology):
    """``sites`` with ``links`` WAN links each, on ``hubs`` hubs.

    Each link has a data tunnel to each hub of the site, from WAN link j to the hub's link j. The
    OAM tunnel goes to the primary hub, between addresses of its own. Site s has hub s mod
    ``hubs`` as primary and the next one as secondary, so that hubs fill evenly. Hubs have the
    indices 0..hubs-1, sites those above.
    """

    sites: int
    links: int
    hubs: int = 1
    hubs_per_site: int = 1
    oam: bool = False
    site_prefix: str = "site"
    hub_prefix: str = "hub"
    _names: Names = field(init=False, repr=False, compare=False)
    _hub_names: Names = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what can't be, with what is allowed."""
        check_range("sites", self.sites, 1)
        check_range("WAN links of a site", self.links, 1, WAN_LINKS)
        check_range("hubs", self.hubs, 1)
        check_range("hubs of a site", self.hubs_per_site, 1, HUBS_PER_SITE)
        if self.hubs_per_site > self.hubs:
            raise PlanError(f"{self.hubs_per_site} hubs for each site, and {self.hubs} in all")
        if self.site_prefix == self.hub_prefix:
            raise PlanError(f"sites and hubs are both called '{self.site_prefix}-…'")
        object.__setattr__(self, "_names", Names(self.site_prefix, self.sites))
        object.__setattr__(self, "_hub_names", Names(self.hub_prefix, self.hubs))

    @property
    def size(self) -> int:
        """Return the number of sites and hubs."""
        return self.hubs + self.sites

    @property
    def addresses_per_site(self) -> int:
        """Return one per WAN link, and one for OAM."""
        return self.links + self.oam

    @property
    def tunnels_per_site(self) -> int:
        """Return the tunnels of each site that isn't a hub."""
        return self.links * self.hubs_per_site + self.oam

    @property
    def count(self) -> int:
        """Return s·(w·h + 1), or without the 1 when there is no OAM tunnel."""
        return self.sites * self.tunnels_per_site

    @property
    def numbers(self) -> int:
        """Return ``count``: every tunnel is there."""
        return self.count

    def is_hub(self, site: int) -> bool:
        """Say whether the index is a hub's."""
        return site < self.hubs

    def degree(self, site: int) -> int:
        """Return how many tunnels end at a site or hub."""
        if not self.is_hub(site):
            return self.tunnels_per_site
        primary, secondary = self._spokes(site)
        return len(primary) * (self.links + self.oam) + len(secondary) * self.links

    def pairs_of(self, site: int) -> Iterator[Pair]:
        """Yield a site's tunnels hub by hub, OAM last; a hub's site by site."""
        if not self.is_hub(site):
            yield from self._of_spoke(site - self.hubs)
            return
        for spoke in merge(*self._spokes(site)):
            yield from (pair for pair in self._of_spoke(spoke) if pair.b.site == site)

    def name(self, site: int) -> str:
        """Return ``hub-1`` or ``site-1``."""
        if self.is_hub(site):
            return self._hub_names.name(site)
        return self._names.name(site - self.hubs)

    def index(self, name: str) -> int:
        """Return the index of a site or hub."""
        hub = self._hub_names.position(name)
        if hub is not None:
            return hub
        site = self._names.position(name)
        if site is None:
            raise unknown_site(name, self._hub_names, self._names)
        return self.hubs + site

    def _hub(self, spoke: int, rank: int) -> int:
        """Return a site's primary (rank 0) or secondary (rank 1) hub."""
        return (spoke + rank) % self.hubs

    def _spokes(self, hub: int) -> tuple[range, range]:
        """Return the sites whose primary, and whose secondary, the hub is."""
        primary = range(hub, self.sites, self.hubs)
        if self.hubs_per_site == 1:
            return primary, range(0)
        return primary, range((hub - 1) % self.hubs, self.sites, self.hubs)

    def _of_spoke(self, spoke: int) -> Iterator[Pair]:
        number = spoke * self.tunnels_per_site
        site = self.hubs + spoke
        for rank in range(self.hubs_per_site):
            hub = self._hub(spoke, rank)
            for link in range(self.links):
                yield Pair(number, End(site, link), End(hub, link))
                number += 1
        if self.oam:
            ends = End(site, self.links), End(self._hub(spoke, 0), self.links)
            yield Pair(number, *ends, Purpose.OAM)
