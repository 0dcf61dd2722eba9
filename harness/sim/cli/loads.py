"""``load``, ``save`` and ``rollback`` of configuration mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from harness.sim.answers import Refusal
from harness.sim.cli.commands import complaint_block
from harness.sim.cli.levels import Level
from harness.sim.cli.line import EXPECTING, MISSING, SYNTAX, CommandLine, UnknownWord, choose
from harness.sim.cli.mode import Paste, Step, Write
from harness.sim.config.loading import LoadAction, LoadFormat
from harness.sim.device import Login
from harness.sim.files.errors import FileError
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.operational.show_configuration import configuration_report
from harness.sim.operational.show_files import path_of, read_text
from harness.sim.rollbacks import slot

_ACTIONS: Final = {
    "factory-default": "Override existing configuration with factory default",
    "merge": "Merge contents with existing configuration",
    "override": "Override existing configuration",
    "patch": "Load patch file into configuration",
    "replace": "Replace configuration data",
    "set": "Execute set of commands on existing configuration",
    "update": "Update existing configuration",
}
_FORMATS: Final = {"json": "Load JSON", "relative": "Load relative to the current level"}
_MOST_MISTAKES: Final = 200
_INVITATION: Final = "[Type ^D at a new line to end input]\n"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a ``load`` command asks for."""

    action: LoadAction
    source: str
    level: tuple[str, ...] = ()
    json: bool = False

    def format_of(self, text: str) -> LoadFormat:
        """Return the form of a payload: XML and JSON show themselves."""
        if self.action == "set":
            return "set"
        if self.json or text.lstrip().startswith(("{\n", '{"', "{ ")):
            return "json"
        return "xml" if text.lstrip().startswith("<") else "text"


def load(login: Login, parsed: CommandLine, level: Level) -> Iterator[Step]:
    """Load from the terminal or from a file; raises ``Refusal`` and :class:`UnknownWord`."""
    wanted = _wanted(parsed, level)
    if wanted.source == "terminal":
        yield Paste(_INVITATION, lambda text: _loaded(login, wanted, text))
        return
    yield from _loaded(login, wanted, read_text(login, wanted.source))


def _wanted(parsed: CommandLine, level: Level) -> _Wanted:
    words = parsed.words[1:]
    if not words:
        raise UnknownWord(parsed.end, EXPECTING)
    action = choose(words[0], _ACTIONS, SYNTAX)
    if action == "factory-default":
        raise Refusal(error(f"load factory-default is not available {SIMULATED}"))
    rest = list(words[1:])
    json = bool(rest) and rest[0].text == "json"
    rest = rest[1:] if json else rest
    if not rest:
        raise UnknownWord(parsed.end, MISSING)
    relative = len(rest) > 1 and choose(rest[1], _FORMATS, SYNTAX) == "relative"
    if len(rest) > 2:
        raise rest[2].unknown(SYNTAX)
    source = rest[0].text
    if len(source) >= len("ter") and "terminal".startswith(source):
        source = "terminal"
    return _Wanted(cast("LoadAction", action), source, level.words if relative else (), json)


def _loaded(login: Login, wanted: _Wanted, text: str) -> Iterator[Step]:
    form = wanted.format_of(text)
    complaints = _attempt(login, wanted, text, form)
    if form == "set" and refused(complaints) and len(text.splitlines()) > 1:
        yield from _good_lines(login, wanted, text)
        return
    locked = [each for each in complaints if each.text.startswith("configuration database")]
    if locked:
        raise Refusal(*locked)
    yield Write("".join(_told(each, wanted, text) for each in complaints if not _echo(each)))
    errors = sum(each.severity == "error" and not _echo(each) for each in complaints)
    yield Write(f"load complete ({errors} errors)\n" if errors else "load complete\n")


def _attempt(login: Login, wanted: _Wanted, text: str, form: LoadFormat) -> list[Complaint]:
    return login.config.load(text, form, wanted.action, level=wanted.level)


