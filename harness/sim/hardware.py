"""What stands in each chassis, as data: modules, sensors, fans and power supplies.

Names, part numbers and descriptions are those of vendor documents and published outputs for these
models; serial numbers are the simulator's own and start with :data:`SERIAL_PREFIX`. Temperatures
and loads are constants of a device at rest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from harness.sim.platforms import SERIAL_PREFIX, Platform

BUILTIN: Final = "BUILTIN"
_NORMAL: Final = "Spinning at normal speed"


@dataclass(frozen=True, slots=True)
class Module:
    """One row of the inventory; ``numbered`` says whether it has a serial number of its own."""

    name: str
    description: str = ""
    version: str = ""
    part: str = ""
    model: str = ""
    clei: str = ""
    numbered: bool = False
    parts: tuple[Module, ...] = ()

    def serial(self, chassis: str) -> str:
        """Return the serial number, always the same for one chassis and module."""
        if not self.numbered:
            return BUILTIN if self.part == BUILTIN else ""
        digest = hashlib.sha256(f"{chassis} {self.name}".encode()).hexdigest()[:8].upper()
        return f"{SERIAL_PREFIX}{digest}"


@dataclass(frozen=True, slots=True)
class Sensor:
    """One row of the environment: a temperature, a fan or a power supply."""

    name: str
    kind: str  # "Temp", "Fans", "Power"
    celsius: int | None = None
    comment: str = ""  # of a fan: "Spinning at normal speed"


@dataclass(frozen=True, slots=True)
class Supply:
    """One power supply; watts, amperes and volts of its output."""

    name: str
    watts: int = 120
    amperes: int = 10
    volts: int = 12
    capacity: int = 650


@dataclass(frozen=True, slots=True)
class Threshold:
    """Temperatures in Celsius at which fans speed up and alarms are raised."""

    name: str
    fan_normal: int
    fan_high: int
    bad_fan_yellow: int
    bad_fan_red: int
    yellow: int
    red: int
    fire: int


@dataclass(frozen=True, slots=True)
class Hardware:
    """One chassis."""

    modules: tuple[Module, ...]
    sensors: tuple[Sensor, ...] = ()
    supplies: tuple[Supply, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    fpc_memory_mib: int = 0  # 0: its size isn't shown
    fpc_celsius: int | None = None
    port_description: str = ""  # type of the PIC
    mac_count: int = 128
    flow_sessions: int = 0  # maximum number of sessions; 0: not a security device


def _transceivers(count: int) -> tuple[Module, ...]:
    return tuple(
        Module(f"Xcvr {port}", "SFP+-10G-SR", "REV 01", "740-031980", numbered=True)
        for port in range(count)
    )


def _srx4000(name: str, ports: str) -> Hardware:
    supply = "JPSU-650W-AC-AFO"
    supplies = tuple(
        Module(f"Power Supply {n}", supply, "REV 04", "740-041741", supply, numbered=True)
        for n in range(2)
    )
    fans = tuple(
        Module(f"Fan Tray {n}", f"{name} {n}, Front to Back Airflow - AFO") for n in range(4)
    )
    pic = Module("PIC 0", ports, part=BUILTIN, parts=_transceivers(8))
    return Hardware(
        modules=(
            Module("Mainboard", name, "REV 04", "650-071675", f"{name}-CHAS", numbered=True),
            Module("Routing Engine 0", "SRX Routing Engine", part=BUILTIN),
            Module("FPC 0", "FEB", part=BUILTIN, parts=(pic,)),
            *supplies,
            *fans,
        ),
        sensors=(
            Sensor("Routing Engine 0", "Temp", 30),
            Sensor("Routing Engine 0 CPU", "Temp", 34),
            Sensor("FPC 0", "Temp", 33),
            *(Sensor(f"Fan Tray {n} Fan 0", "Fans", None, _NORMAL) for n in range(4)),
            Sensor("Power Supply 0", "Power"),
            Sensor("Power Supply 1", "Power"),
        ),
        supplies=(Supply("PEM 0"), Supply("PEM 1")),
        thresholds=(
            Threshold("Chassis default", 48, 54, 65, 75, 65, 75, 100),
            Threshold("Routing Engine 0", 70, 80, 95, 95, 95, 110, 115),
        ),
        fpc_memory_mib=2048,
        fpc_celsius=33,
        port_description=ports,
        flow_sessions=5_242_880,
    )


_VSRX: Final = Hardware(
    modules=(
        Module("Midplane"),
        Module("System IO"),
        Module("Routing Engine 0", "VSRX RE"),
        Module("FPC 0", "FPC", parts=(Module("PIC 0", "VSRX DPDK GE"),)),
        Module("Power Supply 0"),
    ),
    port_description="VSRX DPDK GE",
    mac_count=64,
    flow_sessions=524_288,
)
_VMX_PIC: Final = Module("PIC 0", "Virtual", part=BUILTIN)
_VMX: Final = Hardware(
    modules=(
        Module("Midplane"),
        Module("Routing Engine 0", "RE-VMX"),
        Module("CB 0", "VMX SCB"),
        Module(
            "FPC 0",
            "Virtual FPC",
            parts=(
                Module("CPU", "", "Rev. 1.0", "RIOT-LITE"),
                Module("MIC 0", "Virtual", parts=(_VMX_PIC,)),
            ),
        ),
    ),
    fpc_memory_mib=2048,
    port_description="Virtual",
    mac_count=64,
)
_HARDWARE: Final = {
    "srx4100": _srx4000("SRX4100", "8x10G-SFP"),
    "srx4200": _srx4000("SRX4200", "8x10G-SFP"),
    "vsrx": _VSRX,
    "nfx250": _VSRX,  # the gateway of a 15.1X53 NFX250 is a vSRX
    "nfx250-jdm": Hardware(modules=(), mac_count=0),
    "compute-node": Hardware(modules=(), mac_count=0),
    "vmx": _VMX,
}


def hardware(platform: Platform) -> Hardware:
    """Return what stands in the chassis of a platform."""
    return _HARDWARE[platform.name]


def mac_address(serial: str, number: int) -> str:
    """Return the ``number``-th address of a chassis: locally administered, unique by serial."""
    base = hashlib.sha256(serial.encode()).digest()[:4]
    octets = (0x02, *base[:3], (base[3] + (number >> 8)) & 0xFF, number & 0xFF)
    return ":".join(f"{octet:02x}" for octet in octets)
