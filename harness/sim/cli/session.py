"""A CLI session of the simulated device: keystrokes in, terminal output out."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

from harness.sim.answers import DaemonRefusal, Refusal
from harness.sim.cli.commands import refusal_text
from harness.sim.cli.line import UnknownWord
from harness.sim.cli.mode import Ask, Cut, Leave, Mode, Paste, Step, Write
from harness.sim.cli.operational_mode import first_mode
from harness.sim.cli.preferences import Preferences
from harness.sim.cli.terminal import Echo, EndOfInput, Interrupt, Line, LineEditor, Pager, TooLong
from harness.sim.device import Login
from harness.sim.effects import Effect, HangUp, Send
from harness.sim.messages import SIMULATED
from harness.sim.temper import before_command

_END_OF_LINE: Final = re.compile(r"\r\n|\r|\n")
_END_OF_INPUT: Final = "\x04"
_INTERRUPT: Final = "\x03"
_MAX_PASTE: Final = 64 * 1024 * 1024
_MOST_ENDLESS: Final = 3


class CliSession:
    """One interactive login; ``rows`` of its terminal, or 0 where there is none."""

    def __init__(self, login: Login, *, echo: bool, rows: int = 0) -> None:
        self._login = login
        self._echo = echo
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._preferences = Preferences(screen_length=rows)
        self._editor = LineEditor(echo=echo)
        self._input = ""
        self._mode: Mode = first_mode(login, self._preferences)
        self._pasting: Paste | None = None
        self._pasted: list[str] = []
        self._size = 0
        self._endless = 0  # lines too long, one after the other
        self._asking: Ask | None = None
        self._pager: Pager | None = None
        self._waiting: Iterator[Step] | None = None  # the command whose output is being paged
        self._greeted = False
        self._over = False

    def feed(self, data: bytes) -> None:
        """Take keystrokes; after the end nobody listens."""
        if not self._over:
            self._input += self._decode(data)

    def close(self, *, vanished: bool = False) -> None:
        """Release the lock, the candidate and the place in the device's list of sessions."""
        self._over = True
        self._login.close(vanished=vanished)

    def run(self) -> Iterator[Effect]:
        """Do what the keystrokes so far ask for."""
        if not self._greeted:
            self._greeted = True
            yield _terminal(f"{self._greeting()}{self._prompt()}")
        while self._input and not self._over:
            if self._pager is not None:
                yield from self._page(self._pager)
            elif self._pasting is not None:
                yield from self._paste(self._pasting)
            else:
                yield from self._keys()

    def _greeting(self) -> str:
        device = self._login.device
        if device.platform.shell_alone:
            return f"Linux {device.view().hostname} {device.version} {SIMULATED}\n"
        return f"--- JUNOS {device.version} {SIMULATED}\n"

    def _prompt(self) -> str:
        """Return the prompt; the CLI's reminds of a commit that nobody has confirmed yet."""
        prompt = self._mode.prompt
        pending = self._login.device.store.pending
        if pending is None or pending.minutes is None or not prompt.startswith("\n"):
            return prompt
        left = (pending.deadline - self._login.device.clock.now()).total_seconds()
        minutes = max(1, -int(-left // 60))
        return f"\n# commit confirmed will be rolled back in {minutes} minutes{prompt}"

    def _page(self, pager: Pager) -> Iterator[Effect]:
        """Take keys until the output is shown; the rest of them is the next command's."""
        for shown in pager.keys(self._input):
            yield _terminal(shown)
        self._input = self._input[pager.taken :]
        if pager.over:
            self._pager = None
            waiting, self._waiting = self._waiting, None
            if waiting is not None:
                yield from self._do(waiting)

    def _paste(self, paste: Paste) -> Iterator[Effect]:
        """Collect pasted text up to control-D; its echo is the terminal's."""
        text, end, rest = self._input.partition(_END_OF_INPUT)
        if _INTERRUPT in text:
            self._input = self._input.partition(_INTERRUPT)[2]
            self._pasting = None
            self._pasted.clear()
            self._size = 0
            yield _terminal(f"^C{self._prompt()}")
            return
        self._input = rest
        if self._echo and text:
            yield _terminal(_END_OF_LINE.sub("\n", text))
        self._pasted.append(text)
        self._size += len(text)
        if self._size > _MAX_PASTE:
            yield HangUp()
            self._over = True
        elif end:
            self._pasting = None
            pasted = _END_OF_LINE.sub("\n", "".join(self._pasted))
            self._pasted.clear()
            self._size = 0
            if self._echo:
                yield _terminal("\n")
            yield from self._do(paste.take(pasted))

    def _keys(self) -> Iterator[Effect]:
        """Take keystrokes up to the end of one line."""
        self._editor.hidden = self._asking is not None and self._asking.secret
        events, self._input = self._editor.take(self._input)
        for event in events:
            match event:
                case Echo(text):
                    yield _terminal(text)
                case Line(text):
                    self._endless = 0
                    yield from self._command(text)
                case Interrupt(sign):
                    self._asking = None
                    yield _terminal(f"{sign}\n{self._prompt()}")
                case EndOfInput():
                    yield from self._do(self._mode.end_of_input())
                case TooLong():
                    yield from self._too_long()

    def _too_long(self) -> Iterator[Effect]:
        """Drop an endless line; who sends nothing else isn't a person, and is left."""
        self._endless += 1
        yield _terminal(f"\nerror: input line is too long {SIMULATED}\n{self._prompt()}")
        if self._endless >= _MOST_ENDLESS:
            self._over = True
            self._input = ""
            yield HangUp()

    def _command(self, line: str) -> Iterator[Effect]:
        asking, self._asking = self._asking, None
        if asking is not None:
            yield from self._do(asking.take(line.strip()))
        elif line.strip():
            line = line.replace("\t", " ")
            yield from before_command(self._login, line, commits=self._mode.commits(line))
            self._login.device.tick()
            yield from self._started(line)
        else:
            yield _terminal(self._prompt())

    def _started(self, line: str) -> Iterator[Effect]:
        """Begin a command: some are refused before their first step."""
        try:
            steps = self._mode.command(line)
        except UnknownWord as exc:
            yield _terminal(self._marked(exc) + self._prompt())
        except (Refusal, DaemonRefusal) as exc:
            yield _terminal(refusal_text(exc) + self._prompt())
        else:
            yield from self._do(steps)

    def _marked(self, exc: UnknownWord) -> str:
        """Write the mark below the word that isn't known, and why."""
        indent = " " * (len(self._mode.prompt.rpartition("\n")[2]) + exc.column)
        return f"{indent}^\n{exc.text}\n"

    def _do(self, steps: Iterator[Step]) -> Iterator[Effect]:
        """Carry out the steps of one command; a prompt follows unless the last one says more."""
        try:
            for step in steps:
                effect, goes_on = self._step(step, steps)
                if effect is not None:
                    yield effect
                if not goes_on:
                    return
        except UnknownWord as exc:
            yield _terminal(self._marked(exc))
        except (Refusal, DaemonRefusal) as exc:
            yield _terminal(refusal_text(exc))
        yield _terminal(self._prompt())

    def _step(self, step: Step, steps: Iterator[Step]) -> tuple[Effect | None, bool]:
        """Carry out one step; the second value says whether the command goes on."""
        match step:
            case Write(text, paged):
                return self._written(text, steps, paged=paged)
            case Paste(invitation):
                self._pasting = step
                return _terminal(invitation), False
            case Ask(question):
                self._asking = step
                return _terminal(question), False
            case Cut(silent):
                self._over = True
                return (None if silent else HangUp(abrupt=True)), False
            case Leave(mode):
                if mode is None:
                    self._over = True
                    return HangUp(), False
                self._mode = mode
        return None, True

    def _written(
        self, text: str, steps: Iterator[Step], *, paged: bool
    ) -> tuple[Effect | None, bool]:
        length = self._preferences.screen_length
        if not (paged and length and self._echo) or text.count("\n") < length:
            return (_terminal(text) if text else None), True
        self._pager = Pager(text, length)
        self._waiting = steps
        return _terminal(self._pager.begin()), False


def _terminal(text: str) -> Send:
    return Send(text.replace("\n", "\r\n").encode())
