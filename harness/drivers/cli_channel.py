"""The text side of one CLI session: write, then read up to the next prompt, until a deadline."""

from __future__ import annotations

import codecs
import re

import paramiko

from harness.clock import Clock, Deadline

_READ_BYTES = 64 * 1024
_WRITE_BYTES = 16 * 1024
_TAIL = 512  # characters in which a prompt or a question must end
_MAX_OUTPUT = 256 * 1024 * 1024
END_OF_INPUT = "\x04"  # control-D ends "load … terminal"
_TERMINAL = re.compile(r"\r+\n|\r|\x07|\x1b\[[0-9;?]*[A-Za-z]")
_QUESTION = r"\[yes,no\] \((?:yes|no)\) "


class CliChannel:
    """Runs commands on a shell channel whose prompt is ``user@host> `` or ``user@host# ``.

    Raises ``TimeoutError`` at the deadline, ``EOFError`` when the device ends the session, and
    what paramiko raises.
    """

    def __init__(self, channel: paramiko.Channel, username: str, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._prompt = re.compile(rf"(?:\A|[\r\n]){re.escape(username)}@?[^\s@]*([>#%]) \Z")
        self._question = re.compile(rf"{_QUESTION}\Z")
        self._prompt_sign = ""
        self._paste = re.compile(r"\[Type \^D at a new line to end input\]\s*\Z")

    @property
    def configuring(self) -> bool:
        """Say whether the last prompt was that of configuration mode."""
        return self._prompt_sign == "#"

    def run(self, command: str, deadline: Deadline) -> str:
        """Run one command and return what it printed; echo and prompt removed."""
        return _output(self._read(deadline, self._ask(command, deadline)))

    def answer(self, command: str, reply: str, deadline: Deadline) -> str:
        """Run a command and, if it asks ``[yes,no]``, give the reply."""
        text = self._read(deadline, self._ask(command, deadline))
        while self._question.search(text[-_TAIL:]):
            text += self._read(deadline, self._write(reply + "\n", deadline))
        return _output(text)

    def paste(self, command: str, payload: str, deadline: Deadline) -> str:
        """Run a command that reads a text from the terminal, in one go; the echo stays in.

        Writing line by line and waiting for each echo takes minutes for a big payload. The echo
        is read while writing: with both windows full, neither end would move again.
        """
        greeting = self._read(deadline, self._ask(command, deadline), paste=True)
        if self._prompt.search(greeting):
            return _output(greeting)
        echo = self._write(payload.rstrip("\n") + "\n" + END_OF_INPUT, deadline)
        return _output(self._read(deadline, echo))

    def finish(self, deadline: Deadline) -> None:
        """Log out and wait until the device has closed the channel."""
        self._write("exit\n", deadline)
        while self._receive(deadline):
            pass

    def _ask(self, command: str, deadline: Deadline) -> str:
        """Write a command, read up to the end of its echo, and return what follows.

        Anything before the echo came unasked: a prompt among it would end the reading too early,
        and every later answer would belong to the command before.
        """
        text = self._write(command + "\n", deadline)
        while (rest := _after_echo(text, command)) is None:
            text += self._more(deadline)
        return rest

    def _write(self, text: str, deadline: Deadline) -> str:
        data = text.encode()
        position = 0
        echo = []
        while position < len(data):
            self._limit(deadline)
            sent = self._channel.send(data[position : position + _WRITE_BYTES])
            if not sent:
                raise EOFError
            position += sent
            while self._channel.recv_ready():
                echo.append(self._receive(deadline))
        return "".join(echo)

    def _read(self, deadline: Deadline, text: str = "", *, paste: bool = False) -> str:
        """Read on after ``text`` up to a prompt, a question, or the invitation to paste."""
        parts = [text]
        size = len(text)
        tail = text[-_TAIL:]
        while not self._complete(tail, paste=paste):
            text = self._more(deadline)
            parts.append(text)
            size += len(text)
            if size > _MAX_OUTPUT:
                raise EOFError(f"more than {_MAX_OUTPUT} characters without a prompt")
            tail = (tail + text)[-_TAIL:]
        return "".join(parts)

    def _complete(self, tail: str, *, paste: bool) -> bool:
        if self._channel.recv_ready():
            return False
        if prompt := self._prompt.search(tail):
            self._prompt_sign = prompt[1]
            return True
        return bool(self._question.search(tail) or (paste and self._paste.search(tail)))

    def _more(self, deadline: Deadline) -> str:
        text = self._receive(deadline)
        if not text:
            raise EOFError
        return text

    def _receive(self, deadline: Deadline) -> str:
        while True:
            self._limit(deadline)
            data = self._channel.recv(_READ_BYTES)
            text = self._decode(data, final=not data)
            if text or not data:
                return text

    def _limit(self, deadline: Deadline) -> None:
        left = deadline.remaining(self._clock)
        if not left:
            raise TimeoutError
        self._channel.settimeout(left)


def _after_echo(text: str, command: str) -> str | None:
    """Return what follows the echo; the terminal may have wrapped it, so blanks don't count."""
    wanted = "".join(command.split())
    seen = ""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        line = _TERMINAL.sub("", text[start:end])
        seen = (seen + "".join(line.split()))[-len(wanted) :]
        start = end + 1
        if seen == wanted:
            return text[start:]
    return None


def _output(text: str) -> str:
    """Return the text with plain line feeds, without its last line, the prompt."""
    return _TERMINAL.sub(_line_feed, text).rpartition("\n")[0]


def _line_feed(found: re.Match[str]) -> str:
    return "\n" if found[0].endswith("\n") else ""
