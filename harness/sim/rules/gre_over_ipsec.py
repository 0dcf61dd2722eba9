"""Kind gre-over-ipsec in the device: a GRE unit whose ends are the two ends of an st0 link."""

from __future__ import annotations

from collections.abc import Iterator

from harness.sim.config.tree import Node, entries, get
from harness.sim.messages import Complaint
from harness.sim.rules import gre, ipsec
from harness.sim.rules.engine import Check, CommitRule, count_complaint


def carriers(tree: Node) -> dict[str, str]:
    """Map each GRE unit to the st0 unit whose address is its source: ``gr-0/0/0.5 → st0.5``."""
    owner: dict[str, str] = {}
    for unit, body in entries(tree, "interfaces", "interface", "st0", "unit"):
        for address in get(body, "family", "inet", "address"):
            owner[str(address).partition("/")[0]] = f"st0.{unit}"
    carried: dict[str, str] = {}
    for name, tunnel in gre.tunnels(tree):
        source, _ = gre.ends(tunnel)
        if source in owner:
            carried[name] = owner[source]
    return carried


def tunnel_count(tree: Node) -> int:
    """Return the number of tunnels of all kinds; GRE over IPsec is one, not two."""
    return ipsec.count(tree) + gre.count(tree) - len(carriers(tree))


def capacity(check: Check) -> Iterator[Complaint]:
    """Take no more tunnels than the device was told to, if it was told."""
    if check.tunnel_limit is not None:
        yield from count_complaint(tunnel_count(check.new), check.tunnel_limit)


RULES: tuple[CommitRule, ...] = (capacity,)
