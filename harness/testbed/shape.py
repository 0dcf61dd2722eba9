"""The shape of a device and its testbed as pydantic models: for the loader and the JSON schema.

What one model can't say alone (a zone is needed except on vMX, an address occurs once) stands in
:mod:`harness.testbed.rules`. Patterns are written for pydantic's and for JSON Schema's engines
alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from harness.testbed.model import DeviceType, Platform

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"

NAME = "^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,30}[A-Za-z0-9])?$"
HOST = "^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$"  # what junos-eznc 2.8 accepts
USERNAME = "^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$"
VARIABLE = "^[A-Za-z_][A-Za-z0-9_]*$"
TAG = "^[A-Za-z0-9][A-Za-z0-9._:-]{0,31}$"
ZONE = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"  # 1..63 characters (junos-es-conf-security)
ADDRESS = f"^{_IPV4}$"
NETWORK = f"^{_IPV4}/(?:[89]|[12][0-9]|30)$"
# Revenue interfaces with their unit; management ones (fxp0, em0, me0) never carry tunnels.
INTERFACE = r"^(?:(?:ge|xe|et|fe)-[0-9]+/[0-9]+/[0-9]+|(?:reth|ae|pp)[0-9]+|irb|lo0)\.[0-9]{1,5}$"
SIMULATED_USER = r"^[a-z_][a-z0-9_-]{0,31}$"
KEBAB = "^[a-z0-9]+(?:-[a-z0-9]+)*$"
TEXT = r"^\S(?:.*\S)?$"

# What to say when a pattern doesn't match.
ALLOWED: Mapping[str, str] = MappingProxyType(
    {
        NAME: "1-32 letters, digits, '-', '_', '.', with a letter or digit first and last",
        HOST: "an IPv4 address or a host name of letters, digits, '-', '_', '.'",
        USERNAME: "1-64 letters, digits, '.', '_', '-', '@'",
        VARIABLE: "the name of an environment variable, such as LAB_PASSWORD",
        TAG: "1-32 letters, digits, '-', '_', '.', ':'",
        ZONE: "1-63 letters, digits, '-', '_', '.'",
        ADDRESS: "an IPv4 address, such as 192.0.2.1",
        NETWORK: "an IPv4 network of length 8-30, such as 198.18.0.0/15",
        INTERFACE: "a revenue interface with its unit, such as ge-0/0/0.0 or reth0.0",
        SIMULATED_USER: "1-32 lower-case letters, digits, '_', '-', not a digit first",
        KEBAB: "lower-case words joined by '-'",
        TEXT: "text on one line",
    }
)

Text = Annotated[str, Field(pattern=TEXT, max_length=1024)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(pattern=HOST)]
Name = Annotated[str, Field(pattern=NAME)]
# The enumerations and ranges of harness.plan.proposal; a test holds the two together.
DhGroup = Literal["group14", "group15", "group16", "group19", "group20", "group24"]


def _scalar_tag(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return f"<{type(value).__name__}>"
    return "<str>"


AnyScalar = Annotated[
    Annotated[str, Tag("<str>")]
    | Annotated[bool, Tag("<bool>")]
    | Annotated[int, Tag("<int>")]
    | Annotated[float, Tag("<float>")],
    Discriminator(_scalar_tag),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]


class Shape(BaseModel):
    """Closed and strict: an unknown key or a number for a word is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SecretRef(Shape):
    """Where a secret text is found when it's needed; exactly one key."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    env: Annotated[str, Field(pattern=VARIABLE)] | None = Field(
        default=None, description="environment variable"
    )
    keyring: Text | None = Field(default=None, description="service in the desktop keyring")
    prompt: bool | None = Field(
        default=None, description="ask on the terminal", json_schema_extra={"const": True}
    )
    file: Text | None = Field(
        default=None, description="file of mode 0600 that holds the password alone"
    )


class PasswordRef(SecretRef):
    """Where a password is found, or who logs in without one."""

    agent: bool | None = Field(
        default=None,
        description="ssh-agent logs in, no password",
        json_schema_extra={"const": True},
    )


def _password_tag(value: Any) -> str:
    return "<PasswordRef>" if value is None or isinstance(value, dict) else "<str>"


AnyPassword = Annotated[
    Annotated[str, Field(min_length=1, max_length=255), Tag("<str>")]
    | Annotated[PasswordRef, Tag("<PasswordRef>")],
    Discriminator(_password_tag),
]


class Login(Shape):
    """Who logs in."""

    username: Annotated[str, Field(pattern=USERNAME)]
    password: AnyPassword | None = Field(
        default=None, description="a reference; literal text only for simulated devices"
    )
    key_file: Text | None = Field(
        default=None, description="SSH private key, a file of mode 0600; password may be left out"
    )
    passphrase: SecretRef | None = Field(
        default=None, description="a reference to the passphrase of key_file, if it has one"
    )


class Credentials(Shape):
    """pyATS' mapping of logins; only ``default`` is used."""

    default: Login


