"""Kind gre in the device: what a unit of a gr- interface must satisfy."""

from __future__ import annotations

from collections.abc import Iterator

from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.rules import Check, CommitRule, interface_path, missing
from harness.sim.tree import Node, entries, get, leaf, present


def tunnels(tree: Node) -> Iterator[tuple[str, Node]]:
    """Walk the GRE units as ("gr-0/0/0.5", its ``tunnel`` statement)."""
    for interface, body in entries(tree, "interfaces", "interface"):
        if interface.startswith("gr-"):
            for unit, unit_body in entries(body, "unit"):
                if "tunnel" in unit_body:
                    yield f"{interface}.{unit}", get(unit_body, "tunnel")


def ends(tunnel: Node) -> tuple[str, str]:
    """Return (source, destination) of a ``tunnel`` statement; "" for what is missing."""
    return leaf(tunnel, "source") or "", leaf(tunnel, "destination") or ""


def count(tree: Node) -> int:
    """Return the number of GRE tunnels that are configured."""
    return sum(1 for _ in tunnels(tree))


def tunnel_ends(check: Check) -> Iterator[Complaint]:
    """Require both ends of a GRE tunnel, and that no other has the same; a key doesn't help.

    The vendor's page on GRE keys: without key support tunnels are told apart by their ends only.
    """
    if not check.differs("interfaces", "interface"):
        return
    seen: dict[tuple[str, str, str], str] = {}
    for name, tunnel in tunnels(check.new):
        path = interface_path(name, "tunnel")
        source, destination = ends(tunnel)
        for part, value in (("source", source), ("destination", destination)):
            if not value:
                yield missing(path, part, "tunnel", own=True)
        if not (source and destination):
            continue
        instance = leaf(tunnel, "routing-instance", "destination") or ""
        other = seen.setdefault((instance, source, destination), name)
        if other != name:
            text = f"{other} has the same source and destination {SIMULATED}"
            yield error(text, path, f"destination {destination}", "dcd")


def tunnel_services(check: Check) -> Iterator[Complaint]:
    """On MX a gr- interface exists only on a PIC with tunnel services."""
    if not check.differs("interfaces", "interface") and not check.differs("chassis"):
        return
    for interface, body in entries(check.new, "interfaces", "interface"):
        if not interface.startswith("gr-") or not get(body, "unit"):
            continue
        fpc, pic, _ = interface.removeprefix("gr-").split("/")
        if not present(check.new, "chassis", "fpc", fpc, "pic", pic, "tunnel-services"):
            text = f"no tunnel services on fpc {fpc} pic {pic} {SIMULATED}"
            yield error(text, "[edit interfaces]", interface, "dcd")


RULES: tuple[CommitRule, ...] = (tunnel_ends,)
ROUTER_RULES: tuple[CommitRule, ...] = (tunnel_ends, tunnel_services)
