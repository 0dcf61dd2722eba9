"""What ``set cli`` changes: how one login's terminal is written to, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harness.sim.cli.line import EXPECTING, MISSING, CommandLine, UnknownWord, Word, choose
from harness.sim.digits import number_of

TIMESTAMP: Final = "%b %d %T"
_ABOUT: Final = {
    "complete-on-space": "Set whether typing space completes current word",
    "directory": "Set working directory",
    "idle-timeout": "Set maximum idle time before login session ends",
    "prompt": "Set CLI command prompt string",
    "restart-on-upgrade": "Set whether CLI prompts for restart after software upgrade",
    "screen-length": "Set number of lines on screen",
    "screen-width": "Set number of characters on a line",
    "terminal": "Set terminal type",
    "timestamp": "Timestamp CLI output",
}
_LIMITS: Final = {"screen-length": 100_000, "screen-width": 1024, "idle-timeout": 100_000}
_SIZES: Final = {"screen-length": "Screen length", "screen-width": "Screen width"}
_SWITCHED: Final = {"on": "Enabling", "off": "Disabling"}
_TERMINALS: Final = ("ansi", "small-xterm", "vt100", "xterm")


@dataclass(slots=True)
class Preferences:
    """The state of one CLI; ``screen_length`` 0 never pages."""

    screen_length: int = 0
    screen_width: int = 80
    terminal: str = "unknown"
    complete_on_space: str = "on"
    restart_on_upgrade: str = "on"
    idle_timeout: int = 0  # minutes; 0: never
    prompt: str = ""  # "": user and host name
    timestamp: bool = False

    def show(self, directory: str) -> str:
        """Write ``show cli``; ``directory`` is the working directory."""
        idle = f"set to {self.idle_timeout} minutes" if self.idle_timeout else "disabled"
        stamp = f"set to: {TIMESTAMP}" if self.timestamp else "disabled"
        return (
            f"CLI complete-on-space set to {self.complete_on_space}\n"
            f"CLI idle-timeout {idle}\n"
            f"CLI restart-on-upgrade set to {self.restart_on_upgrade}\n"
            f"CLI screen-length set to {self.screen_length}\n"
            f"CLI screen-width set to {self.screen_width}\n"
            f"CLI terminal is '{self.terminal}'\n"
            "CLI is operating in enhanced mode\n"
            f"CLI timestamp {stamp}\n"
            f"CLI working directory is '{directory}'\n"
        )

    def change(self, parsed: CommandLine) -> str:
        """Carry out ``set cli …`` and return its acknowledgement, except for ``directory``."""
        if len(parsed.words) < 3:
            raise UnknownWord(parsed.end, EXPECTING)
        name = choose(parsed.words[2], _ABOUT)
        values = parsed.words[3:]
        if len(values) > 1:
            raise values[1].unknown(EXPECTING)
        value = values[0] if values else None
        if name == "timestamp":
            return self._stamp(value)
        if value is None:
            raise UnknownWord(parsed.end, MISSING)
        if name in _LIMITS:
            return self._size(name, value)
        if name in ("complete-on-space", "restart-on-upgrade"):
            setting = choose(value, dict.fromkeys(_SWITCHED, ""))
            setattr(self, name.replace("-", "_"), setting)
            return f"{_SWITCHED[setting]} {name}\n"
        if name == "terminal":
            self.terminal = choose(value, dict.fromkeys(_TERMINALS, ""))
        else:
            self.prompt = value.text
        return ""

    def _size(self, name: str, value: Word) -> str:
        number = number_of(value.text, _LIMITS[name])
        if number is None:
            raise UnknownWord(value.end, f"Invalid numeric value: '{value.text}' at '{value.text}'")
        setattr(self, name.replace("-", "_"), number)
        if name in _SIZES:
            return f"{_SIZES[name]} set to {number}\n"
        return f"Idle timeout set to {number} minutes\n" if number else "Idle timeout disabled\n"

    def _stamp(self, value: Word | None) -> str:
        self.timestamp = value is None or choose(value, {"disable": ""}) != "disable"
        return (
            f"CLI timestamp set to: {TIMESTAMP}\n" if self.timestamp else "CLI timestamp disabled\n"
        )


def stamp(now: datetime) -> str:
    """Write the line that precedes an answer after ``set cli timestamp``."""
    return f"{now:%b %d %H:%M:%S}\n"