class Netconf(Shape):
    """NETCONF over SSH."""

    host: Host
    port: Port = 830


class Cli(Shape):
    """The CLI over SSH."""

    host: Host
    port: Port = 22


class Console(Shape):
    """A console server's SSH port for this device."""

    host: Host
    port: Port


class Connections(Shape):
    """The management services of a device."""

    netconf: Netconf | None = None
    cli: Cli | None = None
    console: Console | None = None


class DeviceLimits(Shape):
    """What the lab's owner allows."""

    tunnels: Count | None = Field(
        default=None, description="never ask for more than this many tunnels"
    )


Percent = Annotated[int, Field(ge=1, le=100)]


class HealthShape(Shape):
    """What a device may show of itself under load; anything worse takes it out of the run."""

    cpu_percent: Percent | None = Field(
        default=None, description="of a processor; left out: not judged"
    )
    memory_percent: Percent | None = Field(default=None, description="default 95; 100: never")
    disk_percent: Percent | None = Field(
        default=None, description="of /var, /config or /.mount; default 95; 100: never"
    )
    alarms: Literal["major", "minor", "ignore"] | None = Field(
        default=None, description="the least severity of a new alarm that counts; default major"
    )
    cores: Literal["new", "ignore"] | None = Field(
        default=None, description="new core files; default new"
    )
    restarts: Literal["new", "ignore"] | None = Field(
        default=None, description="a reboot, or a restart of the routing process; default new"
    )


class ProposalShape(Shape):
    """IKE and ESP parameters that replace the defaults, in Junos' spelling."""

    dh_group: DhGroup | None = None
    ike_encryption: (
        Literal["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-gcm", "aes-256-gcm"] | None
    ) = None
    ike_authentication: Literal["sha-256", "sha-384"] | None = None
    ike_lifetime: Annotated[int, Field(ge=180, le=86400)] | None = Field(
        default=None, description="seconds"
    )
    esp_encryption: (
        Literal[
            "aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-gcm", "aes-192-gcm", "aes-256-gcm"
        ]
        | None
    ) = None
    esp_lifetime: Annotated[int, Field(ge=180, le=86400)] | None = Field(
        default=None, description="seconds"
    )
    pfs_group: DhGroup | None = None
    dpd_interval: Annotated[int, Field(ge=2, le=60)] | None = Field(
        default=None, description="seconds"
    )
    dpd_threshold: Annotated[int, Field(ge=1, le=5)] | None = None


class Underlay(Shape):
    """Where tunnels leave the device and which addresses are ours to use; nothing is assumed."""

    external_interface: Annotated[str, Field(pattern=INTERFACE)] = Field(
        description="interface unit that the tunnels leave by"
    )
    external_zone: Annotated[str, Field(pattern=ZONE)] | None = Field(
        default=None, description="its security zone; required except on vmx"
    )
    local_address: Annotated[str, Field(pattern=ADDRESS)] = Field(
        description="the device's own address on that interface"
    )
    peers: Annotated[str, Field(pattern=NETWORK)] = Field(
        description="pool of the other ends' outer addresses"
    )
    inner: Annotated[str, Field(pattern=NETWORK)] = Field(
        description="pool of tunnel link addresses and routed prefixes"
    )
    mpls: bool = Field(default=False, description="family mpls on GRE units")
    proposal: ProposalShape | None = None


