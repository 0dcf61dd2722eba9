"""How long a request is pretended to take."""

from __future__ import annotations

from harness.sim.faults.named import Faults


def seconds_of(faults: Faults, rpc: str) -> float:
    """Return how much longer a request takes; ``rpc`` is its name, or the command's first words."""
    slow = faults.get("slow")
    if slow is None or slow.word("rpc") not in {"", rpc}:
        return 0.0
    return slow.seconds()


def commit_seconds(faults: Faults, tunnels: int) -> float:
    """Return how much longer a commit takes whose result has that many tunnels."""
    curve = faults.get("commit-time")
    if curve is None:
        return 0.0
    linear = curve.seconds("per_tunnel") * tunnels
    return curve.seconds() + linear + curve.seconds("per_tunnel_squared") * tunnels**2
