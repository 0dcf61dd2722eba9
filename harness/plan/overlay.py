"""A topology with addresses, names and keys: the tunnels of any one site, alike at both ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address

from harness.plan.addressing import Block
from harness.plan.builder import build_tunnel
from harness.plan.check import check_device
from harness.plan.ends_check import FreeUnits, check_ends
from harness.plan.keys import KeyRing
from harness.plan.model import Kind, Plan, PreSharedKey, Proposal, Site, Tunnel
from harness.plan.names import pair_name, zone_name
from harness.plan.occupied import Occupied
from harness.plan.platforms import platform_facts
from harness.plan.pools import Addresses
from harness.plan.topology import End, Pair

_SCOPE = "overlay"  # of the keys: a tunnel's name says the rest, and is the same at both ends


@dataclass(frozen=True, slots=True)
class Overlay:
    """Every tunnel of a topology, made when its site is asked for.

    Both ends come from one pair: they have each other's addresses, one name and one key. Only the
    units are a device's own affair: its first free ones, in the order of its tunnels.
    """

    addresses: Addresses
    kind: Kind
    keys: KeyRing = field(repr=False)
    mpls: bool = False

    @classmethod
    def of(cls, addresses: Addresses, kind: Kind, *, run_key: bytes, mpls: bool = False) -> Overlay:
        """Make the overlay whose keys are derived from ``run_key``."""
        return cls(addresses, kind, KeyRing(run_key, _SCOPE), mpls)

    def ends_of(self, site: int, units: FreeUnits | None = None) -> Iterator[Tunnel]:
        """Yield the tunnels of ``site`` as that site has them, numbered from 1."""
        units = units or FreeUnits()
        for number, pair in enumerate(self.addresses.topology.pairs_of(site), start=1):
            name = pair_name(self.addresses.topology.pair_name(pair))
            numbers = self._numbers(pair, site, units)
            yield build_tunnel(self.kind, number, name, numbers, mpls=self.mpls)

    def plan(
        self,
        site: int,
        device: Site,
        *,
        occupied: Occupied | None = None,
        proposal: Proposal | None = None,
        establish_immediately: bool = False,
    ) -> Plan:
        """Return the plan of the device that is ``site``: what it would be for a single device.

        Of ``device`` everything counts but its addresses and pools, which are the overlay's.
        Raises :class:`~harness.errors.PlanError` when the site has no tunnels, the device can't
        hold them, or its baseline has one of their addresses: unlike a single device's, they
        can't give way.
        """
        occupied = occupied or Occupied.none()
        proposal = proposal or Proposal()
        where = self._where(site, device)
        count = self.addresses.topology.degree(site)
        check_device(where, self.kind, count, occupied, proposal)
        units = FreeUnits.around(where, self.kind, count, occupied)
        tunnels = tuple(self.ends_of(site, units))
        check_ends(where, tunnels, occupied)
        return Plan(
            site=where,
            kind=self.kind,
            tunnels=tunnels,
            zone=zone_name(self.kind) if platform_facts(where.platform).zones else None,
            proposal=proposal,
            establish_immediately=establish_immediately,
        )

    def _where(self, site: int, device: Site) -> Site:
        pools = self.addresses.pools
        local = self.addresses.outer(End(site, 0))
        return replace(device, local=local, peers=pools.outer, inner=pools.inner)

    def _numbers(self, pair: Pair, site: int, units: FreeUnits) -> _OfPair:
        here, there = pair.seen_from(site)
        return _OfPair(
            local=self.addresses.outer(here),
            other=self.addresses.outer(there),
            inner=self.addresses.block(pair, site),
            units=units,
            keys=self.keys,
        )


@dataclass(frozen=True, slots=True)
class _OfPair:
    """The numbers of one end of one pair, in the shape that the kinds build from."""

    local: IPv4Address
    other: IPv4Address
    inner: Block
    units: FreeUnits
    keys: KeyRing = field(repr=False)

    def peer(self) -> IPv4Address:
        return self.other

    def block(self) -> Block:
        return self.inner

    def st0_unit(self) -> int:
        return next(self.units.st0)

    def gr_unit(self) -> int:
        return next(self.units.gr)

    def key(self, tunnel: str) -> PreSharedKey:
        return self.keys.key(tunnel)
