"""Kind gre in the device: what a unit of a gr- interface must satisfy."""

from __future__ import annotations

from collections.abc import Iterator

from harness.sim.config.tree import Node, entries, get, leaf, present
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.rules.engine import Check, CommitRule, interface_path, missing


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
    lists = check.unit_lists("gr-")
    for interface in lists:
        for unit in check.changed("interfaces", "interface", interface, "unit"):
            if "tunnel" in unit.body:
                yield from _both_ends(f"{interface}.{unit.name}", get(unit.body, "tunnel"))
    for fact, owners in check.index("gre ends", lists, _ends).shared():
        first = ".".join(owners[0])
        for owner in owners[1:]:
            text = f"{first} has the same source and destination {SIMULATED}"
            path = interface_path(".".join(owner), "tunnel")
            destination = fact[-1] if isinstance(fact, tuple) else ""
            yield error(text, path, f"destination {destination}", "dcd")


def _both_ends(name: str, tunnel: Node) -> Iterator[Complaint]:
    for part, value in zip(("source", "destination"), ends(tunnel), strict=True):
        if not value:
            yield missing(interface_path(name, "tunnel"), part, "tunnel", own=True)


def _ends(_: str, unit: Node) -> Iterator[tuple[str, str, str]]:
    tunnel = get(unit, "tunnel")
    source, destination = ends(tunnel)
    if source and destination:
        yield leaf(tunnel, "routing-instance", "destination") or "", source, destination


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
