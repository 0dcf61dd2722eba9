"""Operational mode of the CLI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.sim.answers import Refusal
from harness.sim.cli.configuration_mode import ConfigurationMode
from harness.sim.cli.mode import Leave, Step, Write
from harness.sim.device import Login
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.command_line import UnknownWord, operational_report, parse_line

_SWITCHABLE: Final = {"complete-on-space": {"off": "Disabling", "on": "Enabling"}}
_SIZES: Final = {"screen-width": "Screen width", "screen-length": "Screen length"}
_PRIVATE: Final = ("private", "batch", "dynamic", "ephemeral")


class OperationalMode:
    """``user@host>``."""

    def __init__(self, login: Login, *, may_configure: bool = True) -> None:
        self._login = login
        self._may_configure = may_configure

    @property
    def prompt(self) -> str:
        """Return the prompt."""
        return f"{self._login.user}@{self._login.device.view().hostname}> "

    def commits(self, _line: str) -> bool:
        """Return False: nothing commits here."""
        return False

    def command(self, line: str) -> Iterator[Step]:
        """Carry out one command line."""
        parsed = parse_line(line)
        words = parsed.texts
        if words[:1] in (("exit",), ("quit",)):
            yield Leave(None)
        elif words[:2] == ("set", "cli"):
            yield Write(_set_cli(words[2:]))
        elif words and "configure".startswith(words[0]) and len(words[0]) > 3:
            if words[1:] and words[1] not in (*_PRIVATE, "exclusive"):
                raise UnknownWord(parsed.words[1].column, "syntax error, expecting <command>.")
            yield from self._configure(words[1:])
        else:
            yield Write(operational_report(self._login, line).text())

    def _configure(self, words: tuple[str, ...]) -> Iterator[Step]:
        if not self._may_configure or (words and words[0] in _PRIVATE):
            kind = words[0] if words else "this"
            raise Refusal(error(f"{kind} configuration is not available {SIMULATED}"))
        exclusive = bool(words)
        holder = self._login.device.store.lock_holder
        if exclusive or holder is not None:
            # A lock of somebody else refuses the shared database too, and the refusal names him.
            complaints = self._login.config.lock()
            if complaints:
                raise Refusal(*complaints)
        yield Write("Entering configuration mode\n")
        if exclusive:
            yield Write("warning: uncommitted changes will be discarded on exit\n")
        elif self._login.device.store.dirty:
            yield Write("The configuration has been changed but not committed\n")
        yield Leave(ConfigurationMode(self._login, self, exclusive=exclusive))


def _set_cli(words: tuple[str, ...]) -> str:
    """Answer the commands that prepare a terminal; the output is never paged."""
    if len(words) == 2 and words[0] in _SIZES and words[1].isdigit():
        return f"{_SIZES[words[0]]} set to {words[1]}\n"
    if len(words) == 2 and words[1] in _SWITCHABLE.get(words[0], {}):
        return f"{_SWITCHABLE[words[0]][words[1]]} {words[0]}\n"
    raise UnknownWord(len("set cli "), "syntax error, expecting <command>.")
