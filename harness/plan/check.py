"""What was asked against what the device, its owner and its baseline allow: before any byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network

from harness.errors import PlanError
from harness.plan.addressing import (
    BLOCK_SIZE,
    Free,
    Span,
    free_blocks,
    free_hosts,
    free_units,
    span,
)
from harness.plan.model import NAME_PREFIX, Kind, Proposal, Site
from harness.plan.names import zone_name
from harness.plan.occupied import Lines, Occupied
from harness.plan.platforms import GRE_INTERFACE, GRE_UNITS, ST0_UNITS, platform_facts
from harness.plan.proposal import check_proposal

_UNIT_OF_INTERFACE = re.compile(r"[a-z][a-z0-9]*(?:-\d+/\d+/\d+(?::\d+)?)?\.\d+")


def check_request(
    site: Site, kind: Kind, count: int, occupied: Occupied, proposal: Proposal
) -> Free:
    """Return what is free for ``count`` tunnels of ``kind``, or raise :class:`PlanError`."""
    check_device(site, kind, count, occupied, proposal)
    with naming_device(site):
        if occupied.read:
            check_external(site, site.local, occupied)
        return _check_room(site, kind, count, occupied)


def check_device(
    site: Site, kind: Kind, count: int, occupied: Occupied, proposal: Proposal
) -> None:
    """Raise :class:`PlanError` for what forbids the tunnels whatever their numbers are."""
    with naming_device(site):
        _check_platform(site, kind)
        _check_count(site, kind, count)
        _check_site(site)
        check_proposal(proposal)
        if occupied.read:
            _check_baseline(site, kind, occupied)


@contextmanager
def naming_device(site: Site) -> Iterator[None]:
    """Put the device's name before what a :class:`PlanError` says."""
    try:
        yield
    except PlanError as exc:
        raise PlanError(f"device {site.device}: {exc}") from exc


def uses_st0(kind: Kind) -> bool:
    """Say whether tunnels of the kind have a unit of st0."""
    return kind is not Kind.GRE


def uses_gre(kind: Kind) -> bool:
    """Say whether tunnels of the kind have a unit of gr-0/0/0."""
    return kind is not Kind.IPSEC


def _check_platform(site: Site, kind: Kind) -> None:
    facts = platform_facts(site.platform)
    if kind not in facts.kinds:
        raise PlanError(
            f"kind {kind} can't be built on platform {facts.name}; it can: {', '.join(facts.kinds)}"
        )


def _check_count(site: Site, kind: Kind, count: int) -> None:
    if count < 1:
        raise PlanError(f"{count} tunnels asked; at least 1 makes a plan")
    if site.max_tunnels is not None and count > site.max_tunnels:
        raise PlanError(
            f"{count} tunnels asked, its testbed entry allows {site.max_tunnels} (limits.tunnels)"
        )
    if uses_st0(kind) and count > ST0_UNITS:
        raise PlanError(
            f"{count} tunnels asked, Junos has {ST0_UNITS} st0 units (0..{ST0_UNITS - 1})"
        )
    if uses_gre(kind) and count > GRE_UNITS:
        raise PlanError(
            f"{count} tunnels asked, Junos has {GRE_UNITS} units of {GRE_INTERFACE} "
            f"(0..{GRE_UNITS - 1})"
        )


def _check_site(site: Site) -> None:
    if not _UNIT_OF_INTERFACE.fullmatch(site.external_interface):
        raise PlanError(
            f"external interface '{site.external_interface}' isn't a unit of an interface, "
            "as ge-0/0/0.0 is (underlay.external_interface)"
        )
    if platform_facts(site.platform).zones and site.external_zone is None:
        raise PlanError(
            f"the zone of external interface {site.external_interface} isn't known "
            "(underlay.external_zone)"
        )
    if site.peers.overlaps(site.inner):
        raise PlanError(
            f"peer pool {site.peers} and inner pool {site.inner} overlap; they must be disjoint"
        )
    if site.local in site.inner:
        raise PlanError(f"local address {site.local} lies in the inner pool {site.inner}")


def _check_baseline(site: Site, kind: Kind, occupied: Occupied) -> None:
    zone = zone_name(kind)
    if zone in occupied.zones:
        raise PlanError(f"our zone {zone} is there already: '{occupied.zones[zone]}'")
    if occupied.ours:
        raise PlanError(
            f"names that start with '{NAME_PREFIX}' are there already, left by an unrestored "
            f"run or somebody else's: '{occupied.ours}'"
        )
    if (
        uses_gre(kind)
        and platform_facts(site.platform).tunnel_services
        and not occupied.tunnel_services
    ):
        raise PlanError(
            f"{GRE_INTERFACE} doesn't exist: its baseline has no "
            "'set chassis fpc 0 pic 0 tunnel-services …', which is the lab's to set"
        )


