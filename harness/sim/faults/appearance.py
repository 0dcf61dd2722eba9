"""Faults in what a device shows: its tunnels, its alarms, its core files."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from harness.sim.faults.board import FaultBoard
from harness.sim.faults.named import Fault, Faults
from harness.sim.faults.tunnel_faults import chosen
from harness.sim.files.errors import FileError
from harness.sim.files.file_system import File, FileSystem
from harness.sim.negotiation import WAITING
from harness.sim.tunnels import Tunnel, TunnelKind, added
from harness.sim.view import AT_REST, Alarm, CoreFile, Load

_CRASHES: Final = "/var/crash"
_CORE_OCTETS: Final = 65_536
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
        reason=WAITING,
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
_TABLE_FAULTS: Final = ("drop-sa", "stale-sa-table", "ghost-tunnel", "half-up", "linger-sa")
_OTHER_NIGHT: Final = 1 << 16  # distance of last night's addresses from tonight's


def shown_tunnels(
    faults: Faults,
    base: tuple[Tunnel, ...],
    now: tuple[Tunnel, ...],
    deleted: tuple[Tunnel, ...] = (),
) -> tuple[Tunnel, ...]:
    """Return the tunnels that operational tables show in place of ``now``.

    New tunnels are those that the configuration the device started with lacks; ``deleted`` those
    that went last.
    """
    if not any(faults.get(name) for name in _TABLE_FAULTS):
        return now
    new = added(base, now)
    count = len(new)
    if new and (drop := faults.get("drop-sa", count)) is not None:
        victim = new[chosen(drop, new)]
        now = tuple(tunnel for tunnel in now if tunnel is not victim)
    if new and (half := faults.get("half-up", count)) is not None:
        now = _halved(now, new[chosen(half, new)])
    if new and faults.get("stale-sa-table", count) is not None:
        known = {tunnel.name for tunnel in base}
        now = tuple(t if t.name in known else _of_other_night(t) for t in now)
    if new and faults.get("ghost-tunnel", count) is not None:
        now = (*now, _GHOST[new[0].kind])
    gone = added(now, deleted)
    if gone and (linger := faults.get("linger-sa")) is not None:
        now = (*now, gone[chosen(linger, gone)])
    return now


def _halved(now: tuple[Tunnel, ...], victim: Tunnel) -> tuple[Tunnel, ...]:
    return tuple(replace(each, half=each.up) if each is victim else each for each in now)


def alarms(board: FaultBoard, new: int) -> tuple[Alarm, ...]:
    """Return the chassis alarms that are active because of a fault; ``new`` tunnels are there."""
    fault = board.armed("alarm")
    if fault is None or new < fault.count("from_count"):
        return ()
    return (Alarm(board.since("alarm"), fault.word("severity"), fault.word("text")),)


def load(faults: Faults, new: int) -> Load:
    """Return how busy the device is with ``new`` tunnels."""
    busy = faults.get("load", new)
    shown = Load(*map(busy.count, ("cpu", "memory", "disk"))) if busy is not None else AT_REST
    return replace(shown, disk=100) if faults.get("disk-full") is not None else shown


def crash(files: FileSystem, fault: Fault) -> None:
    """Leave the core file that a fault asks for, if it still fits on the disk."""
    path = _core_path(fault)
    if not files.exists(_CRASHES):
        files.make_directory(_CRASHES, "root")
    with suppress(FileError):
        files.write(path, bytes(_CORE_OCTETS), "root")


def tidy(files: FileSystem, fault: Fault) -> None:
    """Remove it again, unless somebody has."""
    if files.exists(_core_path(fault)):
        files.remove(_core_path(fault))


def core_files(files: FileSystem | None) -> tuple[CoreFile, ...]:
    """Return what crashed processes left behind; no file system yet: nothing."""
    if files is None or not files.exists(_CRASHES):
        return ()
    return tuple(
        CoreFile(path, entry.size, entry.modified)
        for path, entry in files.walk(_CRASHES)
        if isinstance(entry, File)
    )


def _core_path(fault: Fault) -> str:
    return f"{_CRASHES}/{fault.word('daemon')}.core.0.gz"


def _of_other_night(tunnel: Tunnel) -> Tunnel:
    return replace(tunnel, local=_shifted(tunnel.local), remote=_shifted(tunnel.remote))


def _shifted(address: str) -> str:
    try:
        return str(IPv4Address(int(IPv4Address(address)) ^ _OTHER_NIGHT))
    except ValueError:  # a host name, or nothing
        return address
