"""The shape of ``fleets`` and ``deployments``: many alike devices, and what is built of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from harness.testbed.model import DeviceType, Platform, Topology
from harness.testbed.shape import (
    ADDRESS,
    INTERFACE,
    KEBAB,
    NETWORK,
    TAG,
    ZONE,
    Credentials,
    DeviceLimits,
    HealthShape,
    Name,
    Port,
    ProposalShape,
    Shape,
    SimulationShape,
)

IMAGE = r"^/[A-Za-z0-9._/-]+$"
FLEET = "^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$"

Network = Annotated[str, Field(pattern=NETWORK)]
FleetName = Annotated[str, Field(pattern=FLEET, max_length=20)]
Percentage = Annotated[float, Field(ge=0, le=100)]


class FleetUnderlay(Shape):
    """Where the tunnels of a fleet's devices leave them; the deployment has the addresses."""

    external_interface: Annotated[str, Field(pattern=INTERFACE)] = Field(
        description="interface unit that the tunnels leave by"
    )
    external_zone: Annotated[str, Field(pattern=ZONE)] | None = Field(
        default=None, description="its security zone; required except on vmx"
    )
    mpls: bool = Field(default=False, description="family mpls on GRE units")
    proposal: ProposalShape | None = None


class FleetPorts(Shape):
    """Where the management services of a fleet's devices listen."""

    netconf: Port = 830
    cli: Port = 22


class FleetShape(Shape):
    """What all devices of a fleet have alike."""

    count: Annotated[int, Field(ge=1, le=20_000)]
    platform: Platform
    os: Literal["junos", "linux"] = "junos"
    type: DeviceType = Field(default="gateway", description="what each of them is")
    emulates: Literal["nfx250", "srx4100", "srx4200"] | None = Field(
        default=None, description="platform that a vsrx or vmx stands in for"
    )
    ports: FleetPorts | None = None
    credentials: Credentials | None = None
    tags: Annotated[list[Annotated[str, Field(pattern=TAG)]], Field(max_length=32)] = Field(
        default=[]
    )
    limits: DeviceLimits | None = None
    health: HealthShape | None = Field(
        default=None, description="in place of what the testbed says for all"
    )
    underlay: FleetUnderlay | None = None


class SimulatedFleet(FleetShape):
    """Devices that the harness starts itself, or finds served at their addresses."""

    simulated: bool = Field(json_schema_extra={"const": True})
    address: Annotated[str, Field(pattern=ADDRESS)] | None = Field(
        default=None,
        description="first of consecutive addresses; only for devices that are served already",
    )
    custom: SimulationShape | None = None


class RealFleet(FleetShape):
    """Devices, or virtual machines, of the lab at consecutive addresses."""

    simulated: bool = Field(default=False, json_schema_extra={"const": False})
    address: Annotated[str, Field(pattern=ADDRESS)] = Field(
        description="first of consecutive management addresses"
    )
    custom: dict[str, Any] | None = Field(default=None, description="your own notes; not read")


def _fleet_tag(value: Any) -> str:
    simulated = value.get("simulated") if isinstance(value, dict) else None
    return "<SimulatedFleet>" if simulated is True else "<RealFleet>"


AnyFleet = Annotated[
    Annotated[SimulatedFleet, Tag("<SimulatedFleet>")] | Annotated[RealFleet, Tag("<RealFleet>")],
    Discriminator(_fleet_tag),
]

Players = Annotated[list[Name], Field(min_length=1, max_length=256)]


class AnyTopologyShape(Shape):
    """What every deployment says."""

    claim: Annotated[str, Field(pattern=KEBAB)] | None = Field(
        default=None, description="id of the claim that it speaks to"
    )
    plays: dict[Name, Name] = Field(
        default={}, description="a site's or hub's name: the device that plays it"
    )
    at_once: Annotated[int, Field(ge=1, le=256)] = Field(
        default=16, description="devices worked on at the same time"
    )
    failures_percent: Percentage = Field(
        default=0.0, description="of a wave; above it no further wave begins"
    )


class DeploymentShape(AnyTopologyShape):
    """What every deployment of tunnels says."""

    kind: Literal["ipsec", "gre", "gre-over-ipsec"] = "ipsec"
    outer: Network = Field(description="pool of the addresses that tunnels leave by")
    inner: Network = Field(description="pool of tunnel link addresses and routed prefixes")


Wave = Annotated[
    int, Field(ge=1, le=20_000, description="devices that hold what was pushed together")
]


class InWavesShape(DeploymentShape):
    """A deployment whose sites are tried one part after the other."""

    wave: Wave = 500


