"""Sites of which each has a tunnel to each other, one for every mesh tag that they share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.errors import PlanError
from harness.plan.site_names import Names
from harness.plan.topology import (
    TAGGED_LINKS,
    WAN_LINKS,
    End,
    Pair,
    Topology,
    check_range,
    unknown_site,
)


@dataclass(frozen=True, slots=True)
class FullMesh(Topology):
    """``sites`` that share ``tag_pairs`` mesh tags, on as many of their ``links`` WAN links.

    Two links with one tag have a tunnel (CSO 5.3.0, "Mesh Tags Overview"): link j of one site to
    link j of the other, for the tagged links 0..tag_pairs-1. Links without a tag have none.
    """

    sites: int
    tag_pairs: int = 1
    links: int = WAN_LINKS
    prefix: str = "site"
    _names: Names = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what can't be, with what is allowed."""
        check_range("sites of a mesh", self.sites, 2)
        check_range("WAN links of a site", self.links, 1, WAN_LINKS)
        check_range("mesh-tag pairs", self.tag_pairs, 1, TAGGED_LINKS)
        if self.tag_pairs > self.links:
            raise PlanError(
                f"{self.tag_pairs} mesh-tag pairs need as many WAN links; a site has {self.links}"
            )
        object.__setattr__(self, "_names", Names(self.prefix, self.sites))

    @property
    def size(self) -> int:
        """Return the number of sites."""
        return self.sites

    @property
    def addresses_per_site(self) -> int:
        """Return one per tagged link."""
        return self.tag_pairs

    @property
    def count(self) -> int:
        """Return k·n·(n-1)/2."""
        return self.tag_pairs * self.sites * (self.sites - 1) // 2

    @property
    def numbers(self) -> int:
        """Return ``count``: every tunnel is there."""
        return self.count

    def degree(self, site: int) -> int:  # noqa: ARG002 - all sites are alike
        """Return k·(n-1)."""
        return self.tag_pairs * (self.sites - 1)

    def pairs_of(self, site: int) -> Iterator[Pair]:
        """Yield the tunnels to each other site in turn."""
        for other in range(self.sites):
            if other != site:
                yield from self.pairs_between(site, other)

    def pairs_between(self, one: int, other: int) -> Iterator[Pair]:
        """Yield the tunnels between two sites, one for each shared tag.

        Numbers go by the higher site first, so that those of a smaller mesh are the beginning.
        """
        low, high = sorted((one, other))
        number = (high * (high - 1) // 2 + low) * self.tag_pairs
        for link in range(self.tag_pairs):
            yield Pair(number + link, End(low, link), End(high, link))

    def name(self, site: int) -> str:
        """Return ``site-1`` and so on."""
        return self._names.name(site)

    def index(self, name: str) -> int:
        """Return the index of a site."""
        position = self._names.position(name)
        if position is None:
            raise unknown_site(name, self._names)
        return position
