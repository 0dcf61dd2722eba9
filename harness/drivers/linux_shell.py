"""The shell of a Linux host over SSH, by netmiko's driver for Linux: asked, never written to.

Compute nodes have no Junos, so none of the port of the drivers fits them. A command's exit status
is asked for after it, because a shell prints its complaints and its answers alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from netmiko.linux import LinuxSSH

from harness.drivers.netmiko_driver import NETMIKO_RULES, VerifiedTerminal
from harness.drivers.protocol import Endpoint
from harness.drivers.translate import Rule, border
from harness.errors import RpcRefused, Unreachable

_STATUS = "echo $?"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, its errors among it, and its exit status."""

    output: str
    status: int


class _Terminal(VerifiedTerminal, LinuxSSH):
    kind = "linux"


class LinuxShell:
    """One login on a Linux host; a context manager.

    Raises :class:`~harness.errors.Unreachable` and :class:`~harness.errors.LoginRefused`.
    """

    rules: ClassVar[Sequence[Rule]] = NETMIKO_RULES

    def __init__(self, endpoint: Endpoint) -> None:
        self.device = endpoint.device
        self._endpoint = endpoint
        self._terminal: _Terminal | None = None

    def __enter__(self) -> Self:
        """Connect, verify the host key and log in."""
        with border(self.device, "opening a shell", self.rules):
            self._terminal = _Terminal(self._endpoint)
        return self

    def __exit__(self, *_: object) -> None:
        """End the session; never raises."""
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            terminal.disconnect()

    def run(self, command: str) -> Ran:
        """Run one command, which mustn't read from the terminal."""
        output = self._send(command)
        status = self._send(_STATUS).strip()
        if not status.isdecimal():
            raise Unreachable(f"{self.device}: '{_STATUS}' says '{status[:40]}', not a status")
        return Ran(output, int(status))

    def ask(self, command: str) -> str:
        """Run a command and return its output; :class:`RpcRefused` in its words if it failed."""
        ran = self.run(command)
        if ran.status != 0:
            words = " ".join(ran.output.split())[:200]
            raise RpcRefused(f"{self.device}: '{command}' ended with {ran.status}: {words}")
        return ran.output

    def _send(self, command: str) -> str:
        if self._terminal is None:
            raise Unreachable(f"{self.device}: no shell is open")
        seconds = self._endpoint.timeout
        with border(self.device, f"'{command}'", self.rules):
            return str(self._terminal.send_command(command, read_timeout=seconds))
