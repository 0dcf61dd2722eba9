"""Commands without a terminal: ``ssh host 'show version'`` and ``cli -c 'show version'``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.sim.answers import DaemonRefusal, Refusal
from harness.sim.cli.commands import refusal_text
from harness.sim.cli.line import UnknownWord, split_commands
from harness.sim.cli.mode import Ask, Cut, Leave, Mode, Paste, Step, Write
from harness.sim.device import Login
from harness.sim.effects import Effect, HangUp, Send
from harness.sim.messages import SIMULATED
from harness.sim.temper import before_command


class Batch:
    """Runs command after command, whatever mode they lead to, and collects what they print."""

    def __init__(self, mode: Mode) -> None:
        self._mode: Mode | None = mode
        self.cut: Cut | None = None  # a fault took the session away

    def commits(self, line: str) -> bool:
        """Say whether the next line would commit."""
        return self._mode is not None and self._mode.commits(line)

    def run(self, line: str) -> Iterator[str]:
        """Run one command."""
        if self._mode is None or self.cut is not None:
            return
        try:
            yield from self._steps(self._mode.command(line))
        except UnknownWord as exc:
            yield f"\nerror: {exc.text.partition(chr(10))[0].rstrip('.')}: {exc.word or line}\n"
        except (Refusal, DaemonRefusal) as exc:
            yield refusal_text(exc)

    def _steps(self, steps: Iterator[Step]) -> Iterator[str]:
        for step in steps:
            match step:
                case Write(text):
                    yield text
                case Ask(question, take, _):
                    yield f"{question}\n"
                    yield from self._steps(take(""))
                case Paste():
                    yield f"error: a terminal is needed for that {SIMULATED}\n"
                case Leave(mode):
                    self._mode = mode
                case Cut():
                    self.cut = step


def output_of(mode: Mode, commands: str) -> str:
    """Return what a list of commands prints; pauses and lost connections don't happen here."""
    batch = Batch(mode)
    return "".join(text for line in split_commands(commands) for text in batch.run(line))


class OneCommand:
    """A login that runs the commands of one exec channel and ends."""

    def __init__(self, login: Login, mode: Callable[[], Mode], commands: str) -> None:
        self._login = login
        self._mode = mode
        self._lines = split_commands(commands)
        self._done = False

    def feed(self, data: bytes) -> None:
        """Ignore input: the commands read none."""

    def close(self, *, vanished: bool = False) -> None:
        """Release the session."""
        self._login.close(vanished=vanished)

    def run(self) -> Iterator[Effect]:
        """Answer and hang up."""
        if self._done:
            return
        self._done = True
        batch = Batch(self._mode())
        for line in self._lines:
            yield from before_command(self._login, line, commits=batch.commits(line))
            self._login.device.tick()
            for text in batch.run(line):
                yield Send(text.encode())
            if batch.cut is not None:
                if not batch.cut.silent:
                    yield HangUp(abrupt=True)
                return
        yield HangUp()
