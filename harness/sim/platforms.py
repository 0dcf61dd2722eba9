"""What each platform shows of itself, as data; the rows come from recorded replies of such devices.

An NFX250 of the 15.1X53 generation is two endpoints: its gateway is a vSRX virtual machine, and
JDM, which manages virtual machines, is a Linux container with a Junos command line. A compute node
is a Linux host with nothing of Junos: what runs on it stands in a configuration that nobody sees.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from harness.errors import UsageError

SERIAL_PREFIX: Final = "SIM"  # declares a simulated device, whatever serial it's given


@dataclass(frozen=True, slots=True)
class Platform:
    """One row of device knowledge."""

    name: str  # as testbeds spell it
    hardware_model: str  # get-system-information, product-model
    chassis: str  # description in get-chassis-inventory
    routing_engine: str
    version: str
    os_name: str
    schema: str  # family of the configuration model: junos-es, junos, jdm
    memory_mib: int
    physical_interfaces: tuple[str, ...]
    rfc_compliant: bool = False  # what the lab images' start-up configuration has
    replies_per_routing_engine: bool = False  # "invoke-on all-routing-engines" wraps
    linux_host: bool = False  # JDM: no Junos kernel, no chassis
    shell_alone: bool = False  # a compute node: no Junos at all


def _ports(media: str, count: int, fpc: int = 0) -> tuple[str, ...]:
    return tuple(f"{media}-{fpc}/0/{port}" for port in range(count))


_SRX_INTERNAL = ("gr-0/0/0", "ip-0/0/0", "lt-0/0/0", "fxp0", "lo0", "st0")
_VSRX_PORTS = (*_ports("ge", 10), *_SRX_INTERNAL)

PLATFORMS: Final = {
    row.name: row
    for row in (
        Platform(
            "srx4100", "srx4100", "SRX4100", "SRX Routing Engine", "18.4R3.3", "junos-es",
            "junos-es", 16384, (*_ports("xe", 8), *_SRX_INTERNAL),
        ),
        Platform(
            "srx4200", "srx4200", "SRX4200", "SRX Routing Engine", "18.4R3.3", "junos-es",
            "junos-es", 16384, (*_ports("xe", 8), *_SRX_INTERNAL),
        ),
        Platform(
            "vsrx", "vSRX", "VSRX", "VSRX RE", "18.4R3.3", "junos-es",
            "junos-es", 4096, _VSRX_PORTS,
        ),
        Platform(
            "nfx250", "vSRX", "VSRX", "VSRX RE", "15.1X49-D140.2", "junos-es",
            "junos-es", 4096, _VSRX_PORTS,
        ),
        Platform(
            "nfx250-jdm", "nfx250_s2_10_t", "NFX250", "", "15.1X53-D47.4", "junos",
            "jdm", 32768, ("jmgmt0", "jsxe0", "lo"), linux_host=True,
        ),
        Platform(
            "compute-node", "", "", "", "4.15.0-213-generic", "linux",
            "jdm", 262144, (), linux_host=True, shell_alone=True,
        ),
        Platform(
            "vmx", "vmx", "VMX", "RE-VMX", "18.4R3.3", "junos",
            "junos", 4096, (*_ports("ge", 10), "gr-0/0/0", "fxp0", "em0", "lo0"),
            rfc_compliant=True, replies_per_routing_engine=True,
        ),
    )
}  # fmt: skip


def platform(name: str) -> Platform:
    """Return the row of that name; raises :class:`UsageError` naming the known ones."""
    try:
        return PLATFORMS[name]
    except KeyError:
        known = ", ".join(PLATFORMS)
        raise UsageError(f"no simulated platform {name!r}; known: {known}") from None


def serial_number(device: str, given: str | None) -> str:
    """Return the serial number shown, always with :data:`SERIAL_PREFIX`."""
    if given is not None:
        return given if given.startswith(SERIAL_PREFIX) else SERIAL_PREFIX + given
    return SERIAL_PREFIX + hashlib.sha256(device.encode()).hexdigest()[:9].upper()
