"""Fixtures: terminals of simulated devices, without a socket."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from harness.clock import ManualClock
from harness.sim.device import SimulatedDevice
from harness.sim.effects import HangUp, Send, Session
from harness.sim.sessions import open_command, open_shell
from harness.sim.spec import DeviceSpec

_PROMPT = re.compile(r"(\n(\[edit.*\]\n)?\w+@dut[>#] |(root@dut)?[%$#] )\Z")


@dataclass
class Terminal:
    """One CLI session, and whether it has ended."""

    session: Session
    over: bool = False
    screens: list[str] = field(default_factory=list)

    def keys(self, keys: str) -> str:
        """Type keys and return what the screen shows for them."""
        self.session.feed(keys.encode())
        shown = ""
        for effect in self.session.run():
            if isinstance(effect, Send):
                shown += effect.data.decode()
            elif isinstance(effect, HangUp):
                self.over = True
                self.session.close()
                break
        self.screens.append(shown)
        return shown.replace("\r\n", "\n")

    def type(self, line: str) -> str:
        """Type a line; return the answer without the echo and without the prompt's lines."""
        return _PROMPT.sub("", self.keys(f"{line}\n").removeprefix(f"{line}\n"))

    @property
    def prompt(self) -> str:
        """Return the last two lines of the screen."""
        return "\n".join(self.screens[-1].replace("\r\n", "\n").split("\n")[-2:])


class Lab:
    """One device and the terminals on it."""

    def __init__(self, **fields) -> None:
        self.clock = ManualClock()
        spec = DeviceSpec(**({"name": "dut", "platform": "vsrx"} | fields))
        self.device = SimulatedDevice(spec, self.clock)

    def terminal(self, user: str = "lab", *, echo: bool = True, rows: int = 0) -> Terminal:
        """Log in."""
        terminal = Terminal(open_shell(self.device, user, lambda: None, echo=echo, rows=rows))
        terminal.keys("")
        return terminal

    def run(self, command: str, user: str = "lab") -> str:
        """Run what one exec channel runs."""
        session = open_command(self.device, user, command, lambda: None)
        return "".join(e.data.decode() for e in session.run() if isinstance(e, Send))


@pytest.fixture
def lab_for():
    """Return a maker of labs; keyword arguments are those of DeviceSpec."""
    return Lab


@pytest.fixture
def lab() -> Lab:
    """Return a vSRX called dut."""
    return Lab()


@pytest.fixture
def operational(lab) -> Terminal:
    """Return a terminal in operational mode."""
    return lab.terminal()


@pytest.fixture
def editing(operational) -> Terminal:
    """Return a terminal in configuration mode."""
    operational.type("configure")
    return operational


@pytest.fixture
def shell(operational) -> Terminal:
    """Return a terminal in the csh under the CLI."""
    operational.type("start shell")
    return operational
