"""What operational answers are made from: the device's state at one moment, faults applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address
from typing import Final

from harness.sim.config.tree import Node
from harness.sim.faults.named import Faults
from harness.sim.platforms import Platform, release
from harness.sim.store.commit import (
    CommitRecord,
    Editing,
    LockHolder,
    PendingConfirm,
    ScheduledCommit,
)
from harness.sim.tunnels import Tunnel, TunnelKind, added

_GHOST: Final = {
    TunnelKind.IPSEC: Tunnel(
        TunnelKind.IPSEC,
        "ghost",
        "st0.15999",
        remote="198.51.100.254",
        gateway="ghost",
        index=196607,
        encryption="aes-256-cbc",
        authentication="hmac-sha-256-128",
    ),
    TunnelKind.GRE: Tunnel(
        TunnelKind.GRE,
        "gr-0/0/0.15999",
        "gr-0/0/0.15999",
        local="198.51.100.1",
        remote="198.51.100.254",
        up=True,
    ),
}
_TABLE_FAULTS: Final = ("drop-sa", "stale-sa-table", "ghost-tunnel")
_OTHER_NIGHT: Final = 1 << 16  # distance of last night's addresses from tonight's


@dataclass(frozen=True, slots=True)
class Terminal:
    """A login that has a terminal."""

    user: str
    tty: str
    origin: str
    since: datetime
    active: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """One active alarm of the chassis."""

    when: datetime
    severity: str  # "major", "minor"
    text: str
    short: str = ""


@dataclass(frozen=True, slots=True)
class CoreFile:
    """What a crashed process left behind."""

    path: str
    size: int  # octets
    when: datetime


@dataclass(frozen=True, slots=True)
class View:
    """One moment of a device."""

    platform: Platform
    hostname: str
    version: str
    serial: str
    now: datetime
    booted: datetime
    tree: Node  # committed, without what is deactivated
    tunnels: Sequence[Tunnel]
    history: Sequence[CommitRecord]
    lock_holder: LockHolder | None = None
    editor: LockHolder | None = None  # whose uncommitted changes are in the candidate
    editing: Sequence[Editing] = ()  # everybody who has the configuration open
    pending: PendingConfirm | None = None  # a confirmed commit that nobody confirmed yet
    scheduled: ScheduledCommit | None = None
    rescue_set: bool = False
    terminals: Sequence[Terminal] = ()
    alarms: Sequence[Alarm] = ()
    cores: Sequence[CoreFile] = ()
    cluster: bool = False
    node: str = ""  # of a chassis cluster: "node0", "node1"; "" where it answers as one device

    @property
    def release(self) -> str:
        """Return what namespaces carry."""
        return release(self.version)

    def namespace(self, family: str) -> str:
        """Return the namespace of a reply root: "chassis", "interface", "zones", …."""
        return f"http://xml.juniper.net/junos/{self.release}/junos-{family}"

    def of_kind(self, kind: TunnelKind) -> list[Tunnel]:
        """Return the tunnels of one kind."""
        return [tunnel for tunnel in self.tunnels if tunnel.kind is kind]


def shown_tunnels(
    faults: Faults, base: tuple[Tunnel, ...], now: tuple[Tunnel, ...]
) -> tuple[Tunnel, ...]:
    """Return the tunnels that operational tables show in place of ``now``.

    New tunnels are those that the configuration the device started with lacks.
    """
    if not any(faults.get(name) for name in _TABLE_FAULTS):
        return now
    new = added(base, now)
    count = len(new)
    if new and (drop := faults.get("drop-sa", count)) is not None:
        victim = new[max(0, min(drop.count("index"), count) - 1)]
        now = tuple(tunnel for tunnel in now if tunnel is not victim)
    if new and faults.get("stale-sa-table", count) is not None:
        known = {tunnel.name for tunnel in base}
        now = tuple(t if t.name in known else _of_other_night(t) for t in now)
    if new and faults.get("ghost-tunnel", count) is not None:
        now = (*now, _GHOST[new[0].kind])
    return now


def _of_other_night(tunnel: Tunnel) -> Tunnel:
    return replace(tunnel, local=_shifted(tunnel.local), remote=_shifted(tunnel.remote))


def _shifted(address: str) -> str:
    try:
        return str(IPv4Address(int(IPv4Address(address)) ^ _OTHER_NIGHT))
    except ValueError:  # a host name, or nothing
        return address
