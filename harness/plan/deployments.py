"""A deployment of a testbed with a device in every place: who is which site, and with what plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address

from harness.errors import PlanError
from harness.plan.demand import Demand
from harness.plan.dvpn import OnDemand, Thresholds
from harness.plan.full_mesh import FullMesh
from harness.plan.hub_and_spoke import HubAndSpoke
from harness.plan.model import Kind, Plan, Proposal, Site
from harness.plan.occupied import Occupied
from harness.plan.overlay import Overlay
from harness.plan.pools import Addresses, Pools
from harness.plan.proposal import proposal_of
from harness.plan.sites import device_proposal, site_of
from harness.plan.tenants import Tenants
from harness.plan.topology import End, Topology
from harness.testbed.model import Deployment, Device, Fleet, Testbed, TunnelUnderlay


@dataclass(frozen=True, slots=True)
class Place:
    """One site or hub of a deployment, and the device that plays it."""

    index: int  # in the topology: hubs first
    name: str  # "hub-1", "site-17", "t3-s4"
    device: Device
    hub: bool


@dataclass(frozen=True, slots=True)
class Rollout:
    """A deployment, the overlay of its topology, and a device for each site of it.

    Plans are made when they're asked for: nothing here grows with the number of tunnels.
    """

    deployment: Deployment
    overlay: Overlay
    _devices: Sequence[Device] = field(repr=False)  # by index
    _fleets: Mapping[str, Fleet] = field(repr=False)  # by the name of a pattern

    @property
    def topology(self) -> Topology:
        """Return who has tunnels to whom."""
        return self.overlay.addresses.topology

    @property
    def hubs(self) -> tuple[Place, ...]:
        """Return the hubs; none in a mesh."""
        return tuple(map(self.place, range(self.deployment.hubs)))

    def sites(self) -> Iterator[Place]:
        """Yield every site that isn't a hub."""
        return map(self.place, range(self.deployment.hubs, self.topology.size))

    def place(self, index: int) -> Place:
        """Return the site or hub of that index."""
        hub = index < self.deployment.hubs
        return Place(index, self.topology.name(index), self._devices[index], hub)

    def outer(self, index: int) -> tuple[IPv4Address, ...]:
        """Return the outer addresses of a site, one for each link that its tunnels leave by."""
        links = range(self.topology.addresses_per_site)
        return tuple(self.overlay.addresses.outer(End(index, link)) for link in links)

    def index(self, name: str) -> int:
        """Return the index of a site or hub by its name."""
        return self.topology.index(name)

    def asked(self, place: Place) -> int:
        """Return how many tunnels are asked of a place."""
        return self.topology.degree(place.index)

    def at(self, place: Place) -> Device:
        """Return the place's device with the deployment's pools, as a single one has its own."""
        fleet = self._fleet_of(place.device)
        if fleet is None:
            return place.device
        underlay = TunnelUnderlay(
            external_interface=fleet.external_interface,
            external_zone=fleet.external_zone,
            local_address=self.outer(place.index)[0],
            peers=self.deployment.outer,
            inner=self.deployment.inner,
            mpls=fleet.mpls,
            proposal=fleet.proposal,
        )
        return replace(place.device, underlay=underlay)

    def now(self, topology: OnDemand) -> Rollout:
        """Return the same places with those of their tunnels that are there now."""
        addresses = replace(self.overlay.addresses, topology=topology)
        return replace(self, overlay=replace(self.overlay, addresses=addresses))

    def check(self, place: Place) -> None:
        """Raise :class:`PlanError` for what no baseline can make possible; asks no device."""
        self.plan(place, Occupied.none())

    def plan(self, place: Place, occupied: Occupied) -> Plan:
        """Plan a place's tunnels beside what its baseline holds; raises :class:`PlanError`.

        A VNF of a centralized deployment gets its service as well.
        """
        plan = self.overlay.plan(
            place.index,
            self._site(place.device),
            occupied=occupied,
            proposal=self._proposal(place.device),
        )
        of_vnf = self.deployment.topology == "centralized" and not place.hub
        return replace(plan, service=True) if of_vnf else plan

    def _site(self, device: Device) -> Site:
        fleet = self._fleet_of(device)
        if fleet is None:
            return site_of(device)
        pools = self.overlay.addresses.pools
        return Site(
            device=device.name,
            platform=device.platform,
            external_interface=fleet.external_interface,
            external_zone=fleet.external_zone,
            local=pools.outer[0],  # the overlay puts the site's own in its place
            peers=pools.outer,
            inner=pools.inner,
            max_tunnels=device.limits.tunnels,
        )

    def _proposal(self, device: Device) -> Proposal:
        fleet = self._fleet_of(device)
        return device_proposal(device) if fleet is None else proposal_of(fleet.proposal)

    def _fleet_of(self, device: Device) -> Fleet | None:
        fleet = self._fleets.get(device.name.rpartition("-")[0])
        return fleet if fleet is not None and fleet.named(device.name) is not None else None


