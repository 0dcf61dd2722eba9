"""VNFs: one entry of ``virtual-network-functions`` each, on the JDM of an NFX250."""

from __future__ import annotations

from harness.plan.model import NAME_PREFIX
from harness.plan.vnfs import FIRST_INTERFACE, Machine, Vnf, VnfPlan
from harness.render.allowlist import Hierarchy
from harness.render.placement import Placed, assemble
from harness.render.rendering import Rendering
from harness.render.statements import Container, Entry, Leaf, Statement

LIST = "virtual-network-functions"


def render_vnfs(plan: VnfPlan) -> Rendering:
    """Write ``plan`` as statements."""
    placed = tuple(Placed((), _definition(vnf), vnf.name) for vnf in plan.vnfs)
    return Rendering(assemble(placed), placed)


def vnf_hierarchies() -> tuple[Hierarchy, ...]:
    """Return what a push of VNFs may change: those with our prefix, which no baseline may have."""
    return ((LIST, f"{NAME_PREFIX}*"),)


def _definition(vnf: Vnf) -> Statement:
    machine = vnf.machine
    image = Leaf("file-path", machine.image, keyword=False)
    vlan = Container("vlan", (Leaf("members", machine.vlan),))
    return Entry(
        LIST,
        vnf.name,
        (
            Container("image", (image,), inline=True),
            Container("virtual-cpu", (Leaf("count", str(machine.cpus)),)),
            Entry("interfaces", FIRST_INTERFACE, (Container("mapping", (vlan,)),)),
            Container("memory", _memory(machine)),
        ),
    )


def _memory(machine: Machine) -> tuple[Statement, ...]:
    size = Leaf("size", str(machine.memory))
    if machine.hugepages is None:
        return (size,)
    pages = Container("hugepages", (Leaf("page-size", str(machine.hugepages)),))
    return (size, Container("features", (pages,)))
