"""Open files of a run that keeps sessions to a whole wave of devices."""

from __future__ import annotations

import resource

from harness.errors import LabError
from harness.testbed.model import Deployment, Testbed

_SESSIONS = 3  # to a device that holds its tunnels: one that wrote, two witnesses
_OTHERS = 256  # what else the process has open


def allow_open_files(testbed: Testbed) -> None:
    """Raise the soft limit of open files, if need be, to what the testbed's largest wave takes.

    Raises :class:`~harness.errors.LabError` where the hard limit is lower than that.
    """
    if not testbed.deployments:
        return
    largest = max(testbed.deployments, key=_held)
    wanted = _SESSIONS * _held(largest) + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise LabError(
            f"{testbed.path}:{largest.line}: deployments.{largest.name}: {_held(largest)} devices "
            f"that hold tunnels together take {wanted} open files, and this process may have "
            f"{hard}; allowed: a smaller 'wave', or a higher hard limit (ulimit -Hn)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _held(deployment: Deployment) -> int:
    """Return how many devices of a deployment keep their sessions at the same time."""
    together = deployment.all_sites if deployment.on_demand else deployment.wave
    return min(together, deployment.all_sites) + deployment.hubs
