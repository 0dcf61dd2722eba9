"""Operational commands: found by their words, abbreviated or not, answered, and piped."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.sim.answers import DaemonRefusal, Refusal, Report
from harness.sim.cli.actions import ABOUT, ACTIONS, REFUSED, act, unavailable
from harness.sim.cli.comparing import comparison, split
from harness.sim.cli.levels import Level, path_of
from harness.sim.cli.line import (
    EXPECTING,
    UNKNOWN,
    CommandLine,
    UnknownWord,
    Word,
    ambiguous,
    parse_line,
)
from harness.sim.cli.pipes import Pipes, xml_document
from harness.sim.cli.preferences import Preferences
from harness.sim.device import Login
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, Complaint
from harness.sim.operational import show_files
from harness.sim.operational.operation import Operation
from harness.sim.operational.show_configuration import configuration_report
from harness.sim.operational.table import OPERATIONS, ask
from harness.sim.permissions import Permission

_CONFIGURATION: Final = ("show", "configuration")
_AS_RPC: Final = ("display", "xml", "rpc")
# What only a terminal's own mode does.
_MODES: Final = (
    ("configure",), ("edit",), ("exit",), ("quit",), ("set", "cli"), ("start", "shell"),
)  # fmt: skip
_PERMISSIONS: Final[Mapping[str, Permission]] = {
    "show": "view",
    "clear": "clear",
    "configure": "configure",
    "edit": "configure",
    "help": "view",
    "ping": "network",
    "set": "view",
    "telnet": "network",
    "ssh": "network",
    "traceroute": "network",
}
_SHORTEST: Final = 3  # letters of an abbreviation where a name could stand as well


@dataclass(slots=True)
class _Branch:
    """What may follow the words so far."""

    below: dict[str, _Branch] = field(default_factory=dict)
    operation: Operation | None = None
    action: tuple[str, ...] = ()  # a command that isn't in the table of operations
    refused: bool = False

    @property
    def complete(self) -> bool:
        """Say whether the words so far are a command."""
        return bool(self.operation is not None or self.action or self.refused)


@functools.cache
def _tree(schema: str) -> _Branch:
    """Return the commands of one family of devices."""
    root = _Branch()
    for operation in OPERATIONS:
        if operation.command and schema in operation.schemas:
            _branch(root, operation.command.split()).operation = operation
    for words in (_CONFIGURATION, *_MODES, *ACTIONS):
        _branch(root, words).action = words
    for words in REFUSED:
        _branch(root, words).refused = True
    return root


def _branch(root: _Branch, words: Sequence[str]) -> _Branch:
    for word in words:
        root = root.below.setdefault(word, _Branch())
    return root


@dataclass(frozen=True, slots=True)
class Command:
    """A command as meant: its whole words, and how many of those typed they took."""

    words: tuple[str, ...]
    used: int
    operation: Operation | None = None
    refused: bool = False


def find(schema: str, parsed: CommandLine) -> Command:
    """Find the command that a line begins with; raises :class:`UnknownWord`."""
    branch = _tree(schema)
    meant: list[str] = []
    refused = False  # below a word all of which isn't simulated, but for a few commands
    for word in parsed.words:
        try:
            following = _follow(branch, word, len(meant))
        except UnknownWord:
            if not refused:
                raise
            following = None
        if following is None:
            break
        meant.append(following)
        branch = branch.below[following]
        refused = refused or branch.refused
    if not (branch.complete or refused):
        raise UnknownWord(parsed.end, EXPECTING)
    answered = branch.operation is not None or bool(branch.action)
    return Command(tuple(meant), len(meant), branch.operation, refused and not answered)


def _follow(branch: _Branch, word: Word, place: int) -> str | None:
    """Return the word of the branch that is meant; None: it's an argument of the command."""
    if word.text in branch.below:
        return word.text
    meant = [each for each in branch.below if word.text and each.startswith(word.text)]
    if branch.complete and (len(meant) != 1 or len(word.text) < _SHORTEST):
        return None
    if not meant:
        raise word.unknown(EXPECTING if place else UNKNOWN)
    if len(meant) > 1:
        raise ambiguous(word, ((each, ABOUT.get(each, "")) for each in meant))
    return meant[0]


def operational_report(
    login: Login, line: str, preferences: Preferences | None = None, banner: str = ""
) -> Report:
    """Answer one operational command line; ``banner`` is the edit level it was typed at.

    Raises ``Refusal``, ``DaemonRefusal`` or :class:`UnknownWord`.
    """
    parsed = parse_line(line)
    pipes = Pipes(login, preferences or Preferences(), banner)
    if parsed.pipes and tuple(word.text for word in parsed.pipes[0]) == _AS_RPC:
        return _as_rpc(login, parsed)
    report, behind = _report(login, parsed, preferences or Preferences())
    text = pipes.write(report, behind)
    commands = report.commands if report.commands is None or not behind else lambda: text
    return Report(report.xml, lambda: text, commands, own_json=report.json)


