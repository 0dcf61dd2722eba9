"""Which sites have tunnels to which: pairs of ends, made one site at a time.

A topology is arithmetic. It keeps no list of pairs: those of one site are computed when somebody
asks, so that 6000 sites, or 31,125 pairs of a mesh, cost nothing until then. Whatever is asked of
one site is linear in that site's own tunnels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.errors import PlanError

# A site has WAN_0..WAN_3, and mesh tags on at most three of them: CSO 5.3.0 customer portal
# guide, "Mesh Tags Overview" (juniper.net/documentation/en_US/cso5.3.0/topics/concept/
# cp-mesh-tag-overview.html).
WAN_LINKS = 4
TAGGED_LINKS = 3


class Purpose(StrEnum):
    """What a tunnel carries."""

    DATA = "data"
    OAM = "oam"  # SSH, HTTPS, BGP to the route reflector, and syslog of the site


@dataclass(frozen=True, slots=True)
class End:
    """One end of a tunnel: a site, and which of its outer addresses the tunnel leaves by."""

    site: int  # index in the topology, from 0
    link: int  # WAN link, from 0; an OAM tunnel has the address after the last link to itself


@dataclass(frozen=True, slots=True)
class Pair:
    """One tunnel by its two ends; ``number`` is its own in the topology and never changes.

    More sites of the same topology add numbers and move none.
    """

    number: int  # 0..count-1
    a: End
    b: End
    purpose: Purpose = Purpose.DATA

    def seen_from(self, site: int) -> tuple[End, End]:
        """Return the end at ``site`` and the other one."""
        return (self.a, self.b) if self.a.site == site else (self.b, self.a)


class Topology(ABC):
    """Sites by index and name, and the tunnels between them.

    ``count`` and ``degree`` are formulas; that iterating comes to the same is for tests to prove.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def size(self) -> int:
        """Return the number of sites, hubs included."""

    @property
    @abstractmethod
    def addresses_per_site(self) -> int:
        """Return how many outer addresses a site needs: one per link that its ends name."""

    @property
    @abstractmethod
    def count(self) -> int:
        """Return the number of tunnels."""

    @property
    @abstractmethod
    def numbers(self) -> int:
        """Return the number above every pair's; ``count`` unless tunnels come on demand."""

    @abstractmethod
    def degree(self, site: int) -> int:
        """Return how many tunnels end at ``site``."""

    @abstractmethod
    def pairs_of(self, site: int) -> Iterator[Pair]:
        """Yield the tunnels that end at ``site``, in a fixed order."""

    @abstractmethod
    def name(self, site: int) -> str:
        """Return what ``site`` is called."""

    @abstractmethod
    def index(self, name: str) -> int:
        """Return the index of the site called so; :class:`PlanError` says which there are."""

    def pairs(self) -> Iterator[Pair]:
        """Yield every tunnel once, at the site of its end ``a``."""
        for site in range(self.size):
            yield from (pair for pair in self.pairs_of(site) if pair.a.site == site)

    def pair_name(self, pair: Pair) -> str:
        """Return what both ends call the tunnel: ``site-17_0_hub-1_0``, at most 25 characters.

        Names of sites hold no ``_``, so no two pairs are called alike.
        """
        parts = []
        for end in (pair.a, pair.b):
            link = "o" if pair.purpose is Purpose.OAM else str(end.link)
            parts.append(f"{self.name(end.site)}_{link}")
        return "_".join(parts)


def check_range(what: str, value: int, low: int, high: int | None = None) -> None:
    """Raise :class:`PlanError` unless ``low`` ≤ ``value`` ≤ ``high``."""
    if value < low or (high is not None and value > high):
        allowed = f"{low} or more" if high is None else f"{low}..{high}"
        raise PlanError(f"{what}: {value}; allowed: {allowed}")


def unknown_site(name: str, *known: object) -> PlanError:
    """Return the error for a site that isn't there."""
    return PlanError(f"no site {name!a} in the topology; there: {', '.join(map(str, known))}")
