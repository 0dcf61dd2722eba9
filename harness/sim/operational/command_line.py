"""Command lines of the Junos CLI: words, pipes, and the answers of operational commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.sim.answers import DaemonRefusal, Refusal, Report
from harness.sim.device import Login
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, Complaint, error
from harness.sim.operational.show_configuration import configuration_report
from harness.sim.operational.table import ask, by_command, known_words
from harness.sim.platforms import release

_AS_RPC: Final = ("display", "xml", "rpc")
_TOKEN: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|\||[^\s|]+')


class UnknownWord(Exception):
    """A word that the CLI doesn't know there; ``column`` counts from the start of the line."""

    def __init__(self, column: int, text: str, word: str = "") -> None:
        super().__init__(text)
        self.column = column
        self.text = text
        self.word = word


@dataclass(frozen=True, slots=True)
class Word:
    """One word as meant, quotes removed, and where it stands in the line."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command and what its output goes through."""

    words: tuple[Word, ...]
    pipes: tuple[tuple[Word, ...], ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the words of the command."""
        return tuple(word.text for word in self.words)


def parse_line(line: str) -> CommandLine:
    """Split a line at blanks and pipes; quoted text is one word."""
    parts: list[list[Word]] = [[]]
    for match in _TOKEN.finditer(line):
        if match.group() == "|":
            parts.append([])
        else:
            quoted = match.group(1)
            text = match.group() if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            parts[-1].append(Word(text, match.start()))
    return CommandLine(tuple(parts[0]), tuple(tuple(part) for part in parts[1:]))


def operational_report(login: Login, line: str) -> Report:
    """Answer one operational command line.

    Raises ``Refusal``, ``DaemonRefusal`` or :class:`UnknownWord`.
    """
    command = parse_line(line)
    if command.pipes and tuple(word.text for word in command.pipes[0]) == _AS_RPC:
        return _as_rpc(login, command)
    report = _report(login, command)
    text = piped(login, report, command.pipes)
    return Report(report.xml, lambda: text, own_json=report.json)


def _as_rpc(login: Login, command: CommandLine) -> Report:
    """Answer ``| display xml rpc``: the request that asks what the command asks."""
    found = by_command(login.device, command.texts)
    if found is None:
        raise _unknown(login, command)
    operation, arguments = found
    if not operation.rpc:
        message = f"xml rpc equivalent of this command is not available. {SIMULATED}"
        return Report(lambda: leaf("message", message), lambda: f"{message}\n")
    request = node("rpc", operation.request(arguments))
    return Report(lambda: request, lambda: xml_document(login, request))


def _report(login: Login, command: CommandLine) -> Report:
    words = command.texts
    if words[:2] == ("show", "configuration"):
        return configuration_report(login, login.device.store.committed, words[2:])
    found = by_command(login.device, words)
    if found is None:
        raise _unknown(login, command)
    operation, arguments = found
    return ask(login.device, operation, arguments)


def _unknown(login: Login, command: CommandLine) -> UnknownWord:
    first = command.words[0] if command.words else Word("", 0)
    if first.text not in ("show", "file"):
        return UnknownWord(first.column, "unknown command.", first.text)
    known = known_words(login.device, command.texts)
    word = command.words[min(known, len(command.words) - 1)]
    return UnknownWord(word.column, "syntax error, expecting <command>.", word.text)


def piped(login: Login, report: Report, pipes: Sequence[Sequence[Word]]) -> str:
    """Write a report as text, through the pipes behind the command."""
    text: str | None = None
    for pipe in pipes:
        name, *arguments = [word.text for word in pipe] or [""]
        if name == "display":
            text = _display(login, report, pipe, arguments)
            continue
        filters = _FILTERS.get(name)
        if filters is None:
            column = pipe[0].column if pipe else 0
            raise UnknownWord(column, "syntax error, expecting <command>.")
        text = filters(report.text() if text is None else text, arguments)
    return report.text() if text is None else text


def _display(login: Login, report: Report, pipe: Sequence[Word], arguments: Sequence[str]) -> str:
    form = arguments[0] if arguments else ""
    if form == "xml":
        return xml_document(login, report.xml())
    if form == "set" and report.commands is not None:
        return report.commands()
    if form in ("inheritance", "detail"):
        return report.text()
    if form == "json":
        return report.json()
    raise UnknownWord(pipe[-1].column, "syntax error, expecting <command>.")


def xml_document(login: Login, body: str) -> str:
    """Write what ``| display xml`` prints."""
    namespace = f"http://xml.juniper.net/junos/{release(login.device.version)}/junos"
    return (
        f'<rpc-reply xmlns:junos="{namespace}">\n{body}'
        "    <cli>\n        <banner></banner>\n    </cli>\n</rpc-reply>\n"
    )


def _lines(keep: Callable[[str, re.Pattern[str]], bool]) -> Callable[[str, Sequence[str]], str]:
    def chosen(text: str, arguments: Sequence[str]) -> str:
        try:
            pattern = re.compile(" ".join(arguments), re.IGNORECASE)
        except re.error as exc:
            raise Refusal(error(f"invalid regular expression: {exc}")) from exc
        return "".join(f"{line}\n" for line in text.splitlines() if keep(line, pattern))

    return chosen


def _count(text: str, _arguments: Sequence[str]) -> str:
    return f"Count: {len(text.splitlines())} lines\n"


def _last(text: str, arguments: Sequence[str]) -> str:
    number = int(arguments[0]) if arguments and arguments[0].isdigit() else 10
    lines = text.splitlines()
    return "".join(f"{line}\n" for line in lines[max(0, len(lines) - number) :])


def _find(text: str, arguments: Sequence[str]) -> str:
    lines = text.splitlines()
    pattern = re.compile(re.escape(" ".join(arguments)), re.IGNORECASE)
    start = next((n for n, line in enumerate(lines) if pattern.search(line)), len(lines))
    return "".join(f"{line}\n" for line in lines[start:])


def _unchanged(text: str, _arguments: Sequence[str]) -> str:
    return text


_FILTERS: Final[Mapping[str, Callable[[str, Sequence[str]], str]]] = {
    "match": _lines(lambda line, pattern: pattern.search(line) is not None),
    "except": _lines(lambda line, pattern: pattern.search(line) is None),
    "count": _count,
    "last": _last,
    "find": _find,
    "no-more": _unchanged,
    "hold": _unchanged,
}


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