def rollout_of(testbed: Testbed, deployment: Deployment, *, run_key: bytes) -> Rollout:
    """Put a device in every place of ``deployment``.

    Raises :class:`PlanError` in one line that begins with the place in the testbed's file.
    """
    with _telling_where(testbed, deployment):
        topology = topology_of(deployment)
        devices = _devices(testbed, deployment, topology)
        pools = Pools(deployment.outer, deployment.inner)
        played = _played(testbed, devices, topology)
        fleets = {fleet.name: fleet for fleet in testbed.fleets}
        mpls = any(fleet.mpls for fleet in _playing(fleets, deployment))
        overlay = Overlay.of(
            Addresses(topology, pools, played), Kind(deployment.kind), run_key=run_key, mpls=mpls
        )
        return Rollout(deployment, overlay, devices, fleets)


def topology_of(deployment: Deployment) -> Topology:
    """Return who has tunnels to whom; :class:`PlanError` for numbers that can't be."""
    if deployment.topology in {"hub-and-spoke", "centralized"}:
        return HubAndSpoke(
            deployment.sites,
            deployment.links,
            deployment.hubs,
            deployment.hubs_per_site,
            oam=deployment.oam,
        )
    if deployment.tenants > 1:
        return Tenants(deployment.tenants, deployment.sites, deployment.tag_pairs)
    return FullMesh(deployment.sites, deployment.tag_pairs)


def demand_of(testbed: Testbed, deployment: Deployment) -> Demand:
    """Return the sessions of a DVPN deployment; raises as :func:`rollout_of` does."""
    asked = deployment.on_demand
    with _telling_where(testbed, deployment):
        mesh = topology_of(deployment)
        if asked is None or not isinstance(mesh, FullMesh | Tenants):
            raise PlanError("no tunnels on demand are asked for")
        return Demand(
            mesh,
            asked.waves,
            asked.tunnels,
            asked.churn,
            Thresholds(delete=asked.delete_threshold, create=asked.create_threshold),
            asked.seed,
        )


def _devices(testbed: Testbed, deployment: Deployment, topology: Topology) -> list[Device]:
    instead = {topology.index(name): device for name, device in deployment.plays.items()}
    hubs = testbed.players(deployment.hubs_played_by)
    sites = testbed.players(deployment.played_by)
    devices: list[Device] = []
    for index in range(topology.size):
        usual = next(hubs if index < deployment.hubs else sites, None)
        if index in instead:
            devices.append(testbed.device(instead[index]))
        elif usual is not None:
            devices.append(usual)
        else:
            raise PlanError(f"{topology.name(index)} is played by nobody")
    return devices


def _played(
    testbed: Testbed, devices: Sequence[Device], topology: Topology
) -> dict[int, tuple[IPv4Address, ...]]:
    """Return the addresses that single devices bring; a fleet's come from the pool."""
    single = {device.name for device in testbed.devices}
    played: dict[int, tuple[IPv4Address, ...]] = {}
    for index, device in enumerate(devices):
        if device.name not in single:
            continue
        if topology.addresses_per_site > 1:
            raise PlanError(
                f"{topology.name(index)} is played by {device.name}, which has one outer address; "
                f"here each needs {topology.addresses_per_site}"
            )
        played[index] = (site_of(device).local,)
    return played


def _playing(fleets: Mapping[str, Fleet], deployment: Deployment) -> Iterator[Fleet]:
    for name in (*deployment.played_by, *deployment.hubs_played_by):
        if name in fleets:
            yield fleets[name]


@contextmanager
def _telling_where(testbed: Testbed, deployment: Deployment) -> Iterator[None]:
    try:
        yield
    except PlanError as exc:
        where = f"{testbed.path}:{deployment.line}: deployments.{deployment.name}"
        raise PlanError(f"{where}: {exc}") from exc
