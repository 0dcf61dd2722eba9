"""What hardware there is: the values that a testbed file turns into.

Nothing here reads a file, opens a socket or holds a resolved secret. The one exception is the
literal password of a simulated device, which isn't a secret; ``repr`` hides it all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from types import MappingProxyType
from typing import Literal

from harness.errors import UsageError

Platform = Literal["nfx250", "srx4100", "srx4200", "vsrx", "vmx", "compute-node"]
DeviceType = Literal["gateway", "hub", "jdm", "compute"]
Role = Literal["gateway", "jdm", "compute"]
Topology = Literal["hub-and-spoke", "full-mesh", "dvpn", "distributed", "centralized"]
ConnectionName = Literal["netconf", "cli", "console"]
Scalar = str | int | float | bool

# The kinds that a platform's schema has statements for. vMX has no `security ipsec vpn …
# bind-interface` (Juniper/yang 18.4R1, junos-conf-security), so it carries GRE alone.
KINDS: Mapping[Platform, tuple[str, ...]] = MappingProxyType(
    {
        "nfx250": ("ipsec", "gre", "gre-over-ipsec"),
        "srx4100": ("ipsec", "gre", "gre-over-ipsec"),
        "srx4200": ("ipsec", "gre", "gre-over-ipsec"),
        "vsrx": ("ipsec", "gre", "gre-over-ipsec"),
        "vmx": ("gre",),
    }
)
ZONELESS: frozenset[Platform] = frozenset({"vmx"})  # no `security zones` in its schema
_NO_POOL = IPv4Network("0.0.0.0/32")  # of a deployment without tunnels
STAND_INS: frozenset[Platform] = frozenset({"vsrx", "vmx"})  # may say `emulates:`
EMULATED: tuple[Platform, ...] = ("nfx250", "srx4100", "srx4200")  # what they may stand in for


def _empty() -> Mapping[str, object]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Connection:
    """Where one management service of a device listens."""

    host: str
    port: int  # 1..65535


class CredentialSource(StrEnum):
    """Where the password comes from, and when: never at load time."""

    LITERAL = "literal"  # simulated devices only
    ENV = "env"
    KEYRING = "keyring"
    AGENT = "agent"  # ssh-agent: there is no password
    PROMPT = "prompt"
    FILE = "file"  # mode 0600
    NONE = "none"  # a key file logs in alone


@dataclass(frozen=True, slots=True)
class CredentialRef:
    """Who logs in, and where the password is to be found when it's needed."""

    username: str
    source: CredentialSource
    reference: str = ""  # environment variable, keyring service, or path; else ""
    literal: str = field(default="", repr=False)  # only with source LITERAL
    key_file: str | None = None  # path of an SSH private key, mode 0600
    passphrase: CredentialRef | None = None  # of the key file, where it has one


@dataclass(frozen=True, slots=True)
class TunnelUnderlay:
    """Where tunnels leave the device, and the pools that are ours to number from."""

    external_interface: str  # a unit: "ge-0/0/0.0"
    external_zone: str | None  # None where the platform has no zones
    local_address: IPv4Address  # the device's own outer address
    peers: IPv4Network  # outer addresses of the other ends
    inner: IPv4Network  # tunnel link addresses and routed prefixes
    mpls: bool = False  # `family mpls` on GRE units
    proposal: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Limits:
    """What the owner of the lab allows, whatever the claim says."""

    tunnels: int | None = None


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """What a device may show of itself under load; anything worse takes it out of the run.

    ``cpu_percent`` is None where it isn't judged: a commit alone keeps a routing engine busy.
    """

    cpu_percent: int | None = None
    memory_percent: int = 95
    disk_percent: int = 95  # of a file system that configurations, logs and core files go to
    alarms: Literal["major", "minor", "ignore"] = "major"  # the least that counts, if it's new
    cores: Literal["new", "ignore"] = "new"
    restarts: Literal["new", "ignore"] = "new"  # of the system, and of the routing process


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a simulated device; the simulator knows the names and their options."""

    name: str
    options: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    after: float = 0.0  # seconds from the device's start
    lasting: float | None = None  # seconds; None: for ever


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """A further login of a simulated device."""

    name: str
    password: str = field(repr=False)
    login_class: str = "super-user"


@dataclass(frozen=True, slots=True)
class Simulation:
    """How a simulated device behaves: the checked form of its ``custom`` keys."""

    faults: tuple[Fault, ...] = ()
    switches: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tunnel_limit: int | None = None  # refuse commits above it
    commit_seconds: float = 0.0  # pretended duration of a commit
    base: str | None = None  # path of a set-format configuration to start with
    schema: str | None = None  # path of a compiled schema
    serial: str | None = None
    version: str | None = None  # Junos release that it shows
    users: tuple[SimulatedUser, ...] = ()
    cluster: bool = False  # two nodes of an SRX that answer as one device
    peers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    # address of a far end that is no device of the testbed → "answering", "silent"
    keep_alive_seconds: float = 7800.0  # how long a session outlives a client that vanished
    lines: Mapping[tuple[str | int, ...], int] = field(
        default_factory=lambda: MappingProxyType({})
    )  # path below `custom` → line of the file, from 1

    def line(self, path: tuple[str | int, ...]) -> int:
        """Return the line of what stands at ``path`` below ``custom``, or of what is around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass(frozen=True, slots=True)