class FaultShape(BaseModel):
    """One fault; keys besides ``name``, ``after`` and ``lasting`` are its options."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, AnyScalar]  # type: ignore[mutable-override]  # pydantic's way

    name: Annotated[str, Field(pattern=KEBAB, max_length=64)]
    after: Annotated[float, Field(ge=0, le=86400)] = Field(
        default=0.0, description="seconds from the device's start"
    )
    lasting: Annotated[float, Field(ge=0, le=86400)] | None = Field(
        default=None, description="seconds; without it for ever"
    )


class UserShape(Shape):
    """A further login of a simulated device."""

    name: Annotated[str, Field(pattern=SIMULATED_USER)]
    password: Annotated[str, Field(min_length=1, max_length=128)] = Field(repr=False)
    # "class" is a word of Python's.
    login_class: Literal["super-user", "operator", "read-only", "unauthorized", "no-secret"] = (
        Field(
            default="super-user",
            alias="class",
            description="a class of Junos, or no-secret: all but the permission secret",
        )
    )


class SimulationShape(Shape):
    """How a simulated device behaves."""

    faults: list[FaultShape] = Field(default=[], description="docs/simulated-device.md lists them")
    switches: dict[str, str] = Field(
        default={}, description="unsettled Junos behaviours, docs/simulated-device.md"
    )
    tunnel_limit: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="refuse commits above this many tunnels"
    )
    commit_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=0.0, description="pretended duration of a commit"
    )
    base: Text | None = Field(
        default=None, description="set-format file that the device starts with"
    )
    # "schema" is a method of pydantic's models.
    compiled: Text | None = Field(
        default=None,
        alias="schema",
        description="compiled schema of the vendor's models, by `harness sim schema build`",
    )
    serial: Text | None = None
    version: Text | None = Field(default=None, description="Junos release that it shows")
    users: Annotated[list[UserShape], Field(max_length=64)] = Field(
        default=[], description="further logins; the first one is a super-user"
    )
    cluster: bool = Field(
        default=False, description="two nodes of an SRX that answer as one device"
    )
    peers: dict[Annotated[str, Field(pattern=ADDRESS)], Literal["answering", "silent"]] = Field(
        default={},
        description="how far ends of tunnels behave that are no devices of the testbed, by address",
    )
    keep_alive_seconds: Annotated[float, Field(ge=0, le=86400)] = Field(
        default=7800.0, description="how long a session outlives a client that vanished"
    )


class DeviceShape(Shape):
    """What every device says of itself."""

    platform: Platform
    os: Literal["junos", "linux"] = Field(default="junos", description="linux: a compute node's")
    type: DeviceType = Field(
        default="gateway",
        description="jdm: the JDM of an NFX250 on 15.1X53; compute: a Linux host of VNFs",
    )
    alias: Name | None = None
    emulates: Literal["nfx250", "srx4100", "srx4200"] | None = Field(
        default=None, description="platform that a vsrx or vmx stands in for"
    )
    chassis: Name | None = Field(
        default=None, description="name shared by the gateway and the JDM of one NFX250"
    )
    credentials: Credentials | None = None
    tags: Annotated[list[Annotated[str, Field(pattern=TAG)]], Field(max_length=32)] = []
    limits: DeviceLimits | None = None
    health: HealthShape | None = Field(
        default=None, description="in place of what the testbed says for all"
    )
    underlay: Underlay | None = None


class SimulatedDevice(DeviceShape):
    """A device that the harness starts itself, or finds running at its connections."""

    simulated: bool = Field(json_schema_extra={"const": True})
    connections: Connections | None = Field(
        default=None, description="only for one that `harness sim run` serves already"
    )
    custom: SimulationShape | None = None


class RealDevice(DeviceShape):
    """A device, or virtual machine, of the lab."""

    simulated: bool = Field(default=False, json_schema_extra={"const": False})
    connections: Connections
    custom: dict[str, Any] | None = Field(default=None, description="your own notes; not read")


class TestbedHead(Shape):
    """What holds for all devices."""

    name: Name
    credentials: Credentials | None = Field(
        default=None, description="for devices that have none of their own"
    )
    known_hosts: Text | None = Field(
        default=None, description="SSH host keys; default: your own known_hosts file"
    )
    health: HealthShape | None = Field(
        default=None, description="what devices may show of themselves under load"
    )
    leases: Text | None = Field(
        default=None,
        description="directory that all machines share whose runs may use these devices",
    )
    custom: dict[str, Any] | None = Field(default=None, description="your own notes; not read")


def _device_tag(value: Any) -> str:
    simulated = value.get("simulated") if isinstance(value, dict) else None
    return "<SimulatedDevice>" if simulated is True else "<RealDevice>"


AnyDevice = Annotated[
    Annotated[SimulatedDevice, Tag("<SimulatedDevice>")]
    | Annotated[RealDevice, Tag("<RealDevice>")],
    Discriminator(_device_tag),
]
