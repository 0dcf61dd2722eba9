"""How long a request is pretended to take."""

from __future__ import annotations

from harness.sim.faults.named import Faults


def seconds_of(faults: Faults, request: str) -> float:
    """Return how much longer a request takes: an RPC's name, or a command line."""
    slow = faults.get("slow")
    if slow is None:
        return 0.0
    named = slow.word("rpc")
    return slow.seconds() if not named or f"{request} ".startswith(f"{named} ") else 0.0


def commit_seconds(faults: Faults, tunnels: int) -> float:
    """Return how much longer a commit takes whose result has that many tunnels."""
    curve = faults.get("commit-time")
    if curve is None:
        return 0.0
    linear = curve.seconds("per_tunnel") * tunnels
    return curve.seconds() + linear + curve.seconds("per_tunnel_squared") * tunnels**2
