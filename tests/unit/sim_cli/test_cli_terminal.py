"""The terminal: keys, echo, pages; and what runs without one."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("shox\x7fw version", "show version"),
        ("nonsense\x15show version", "show version"),
        ("show nonsense\x17version", "show version"),
        ("nonsense\x03show version", "show version"),
        ("nonsense\x1ashow version", "show version"),
        ("show\tversion", "show version"),
        ("\x1b[Ashow\x1b[D version\x1bOC", "show version"),
        ("show v\x08\x08 version", "show version"),
    ],
)
def test_line_editing(operational, keys, line):
    """Control keys change the line as they do on any terminal; cursor keys do nothing."""
    assert "Hostname: dut" in operational.keys(f"{keys}\r")


def test_a_tab_takes_one_place(operational):
    """It's a blank, and shown as one: erasing takes away what typing has shown."""
    assert operational.keys("show\tv") == "show v"
    assert operational.keys("\x15") == "\b \b" * 6


def test_control_d_leaves_by_steps(operational):
    """Control-D on an empty line leaves configuration mode, then the device."""
    operational.type("configure")
    assert operational.keys("\x04").endswith("Exiting configuration mode\n\nlab@dut> ")
    operational.keys("\x04")
    assert operational.over


def test_endless_lines_end_the_session(operational):
    """A line without an end is dropped; who sends only such lines is left."""
    for _ in range(2):
        assert "input line is too long" in operational.keys("x" * 70_000)
    assert not operational.over
    operational.keys("x" * 70_000)
    assert operational.over


@pytest.fixture
def paged(lab):
    """Return a terminal of ten lines that has asked for more."""
    terminal = lab.terminal(rows=10)
    shown = terminal.keys("show configuration | display set\n")
    assert shown.count("\n") == 10  # the echo and nine lines
    assert shown.endswith("---(more)---")
    return terminal


def test_a_space_shows_the_next_page(paged):
    """The next page takes the place of the question, which now says how far it is."""
    shown = paged.keys(" ")
    assert shown.startswith("\r" + " " * 40 + "\r")
    assert shown.count("\n") == 9
    assert "---(more " in shown


def test_enter_shows_a_line(paged):
    """Enter goes on by one line."""
    assert paged.keys("\r").count("\n") == 1


def test_q_drops_the_rest(paged):
    """A q ends the output; what is typed behind it is the next command."""
    shown = paged.keys("qshow version\n")
    assert "Hostname: dut" in shown
    assert shown.endswith("lab@dut> ")


def test_pages_to_the_end(paged):
    """After the last page comes the prompt."""
    shown = paged.keys(" " * 100)
    assert "---(more" not in shown.rpartition("\n\nlab@dut> ")[0][-80:]
    assert shown.rstrip(" ").endswith("\n\nlab@dut>")


@pytest.mark.parametrize(
    "line", ["show configuration | no-more", "show configuration | display set | no-more"]
)
def test_no_more(lab, line):
    """A pipe asks for all at once."""
    assert "---(more" not in lab.terminal(rows=10).keys(f"{line}\n")


def test_screen_length_0_never_pages(lab):
    """Clients turn paging off before they work."""
    terminal = lab.terminal(rows=10)
    terminal.type("set cli screen-length 0")
    assert "---(more" not in terminal.keys("show configuration\n")


def test_without_a_terminal(lab):
    """Piped input is neither echoed nor paged; the end of the input ends the session."""
    terminal = lab.terminal(echo=False, rows=10)
    shown = terminal.keys("show version\nshow configuration\nexit\n")
    assert "show version" not in shown
    assert "Hostname: dut" in shown
    assert "---(more" not in shown
    assert terminal.over


EXECUTED = [
    ("show version | match Hostname", "Hostname: dut\n"),
    ("show version | match Hostname; show system host-name", "Hostname: dut\n\nerror: "),
    ("nonsense", "\nerror: unknown command: nonsense\n"),
    ("show nonsense", "\nerror: syntax error, expecting <command>: nonsense\n"),
    ("configure\nset system domain-name a.net\ncommit", "Entering configuration mode\ncommit "),
    ('show version | match "a;b"', ""),
    ("configure; load merge terminal", "Entering configuration mode\nerror: a terminal is needed"),
    ("request system reboot", "error: request system reboot is not available [simulated]\n"),
]


@pytest.mark.parametrize(("command", "start"), EXECUTED)
def test_commands_of_an_exec_channel(lab, command, start):
    """Commands without a terminal print what they answer, and nothing else."""
    shown = lab.run(command)
    assert shown.startswith(start)
    assert "lab@dut" not in shown


@pytest.mark.parametrize("name", ["netconf", "xml-mode netconf need-trailer"])
def test_netconf_by_exec(lab, name):
    """NETCONF also answers to the names of the programs that speak it."""
    assert "<hello" in lab.run(name)
