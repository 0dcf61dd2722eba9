"""The probes, in the order in which they are asked: what reads comes first."""

from __future__ import annotations

from typing import Final

from harness.compare.catalogue import candidate, commits, greetings, operation, readings
from harness.compare.probe import Probe

PROBES: Final[tuple[Probe, ...]] = tuple(
    sorted(
        (
            *greetings.PROBES,
            *readings.PROBES,
            *operation.PROBES,
            *candidate.PROBES,
            *commits.PROBES,
        ),
        key=lambda probe: probe.reach,
    )
)
