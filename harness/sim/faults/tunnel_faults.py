"""Faults that change what a commit makes of its tunnels, behind the device's own checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from harness.sim.config.tree import Key, Node, effective, entries, get, leaf
from harness.sim.config.tree_edit import placed, removed, renamed
from harness.sim.faults.named import Fault, Faults
from harness.sim.tunnels import Tunnel, TunnelKind, added, inner_addresses, routes_into, tunnels

_POLICIES: Final = ("security", "ike", "policy")
_ROUTES: Final = ("routing-options", "static", "route")
_ZONES: Final = ("security", "zones", "security-zone")

_Change = Callable[[Node, tuple[Tunnel, ...], int], Node]


class TunnelFaults:
    """Turns a checked configuration into what a faulty device commits instead."""

    def __init__(self, faults: Faults, was_committed: Callable[[Node], bool]) -> None:
        self._faults = faults
        self._was_committed = was_committed

    def mangle(self, committed: Node, checked: Node) -> Node:
        """Return what becomes committed; ``checked`` itself while no fault applies."""
        result = checked
        for name, change in _CHANGES.items():
            if self._faults.get(name) is None:
                continue
            new = new_tunnels(committed, result)
            fault = self._faults.get(name, len(new)) if new else None
            if fault is not None:
                result = change(result, new, chosen(fault, new))
        if self._faults.get("rollback-leftover") is not None and self._was_committed(checked):
            result = _with_leftover(committed, result)
        return result


def new_tunnels(before: Node, after: Node) -> tuple[Tunnel, ...]:
    """Return the tunnels that ``after`` adds, one for each GRE over IPsec tunnel."""
    return added(tunnels(effective(before)), tunnels(effective(after)))


def chosen(fault: Fault, new: tuple[Tunnel, ...]) -> int:
    """Return the place of the chosen tunnel; an index beyond the last one means the last."""
    return max(0, min(fault.count("index"), len(new)) - 1)


def _drop(tree: Node, new: tuple[Tunnel, ...], position: int) -> Node:
    """Take one tunnel out, whole: its unit, zone interface and routes, gateway, VPN and key."""
    victim = new[position]
    for interface in _interfaces(tree, victim):
        tree = _without_interface(tree, interface)
    if victim.kind is TunnelKind.GRE:
        return tree
    gateway = get(tree, "security", "ike", "gateway", victim.gateway)
    policy = leaf(gateway, "ike-policy") or ""
    tree = removed(tree, "security", "ipsec", "vpn", victim.name)
    tree = removed(tree, "security", "ike", "gateway", victim.gateway)
    gateways = entries(tree, "security", "ike", "gateway")
    if not any(leaf(other, "ike-policy") == policy for _, other in gateways):
        tree = removed(tree, *_POLICIES, policy)
    return tree


def _interfaces(tree: Node, tunnel: Tunnel) -> Iterator[str]:
    """Walk the tunnel's unit and, for GRE over IPsec, the GRE unit on top of it."""
    yield tunnel.interface
    if tunnel.kind is TunnelKind.IPSEC:
        ours = inner_addresses(tree, tunnel.interface)
        for other in tunnels(tree):
            if other.kind is TunnelKind.GRE and other.local in ours:
                yield other.interface


def _without_interface(tree: Node, interface: str) -> Node:
    for prefix in routes_into(tree, interface):
        tree = removed(tree, *_ROUTES, prefix)
    for zone, body in entries(tree, *_ZONES):
        if interface in get(body, "interfaces"):
            tree = removed(tree, *_ZONES, zone, "interfaces", interface)
    device, _, unit = interface.partition(".")
    return removed(tree, "interfaces", "interface", device, "unit", unit)


def _swap_keys(tree: Node, new: tuple[Tunnel, ...], position: int) -> Node:
    """Exchange the pre-shared keys of two neighbouring new tunnels."""
    secure = [tunnel for tunnel in new if tunnel.kind is TunnelKind.IPSEC]
    if len(secure) < 2:
        return tree
    first = min(position, len(secure) - 2)
    one, other = (_key_path(tree, tunnel) for tunnel in secure[first : first + 2])
    key, other_key = get(tree, *one), get(tree, *other)
    return placed(placed(tree, other_key, *one), key, *other)


def _key_path(tree: Node, tunnel: Tunnel) -> tuple[Key, ...]:
    policy = leaf(tree, "security", "ike", "gateway", tunnel.gateway, "ike-policy") or ""
    return (*_POLICIES, policy, "pre-shared-key")


def _move_unit(tree: Node, new: tuple[Tunnel, ...], position: int) -> Node:
    """Give one tunnel a free unit, and say so wherever its interface is named."""
    victim = new[position]
    device, _, unit = victim.interface.partition(".")
    free = str(_free_unit(tree, device))
    moved = f"{device}.{free}"
    for prefix in routes_into(tree, victim.interface):
        hops = tuple(
            moved if hop == victim.interface else hop for hop in _hops(get(tree, *_ROUTES, prefix))
        )
        tree = placed(tree, hops, *_ROUTES, prefix, "next-hop")
    for zone, body in entries(tree, *_ZONES):
        if victim.interface in get(body, "interfaces"):
            tree = renamed(tree, victim.interface, moved, *_ZONES, zone, "interfaces")
    if victim.kind is TunnelKind.IPSEC:
        tree = placed(tree, moved, "security", "ipsec", "vpn", victim.name, "bind-interface")
    return renamed(tree, unit, free, "interfaces", "interface", device, "unit")


def _hops(route: Node) -> tuple[str, ...]:
    hops = route.get("next-hop")
    return hops if isinstance(hops, tuple) else ()


def _free_unit(tree: Node, device: str) -> int:
    taken = {int(unit) for unit, _ in entries(tree, "interfaces", "interface", device, "unit")}
    return next(unit for unit in range(15999, -1, -1) if unit not in taken)


def _with_leftover(committed: Node, target: Node) -> Node:
    """Return ``target`` with the first statement that ``committed`` has and it lacks."""
    found = _first_lacking(committed, target, ())
    if found is None:
        return target
    path, value = found
    return placed(target, value, *path)


def _first_lacking(
    old: Node, new: Node, path: tuple[Key, ...]
) -> tuple[tuple[Key, ...], Node | str | tuple[str, ...] | bool] | None:
    for key, value in old.items():
        other = new.get(key)
        if value is other or value == other:
            continue
        if isinstance(value, Node):
            below = other if isinstance(other, Node) else Node()
            found = _first_lacking(value, below, (*path, key))
            if found is not None:
                return found
        if other is None:
            return (*path, key), value
    return None


_CHANGES: Final[dict[str, _Change]] = {
    "drop-tunnel": _drop,
    "swap-psk": _swap_keys,
    "wrong-unit": _move_unit,
}
