"""Cases of one device stay on one worker: pure grouping, and the scheduler that uses it.

pytest-xdist's own ``--dist loadgroup`` silently stops grouping with pytest 9.2.0 and xdist 3.8.0
(pytest-dev/pytest-xdist#1386), hence a scheduler of our own. It's an optimisation only: the lease
keeps two writers apart, whatever the scheduler does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from xdist.scheduler import LoadScopeScheduling

PREFLIGHT, RESTORE = "preflight", "restore"
_DEPLOYMENTS = "deployments"


def device_of(nodeid: str, devices: Iterable[str]) -> str | None:
    """Return the device that a case id names: the longest name that begins its parameters."""
    _, bracket, parameters = nodeid.partition("[")
    if not bracket:
        return None
    inner = parameters.rpartition("]")[0]
    fitting = [name for name in devices if inner == name or inner.startswith(f"{name}-")]
    return max(fitting, key=len, default=None)


def scope_of(
    nodeid: str, devices: Sequence[str], deployments: Sequence[str], playing: Collection[str]
) -> str:
    """Return what keeps a case on one worker with others: its device, else the case itself.

    Deployments are one scope, with the devices that are ``playing`` in them: they share fleets, and
    hubs hold their tunnels between cases.
    """
    device = device_of(nodeid, (*devices, *deployments))
    if device in playing or device in deployments:
        return _DEPLOYMENTS
    return device or nodeid


def suite_order(nodeid: str) -> int:
    """Return 0 for preflight, 2 for restore, 1 for all between; node ids begin with the suite."""
    parts = nodeid.partition("::")[0].split("/")
    if PREFLIGHT in parts:
        return 0
    return 2 if RESTORE in parts else 1


def worker_count(scopes: Sequence[object]) -> int:
    """Return how many workers ``-n auto`` means: one for each scope, at least one."""
    return max(1, len(scopes))


class DeviceScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no type for it
    """xdist's scope scheduling with the device as the scope."""

    def __init__(
        self,
        config: Any,
        log: Any,
        devices: Iterable[str],
        deployments: Iterable[str] = (),
        playing: Iterable[str] = (),
    ) -> None:
        super().__init__(config, log)
        self._devices = tuple(devices)
        self._deployments = tuple(deployments)
        self._playing = frozenset(playing)

    def _split_scope(self, nodeid: str) -> str:
        """Return the device of a case, or the case itself where it names none."""
        return scope_of(nodeid, self._devices, self._deployments, self._playing)
