"""Operational mode of the CLI."""

from __future__ import annotations

from collections.abc import Iterator
from hmac import compare_digest
from typing import Final, cast

from harness.sim.answers import Refusal
from harness.sim.cli.commands import allow, find, operational_report
from harness.sim.cli.configuration_mode import ConfigurationMode
from harness.sim.cli.entering import KINDS, enter
from harness.sim.cli.line import EXPECTING, CommandLine, choose, parse_line
from harness.sim.cli.mode import Ask, Leave, Mode, Step, Write
from harness.sim.cli.preferences import Preferences, stamp
from harness.sim.cli.unix_shell import UnixShell
from harness.sim.device import Login
from harness.sim.messages import SIMULATED, error
from harness.sim.store.commit import Kind

_NOT_SIMULATED: Final = ("dynamic", "ephemeral")
_SHELLS: Final = {"csh": "", "sh": "", "user": ""}


class OperationalMode:
    """``user@host>``; ``outside`` is the shell that it was started from, if any."""

    def __init__(self, login: Login, preferences: Preferences, outside: Mode | None = None) -> None:
        self._login = login
        self._preferences = preferences
        self._outside = outside

    @property
    def prompt(self) -> str:
        """Return the prompt."""
        own = self._preferences.prompt
        hostname = self._login.device.view().hostname
        return f"\n{own or f'{self._login.user}@{hostname}> '}"

    def commits(self, _line: str) -> bool:
        """Return False: nothing commits here."""
        return False

    def end_of_input(self) -> Iterator[Step]:
        """Leave, as the command does."""
        yield Leave(self._outside)

    def command(self, line: str) -> Iterator[Step]:
        """Carry out one command line."""
        parsed = parse_line(line)
        command = find(self._login.device.platform.schema, parsed)
        if self._preferences.timestamp:
            yield Write(stamp(self._login.device.clock.now()))
        if command.words[0] not in ("exit", "quit"):
            allow(self._login, command, parsed)
        match command.words:
            case ("exit" | "quit",):
                yield Leave(self._outside)
            case ("configure" | "edit",):
                yield from self._configure(parsed)
            case ("start", "shell"):
                yield from self._start(parsed)
            case ("set", "cli"):
                yield Write(self._preferences.change(parsed))
            case _:
                report = operational_report(self._login, line, self._preferences)
                yield Write(report.text(), paged=parsed.paged)

    def _configure(self, parsed: CommandLine) -> Iterator[Step]:
        words = parsed.words[1:]
        kind = choose(words[0], KINDS) if words else "shared"
        if len(words) > 1:
            raise words[1].unknown(EXPECTING)
        if kind in _NOT_SIMULATED:
            raise Refusal(error(f"configure {kind} is not available {SIMULATED}"))
        yield from enter(self._login, cast("Kind", kind))
        yield Leave(ConfigurationMode(self._login, self, self._preferences))

    def _start(self, parsed: CommandLine) -> Iterator[Step]:
        """Carry out ``start shell [sh|csh|user root]``."""
        words = parsed.words[2:]
        kind = choose(words[0], _SHELLS) if words else "csh"
        if kind != "user":
            yield Leave(UnixShell(self._login, self._cli, self, kind=kind))
            return
        if [word.text for word in words[1:]] != ["root"]:
            raise words[-1].unknown(EXPECTING)
        yield Ask("Password:", self._as_root, secret=True)

    def _as_root(self, password: str) -> Iterator[Step]:
        yield Write("\n")
        known = self._login.device.password_of("root")
        if known is not None and compare_digest(known.encode(), password.encode()):
            yield Leave(UnixShell(self._login, self._cli, self, user="root"))
        else:
            yield Write("su: Sorry\n")

    def _cli(self, outside: Mode | None) -> Mode:
        return OperationalMode(self._login, self._preferences, outside)


def first_mode(login: Login, preferences: Preferences) -> Mode:
    """Return where a login lands: the CLI, of root the shell (Junos documents).

    A host without Junos has nothing but a shell.
    """
    if login.device.platform.shell_alone:
        return UnixShell(login, None, None, kind="sh")

    def cli(outside: Mode | None) -> Mode:
        return OperationalMode(login, preferences, outside)

    return UnixShell(login, cli, None) if login.user == "root" else cli(None)
