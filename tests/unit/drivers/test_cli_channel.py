"""The CLI channel against a scripted device at the other end of the link."""

import pytest

from harness.clock import Deadline, ManualClock
from harness.drivers.cli_channel import END_OF_INPUT, CliChannel

PROMPT = "\r\n[edit]\r\nlab@srx1# "
CLOCK = ManualClock()
QUESTION = (
    "exit\r\nThe configuration has been changed but not committed\r\n"
    "Exit with uncommitted changes? [yes,no] (yes) ",
    "yes\r\n\r\nExiting configuration mode\r\n\r\nlab@srx1> ",
)
SOON = Deadline.after(10, CLOCK)


class Link:
    """The device's end: what was written, and what is read back in the pieces given."""

    def __init__(self, *reads: str | bytes, window: int = 1 << 20, eager: bool = False) -> None:
        self.reads = [read.encode() if isinstance(read, str) else read for read in reads]
        self.written = b""
        self.window = window
        self.eager = eager  # the device answers before the writing returns
        self.timeouts: list[float] = []

    def settimeout(self, seconds):
        self.timeouts.append(seconds)

    def recv_ready(self):
        return self.eager and bool(self.reads)

    def recv(self, size):
        if not self.reads:
            raise TimeoutError
        return self.reads.pop(0)

    def send(self, data):
        sent = data[: self.window]
        self.written += sent
        return len(sent)


def _channel(link):
    return CliChannel(link, "lab", CLOCK)


def test_echo_and_prompt_are_removed():
    """Only what the command printed comes back, without carriage returns or escapes."""
    link = Link("show x\r\n", "Host", "name: s\x1b[0mrx1\r\nü", "\r\nlab@srx1> ")
    channel = _channel(link)

    assert channel.run("show x", SOON) == "Hostname: srx1\nü"
    assert link.written == b"show x\n"
    assert not channel.configuring


def test_character_split_between_reads():
    """A character split between two reads arrives whole."""
    whole = "ü".encode()
    link = Link("show x\r\n", whole[:1], whole[1:], "\r\nlab@srx1# ")
    channel = _channel(link)

    assert channel.run("show x", SOON) == "ü"
    assert channel.configuring


@pytest.mark.parametrize(
    "inside",
    ["lab@srx1> show\r\n", "user lab@srx1> \r\n", "a > \r\n", "lab@srx1>", "  lab@srx1> "],
)
def test_prompt_inside_the_output_does_not_end_it(inside):
    """Only a prompt at the start of the last line, with nothing after it, ends the reading."""
    link = Link("show x\r\n", inside, "more\r\nlab@srx1> ")

    assert _channel(link).run("show x", SOON).endswith("more")


def test_prompt_at_the_end_of_a_read_with_more_to_come():
    """What looks like the prompt isn't one while more can be read."""
    link = Link("show x\r\nlab@srx1> ", "still output\r\nlab@srx1> ")
    after_writing, after_echo, at_the_end = False, True, False
    link.recv_ready = iter([after_writing, after_echo, at_the_end]).__next__

    assert _channel(link).run("show x", SOON).endswith("still output")


@pytest.mark.parametrize("prompt", ["root> ", "root@srx1> ", "root@srx1# ", "root@node0-a.b> "])
def test_prompts_of_root(prompt):
    """A device without a host name shows the user alone."""
    link = Link("show x\r\n1\r\n" + prompt)

    assert CliChannel(link, "root", CLOCK).run("show x", SOON) == "1"


def test_question_is_answered():
    """A question on leaving configuration mode gets the answer that was given."""
    link = Link(*QUESTION)

    _channel(link).answer("exit", "yes", SOON)

    assert link.written == b"exit\nyes\n"


def test_answer_that_comes_at_once():
    """What the device says before the writing has returned isn't lost."""
    link = Link(eager=True)
    script = list(QUESTION)

    def answer_at_once(data):
        link.reads.append(script.pop(0).encode())
        return len(data)

    link.send = answer_at_once

    assert _channel(link).answer("exit", "yes", SOON).endswith("Exiting configuration mode\n")


@pytest.mark.parametrize(
    ("command", "echo"),
    [("show x", "show x\r\n"), ("show one two", "show one\r\n two\r\n")],
    ids=["plain", "wrapped"],
)
def test_what_came_unasked_is_not_the_answer(command, echo):
    """A prompt or text left over from before doesn't end the command or join its output."""
    link = Link("lab@srx1> ", "\r\nBroadcast\r\nlab@srx1> " + echo, "1\r\nlab@srx1> ")

    assert _channel(link).run(command, SOON) == "1"


def test_paste_sends_all_and_ends_the_input():
    """A payload goes out whole, in as many pieces as the window takes, then control-D."""
    payload = "\n".join(f"set x {n}" for n in range(200))
    link = Link(
        "load set terminal\r\n[Type ^D at a new line to end input]\r\n",
        "load complete" + PROMPT,
        window=100,
    )

    output = _channel(link).paste("load set terminal", payload, SOON)

    assert link.written.decode() == f"load set terminal\n{payload}\n{END_OF_INPUT}"
    assert output == "load complete\n[edit]"


def test_refused_paste_sends_nothing_more():
    """Where the device doesn't ask for input, the payload isn't typed as commands."""
    link = Link("load set terminal\r\nerror: permission denied" + PROMPT)

    assert "permission denied" in _channel(link).paste("load set terminal", "set x", SOON)
    assert link.written == b"load set terminal\n"


@pytest.mark.parametrize(
    ("reads", "expected"), [(["show x\r\n"], TimeoutError), (["show x\r\n", b""], EOFError)]
)
def test_silence_and_end(reads, expected):
    """A device that falls silent or hangs up is reported, not waited for."""
    with pytest.raises(expected):
        _channel(Link(*reads)).run("show x", SOON)


def test_deadline_bounds_every_step():
    """The channel's own timeout is what is left of the deadline; past it nothing is sent."""
    clock = ManualClock()
    deadline = Deadline.after(10, clock)
    link = Link("show x\r\nlab@srx1> ")
    clock.advance(7)
    CliChannel(link, "lab", clock).run("show x", deadline)
    clock.advance(3)

    assert set(link.timeouts) == {3}
    with pytest.raises(TimeoutError):
        CliChannel(link, "lab", clock).run("show x", deadline)