def check_external(site: Site, local: IPv4Address, occupied: Occupied) -> None:
    """Raise :class:`PlanError` unless ``local`` is where the testbed says tunnels leave."""
    external = site.external_interface
    if external not in occupied.interfaces:
        known = ", ".join(sorted(occupied.interfaces)) or "none"
        raise PlanError(
            f"external interface {external} isn't in its baseline; there: {known} "
            "(underlay.external_interface)"
        )
    own = occupied.own.get(external, frozenset())
    if local not in own and external not in occupied.dynamic:
        has = ", ".join(str(address) for address in sorted(own)) or "none"
        raise PlanError(
            f"local address {local} isn't on external interface {external}; "
            f"addresses there: {has} ('{occupied.interfaces[external]}') (underlay.local_address)"
        )
    if site.external_zone is None:
        return
    zone = occupied.zone_of.get(external) or occupied.zone_of.get("all")
    if zone != site.external_zone:
        where = f"in zone {zone}: '{occupied.zones[zone]}'" if zone else "in no zone"
        raise PlanError(
            f"external interface {external} should be in zone {site.external_zone}, but is {where} "
            "(underlay.external_zone)"
        )


def _check_room(site: Site, kind: Kind, count: int, occupied: Occupied) -> Free:
    free = Free(
        peers=free_hosts(site.peers, _outer_spans(site, occupied)),
        blocks=free_blocks(site.inner, _inner_spans(site.inner, occupied)),
        st0_units=free_units(ST0_UNITS, occupied.st0_units) if uses_st0(kind) else (),
        gr_units=free_units(GRE_UNITS, occupied.gr_units) if uses_gre(kind) else (),
    )
    peers = sum(map(len, free.peers))
    if peers < count:
        raise PlanError(
            f"peer pool {site.peers} (underlay.peers) is too small: {count} addresses needed, "
            f"{peers} free" + _because(_outer_lines(site, occupied))
        )
    blocks = sum(map(len, free.blocks))
    if blocks < count:
        raise PlanError(
            f"inner pool {site.inner} (underlay.inner) is too small: {count} blocks of "
            f"{BLOCK_SIZE} addresses needed, {blocks} free"
            + _because(_inner_lines(site.inner, occupied))
        )
    if uses_st0(kind):
        check_units("st0", count, ST0_UNITS, occupied.st0_units)
    if uses_gre(kind):
        check_units(GRE_INTERFACE, count, GRE_UNITS, occupied.gr_units)
    return free


def check_units(interface: str, count: int, units: int, taken: Lines[int]) -> None:
    """Raise :class:`PlanError` unless ``count`` of the units 0..``units``-1 aren't taken."""
    free = units - sum(1 for unit in taken if unit < units)
    if free < count:
        raise PlanError(
            f"{count} units of {interface} needed, {free} free" + _because([*taken.values()])
        )


def _because(lines: list[str]) -> str:
    if not lines:
        return ""
    more = f" and {len(lines) - 1} more lines" if len(lines) > 1 else ""
    return f"; its baseline has '{lines[0]}'{more}"


def _outer_lines(site: Site, occupied: Occupied) -> list[str]:
    """Return the baseline lines that hold an address of the peer pool.

    Networks and routes aren't among them: the pool has to be reachable through one.
    """
    return [
        line
        for lines in (occupied.gateways, occupied.addresses)
        for address, line in lines.items()
        if address in site.peers
    ]


def _outer_spans(site: Site, occupied: Occupied) -> list[Span]:
    taken = {int(site.local), *map(int, occupied.gateways), *map(int, occupied.addresses)}
    return [(address, address) for address in taken]


def inner_taken(pool: IPv4Network, occupied: Occupied) -> list[tuple[Span, str]]:
    """Return what of the inner pool the baseline uses, each with the line that says so."""
    networks = [
        (span(network), line)
        for lines in (occupied.routes, occupied.networks)
        for network, line in lines.items()
        if network.overlaps(pool)
    ]
    addresses = [
        ((int(address), int(address)), line)
        for lines in (occupied.addresses, occupied.gateways)
        for address, line in lines.items()
        if address in pool
    ]
    return networks + addresses


def _inner_lines(pool: IPv4Network, occupied: Occupied) -> list[str]:
    return list(dict.fromkeys(line for _, line in inner_taken(pool, occupied)))


def _inner_spans(pool: IPv4Network, occupied: Occupied) -> list[Span]:
    return [taken for taken, _ in inner_taken(pool, occupied)]
