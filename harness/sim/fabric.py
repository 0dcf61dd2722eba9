"""The network between the simulated devices of one server: which tunnels come up.

Each device joins once. Its offers are read when somebody first asks about a tunnel and again after
each of its commits; only those that changed are looked at by the far ends, which are found by the
pair of addresses that an offer is between. Time and sockets have no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from harness.sim.config.tree import Node, entries, get
from harness.sim.negotiation import NO_RESPONSE, Offer, Reader, disagreement

Pair = tuple[str, str]  # local and remote address

# Tunnels depend on these branches alone; while all are the same nodes, nothing is read again.
_BRANCHES: Final = (("security",), ("interfaces",), ("routing-options",))
_TUNNEL_PORTS: Final = ("st0", "gr-", "ip-", "lt-")  # no peer is met at an address of these


class Member(Protocol):
    """What the fabric needs of a device."""

    @property
    def acting(self) -> Node:
        """The committed configuration of now without what is deactivated."""
        ...

    def tick(self) -> None:
        """Let what is due happen, a rollback above all."""
        ...


@dataclass(slots=True, eq=False)
class _Place:
    """One member and what was read of it."""

    member: Member
    reader: Reader = field(default_factory=Reader)
    tree: Node = field(default_factory=Node)
    offers: dict[str, Offer] = field(default_factory=dict)  # by VPN
    addresses: frozenset[str] = frozenset()
    stale: bool = True  # committed since, or never looked at
    outcome: dict[str, str] | None = None  # reasons by VPN; None: to be judged
    neighbors: frozenset[int] | None = None  # members at the far ends; None: to be looked up


class Fabric:
    """All devices that can reach each other by their addresses."""

    def __init__(self) -> None:
        self._places: dict[int, _Place] = {}
        self._stale: list[_Place] = []
        self._by_pair: dict[Pair, dict[int, Offer]] = {}
        self._asking: dict[str, set[int]] = {}  # remote address → whose tunnels lead there
        self._owners: dict[str, set[int]] = {}  # address → who has it

    def join(self, member: Member) -> Callable[[], None]:
        """Take a device in; returns what it calls after each of its commits."""
        place = self._places[id(member)] = _Place(member)
        self._stale.append(place)

        def changed() -> None:
            if not place.stale:
                place.stale = True
                self._stale.append(place)

        return changed

    def outcome(self, member: Member) -> Mapping[str, str]:
        """Return why each tunnel is down, by VPN; "" for one that is up.

        VPNs whose peer is no member are absent: what becomes of them is declared elsewhere. The
        same object is returned until something changes.
        """
        self._catch_up()
        key = id(member)
        place = self._places[key]
        for other in self._peers(key, place):
            self._places[other].member.tick()
        self._catch_up()
        if place.outcome is None:
            judged = ((vpn, self._judge(key, offer)) for vpn, offer in place.offers.items())
            place.outcome = {vpn: reason for vpn, reason in judged if reason is not None}
        return place.outcome

    def _peers(self, key: int, place: _Place) -> frozenset[int]:
        if place.neighbors is None:
            remotes = {remote for offer in place.offers.values() for remote in offer.remotes}
            found: set[int] = set()
            for remote in remotes:
                found |= self._owners.get(remote, set())
            place.neighbors = frozenset(found - {key})
        return place.neighbors

    def _catch_up(self) -> None:
        stale, self._stale = self._stale, []
        for place in stale:
            place.stale = False
            tree = place.member.acting
            if any(get(tree, *path) is not get(place.tree, *path) for path in _BRANCHES):
                self._read(id(place.member), place, tree)
            place.tree = tree

    def _read(self, key: int, place: _Place, tree: Node) -> None:
        """Replace what changed of one member, and forget what was judged on it."""
        before, place.offers = place.offers, place.reader.offers(tree)
        asked: set[str] = set()  # of the offers that are gone
        for vpn, old in before.items():
            if place.offers.get(vpn) is not old:
                self._withdraw(key, old)
                asked.update(old.remotes)
        for vpn, new in place.offers.items():
            if before.get(vpn) is not new:
                self._publish(key, new)
        if asked:
            asked.difference_update(*(offer.remotes for offer in place.offers.values()))
        for remote in asked:
            _drop(self._asking, remote, key)
        owned = frozenset(_addresses(tree))
        for address in owned - place.addresses:
            self._owners.setdefault(address, set()).add(key)
            self._forget(address)
        for address in place.addresses - owned:
            _drop(self._owners, address, key)
            self._forget(address)
        place.addresses = owned
        place.outcome = place.neighbors = None

    def _withdraw(self, key: int, offer: Offer) -> None:
        for remote in offer.remotes:
            pair = (offer.local, remote)
            offers = self._by_pair.get(pair, {})
            offers.pop(key, None)
            if not offers:
                self._by_pair.pop(pair, None)
        self._forget(offer.local, only=offer.remotes)

    def _publish(self, key: int, offer: Offer) -> None:
        for remote in offer.remotes:
            self._by_pair.setdefault((offer.local, remote), {})[key] = offer
            self._asking.setdefault(remote, set()).add(key)
        self._forget(offer.local, only=offer.remotes)

    def _forget(self, address: str, only: tuple[str, ...] = ()) -> None:
        """Have those judge again whose tunnels lead to ``address``; ``only`` those at some."""
        for key in self._asking.get(address, ()):
            place = self._places[key]
            if not only or not place.addresses.isdisjoint(only):
                place.outcome = place.neighbors = None

    def _judge(self, key: int, offer: Offer) -> str | None:
        """Return the reason; None when no member has the address of the far end."""
        reason: str | None = None
        for remote in offer.remotes:
            for other, theirs in self._by_pair.get((remote, offer.local), {}).items():
                if other != key:
                    reason = disagreement(offer, theirs)
                    if not reason:
                        return ""
            if reason is None and self._owners.get(remote, set()) - {key}:
                reason = offer.blocked or NO_RESPONSE
        return reason


def _drop(holders: dict[str, set[int]], address: str, key: int) -> None:
    """Take a member from an address, and the address out when it was the last one."""
    left = holders.get(address, set())
    left.discard(key)
    if not left:
        holders.pop(address, None)


def _addresses(tree: Node) -> Iterator[str]:
    """Walk the addresses at which a device can be met."""
    for port, body in entries(tree, "interfaces", "interface"):
        if port.startswith(_TUNNEL_PORTS):
            continue
        for _, unit in entries(body, "unit"):
            for _, family in entries(unit, "family"):
                for address, _ in entries(family, "address"):
                    yield address.partition("/")[0]
