"""Tunnels whose numbers are settled between two devices, against the baseline of one of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from harness.errors import PlanError
from harness.plan.addressing import BLOCK_SIZE, Span, span
from harness.plan.check import (
    check_external,
    check_units,
    inner_taken,
    naming_device,
    uses_gre,
    uses_st0,
)
from harness.plan.model import Kind, Site, Tunnel
from harness.plan.occupied import Lines, Occupied
from harness.plan.platforms import GRE_INTERFACE, GRE_UNITS, ST0_UNITS


def _units(number: int, used: Lines[int] | None = None) -> Iterator[int]:
    return (unit for unit in range(number) if not used or unit not in used)


@dataclass(frozen=True, slots=True)
class FreeUnits:
    """Units of one device in ascending order, each handed out once."""

    st0: Iterator[int] = field(default_factory=lambda: _units(ST0_UNITS))
    gr: Iterator[int] = field(default_factory=lambda: _units(GRE_UNITS))

    @classmethod
    def around(cls, site: Site, kind: Kind, count: int, occupied: Occupied) -> FreeUnits:
        """Return those that the baseline leaves; :class:`PlanError` if they don't last."""
        with naming_device(site):
            if uses_st0(kind):
                check_units("st0", count, ST0_UNITS, occupied.st0_units)
            if uses_gre(kind):
                check_units(GRE_INTERFACE, count, GRE_UNITS, occupied.gr_units)
        return cls(_units(ST0_UNITS, occupied.st0_units), _units(GRE_UNITS, occupied.gr_units))


def check_ends(site: Site, tunnels: Sequence[Tunnel], occupied: Occupied) -> None:
    """Raise :class:`PlanError` for the first number that the baseline has already.

    A peer may be a next hop or a BGP neighbour there: in a lab it can be at the other end of the
    cable. Nothing is checked while no baseline was read.
    """
    if not occupied.read:
        return
    inner = _Taken(site.inner, occupied)
    own = frozenset[IPv4Address]().union(*occupied.own.values())
    with naming_device(site):
        for local in dict.fromkeys(tunnel.local for tunnel in tunnels):
            check_external(site, local, occupied)
        for tunnel in tunnels:
            line = occupied.gateways.get(tunnel.peer) or inner.by(tunnel)
            if tunnel.peer in own:
                line = occupied.addresses.get(tunnel.peer, str(tunnel.peer))
            if line:
                raise PlanError(
                    f"tunnel {tunnel.name} to {tunnel.peer} has addresses that its baseline uses: "
                    f"'{line}'"
                )


class _Taken:
    """What of the inner pool the baseline uses, to be asked for one block after another."""

    def __init__(self, pool: IPv4Network, occupied: Occupied) -> None:
        self._taken = sorted(inner_taken(pool, occupied))
        self._reach: list[Span] = []  # (first, furthest last so far), so that one look suffices
        furthest = -1
        for (first, last), _ in self._taken:
            furthest = max(furthest, last)
            self._reach.append((first, furthest))

    def by(self, tunnel: Tunnel) -> str:
        """Return the line that uses an address of the tunnel's block, or ""."""
        base = span(tunnel.route)[0] // BLOCK_SIZE * BLOCK_SIZE
        end = bisect_right(self._reach, (base + BLOCK_SIZE - 1, 1 << 32))
        if not end or self._reach[end - 1][1] < base:
            return ""
        return next(line for (_, last), line in self._taken[:end] if last >= base)