def _report(
    login: Login, parsed: CommandLine, preferences: Preferences
) -> tuple[Report, Sequence[Sequence[Word]]]:
    """Return the answer and the pipes that it goes through."""
    command = find(login.device.platform.schema, parsed)
    allow(login, command, parsed)
    if command.words == _CONFIGURATION:
        return _configuration(login, parsed)
    if command.operation is not None:
        arguments = _arguments(command, parsed)
        return answer(login, command.operation, arguments), parsed.pipes
    if command.refused or command.words in _MODES:
        raise Refusal(unavailable(_typed(command, parsed)))
    words = parsed.words[command.used :]
    return act(login, command.words, words, preferences), parsed.pipes


def allow(login: Login, command: Command, parsed: CommandLine) -> None:
    """Refuse what the login class doesn't have: to the CLI such a command isn't there."""
    if command.words == _CONFIGURATION:
        login.require("view-configuration", "configuration")
    elif not login.may(_PERMISSIONS.get(command.words[0], "maintenance")):
        raise parsed.words[0].unknown(UNKNOWN)


def _typed(command: Command, parsed: CommandLine) -> tuple[str, ...]:
    """Return the command as far as it consists of words rather than of names."""
    rest = [word.text for word in parsed.words[command.used :]]
    plain = [word for word in rest[:2] if word.replace("-", "").isalpha()]
    return (*command.words, *plain)


def answer(login: Login, operation: Operation, arguments: Mapping[str, str]) -> Report:
    """Answer an operation for a login; some of them act on its files."""
    action = show_files.ACTIONS.get(operation.rpc)
    if action is not None:
        return action(login, arguments)
    return ask(login.device, operation, arguments)


def _configuration(login: Login, parsed: CommandLine) -> tuple[Report, Sequence[Sequence[Word]]]:
    """Show the committed configuration, or what distinguishes it from an earlier one."""
    typed = parsed.words[len(_CONFIGURATION) :]
    words = path_of(login.device.schema, Level(), typed)
    tree = login.device.store.committed
    compared, behind = split(parsed.pipes)
    if compared is not None:
        return comparison(login, tree, compared, words, candidate=False), behind
    try:
        return configuration_report(login, tree, words), behind
    except Refusal as exc:
        raise misplaced(exc, typed) from exc


def misplaced(refusal: Refusal, words: Sequence[Word]) -> UnknownWord | Refusal:
    """Say where in the line a syntax error is; any other refusal stays as it is."""
    bad = refusal.complaints[0]
    if bad.text != "syntax error":
        return refusal
    place = next((word for word in words if word.text == bad.bad_element), None)
    return refusal if place is None else place.unknown("syntax error.")


def _arguments(command: Command, parsed: CommandLine) -> dict[str, str]:
    operation = command.operation
    assert operation is not None  # noqa: S101 - the caller looked
    words = parsed.words[command.used :]
    places = show_files.PLACES.get(operation.rpc)
    if places is not None:
        if len(words) > len(places):
            raise words[len(places)].unknown(EXPECTING)
        return dict(zip(places, (word.text for word in words), strict=False))
    try:
        return operation.arguments([word.text for word in words])
    except Refusal as exc:
        bad = exc.complaints[0].bad_element
        place = next((word for word in words if word.text == bad), words[-1])
        raise place.unknown(EXPECTING) from exc


def _as_rpc(login: Login, parsed: CommandLine) -> Report:
    """Answer ``| display xml rpc``: the request that asks what the command asks."""
    command = find(login.device.platform.schema, parsed)
    if command.operation is None or not command.operation.rpc:
        message = f"xml rpc equivalent of this command is not available. {SIMULATED}"
        return Report(lambda: leaf("message", message), lambda: f"{message}\n")
    request = node("rpc", command.operation.request(_arguments(command, parsed)))
    return Report(lambda: request, lambda: xml_document(login, request))


def refusal_text(exc: Refusal | DaemonRefusal) -> str:
    """Write a refused operational command as the CLI does."""
    if isinstance(exc, DaemonRefusal):
        return f"error: {exc.text}\n"
    return "".join(f"{each.severity}: {each.text}\n" for each in exc.complaints)


def complaint_block(complaint: Complaint) -> str:
    """Write a complaint about a configuration as the CLI does: path, statement, text."""
    if not complaint.path:
        return f"{complaint.severity}: {complaint.text}\n"
    warning = "warning: " if complaint.severity == "warning" else ""
    element = f"  '{complaint.bad_element}'\n" if complaint.bad_element else ""
    return f"{complaint.path}\n{element}    {warning}{complaint.text}\n"
