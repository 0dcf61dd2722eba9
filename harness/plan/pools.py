"""The addresses of a topology: computed from a pair's number, so both ends always agree.

The outer pool gives each site as many addresses as its ends have links, site by site; the inner
pool a block of eight to each tunnel by its number. Nothing is stored, and more sites move nobody's
address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from types import MappingProxyType

from harness.errors import PlanError
from harness.plan.addressing import BLOCK_SIZE, Block, free_hosts
from harness.plan.topology import End, Pair, Topology
from harness.testbed.model import TunnelUnderlay

Played = Mapping[int, tuple[IPv4Address, ...]]  # site → its outer addresses, one per link


def _nobody() -> Played:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pools:
    """What the operator gives a topology to number from."""

    outer: IPv4Network  # addresses that tunnels leave by, hubs' and sites'
    inner: IPv4Network  # link addresses and routed prefixes of tunnels

    @classmethod
    def of(cls, underlay: TunnelUnderlay) -> Pools:
        """Take the pools of a testbed entry: ``underlay.peers`` and ``underlay.inner``."""
        return cls(outer=underlay.peers, inner=underlay.inner)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Who has which address in a topology.

    ``played`` are sites with addresses of their own, as a device in a lab has; each must lie
    outside both pools, or be the one that the pool would give to that link. Raises
    :class:`PlanError` in one line for a pool that's too small and for every collision.
    """

    topology: Topology
    pools: Pools
    played: Played = field(default_factory=_nobody)
    _outer: range = field(init=False, repr=False, compare=False)
    _inner: int = field(init=False, repr=False, compare=False)  # base of the first block

    def __post_init__(self) -> None:
        """Look at the size of the pools once, so that nobody can run out of addresses later."""
        pools = self.pools
        if pools.outer.overlaps(pools.inner):
            raise PlanError(
                f"outer pool {pools.outer} and inner pool {pools.inner} overlap; they must be "
                "disjoint"
            )
        hosts = free_hosts(pools.outer, ())
        object.__setattr__(self, "_outer", hosts[0] if hosts else range(0))
        base = int(pools.inner.network_address)
        object.__setattr__(self, "_inner", -(-base // BLOCK_SIZE) * BLOCK_SIZE)
        self._check_sizes()
        self._check_played()

    def outer(self, end: End) -> IPv4Address:
        """Return the address that the tunnel leaves by at ``end``."""
        own = self.played.get(end.site)
        return own[end.link] if own is not None else self._numbered(end)

    def block(self, pair: Pair, site: int) -> Block:
        """Return the tunnel's inner addresses as ``site`` sees them."""
        return Block(self._inner + pair.number * BLOCK_SIZE, far=pair.a.site != site)

    def _numbered(self, end: End) -> IPv4Address:
        return IPv4Address(self._outer[end.site * self.topology.addresses_per_site + end.link])

    def _check_sizes(self) -> None:
        topology, pools = self.topology, self.pools
        each = topology.addresses_per_site
        needed, there = topology.size * each, len(self._outer)
        if needed > there:
            raise PlanError(
                f"outer pool {pools.outer} is too small: {topology.size} sites and hubs with "
                f"{each} addresses each need {needed}, it has {there}"
            )
        free = max(0, int(pools.inner.broadcast_address) - self._inner + 1) // BLOCK_SIZE
        if topology.numbers > free:
            raise PlanError(
                f"inner pool {pools.inner} is too small: {topology.numbers} tunnels with a block "
                f"of {BLOCK_SIZE} addresses each, it has room for {free}"
            )

    def _check_played(self) -> None:
        taken: dict[IPv4Address, str] = {}
        each = self.topology.addresses_per_site
        for site, own in self.played.items():
            if not 0 <= site < self.topology.size:
                raise PlanError(
                    f"no site {site} in the topology; there: 0..{self.topology.size - 1}"
                )
            name = self.topology.name(site)
            if len(own) != each:
                raise PlanError(
                    f"{name} has {len(own)} outer addresses of its own; needed: {each}, "
                    "a different one for each link"
                )
            for link, address in enumerate(own):
                self._check_own(name, address, self._numbered(End(site, link)))
                if taken.setdefault(address, name) != name or own.count(address) > 1:
                    other = taken[address]
                    raise PlanError(f"{address} is an outer address of {other} and of {name}")

    def _check_own(self, name: str, address: IPv4Address, numbered: IPv4Address) -> None:
        if address in self.pools.inner:
            raise PlanError(f"{name}: its address {address} lies in inner pool {self.pools.inner}")
        used = self.topology.size * self.topology.addresses_per_site
        if address != numbered and int(address) in self._outer[:used]:
            at, link = divmod(self._outer.index(int(address)), self.topology.addresses_per_site)
            raise PlanError(
                f"{name}: its address {address} is what pool {self.pools.outer} gives to "
                f"{self.topology.name(at)}, link {link}; take one outside the pool"
            )
