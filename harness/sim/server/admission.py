"""Who is let in at a device's port: Junos' limits on connections and on their rate."""

from __future__ import annotations

from dataclasses import dataclass

from harness.sim.config.tree import Node, leaf

_WINDOW_SECONDS = 60.0
_CONNECTIONS = 75  # defaults of the published models: connection-limit and rate-limit
_PER_MINUTE = 150
_SERVICES = (("ssh",), ("netconf", "ssh"))


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many connections a port takes at a time and per minute."""

    connections: int
    per_minute: int


def allowance(committed: Node) -> Allowance:
    """Read the limits of a port that serves both SSH and NETCONF: the smaller of the two.

    A device has them under ``system services ssh`` for port 22 and ``system services netconf ssh``
    for port 830.
    """
    return Allowance(
        min(_number(committed, service, "connection-limit", _CONNECTIONS) for service in _SERVICES),
        min(_number(committed, service, "rate-limit", _PER_MINUTE) for service in _SERVICES),
    )


def _number(committed: Node, service: tuple[str, ...], name: str, default: int) -> int:
    value = leaf(committed, "system", "services", *service, name)
    return int(value) if value else default


class Turnstile:
    """Counts the connections of one port; times are monotonic seconds."""

    __slots__ = ("_attempts", "_began", "inside")

    def __init__(self) -> None:
        self.inside = 0
        self._attempts = 0
        self._began = 0.0

    def admit(self, allowed: Allowance, now: float) -> bool:
        """Count one attempt; True when it may come in and has been counted as inside.

        The minute begins with its first attempt, and refused attempts count as well.
        """
        if not self._attempts or now - self._began >= _WINDOW_SECONDS:
            self._attempts, self._began = 0, now
        self._attempts += 1
        if self._attempts > allowed.per_minute or self.inside >= allowed.connections:
            return False
        self.inside += 1
        return True

    def left(self) -> None:
        """Count one connection out."""
        self.inside -= 1
