"""What operational answers are made from: the device's state at one moment, faults applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.sim.config.tree import Node
from harness.sim.machines import Machine, Memory
from harness.sim.platforms import Platform
from harness.sim.release import release_name
from harness.sim.store.commit import (
    CommitRecord,
    Editing,
    LockHolder,
    PendingConfirm,
    ScheduledCommit,
)
from harness.sim.tunnels import Tunnel, TunnelKind


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
class Load:
    """How busy a device is, in percent."""

    cpu: int = 5  # of the routing engine
    memory: int = 27  # of the routing engine
    disk: int = 4  # of /var


AT_REST = Load()


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
    load: Load = AT_REST
    machines: Sequence[Machine] = ()  # virtual ones, of a host
    memory: Memory | None = None  # of a host
    cluster: bool = False
    node: str = ""  # of a chassis cluster: "node0", "node1"; "" where it answers as one device

    @property
    def release(self) -> str:
        """Return what namespaces carry."""
        return release_name(self.version)

    def namespace(self, family: str) -> str:
        """Return the namespace of a reply root: "chassis", "interface", "zones", …."""
        return f"http://xml.juniper.net/junos/{self.release}/junos-{family}"

    def of_kind(self, kind: TunnelKind) -> list[Tunnel]:
        """Return the tunnels of one kind."""
        return [tunnel for tunnel in self.tunnels if tunnel.kind is kind]