class EventsSetup:
    """Where devices send their log events, and the load that simulated CPEs are played at."""

    collector: IPv4Address | None = None  # of this machine as devices see it; None: loopback
    port: int | None = None  # None: any free one, another for each case
    transport: Literal["tcp", "udp"] = "tcp"
    seconds: float = 2.0
    cpes: int = 100
    rate: int = 1000  # events per second, of all CPEs
    zone: str | None = None  # whose sessions are tracked; None: the device's external zone
    lost: int = 0  # of the events that are played, on purpose
    garbled: int = 0


@dataclass(frozen=True, slots=True)
class Device:
    """One addressable endpoint.

    An NFX250 on 15.1X53 is two of them, the gateway and JDM, with one ``chassis``; from 19.1
    (NextGen) it's one.
    """

    name: str
    platform: Platform
    os: str = "junos"
    type: DeviceType = "gateway"
    alias: str | None = None
    simulated: bool = False
    emulates: Platform | None = None  # a stand-in's claimed platform
    chassis: str | None = None  # shared by the endpoints of one box
    role: Role = "gateway"  # "jdm" and "compute" exactly when `type` is that
    connections: Mapping[ConnectionName, Connection] = field(
        default_factory=lambda: MappingProxyType({})
    )
    credentials: CredentialRef | None = None  # None: simulated, the simulator's own login
    tags: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    health: HealthLimits = field(default_factory=HealthLimits)
    underlay: TunnelUnderlay | None = None  # None on a JDM or compute node: no tunnels
    simulation: Simulation | None = None  # present exactly when `simulated`
    custom: Mapping[str, object] = field(default_factory=_empty)
    line: int = 0  # of the device's name in the file, from 1

    @property
    def claimed_platform(self) -> Platform:
        """Return the platform whose claims apply: what a stand-in emulates, else its own."""
        return self.emulates or self.platform

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the tunnel kinds that the device can carry; none on a JDM."""
        return KINDS[self.platform] if self.role == "gateway" else ()


@dataclass(frozen=True, slots=True)
class Fleet:
    """Many alike devices: ``branch-0001`` … ``branch-6000``, each made when it's asked for.

    They have no underlay of their own: which site a device plays, and so its addresses, is a
    deployment's affair.
    """

    name: str
    count: int
    pattern: Device  # what all are alike in; its name is the fleet's
    external_interface: str = ""  # "" on a JDM or compute node
    external_zone: str | None = None
    mpls: bool = False
    proposal: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    address: IPv4Address | None = None  # of the first; None: the harness serves them itself
    netconf_port: int = 830
    cli_port: int = 22
    line: int = 0

    def member(self, number: int) -> Device:
        """Return the device of that number, from 1."""
        name = f"{self.name}-{number:0{len(str(self.count))}d}"
        if self.address is None:
            return replace(self.pattern, name=name)
        host = str(self.address + number - 1)
        connections: Mapping[ConnectionName, Connection] = MappingProxyType(
            {
                "netconf": Connection(host, self.netconf_port),
                "cli": Connection(host, self.cli_port),
            }
        )
        return replace(self.pattern, name=name, connections=connections)

    def members(self) -> Iterator[Device]:
        """Yield every device."""
        return map(self.member, range(1, self.count + 1))

    def named(self, name: str) -> Device | None:
        """Return the device of that name, or None when the fleet has none."""
        prefix, _, digits = name.rpartition("-")
        if prefix != self.name or not (digits.isascii() and digits.isdecimal()):
            return None
        if len(digits) != len(str(self.count)) or not 1 <= int(digits) <= self.count:
            return None
        return self.member(int(digits))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDemandNumbers:
    """How tunnels of a DVPN deployment come and go; tunnels are counted in each tenant."""

    waves: int  # of a quarter of an hour of sessions each, of which nobody waits for any
    tunnels: int  # that are there at the end of each wave
    churn: int  # that are created in all waves together; what is created is deleted, too
    create_threshold: int = 5  # sessions closed between two sites within two minutes
    delete_threshold: int  # those closed within fifteen minutes; no default is documented
    seed: str = "1"  # of the sessions


@dataclass(frozen=True, slots=True)
class VnfMachine:
    """What every VNF of a distributed deployment is."""

    image: str  # path of a file on the JDM
    cpus: int
    memory: int  # kB
    vlan: str  # of the host
    hugepages: Literal[0, 2, 1024] = 1024  # MB; 0: ordinary memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is built of many devices: a topology's numbers, who plays in it, and how it's tried."""

    name: str
    topology: Topology
    claim: str | None = None
    kind: str = "ipsec"
    sites: int  # hubs not counted; of each tenant in a mesh; the VNFs of a centralized one
    links: int = 1  # WAN links of a site
    hubs: int = 0
    hubs_per_site: int = 1
    oam: bool = False
    tenants: int = 1
    tag_pairs: int = 1
    outer: IPv4Network = _NO_POOL
    inner: IPv4Network = _NO_POOL
    vnfs_per_site: int = 0  # of a distributed deployment
    machine: VnfMachine | None = None  # each of them
    per_node: int = 0  # VNFs of a centralized deployment on one compute node
    nodes: tuple[str, ...] = ()  # fleets and devices that these are
    played_by: tuple[str, ...]  # fleets and devices that are sites, in this order
    hubs_played_by: tuple[str, ...] = ()
    plays: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # site → device
    wave: int = 500  # devices that hold their tunnels together
    at_once: int = 16
    failures_allowed: float = 0.0  # share of a wave
    on_demand: OnDemandNumbers | None = None  # exactly on DVPN
    line: int = 0

    @property
    def players(self) -> tuple[str, ...]:
        """Return every fleet and device that takes part."""
        return (*self.played_by, *self.hubs_played_by, *self.plays.values())

    @property
    def all_sites(self) -> int:
        """Return the sites of all tenants, hubs not counted."""
        return self.sites * self.tenants


