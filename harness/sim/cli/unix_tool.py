"""What every UNIX command of a device's shell has: surroundings, an outcome, options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.sim.files.errors import FileError, Reason
from harness.sim.files.file_system import FileSystem
from harness.sim.files.paths import absolute
from harness.sim.view import View


@dataclass(slots=True)
class Surroundings:
    """What commands see of the shell that runs them."""

    files: FileSystem
    user: str
    directory: str
    hostname: str
    release: str  # of Junos
    now: datetime
    linux: bool = False
    machines: Callable[[], View] | None = None  # of a host with virtual machines: its state now

    def path(self, name: str) -> str:
        """Return the absolute path of ``name``; raises :class:`FileError`."""
        if name == "~" or name.startswith("~/"):
            name = self.files.home(self.user) + name[1:]
        return absolute(name, self.directory)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command printed, and its exit status."""

    output: str = ""
    errors: str = ""
    status: int = 0


Tool = Callable[[Surroundings, Sequence[str], str], Outcome]


def options(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Return the letters of the options, and the operands."""
    letters = ""
    rest = list(arguments)
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        option = rest.pop(0)
        if option == "--":
            break
        letters += option.lstrip("-")
    return letters, rest


def for_each(
    name: str, operands: Sequence[str], action: Callable[[str], None], *, quiet: bool = False
) -> Outcome:
    """Do something to every operand; what fails is told and fails the command."""
    errors = ""
    for operand in operands:
        try:
            action(operand)
        except FileError as exc:
            if not (quiet and exc.reason is Reason.MISSING):
                errors += f"{name}: {operand}: {exc.reason.value}\n"
    return Outcome("", errors, 1 if errors else 0)


def usage(name: str, rest: str) -> Outcome:
    return Outcome("", f"usage: {name} {rest}\n", 64)
