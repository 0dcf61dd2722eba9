"""The frame of the command: verbs that exist, and an exit code for every ending."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from harness import __version__
from harness.cli import main as cli
from harness.errors import HarnessBug, LabError, RestoreFailed, TestbedError

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Leave the root logger as it was: the command configures it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> click.Group:
    """Offer one verb, ``trial``, whose commands each end in another way."""

    @click.group()
    def trial() -> None:
        """Try something."""

    def ending(name: str, error: BaseException | None, value: int | None = None) -> None:
        @trial.command(name)
        def run() -> int | None:
            if error:
                raise error
            return value

    ending("good", None)
    ending("three", None, 3)
    ending("testbed", TestbedError(["a.yaml:1: x", "a.yaml:2: y"]))
    ending("lab", LabError("nobody answers"))
    ending("restore", RestoreFailed("still dirty"))
    ending("bug", HarnessBug("hunter2"))
    ending("surprise", RuntimeError("hunter2"))
    ending("interrupt", KeyboardInterrupt())
    ending("exit", click.exceptions.Exit(4))
    ending("usage", click.UsageError("no such thing"))

    module = ModuleType("trial_verb")
    module.trial = trial  # type: ignore[attr-defined]  # a module made here
    module.__spec__ = sys.__spec__
    monkeypatch.setitem(sys.modules, "trial_verb", module)
    verbs = {"trial": "trial_verb:trial", "later": "harness.cli.not_written_yet:later"}
    monkeypatch.setattr(cli, "VERBS", verbs)
    return trial


@pytest.mark.parametrize(
    ("command", "code", "err"),
    [
        ("good", 0, ""),
        ("three", 3, ""),
        ("exit", 4, ""),
        ("testbed", 64, "a.yaml:1: x\na.yaml:2: y\n"),
        ("lab", 69, "nobody answers\n"),
        ("restore", 76, "still dirty\n"),
        ("interrupt", 130, "interrupted\n"),
    ],
)
def test_each_ending_has_its_code(
    verb: click.Group, capsys: pytest.CaptureFixture[str], command: str, code: int, err: str
) -> None:
    """The class of an error is the exit code, its message is all of stderr."""
    assert cli.main(["trial", command]) == code
    assert capsys.readouterr().err.lstrip("\n") == err


@pytest.mark.parametrize("command", ["bug", "surprise"])
def test_what_is_our_fault_says_where(
    verb: click.Group, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """An unexpected error is one line with its place and without its message; exit 70."""
    assert cli.main(["trial", command]) == 70
    err = capsys.readouterr().err
    assert err.startswith("harness: internal error: ")
    assert f"{Path(__file__).name}:" in err
    assert err.count("\n") == 1
    assert "hunter2" not in err


@pytest.mark.parametrize("command", ["surprise", "lab"])
def test_a_traceback_is_there_when_asked_for(
    verb: click.Group, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """-vv adds the traceback, -v doesn't."""
    cli.main(["-v", "trial", command])
    assert "Traceback" not in capsys.readouterr().err
    cli.main(["-vv", "trial", command])
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["trial", "usage"], ["nothing"], ["--nothing"], ["trial", "good", "more"], ["later"]],
)
def test_wrong_usage_is_64(
    verb: click.Group, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """Whatever click refuses ends with 64 and a usage line, pytest's codes stay pytest's."""
    assert cli.main(arguments) == 64
    assert "Usage: harness" in capsys.readouterr().err


def test_a_verb_that_is_not_there_is_not_offered(
    verb: click.Group, capsys: pytest.CaptureFixture[str]
) -> None:
    """A verb without a module is missing from the list."""
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "trial" in out
    assert "later" not in out


def test_every_verb_that_is_offered_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Each verb of the real list can be imported and explains itself."""
    offered = cli.root.list_commands(click.Context(cli.root))
    assert {"testbed", "claims"} <= set(offered)
    for name in offered:
        assert cli.main([name, "--help"]) == 0
        assert f"Usage: harness {name}" in capsys.readouterr().out


def test_asking_for_one_verb_imports_no_other() -> None:
    """`harness claims` comes without the modules of the other verbs and of the vendors."""
    code = (
        "import sys; from harness.cli.main import main; main(['claims', 'list', '--json']);"
        "print([m for m in ('harness.cli.testbed', 'jnpr.junos', 'ncclient', 'netmiko', 'asyncssh')"
        " if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["--version"], 0, f"harness, version {__version__}\n", ""),
        (["testbed", "check", "none.yaml"], 64, "", "none.yaml: can't be read: No such file"),
        (["claims", "list"], 0, "nfx250-tunnels", ""),
        (["testbed", "chekc", "x"], 64, "", "No such command 'chekc'"),
    ],
)
def test_from_outside(arguments: list[str], code: int, out: str, err: str) -> None:
    """As a process, the command has the code, and prints where scripts expect it."""
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert out in done.stdout
    assert err in done.stderr
    assert "Traceback" not in done.stderr
