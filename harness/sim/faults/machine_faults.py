"""A fault that changes what a commit makes of its virtual machines, behind the device's checks."""

from __future__ import annotations

from harness.sim.config.tree import Node
from harness.sim.config.tree_edit import removed
from harness.sim.faults.named import Faults
from harness.sim.machines import LIST, names


def without_dropped(faults: Faults, committed: Node, checked: Node) -> Node:
    """Return what becomes committed; ``checked`` itself unless one of its new machines is lost."""
    fault = faults.get("drop-vnf")
    if fault is None:
        return checked
    known = set(names(committed))
    new = [name for name in names(checked) if name not in known]
    if not new:
        return checked
    return removed(checked, LIST, new[min(fault.count("index"), len(new)) - 1])
