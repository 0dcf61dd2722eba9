"""A CLI session of the simulated device: keystrokes in, terminal output out.

The terminal is a plain one: input is echoed, a line ends with CR or LF, control-C drops a line,
control-D ends ``load … terminal`` and logs out. What the commands do is in ``cli_operational`` and
``cli_configuration``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

from harness.sim.answers import DaemonRefusal, Refusal
from harness.sim.cli.mode import Ask, Cut, Leave, Mode, Paste, Step, Write
from harness.sim.cli.operational_mode import OperationalMode
from harness.sim.device import Login
from harness.sim.effects import Effect, HangUp, Pause, Send
from harness.sim.operational.command_line import UnknownWord, refusal_text

_END_OF_LINE: Final = re.compile(r"\r\n|\r|\n")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_END_OF_INPUT: Final = "\x04"
_ERASE: Final = ("\x7f", "\x08")
_MAX_LINE: Final = 64 * 1024
_MAX_PASTE: Final = 64 * 1024 * 1024


class CliSession:
    """One interactive login, in operational mode at first."""

    def __init__(self, login: Login, *, echo: bool) -> None:
        self._login = login
        self._echo = echo
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._input = ""
        self._typed = ""
        self._mode: Mode = OperationalMode(login)
        self._pasting: Paste | None = None
        self._pasted: list[str] = []
        self._asking: Ask | None = None
        self._greeted = False
        self._over = False

    def feed(self, data: bytes) -> None:
        """Take keystrokes."""
        self._input += self._decode(data)

    def close(self) -> None:
        """Release the lock, the candidate and the place in the device's list of sessions."""
        self._over = True
        self._login.close()

    def run(self) -> Iterator[Effect]:
        """Do what the keystrokes so far ask for."""
        if not self._greeted:
            self._greeted = True
            yield _terminal(f"--- JUNOS {self._login.device.version} [simulated]\n{self._prompt()}")
        while self._input and not self._over:
            if self._pasting is not None:
                yield from self._paste(self._pasting)
            else:
                yield from self._line()

    def _prompt(self) -> str:
        pending = self._login.device.store.pending
        banner = ""
        if pending is not None and pending.minutes is not None:
            left = (pending.deadline - self._login.device.clock.now()).total_seconds()
            minutes = max(1, -int(-left // 60))
            banner = f"\n# commit confirmed will be rolled back in {minutes} minutes"
        return f"{banner}\n{self._mode.prompt}"

    def _paste(self, paste: Paste) -> Iterator[Effect]:
        """Collect pasted text up to control-D; its echo is the terminal's."""
        text, end, rest = self._input.partition(_END_OF_INPUT)
        self._input = rest
        if self._echo and text:
            yield _terminal(_END_OF_LINE.sub("\n", text))
        self._pasted.append(text)
        if sum(map(len, self._pasted)) > _MAX_PASTE:
            yield HangUp()
            self._over = True
        elif end:
            self._pasting = None
            pasted = _END_OF_LINE.sub("\n", "".join(self._pasted))
            self._pasted.clear()
            yield from self._do(paste.take(pasted))

    def _line(self) -> Iterator[Effect]:
        """Take one line, or what there is of it."""
        ended = _END_OF_LINE.search(self._input)
        text = self._input[: ended.start()] if ended else self._input
        self._input = self._input[ended.end() :] if ended else ""
        if _CONTROL.search(text):
            yield from self._keys(text)
            if self._over:
                return
        else:
            self._typed += text
            if self._echo and text:
                yield _terminal(text)
        if len(self._typed) > _MAX_LINE:
            self._typed = ""
            yield _terminal(f"\nerror: input line is too long\n{self._prompt()}")
        elif ended:
            line, self._typed = self._typed, ""
            if self._echo:
                yield _terminal("\n")
            yield from self._command(line)

    def _keys(self, text: str) -> Iterator[Effect]:
        """Take keystrokes among which some are control characters."""
        for key in text:
            if key == "\x03":
                self._typed = ""
                yield _terminal(f"^C\n{self._prompt()}")
            elif key == _END_OF_INPUT and not self._typed:
                yield from self._do(self._mode.command("exit"))
                if self._over:
                    return
            elif key in _ERASE:
                if self._typed and self._echo:
                    yield _terminal("\b \b")
                self._typed = self._typed[:-1]
            elif key == "\x15":
                self._typed = ""
            elif not _CONTROL.match(key):
                self._typed += key
                if self._echo:
                    yield _terminal(key)

    def _command(self, line: str) -> Iterator[Effect]:
        asking, self._asking = self._asking, None
        if asking is not None:
            yield from self._do(asking.take(line.strip()))
        elif line.strip():
            yield from self._wait(self._mode.commits(line))
            self._login.device.tick()
            yield from self._do(self._mode.command(line))
        else:
            yield _terminal(self._prompt())

    def _wait(self, commits: bool) -> Iterator[Effect]:  # noqa: FBT001 - one fact
        seconds = self._login.device.request_seconds(commits=commits)
        if seconds:
            yield Pause(seconds)

    def _do(self, steps: Iterator[Step]) -> Iterator[Effect]:
        """Carry out the steps of one command; a prompt follows unless the last one says more."""
        try:
            for step in steps:
                effect, goes_on = self._step(step)
                if effect is not None:
                    yield effect
                if not goes_on:
                    return
        except UnknownWord as exc:
            indent = " " * (len(self._mode.prompt.rpartition("\n")[2]) + exc.column)
            yield _terminal(f"{indent}^\n{exc.text}\n")
        except (Refusal, DaemonRefusal) as exc:
            yield _terminal(refusal_text(exc))
        yield _terminal(self._prompt())

    def _step(self, step: Step) -> tuple[Effect | None, bool]:
        """Carry out one step; the second value says whether the command goes on."""
        match step:
            case Write(text):
                return _terminal(text), True
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


class OneCommand:
    """A login that runs one operational command and ends: ``ssh host command``."""

    def __init__(self, login: Login, line: str) -> None:
        self._login = login
        self._line = line
        self._done = False

    def feed(self, data: bytes) -> None:
        """Ignore input: the command reads none."""

    def close(self) -> None:
        """Release the session."""
        self._login.close()

    def run(self) -> Iterator[Effect]:
        """Answer and hang up."""
        if self._done:
            return
        self._done = True
        mode = OperationalMode(self._login, may_configure=False)
        try:
            for step in mode.command(self._line):
                if isinstance(step, Write):
                    yield Send(step.text.encode())
        except UnknownWord as exc:
            yield Send(f"error: {exc.text}\n".encode())
        except (Refusal, DaemonRefusal) as exc:
            yield Send(refusal_text(exc).encode())
        yield HangUp()


def _terminal(text: str) -> Send:
    return Send(text.replace("\n", "\r\n").encode())
