"""VNFs as statements of JDM, the same in each notation and read back."""

from __future__ import annotations

from harness.deploy.blast_radius import AllowList
from harness.plan.vnfs import Machine, plan_vnfs
from harness.render.readback import statements
from harness.render.vnf import render_vnfs, vnf_hierarchies

MACHINE = Machine("/var/third-party/images/vsrx.qcow2", cpus=2, memory=4194304, vlan="wan")


def test_one_vnf_is_what_the_vendor_s_examples_say() -> None:
    """Image without its keyword, interfaces from eth2 on, memory in kilobytes."""
    assert render_vnfs(plan_vnfs("jdm", MACHINE, 1)).set_lines() == (
        "set virtual-network-functions hil-vnf-1 image /var/third-party/images/vsrx.qcow2",
        "set virtual-network-functions hil-vnf-1 virtual-cpu count 2",
        "set virtual-network-functions hil-vnf-1 interfaces eth2 mapping vlan members wan",
        "set virtual-network-functions hil-vnf-1 memory size 4194304",
        "set virtual-network-functions hil-vnf-1 memory features hugepages page-size 1024",
    )


def test_ordinary_memory_has_no_features() -> None:
    """Nothing is said of hugepages where none are asked for."""
    plain = Machine("/x", cpus=1, memory=1048576, vlan="wan", hugepages=None)
    lines = render_vnfs(plan_vnfs("jdm", plain, 1)).set_lines()
    assert lines[-1] == "set virtual-network-functions hil-vnf-1 memory size 1048576"


def test_what_is_written_reads_back_the_same() -> None:
    """Planned paths are those of the XML, and each belongs to its VNF."""
    rendering = render_vnfs(plan_vnfs("jdm", MACHINE, 2))
    assert set(rendering.paths()) <= statements(rendering.xml()).members
    assert {rendering.owners()[path] for path in rendering.paths()} == {"hil-vnf-1", "hil-vnf-2"}


def test_only_vnfs_with_our_prefix_may_change() -> None:
    """Neither the lab's machines nor the host."""
    allowed = AllowList(vnf_hierarchies())
    rendering = render_vnfs(plan_vnfs("jdm", MACHINE, 2))
    assert all(allowed.allows(path) for path in rendering.paths())
    assert not allowed.allows(("virtual-network-functions", "gwr", "memory", "size", "1"))
    assert not allowed.allows(("system", "memory", "hugepages"))
