"""Which counts are tried on which device: the ramps of a testbed, from its claims and limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.claims.catalogue import Catalogue
from harness.claims.model import Claim, Source
from harness.plan.model import Kind
from harness.plan.ramp import ramp
from harness.testbed.model import Device, Testbed

_UNCLAIMED = (2,)  # a device that no row speaks of shows that tunnels work, nothing more


@dataclass(frozen=True, slots=True)
class Rung:
    """One count of one kind on one device, and the claim it speaks to."""

    device: str
    kind: Kind
    count: int
    claim_id: str | None = None
    claimed: int | None = None
    claim_source: Source | None = None
    observation: bool = False  # above the claim: the document says "supported", not "maximum"

    @property
    def id(self) -> str:
        """Return the case id, "srx4100-ipsec-1500"."""
        return f"{self.device}-{self.kind}-{self.count}"


def rungs(testbed: Testbed, catalogue: Catalogue, count: int | None = None) -> tuple[Rung, ...]:
    """Return every rung of every device and kind, in the order of the testbed, counts ascending.

    ``count`` replaces each ramp by this one count. A device's own limit cuts its ramp: what is
    above isn't tried, and the claim stays sampled.
    """
    return tuple(
        rung
        for device in testbed.devices
        for kind in device.kinds
        for rung in _ramp(device, Kind(kind), _claim_for(device, catalogue), count)
    )


def _claim_for(device: Device, catalogue: Catalogue) -> Claim | None:
    rows = [
        claim
        for claim in catalogue.for_platform(device.claimed_platform)
        if claim.unit == "tunnels" and claim.value is not None
    ]
    return rows[0] if rows else None


def _ramp(device: Device, kind: Kind, claim: Claim | None, count: int | None) -> Iterator[Rung]:
    claimed = claim.value if claim is not None else None
    if count is not None:
        counts: tuple[int, ...] = (count,)
    elif claimed is not None:
        counts = _within(ramp(claimed), device.limits.tunnels)
    else:
        counts = _UNCLAIMED
    for one in counts:
        yield Rung(
            device=device.name,
            kind=kind,
            count=one,
            claim_id=claim.id if claim is not None else None,
            claimed=claimed,
            claim_source=claim.source if claim is not None else None,
            observation=claimed is not None and one > claimed,
        )


def _within(counts: tuple[int, ...], limit: int | None) -> tuple[int, ...]:
    if limit is None or counts[-1] <= limit:
        return counts
    return tuple(sorted({*(count for count in counts if count <= limit), limit}))