@dataclass(frozen=True, slots=True)
class Testbed:
    """All devices of one file, in the order of the file; those of fleets apart."""

    __test__ = False  # pytest must not take the name for a test class

    name: str
    path: str  # the file, or whatever the text was read from
    devices: tuple[Device, ...] = ()
    claims: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # operator's
    claim_lines: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    known_hosts: str | None = None  # None: the user's own file
    leases: str | None = None  # directory that machines share their lease records in
    sha256: str = ""  # of the text, for the record
    fleets: tuple[Fleet, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    events: EventsSetup | None = None

    def device(self, name: str) -> Device:
        """Return the device of that name or alias, a fleet's too.

        Raises :class:`~harness.errors.UsageError` that lists the known names.
        """
        for device in self.devices:
            if name in {device.name, device.alias}:
                return device
        for fleet in self.fleets:
            member = fleet.named(name)
            if member is not None:
                return member
        known = ", ".join(_names(self.devices, self.fleets)) or "none"
        raise UsageError(f"{self.path}: no device named {name!r}; known: {known}")

    def chassis_of(self, device: Device) -> tuple[Device, ...]:
        """Return every endpoint of the device's chassis, itself included."""
        if device.chassis is None:
            return (device,)
        return tuple(other for other in self.devices if other.chassis == device.chassis)

    def deployment(self, name: str) -> Deployment:
        """Return the deployment of that name; raises :class:`UsageError` naming those there are."""
        for deployment in self.deployments:
            if deployment.name == name:
                return deployment
        known = ", ".join(each.name for each in self.deployments) or "none"
        raise UsageError(f"{self.path}: no deployment named {name!r}; known: {known}")

    def fleet(self, name: str) -> Fleet | None:
        """Return the fleet of that name, if there is one."""
        return next((fleet for fleet in self.fleets if fleet.name == name), None)

    def lasting(self) -> Iterator[Device]:
        """Yield every device but those of fleets that are simulated inside a run."""
        yield from self.devices
        for fleet in self.fleets:
            if fleet.address is not None:
                yield from fleet.members()

    def players(self, names: Iterable[str]) -> Iterator[Device]:
        """Yield the devices that fleets and devices of these names are, in this order."""
        for name in names:
            fleet = self.fleet(name)
            if fleet is not None:
                yield from fleet.members()
            else:
                yield self.device(name)


def _names(devices: Iterable[Device], fleets: Iterable[Fleet]) -> Iterator[str]:
    yield from (device.name for device in devices)
    yield from (f"{f.member(1).name} … {f.member(f.count).name}" for f in fleets)
