"""The kinds of death, and what a seed may choose of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from harness.sim.onlooker import Stage

Option = str | float | bool


class Kind(StrEnum):
    """What dies, breaks or comes in between."""

    WORKER_KILLED = "worker SIGKILL"
    CONTROLLER_KILLED = "controller SIGKILL"
    ALL_KILLED = "SIGKILL of everything"
    SIGTERM = "SIGTERM"
    CTRL_C = "Ctrl-C"
    CTRL_C_TWICE = "Ctrl-C twice"
    DROPPED_BEFORE = "session dropped before commit"
    DROPPED_DURING = "session dropped during commit"
    DROPPED_AFTER = "session dropped after commit"
    DROPPED = "session dropped"
    REBOOT = "device reboot"
    NETWORK_MINUTES = "network gone for minutes"
    NETWORK_GONE = "network gone for good"
    DEVICE_DISK = "device's disk full"
    STATE_DISK = "state directory's disk full"
    DEVICE_CLOCK = "device's clock jumps"
    OUR_CLOCK = "our clock jumps"
    THEY_COMMIT = "second writer commits"
    THEY_ENTANGLE = "second writer entangled"
    THEY_CONFIRM = "second writer's confirmed commit"
    THEY_LOCK = "second writer locks"
    THEY_EDIT = "second writer edits"
    RESTORE_KILLED = "harness restore SIGKILL"
    ANOTHER = "another death on the way back"
    LIE = "device lies"


FOREIGN = frozenset(
    (Kind.THEY_COMMIT, Kind.THEY_ENTANGLE, Kind.THEY_CONFIRM, Kind.THEY_LOCK, Kind.THEY_EDIT)
)
# What may come on top of another one, while the device is put back.
ANY = (
    Kind.CONTROLLER_KILLED,
    Kind.ALL_KILLED,
    Kind.SIGTERM,
    Kind.CTRL_C,
    Kind.DROPPED,
    Kind.REBOOT,
    Kind.NETWORK_MINUTES,
    Kind.DEVICE_DISK,
    Kind.DEVICE_CLOCK,
)

# What opens the way for somebody who waits for the lock: that our session is gone.
OPENINGS = (Kind.ALL_KILLED, Kind.DROPPED, Kind.WORKER_KILLED, Kind.REBOOT, Kind.NETWORK_MINUTES)


@dataclass(frozen=True, slots=True)
class Instant:
    """The ``requests``-th request after the ``commits``-th commit was asked of the device.

    ``requests`` 0 is that commit itself; ``commits`` 0 is the start, -1 is the death before this
    one. A check is no commit.
    """

    commits: int
    requests: int
    stage: Stage

    def __str__(self) -> str:
        """Write it as a story tells it."""
        if self.requests == 0:
            return f"commit {self.commits} {self.stage.value}"
        if self.commits < 0:
            return f"request {self.requests} after that {self.stage.value}"
        after = f" after commit {self.commits}" if self.commits else ""
        return f"request {self.requests}{after} {self.stage.value}"


@dataclass(frozen=True, slots=True)
class Death:
    """One thing that happens at one instant."""

    kind: Kind
    at: Instant
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        """Write it as a story tells it."""
        more = ", ".join(f"{name} {value}" for name, value in self.options.items())
        return f"{self.kind} at {self.at}" + (f" ({more})" if more else "")


# Set lines that somebody else commits: beside ours, on any platform and on one with zones.
BESIDE = (
    'set system login message "night shift"',
    'set snmp location "rack 4"',
    "set routing-options static route 203.0.113.0/24 discard",
    'set interfaces lo0 unit 7 description "by hand"',
    "set system name-server 203.0.113.53",
    "delete interfaces {port} description\nset interfaces {port} mtu 9000",
)
BESIDE_ZONED = (
    "set security ike gateway corp-hq dead-peer-detection threshold 5",
    "set security zones security-zone vpn-corp host-inbound-traffic system-services ssh",
    "set interfaces st0 unit 900 family inet address 203.0.113.0/31",
    "set security ipsec vpn corp-hq establish-tunnels immediately",
)
# … and inside ours, by the kind of our tunnels.
INSIDE = MappingProxyType(
    {
        "ipsec": (
            "set security ike gateway hil-t00001 address 203.0.113.9",
            "set security ike gateway hil-t00001 dead-peer-detection interval 20",
            "set security ike gateway hil-t00001 local-identity hostname alice",
            "set security zones security-zone hil-ipsec host-inbound-traffic system-services ssh",
            "delete security ipsec vpn hil-t00001",
            "set security policies from-zone trust to-zone hil-ipsec policy by-hand match "
            "source-address any destination-address any application any\n"
            "set security policies from-zone trust to-zone hil-ipsec policy by-hand then permit",
            "set security ipsec vpn hil-t00002 establish-tunnels immediately",
        ),
        "gre": (
            "set interfaces gr-0/0/0 unit 77 tunnel source 192.0.2.1\n"
            "set interfaces gr-0/0/0 unit 77 tunnel destination 203.0.113.77\n"
            "set interfaces gr-0/0/0 unit 77 family inet address 203.0.113.2/31",
            'set interfaces gr-0/0/0 unit 0 description "by hand"',
        ),
    }
)
# Faults of a device that doesn't do what it says, above the count of the negative control.
LIES = ("drop-tunnel", "swap-psk", "wrong-unit", "ok-beside-error", "ghost-tunnel", "drop-sa")
