"""A distributed deployment with a JDM in every place, and compute nodes with their VNFs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from harness.errors import PlanError
from harness.plan.deployments import Place
from harness.plan.site_names import Names
from harness.plan.vnfs import Machine, VnfPlan, plan_vnfs
from harness.testbed.model import Deployment, Device, Testbed

_PREFIX = "site"


@dataclass(frozen=True, slots=True)
class VnfRollout:
    """A distributed deployment: each site's JDM gets the same VNFs, and none knows of another."""

    deployment: Deployment
    machine: Machine
    names: Names
    _devices: Sequence[Device] = field(repr=False)  # by index

    def place(self, index: int) -> Place:
        """Return the site of that index, from 0."""
        return Place(index, self.names.name(index), self._devices[index], hub=False)

    def sites(self) -> Iterator[Place]:
        """Yield every site."""
        return map(self.place, range(self.deployment.sites))

    @property
    def hubs(self) -> tuple[Place, ...]:
        """Return none: nothing stands between the sites."""
        return ()

    def at(self, place: Place) -> Device:
        """Return the place's JDM."""
        return place.device

    def asked(self, _: Place) -> int:
        """Return how many VNFs are asked of a place."""
        return self.deployment.vnfs_per_site

    def index(self, name: str) -> int:
        """Return the index of a site by its name; :class:`PlanError` if it's nobody's."""
        position = self.names.position(name)
        if position is None:
            raise PlanError(f"no site is called {name!a}; allowed: {self.names}")
        return position

    def plan(self, place: Place, count: int | None = None) -> VnfPlan:
        """Plan a place's VNFs, or ``count`` of them."""
        count = self.deployment.vnfs_per_site if count is None else count
        return plan_vnfs(place.device.name, self.machine, count)


def vnf_rollout(testbed: Testbed, deployment: Deployment) -> VnfRollout:
    """Put a JDM in every place; :class:`PlanError` begins with the place in the testbed's file."""
    said = deployment.machine
    where = f"{testbed.path}:{deployment.line}: deployments.{deployment.name}"
    if said is None:
        raise PlanError(f"{where}: says nothing of its VNFs")
    machine = Machine(said.image, said.cpus, said.memory, said.vlan, said.hugepages or None)
    devices = list(islice(testbed.players(deployment.played_by), deployment.sites))
    try:
        rollout = VnfRollout(deployment, machine, Names(_PREFIX, deployment.sites), devices)
        for site, player in deployment.plays.items():
            devices[rollout.index(site)] = testbed.device(player)
    except PlanError as exc:
        raise PlanError(f"{where}: {exc}") from exc
    return rollout


def vnfs_of_nodes(testbed: Testbed, deployment: Deployment) -> Mapping[str, tuple[str, ...]]:
    """Return compute node → its VNFs, by the names of their devices.

    The first ``per_node`` VNFs are on the first node, and so on. A deployment of tunnels has none.
    """
    if not deployment.nodes:
        return {}
    vnfs = [d.name for d in islice(testbed.players(deployment.played_by), deployment.sites)]
    size = deployment.per_node
    nodes = testbed.players(deployment.nodes)
    parts = (tuple(vnfs[first : first + size]) for first in range(0, len(vnfs), size))
    return {node.name: part for part, node in zip(parts, nodes, strict=False)}
