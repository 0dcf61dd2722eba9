"""What the CLI driver makes of output that the simulated device never gives."""

import pytest

from harness.clock import ManualClock
from harness.drivers.cli_channel import CliChannel
from harness.drivers.netmiko_driver import NetmikoDriver
from harness.drivers.protocol import Endpoint
from harness.errors import CommitRefused, DeviceBusy, LoadRefused, RpcRefused, UsageError

PASTE = "[Type ^D at a new line to end input]\r\n"
LOAD = "set system host-name a\nset nonsense\n"
ENTERED = "Entering configuration mode"
ERRORS = "terminal:2:(4) syntax error: nonsense\r\nload complete (1 errors)"


class Shell:
    """A shell that answers each command from a table and keeps what was typed."""

    def __init__(self, answers):
        self.answers = {
            "configure": ENTERED,
            "configure exclusive": ENTERED,
            "exit configuration-mode": "Exiting configuration mode",
            "load set terminal": PASTE,
            **answers,
        }
        self.commands = []
        self._typed = ""
        self._pasting = False
        self._mode = ">"
        self._output = b""

    def settimeout(self, seconds):
        pass

    def recv_ready(self):
        return False

    def recv(self, size):
        if not self._output:
            raise TimeoutError
        output, self._output = self._output, b""
        return output

    def send(self, data):
        self._typed += data.decode()
        if self._pasting and self._typed.endswith("\x04"):
            self._pasting = False
            self._say(self._typed[:-1], self.answers["pasted"])
        elif not self._pasting and self._typed.endswith("\n"):
            self._run(self._typed.strip())
        return len(data)

    def _run(self, command):
        self.commands.append(command)
        answer = self.answers[command]
        if answer == PASTE:
            self._pasting = True
            self._typed = ""
            self._output += f"{command}\r\n{PASTE}".encode()
            return
        if answer == ENTERED:
            self._mode = "#"
        elif command.startswith("exit"):
            self._mode = ">"
        self._say(command, answer)

    def _say(self, typed, answer):
        self._typed = ""
        banner = "\r\n[edit]" if self._mode == "#" else ""
        echo = typed.rstrip("\n").replace("\n", "\r\n")
        self._output += f"{echo}\r\n{answer}\r\n{banner}\r\nlab@srx1{self._mode} ".encode()


def _driver(**answers):
    shell = Shell({command.replace("_", " "): answer for command, answer in answers.items()})
    clock = ManualClock()
    driver = NetmikoDriver(Endpoint("srx1", "192.0.2.9", 22, "lab"), clock)
    driver._channel = CliChannel(shell, "lab", clock)
    return driver, shell


def test_refused_load_is_undone():
    """The CLI keeps the lines before a wrong one: a locked, unchanged candidate is reset."""
    driver, shell = _driver(pasted=ERRORS, rollback_0="load complete")
    driver.lock()

    with pytest.raises(LoadRefused, match="syntax error: nonsense"):
        driver.load(LOAD, "set")

    assert shell.commands[-1] == "rollback 0"


def test_refused_load_that_cannot_be_undone():
    """When the reset fails too, the refusal says so."""
    driver, _ = _driver(pasted=ERRORS, rollback_0="error: no")
    driver.lock()

    with pytest.raises(LoadRefused) as caught:
        driver.load(LOAD, "set")

    assert any("could not be put back" in note for note in caught.value.__notes__)


def test_refused_load_undoes_nothing_of_others():
    """In a candidate that's shared, a refused load isn't reset."""
    driver, shell = _driver(pasted=ERRORS, rollback_0="load complete")

    with pytest.raises(LoadRefused):
        driver.load(LOAD, "set")

    assert "rollback 0" not in shell.commands


def test_load_that_does_not_say_complete():
    """A load isn't trusted without the words for its end."""
    driver, _ = _driver(pasted="permission denied")

    with pytest.raises(LoadRefused, match="permission denied"):
        driver.load(LOAD, "set")


@pytest.mark.parametrize(
    ("payload", "fmt", "words"),
    [
        ("<configuration/>", "xml", "netmiko loads set and text"),
        ("set a\x04quit\n", "set", "control characters"),
        ("set a\x1b[A\n", "set", "control characters"),
    ],
)
def test_payload_that_a_terminal_cannot_take(payload, fmt, words):
    """What the terminal would obey instead of load is refused before anything is typed."""
    driver, shell = _driver()

    with pytest.raises(UsageError, match=words):
        driver.load(payload, fmt)
    assert shell.commands == []


@pytest.mark.parametrize("output", ["", "commit complete", "something nobody expected"])
def test_commit_that_was_not_clearly_refused(output):
    """Output without a complaint is returned as it is; the caller asks the device."""
    driver, _ = _driver(**{'commit comment "log"': output})

    assert output in driver.commit("log").raw


@pytest.mark.parametrize(
    "output", ["error: no", "[edit system]\r\n  'host-name'\r\n    no\r\nerror: failed"]
)
def test_commit_that_was_refused(output):
    """A complaint without the words for success is a refusal."""
    driver, _ = _driver(**{'commit comment "log"': output, "commit check": output})

    with pytest.raises(CommitRefused):
        driver.commit("log")
    with pytest.raises(CommitRefused):
        driver.commit_check()


@pytest.mark.parametrize(
    ("command", "ask"),
    [("configure exclusive", lambda d: d.lock()), ("configure", lambda d: d.diff())],
)
def test_configuration_mode_that_is_refused(command, ask):
    """Without configuration mode the holder is named, exclusive or not."""
    said = "error: configuration database locked by:\r\n  ops terminal p0 (pid 7)"
    driver, _ = _driver(**{command: said})

    with pytest.raises(DeviceBusy, match=r"locked by: ops terminal p0 \(pid 7\)"):
        ask(driver)


def test_lock_leaves_the_shared_mode_first():
    """A session in shared configuration mode leaves it before it asks for exclusive mode."""
    driver, shell = _driver(commit_check="configuration check succeeds")
    driver.commit_check()

    driver.lock()

    assert shell.commands[-2:] == ["exit configuration-mode", "configure exclusive"]


def test_candidate_is_read_in_configuration_mode_and_left_again():
    """Reading the candidate or a diff doesn't leave the session in configuration mode."""
    driver, shell = _driver(**{"show | compare | no-more": "[edit]\r\n-  x;"})

    assert driver.diff() == "[edit]\n-  x;"
    assert shell.commands[-1] == "exit configuration-mode"


def test_output_without_xml():
    """A command that brings no XML is refused with what it said instead."""
    command = "show system commit | display xml | no-more"
    driver, _ = _driver(**{command: "could not open database"})

    with pytest.raises(RpcRefused, match="brought no XML, but 'could not open database'"):
        driver.rpc("get-commit-information")


def test_unlock_without_lock():
    """A session that holds no lock has nothing to release."""
    driver, _ = _driver()

    with pytest.raises(RpcRefused, match="holds no lock"):
        driver.unlock()