class HubAndSpokeShape(InWavesShape):
    """Sites that reach each other through hubs."""

    topology: Topology = Field(json_schema_extra={"const": "hub-and-spoke"})
    sites: Annotated[int, Field(ge=1, le=20_000)]
    links: Annotated[int, Field(ge=1, le=4)] = Field(default=1, description="WAN links of a site")
    hubs: Annotated[int, Field(ge=1, le=1000)]
    hubs_per_site: Annotated[int, Field(ge=1, le=2)] = Field(
        default=1, description="2: a primary and a secondary hub"
    )
    oam: bool = Field(default=False, description="a secure OAM tunnel to the primary hub")
    played_by: Players = Field(description="fleets and devices that are sites, in this order")
    hubs_played_by: Players = Field(description="fleets and devices that are hubs")


class FullMeshShape(InWavesShape):
    """Sites of which each has a tunnel to each other."""

    topology: Topology = Field(json_schema_extra={"const": "full-mesh"})
    tenants: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="each a mesh of its own"
    )
    sites: Annotated[int, Field(ge=2, le=2000)] = Field(description="of each tenant")
    tag_pairs: Annotated[int, Field(ge=1, le=3)] = Field(
        default=1, description="mesh tags that two sites share: tunnels between them"
    )
    played_by: Players = Field(description="fleets and devices that are sites, in this order")


class DvpnShape(DeploymentShape):
    """Sites whose tunnels come and go with the sessions between them."""

    topology: Topology = Field(json_schema_extra={"const": "dvpn"})
    tenants: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="each with tunnels of its own"
    )
    sites: Annotated[int, Field(ge=2, le=2000)] = Field(description="of each tenant")
    tag_pairs: Annotated[int, Field(ge=1, le=3)] = Field(
        default=1, description="mesh tags that two sites share: tunnels between them"
    )
    waves: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="times at which exactly the right tunnels have to be there"
    )
    tunnels: Annotated[int, Field(ge=1, le=5_000_000)] = Field(
        description="of each tenant, there after each wave"
    )
    churn: Annotated[int, Field(ge=1, le=100_000_000)] | None = Field(
        default=None, description="tunnels of each tenant that are created in all; all are deleted"
    )
    create_threshold: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=5, description="closed sessions in two minutes that create a tunnel"
    )
    delete_threshold: Annotated[int, Field(ge=0, le=10_000)] = Field(
        description="closed sessions in fifteen minutes, or fewer, that delete a tunnel"
    )
    seed: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        default="1", description="of the sessions"
    )
    played_by: Players = Field(description="fleets and devices that are sites, in this order")


class DistributedShape(AnyTopologyShape):
    """Sites that each have VNFs of their own, on the JDM of an NFX250."""

    topology: Topology = Field(json_schema_extra={"const": "distributed"})
    sites: Annotated[int, Field(ge=1, le=20_000)]
    vnfs_per_site: Annotated[int, Field(ge=1, le=20)] = 2
    image: Annotated[str, Field(pattern=IMAGE, max_length=256)] = Field(
        description="path of the VNFs' image on the JDM"
    )
    cpus: Annotated[int, Field(ge=1, le=64)] = Field(default=2, description="of one VNF")
    memory: Annotated[int, Field(ge=1024, le=4_294_967_295)] = Field(
        description="kB of one VNF, as the statement has it"
    )
    hugepages: Literal[0, 2, 1024] = Field(
        default=1024, description="MB of the pages that hold it; 0: ordinary memory"
    )
    vlan: Annotated[str, Field(pattern=ZONE)] = Field(
        description="VLAN of the host that each VNF has an interface in"
    )
    played_by: Players = Field(description="fleets and devices of type jdm, in this order")
    wave: Wave = 500


class CentralizedShape(InWavesShape):
    """VNFs on the compute nodes of a data centre, each with a tunnel to a hub."""

    topology: Topology = Field(json_schema_extra={"const": "centralized"})
    vnfs: Annotated[int, Field(ge=1, le=20_000)]
    per_node: Annotated[int, Field(ge=1, le=20)] = Field(
        default=20, description="VNFs on one compute node; the document says 20"
    )
    nodes: Players = Field(description="fleets and devices of type compute, in this order")
    hubs: Annotated[int, Field(ge=1, le=1000)]
    played_by: Players = Field(description="fleets and devices that are VNFs, in this order")
    hubs_played_by: Players = Field(description="fleets and devices that are hubs")


_SHAPES = {
    "full-mesh": "<FullMeshShape>",
    "dvpn": "<DvpnShape>",
    "distributed": "<DistributedShape>",
    "centralized": "<CentralizedShape>",
}


def _deployment_tag(value: Any) -> str:
    topology = value.get("topology") if isinstance(value, dict) else None
    return _SHAPES.get(str(topology), "<HubAndSpokeShape>")


AnyDeployment = Annotated[
    Annotated[HubAndSpokeShape, Tag("<HubAndSpokeShape>")]
    | Annotated[FullMeshShape, Tag("<FullMeshShape>")]
    | Annotated[DvpnShape, Tag("<DvpnShape>")]
    | Annotated[DistributedShape, Tag("<DistributedShape>")]
    | Annotated[CentralizedShape, Tag("<CentralizedShape>")],
    Discriminator(_deployment_tag),
]
