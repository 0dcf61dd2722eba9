"""Opens sessions on a simulated device: NETCONF, an interactive CLI, one command."""

from __future__ import annotations

from collections.abc import Callable

from harness.sim.cli.one_command import OneCommand
from harness.sim.cli.operational_mode import first_mode
from harness.sim.cli.preferences import Preferences
from harness.sim.cli.session import CliSession
from harness.sim.config.tree import get
from harness.sim.device import SimulatedDevice
from harness.sim.dialect import Dialect
from harness.sim.effects import Session
from harness.sim.netconf.session import NetconfSession
from harness.sim.release import release_name

# what clients run where the subsystem is off
_NETCONF_COMMANDS = ("netconf", "xml-mode netconf need-trailer", "xml-mode netconf")

HangUpCallback = Callable[[], None]


def open_netconf(device: SimulatedDevice, user: str, hang_up: HangUpCallback) -> Session:
    """Open a NETCONF session; its dialect is what the committed configuration says now.

    A host without Junos has none: the caller asks ``device.platform.shell_alone`` first.
    """
    return NetconfSession(device.login(user, "netconf", hang_up), dialect_of(device))


def open_shell(
    device: SimulatedDevice, user: str, hang_up: HangUpCallback, *, echo: bool, rows: int = 0
) -> Session:
    """Open an interactive CLI.

    ``echo`` says whether the client has a terminal, ``rows`` how many lines it shows (0: any).
    """
    return CliSession(device.login(user, "cli", hang_up), echo=echo, rows=rows)


def open_command(
    device: SimulatedDevice, user: str, command: str, hang_up: HangUpCallback
) -> Session:
    """Open what ``ssh host command`` runs: commands, or NETCONF under its old names."""
    if command.strip() in _NETCONF_COMMANDS and not device.platform.shell_alone:
        return open_netconf(device, user, hang_up)
    login = device.login(user, "cli", hang_up)
    return OneCommand(login, lambda: first_mode(login, Preferences()), command)


def dialect_of(device: SimulatedDevice) -> Dialect:
    """Return the dialect that ``system services netconf``, or the device's switch, asks for."""
    switch = device.switches["netconf-dialect"]
    if switch == "configured":
        netconf = get(device.store.effective, "system", "services", "netconf")
        compliant, newer = "rfc-compliant" in netconf, "version-1.1" in netconf
    else:
        compliant, newer = switch.startswith("rfc-compliant"), switch == "rfc-compliant-1.1"
    return Dialect(release_name(device.version), rfc_compliant=compliant, version_1_1=newer)
