"""Numbers that nobody uses: addresses, blocks of addresses and units, in ascending order.

Each tunnel gets a block of eight inner addresses, aligned: +0 and +1 are the st0 link, +2 and +3
the GRE link, +4 the routed prefix, +5 the one that the other end routes, where we plan that end
too. What a kind doesn't need stays unused, so that two kinds never claim each other's addresses
and a block is read off an address at a glance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import chain
from typing import Protocol

from harness.plan.keys import KeyRing
from harness.plan.model import PreSharedKey

BLOCK_SIZE = 8
Span = tuple[int, int]  # first and last address as integers


def span(network: IPv4Network) -> Span:
    """Return the first and last address of a network."""
    return int(network.network_address), int(network.broadcast_address)


def gaps(pool: Span, taken: Iterable[Span]) -> Iterator[Span]:
    """Yield what is left of ``pool`` between the ``taken`` spans, which may overlap."""
    start, end = pool
    for first, last in sorted(taken):
        if first > end:
            break
        if first > start:
            yield start, first - 1
        start = max(start, last + 1)
    if start <= end:
        yield start, end


def free_blocks(pool: IPv4Network, taken: Iterable[Span]) -> tuple[range, ...]:
    """Return the bases of the free aligned blocks in ``pool``."""
    found = []
    for first, last in gaps(span(pool), taken):
        base = -(-first // BLOCK_SIZE) * BLOCK_SIZE
        bases = range(base, last - BLOCK_SIZE + 2, BLOCK_SIZE)
        if bases:
            found.append(bases)
    return tuple(found)


def free_hosts(pool: IPv4Network, taken: Iterable[Span]) -> tuple[range, ...]:
    """Return the free addresses in ``pool``, its network and broadcast address left out."""
    first, last = span(pool)
    if pool.prefixlen < 31:
        first, last = first + 1, last - 1
    return tuple(range(start, end + 1) for start, end in gaps((first, last), taken))


def free_units(number: int, used: Mapping[int, str]) -> tuple[int, ...]:
    """Return the units 0..``number``-1 that aren't used."""
    return tuple(unit for unit in range(number) if unit not in used)


@dataclass(frozen=True, slots=True)
class Block:
    """The inner addresses of one tunnel, as one end sees them."""

    base: int
    far: bool = False  # seen from the other end: what is ours there is the peer's here

    def st0_link(self) -> tuple[IPv4Interface, IPv4Address]:
        """Return our end and the other end of the st0 link."""
        return self._link(self.base)

    def gre_link(self) -> tuple[IPv4Interface, IPv4Address]:
        """Return our end and the other end of the GRE link."""
        return self._link(self.base + 2)

    def route(self) -> IPv4Network:
        """Return the prefix that is routed into the tunnel."""
        return IPv4Network((self.base + 4 + self.far, 32))

    def _link(self, base: int) -> tuple[IPv4Interface, IPv4Address]:
        return IPv4Interface((base + self.far, 31)), IPv4Address(base + (not self.far))


class Numbers(Protocol):
    """Where the numbers of one tunnel come from, whoever chose them."""

    @property
    def local(self) -> IPv4Address:
        """Return the outer address of this end."""
        ...

    def peer(self) -> IPv4Address:
        """Return the outer address of the other end."""
        ...

    def block(self) -> Block:
        """Return the block of inner addresses."""
        ...

    def st0_unit(self) -> int:
        """Return the unit of st0."""
        ...

    def gr_unit(self) -> int:
        """Return the unit of gr-0/0/0."""
        ...

    def key(self, tunnel: str) -> PreSharedKey:
        """Return the key of the tunnel."""
        ...


@dataclass(frozen=True, slots=True)
class Free:
    """What a device has left for tunnels."""

    peers: tuple[range, ...]
    blocks: tuple[range, ...]
    st0_units: tuple[int, ...]
    gr_units: tuple[int, ...]


class Supply:
    """Hands out each free number once, in ascending order; the caller checked that they last."""

    def __init__(self, local: IPv4Address, free: Free, keys: KeyRing) -> None:
        self._local = local
        self._keys = keys
        self._peers = chain.from_iterable(free.peers)
        self._blocks = chain.from_iterable(free.blocks)
        self._st0_units = iter(free.st0_units)
        self._gr_units = iter(free.gr_units)

    @property
    def local(self) -> IPv4Address:
        """Return the outer address of the device."""
        return self._local

    def peer(self) -> IPv4Address:
        """Return the next free outer address of another end."""
        return IPv4Address(next(self._peers))

    def block(self) -> Block:
        """Return the next free block of inner addresses."""
        return Block(next(self._blocks))

    def st0_unit(self) -> int:
        """Return the next free unit of st0."""
        return next(self._st0_units)

    def gr_unit(self) -> int:
        """Return the next free unit of gr-0/0/0."""
        return next(self._gr_units)

    def key(self, tunnel: str) -> PreSharedKey:
        """Return the key of the tunnel."""
        return self._keys.key(tunnel)