def _good_lines(login: Login, wanted: _Wanted, text: str) -> Iterator[Step]:
    """Load the set lines that have no mistake: a device keeps them (measured on a device)."""
    lines = text.splitlines()
    if any(line.strip().partition(" ")[0] in ("edit", "top", "up") for line in lines):
        raise Refusal(error(f"edit levels in a text with mistakes aren't available {SIMULATED}"))
    errors = 0
    for number, complaint in _mistakes(login, wanted, lines, 1):
        errors += complaint.severity == "error"
        if errors > _MOST_MISTAKES:
            raise Refusal(error(f"more than {_MOST_MISTAKES} mistakes {SIMULATED}"))
        yield Write(_told_line(complaint, wanted, number, lines[number - 1]))
    yield Write(f"load complete ({errors} errors)\n" if errors else "load complete\n")


def _mistakes(
    login: Login, wanted: _Wanted, lines: Sequence[str], first: int
) -> Iterator[tuple[int, Complaint]]:
    """Load lines, halving them where there is a mistake; yield each with the number of its line."""
    complaints = login.config.load("\n".join(lines), "set", "set", level=wanted.level)
    locked = [each for each in complaints if each.text.startswith("configuration database")]
    if locked:
        raise Refusal(*locked)
    if refused(complaints) and len(lines) > 1:
        half = len(lines) // 2
        yield from _mistakes(login, wanted, lines[:half], first)
        yield from _mistakes(login, wanted, lines[half:], first + half)
        return
    yield from ((first, each) for each in complaints if not _echo(each))


def _echo(complaint: Complaint) -> bool:
    """Say whether a complaint only says where the one before it ends, for NETCONF."""
    return complaint.text.startswith("error recovery")


def _told(complaint: Complaint, wanted: _Wanted, text: str) -> str:
    if complaint.text != "syntax error":
        return complaint_block(complaint)
    lines = text.splitlines()
    bad = complaint.bad_element
    number = next((n for n, line in enumerate(lines, 1) if bad and bad in line.split()), 0)
    number = number or next((n for n, line in enumerate(lines, 1) if bad in line), 1)
    return _told_line(complaint, wanted, number, lines[number - 1] if lines else "")


def _told_line(complaint: Complaint, wanted: _Wanted, number: int, line: str) -> str:
    """Write a mistake with the place where it is (measured on a device)."""
    if complaint.severity == "warning" or complaint.text != "syntax error":
        return complaint_block(complaint)
    bad = complaint.bad_element
    column = max(0, line.find(bad)) + len(bad)
    place = f"{wanted.source}:{number}:({column}) syntax error: {bad}\n"
    if wanted.action == "set":
        return place
    path = complaint.path or "[edit]"
    return f"{place}  {path}\n    '{line.strip()}'\n      syntax error\n"


def save(login: Login, parsed: CommandLine, level: Level) -> Iterator[Step]:
    """Save the candidate at the level into a file."""
    if len(parsed.words) < 2:
        raise UnknownWord(parsed.end, MISSING)
    name = parsed.words[1].text
    text = configuration_report(login, login.config.candidate, level.words).text()
    if name == "terminal":
        yield Write(text)
    else:
        try:
            login.device.files.write(path_of(login, name), text.encode(), login.user)
        except FileError as exc:
            raise Refusal(error(f"{name}: {exc.reason.value}")) from exc
    yield Write(f"Wrote {len(text.splitlines())} lines of configuration to '{name}'\n")


def rollback(login: Login, parsed: CommandLine) -> Iterator[Step]:
    """Load an earlier configuration, or the rescue one."""
    words = parsed.words[1:]
    if len(words) > 1:
        raise words[1].unknown(SYNTAX)
    if words and words[0].text == "rescue":
        complaints = login.config.rollback("rescue")
    else:
        complaints = login.config.rollback(slot(words[0].text) if words else 0)
    if refused(complaints):
        raise Refusal(*complaints)
    yield Write("load complete\n")
