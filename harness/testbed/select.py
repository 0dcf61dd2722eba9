"""Which device serves which need: pure, and the same whatever the order of either.

A suite says what it needs; the testbed says what there is. The result depends on names alone, so
that a run, its repetition and each of its workers choose alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import UsageError
from harness.testbed.model import Device, Platform, Role


@dataclass(frozen=True, slots=True)
class Need:
    """What a device must be; None and the empty set ask for nothing."""

    name: str
    platform: Platform | None = None  # the claimed one: a stand-in counts as what it emulates
    kind: str | None = None  # a tunnel kind that it can carry
    role: Role | None = "gateway"
    tags: frozenset[str] = frozenset()  # all of them


def lacks(device: Device, need: Need) -> tuple[str, ...]:
    """Return what the device lacks for the need, in words; empty when it serves."""
    found = []
    if need.platform is not None and device.claimed_platform != need.platform:
        found.append(f"is a {device.claimed_platform}")
    if need.role is not None and device.role != need.role:
        found.append(f"has the role {device.role}")
    if need.kind is not None and need.kind not in device.kinds:
        found.append(f"carries no {need.kind}")
    found.extend(f"has no tag {tag}" for tag in sorted(need.tags - set(device.tags)))
    return tuple(found)


def matching(need: Need, devices: Iterable[Device]) -> tuple[Device, ...]:
    """Return every device that serves the need, by name."""
    return tuple(sorted((d for d in devices if not lacks(d, need)), key=lambda d: d.name))


def assign(needs: Sequence[Need], devices: Sequence[Device]) -> Mapping[str, Device]:
    """Give each need a device of its own, keyed by the need's name.

    Raises :class:`~harness.errors.UsageError` that says for each device why it doesn't serve, or
    that the devices that would serve are too few.
    """
    taken: dict[str, tuple[Need, Device]] = {}  # device name → who has it

    def seat(need: Need, tried: set[str]) -> bool:
        """Take a free device, else move an earlier need elsewhere (augmenting paths)."""
        for device in sorted(matching(need, devices), key=lambda d: d.name in taken):
            if device.name in tried:
                continue
            tried.add(device.name)
            holder = taken.get(device.name)
            if holder is None or seat(holder[0], tried):
                taken[device.name] = (need, device)
                return True
        return False

    for need in sorted(needs, key=lambda n: n.name):
        if not seat(need, set()):
            raise UsageError(_why_not(need, devices))
    return {need.name: device for need, device in sorted(taken.values(), key=lambda t: t[0].name)}


def _why_not(need: Need, devices: Sequence[Device]) -> str:
    served = matching(need, devices)
    if served:
        names = ", ".join(device.name for device in served)
        return f"need {need.name}: too few devices; {names} would serve, and are needed elsewhere"
    reasons = [
        f"{device.name} {', '.join(lacks(device, need))}"
        for device in sorted(devices, key=lambda d: d.name)
    ]
    return f"need {need.name}: no device serves: {'; '.join(reasons) or 'there is none'}"
