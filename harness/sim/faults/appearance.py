"""Faults in what a device shows: its tunnels, its alarms, its core files."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from harness.sim.faults.board import FaultBoard
from harness.sim.faults.named import Faults
from harness.sim.tunnels import Tunnel, TunnelKind, added
from harness.sim.view import Alarm, CoreFile

_CORE_OCTETS: Final = 1_482_113
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
_TABLE_FAULTS: Final = ("drop-sa", "stale-sa-table", "ghost-tunnel", "half-up")
_OTHER_NIGHT: Final = 1 << 16  # distance of last night's addresses from tonight's


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
    if new and (half := faults.get("half-up", count)) is not None:
        now = _halved(now, new[max(0, min(half.count("index"), count) - 1)])
    if new and faults.get("stale-sa-table", count) is not None:
        known = {tunnel.name for tunnel in base}
        now = tuple(t if t.name in known else _of_other_night(t) for t in now)
    if new and faults.get("ghost-tunnel", count) is not None:
        now = (*now, _GHOST[new[0].kind])
    return now


def _halved(now: tuple[Tunnel, ...], victim: Tunnel) -> tuple[Tunnel, ...]:
    return tuple(replace(each, half=each.up) if each is victim else each for each in now)


def alarms(board: FaultBoard) -> tuple[Alarm, ...]:
    """Return the chassis alarms that are active because of a fault."""
    fault = board.armed("alarm")
    if fault is None:
        return ()
    return (Alarm(board.since("alarm"), fault.word("severity"), fault.word("text")),)


def core_files(board: FaultBoard) -> tuple[CoreFile, ...]:
    """Return what crashed processes left behind."""
    fault = board.armed("core-file")
    if fault is None:
        return ()
    path = f"/var/crash/{fault.word('daemon')}.core.0.gz"
    return (CoreFile(path, _CORE_OCTETS, board.since("core-file")),)


def _of_other_night(tunnel: Tunnel) -> Tunnel:
    return replace(tunnel, local=_shifted(tunnel.local), remote=_shifted(tunnel.remote))


def _shifted(address: str) -> str:
    try:
        return str(IPv4Address(int(IPv4Address(address)) ^ _OTHER_NIGHT))
    except ValueError:  # a host name, or nothing
        return address
