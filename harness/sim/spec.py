"""What one simulated device is told to be: the only input of the simulator, plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

FaultValue = str | int | float | bool


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """One fault by name with its options; docs/simulated-device.md lists the names."""

    name: str
    options: Mapping[str, FaultValue] = field(default_factory=lambda: MappingProxyType({}))
    after: float = 0.0  # seconds from the device's start, or from now when armed while it runs
    lasting: float | None = None  # seconds; None: until it's switched off


@dataclass(frozen=True, slots=True)
class UserSpec:
    """A further login; docs/simulated-device.md lists the classes."""

    name: str
    password: str = field(repr=False)
    login_class: str = "super-user"


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One simulated endpoint; an NFX250 of the 15.1X53 generation is two of them."""

    name: str
    platform: str  # srx4100, srx4200, vsrx, nfx250 (its gateway), nfx250-jdm, vmx
    username: str = "lab"
    password: str = field(default="lab", repr=False)
    users: tuple[UserSpec, ...] = ()  # beside the first one, a super-user
    host: str = "127.0.0.1"
    port: int = 0  # 0: the kernel chooses
    base: str | None = None  # set-format configuration it starts with; None: the platform's own
    own: str = ""  # set lines on top of that: what it alone has of many that start alike
    schema: Path | None = None  # a compiled one of the vendor's models; None: the embedded model
    serial: str | None = None  # the simulator adds its own prefix whatever is given
    version: str | None = None  # Junos release shown; None: the platform's own
    tunnel_limit: int | None = None  # refuse commits above it; None: no limit
    commit_seconds: float = 0.0  # pretended duration of a commit
    keep_alive_seconds: float = 7800.0  # how long a session outlives a client that vanished
    cluster: bool = False  # two nodes of an SRX that answer as one device
    peers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    # address of a tunnel's far end → "answering" or "silent"; others: the switch "peers"
    faults: tuple[FaultSpec, ...] = ()
    switches: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
