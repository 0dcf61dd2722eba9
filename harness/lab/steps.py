"""The cases of a deployment: its hubs, each wave of its sites, and the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.testbed.model import Deployment, Testbed


class Part(StrEnum):
    """What a case of a deployment is about."""

    NODES = "nodes"  # compute nodes: asked, not pushed to
    HUBS = "hubs"
    WAVE = "wave"
    ABOVE = "above"  # one VNF more than is claimed: observed
    WHOLE = "whole"  # judges all before it


@dataclass(frozen=True, slots=True)
class Step:
    """One case: the sites ``first`` to ``last`` (from 0) of a wave, else all that the part has."""

    deployment: str
    part: Part
    number: int = 0  # of a wave, from 1
    of: int = 0
    first: int = 0
    last: int = 0  # one beyond
    needs_hubs: bool = False  # their case has to come first

    @property
    def id(self) -> str:
        """Return the case id, "large-wave-03" or "large-whole"; sorted they're in order."""
        if self.part is not Part.WAVE:
            return f"{self.deployment}-{self.part}"
        return f"{self.deployment}-{self.part}-{self.number:0{len(str(self.of))}d}"


def steps(testbed: Testbed, topology: str) -> tuple[Step, ...]:
    """Return every step of the testbed's deployments of ``topology``, in the order to take them."""
    return tuple(
        step
        for deployment in testbed.deployments
        if deployment.topology == topology
        for step in _steps(deployment)
    )


def _steps(deployment: Deployment) -> Iterator[Step]:
    if deployment.nodes:
        yield Step(deployment.name, Part.NODES, last=deployment.sites)
    if deployment.hubs:
        yield Step(deployment.name, Part.HUBS, last=deployment.hubs)
    total, size = deployment.all_sites, deployment.wave
    if deployment.on_demand is not None:  # each wave is on all sites
        waves = deployment.on_demand.waves
        for number in range(1, waves + 1):
            yield Step(deployment.name, Part.WAVE, number, waves, last=total)
        yield Step(deployment.name, Part.WHOLE, last=total)
        return
    waves = -(-total // size)
    for number in range(1, waves + 1):
        first = (number - 1) * size
        last = min(first + size, total)
        needs_hubs = deployment.hubs > 0
        yield Step(deployment.name, Part.WAVE, number, waves, first, last, needs_hubs)
    if deployment.machine is not None:
        yield Step(deployment.name, Part.ABOVE, last=1)
    yield Step(deployment.name, Part.WHOLE, last=total)
