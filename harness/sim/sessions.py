"""Opens sessions on a simulated device: NETCONF, an interactive CLI, one command."""

from __future__ import annotations

from collections.abc import Callable

from harness.sim.cli.shell import CliSession, OneCommand
from harness.sim.config.tree import present
from harness.sim.device import SimulatedDevice
from harness.sim.dialect import Dialect
from harness.sim.effects import Session
from harness.sim.netconf.session import NetconfSession
from harness.sim.platforms import release

_NETCONF_COMMAND = "xml-mode netconf need-trailer"  # what clients run where the subsystem is off

HangUpCallback = Callable[[], None]


def open_netconf(device: SimulatedDevice, user: str, hang_up: HangUpCallback) -> Session:
    """Open a NETCONF session; its dialect is what the committed configuration says now."""
    return NetconfSession(device.login(user, "netconf", hang_up), dialect_of(device))


def open_shell(
    device: SimulatedDevice, user: str, hang_up: HangUpCallback, *, echo: bool
) -> Session:
    """Open an interactive CLI; ``echo`` says whether the client has a terminal."""
    return CliSession(device.login(user, "cli", hang_up), echo=echo)


def open_command(
    device: SimulatedDevice, user: str, command: str, hang_up: HangUpCallback
) -> Session:
    """Open what ``ssh host command`` runs: one command, or NETCONF under its old name."""
    if command.strip() == _NETCONF_COMMAND:
        return open_netconf(device, user, hang_up)
    return OneCommand(device.login(user, "cli", hang_up), command)


def dialect_of(device: SimulatedDevice) -> Dialect:
    """Return the dialect that ``system services netconf``, or the device's switch, asks for."""
    switch = device.switches["netconf-dialect"]
    if switch == "configured":
        compliant = present(
            device.store.effective, "system", "services", "netconf", "rfc-compliant"
        )
    else:
        compliant = switch.startswith("rfc-compliant")
    return Dialect(
        release(device.version),
        rfc_compliant=compliant,
        version_1_1=switch == "rfc-compliant-1.1",
    )
