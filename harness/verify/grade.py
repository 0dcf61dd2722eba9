"""How real a device is: what it shows and what the testbed says, whichever is lower. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.drivers.protocol import Facts
from harness.outcome import Grade
from harness.testbed.model import Device

# How a simulated device declares itself, where other clients don't look; either is enough.
SIMULATED_CAPABILITY = "urn:hil-harness:simulated-device:1.0"
SIMULATED_SERIAL_PREFIX = "SIM"

# hardware-model of get-system-information, by prefix: real boxes and virtual machines.
_HARDWARE: Mapping[str, str] = MappingProxyType(
    {"srx4100": "srx4100", "srx4200": "srx4200", "nfx250": "nfx250"}
)
_VIRTUAL: Mapping[str, str] = MappingProxyType({"vsrx": "vsrx", "vmx": "vmx"})
_NFX_GATEWAY = "vsrx"  # the gateway of a 15.1X53 NFX250 is a vSRX virtual machine


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade and the sentence that defends it."""

    grade: Grade
    reason: str


@dataclass(frozen=True, slots=True)
class Chassis:
    """What the JDM of an NFX250 says: who it is, and which virtual machines it runs."""

    facts: Facts
    machines: frozenset[str]


def grade(declared: Device, facts: Facts, chassis: Chassis | None = None) -> Graded:
    """Return the grade of a device, never higher than what both sides support.

    ``chassis`` is the JDM of the same box, for the gateway of an NFX250 on 15.1X53. What can't be
    settled is unverified.
    """
    simulated = _why_simulated(declared, facts, chassis)
    if simulated:
        other = other_platform(declared, facts)
        return Graded(Grade.UNVERIFIED, other) if other else Graded(Grade.SIMULATED, simulated)
    model = facts.model.strip().lower()
    if declared.platform == "nfx250" and model.startswith(_NFX_GATEWAY):
        return _nfx_gateway(declared, facts, chassis)
    return _by_model(declared, facts.model, model)


def _declares_simulated(facts: Facts) -> bool:
    return SIMULATED_CAPABILITY in facts.capabilities or facts.serial.startswith(
        SIMULATED_SERIAL_PREFIX
    )


def _why_simulated(declared: Device, facts: Facts, chassis: Chassis | None) -> str:
    if _declares_simulated(facts):
        return "the device declares itself simulated"
    if chassis is not None and _declares_simulated(chassis.facts):
        return "the JDM of its chassis declares itself simulated"
    return "the testbed says simulated" if declared.simulated else ""


def other_platform(declared: Device, facts: Facts) -> str:
    """Say which known platform a device shows that isn't the declared one, "" if none."""
    model = facts.model.strip().lower()
    if declared.platform == "nfx250" and model.startswith(_NFX_GATEWAY):
        return ""
    shown = {p for prefix, p in (*_VIRTUAL.items(), *_HARDWARE.items()) if model.startswith(prefix)}
    if not shown or declared.platform in shown:
        return ""
    return f"the testbed says {declared.platform}, the device shows {facts.model}"


def _by_model(declared: Device, shown: str, model: str) -> Graded:
    for grade_, models in ((Grade.VIRTUAL, _VIRTUAL), (Grade.HARDWARE, _HARDWARE)):
        for prefix, platform in models.items():
            if not model.startswith(prefix):
                continue
            if platform != declared.platform:
                return Graded(
                    Grade.UNVERIFIED,
                    f"the testbed says {declared.platform}, the device shows {shown}",
                )
            return Graded(grade_, f"the device shows {shown}")
    return Graded(
        Grade.UNVERIFIED,
        f"the testbed says {declared.platform}, the device shows '{shown}', which isn't known",
    )


def _nfx_gateway(declared: Device, facts: Facts, chassis: Chassis | None) -> Graded:
    """Grade a vSRX that is said to be the gateway of an NFX250."""
    if chassis is None:
        return Graded(
            Grade.UNVERIFIED,
            f"the device shows {facts.model} and no JDM of its chassis was asked",
        )
    if not chassis.facts.model.strip().lower().startswith("nfx250"):
        return Graded(
            Grade.UNVERIFIED, f"the JDM of its chassis shows '{chassis.facts.model}', not nfx250"
        )
    names = {name for name in (facts.hostname, declared.name, declared.alias) if name}
    listed = sorted(names & chassis.machines)
    if not listed:
        return Graded(
            Grade.UNVERIFIED,
            f"the JDM of its chassis lists no virtual machine called {' or '.join(sorted(names))}",
        )
    return Graded(
        Grade.HARDWARE,
        f"the JDM of its chassis ({chassis.facts.model}, {chassis.facts.serial}) runs it as "
        f"{listed[0]}",
    )
