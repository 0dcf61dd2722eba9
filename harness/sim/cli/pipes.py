"""What the output of a command goes through: `| match`, `| count`, `| display`, `| save`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from harness.sim.answers import Refusal, Report
from harness.sim.cli.line import EXPECTING, MISSING, UnknownWord, Word, choose
from harness.sim.cli.patterns import Pattern
from harness.sim.cli.preferences import Preferences
from harness.sim.device import Login
from harness.sim.digits import number_of
from harness.sim.files.errors import FileError
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.show_files import path_of
from harness.sim.release import release_name

_ABOUT: Final = {
    "append": "Append output text to file",
    "compare": "Compare configuration changes with prior version",
    "count": "Count occurrences",
    "display": "Show additional kinds of information",
    "except": "Show only text that does not match a pattern",
    "find": "Search for first occurrence of pattern",
    "hold": "Hold text without exiting the --More-- prompt",
    "last": "Display end of output only",
    "match": "Show only text that matches a pattern",
    "no-more": "Don't paginate output",
    "refresh": "Refresh a continuous display of a command",
    "request": "Make system-level requests",
    "resolve": "Resolve IP addresses",
    "save": "Save output text to file",
    "tee": "Write to standard output and file",
    "trim": "Trim specified number of columns from start of line",
}
_FORMS: Final = dict.fromkeys(("detail", "inheritance", "json", "set", "xml"), "")
_REFUSED: Final = ("hold", "refresh", "request", "resolve", "tee")
_MOST_LINES: Final = 9_999_999
_DEFAULT_LAST: Final = 23  # lines of a terminal without the prompt's


class Pipes:
    """Runs the pipes of one login; ``banner`` is the edit level shown in XML, if any."""

    def __init__(self, login: Login, preferences: Preferences, banner: str = "") -> None:
        self._login = login
        self._preferences = preferences
        self._banner = banner

    def write(self, report: Report, pipes: Sequence[Sequence[Word]]) -> str:
        """Write a report as text, through the pipes behind the command.

        Raises ``Refusal`` and :class:`UnknownWord`.
        """
        text: str | None = None
        for pipe in pipes:
            if not pipe:
                raise UnknownWord(0, EXPECTING)
            name = choose(pipe[0], _ABOUT)
            if name != "display":
                text = self._filtered(name, report.text() if text is None else text, pipe)
            elif (expanded := _expanded(report, pipe)) is not None:
                report, text = expanded, None
            else:
                text = self._display(report, pipe)
        return report.text() if text is None else text

    def _filtered(self, name: str, text: str, pipe: Sequence[Word]) -> str:
        if name in _REFUSED:
            raise Refusal(error(f"| {name} is not available {SIMULATED}"))
        if name == "compare":
            raise Refusal(error(f"| compare is for 'show' in configuration mode {SIMULATED}"))
        if name in ("save", "append"):
            return self._saved(name, text, pipe)
        if name == "no-more":
            return text
        lines = text.splitlines()
        if name == "last":
            return _joined(lines[-self._last(pipe) :] if lines else [])
        return _FILTERS[name](lines, pipe)

    def _display(self, report: Report, pipe: Sequence[Word]) -> str:
        if len(pipe) < 2:
            raise UnknownWord(pipe[0].end + 1, MISSING)
        form = choose(pipe[1], _FORMS)
        if form == "xml":
            return xml_document(self._login, report.xml(), self._banner)
        if form == "json":
            return report.json()
        if form == "set":
            if report.commands is None:
                raise pipe[1].unknown(EXPECTING)
            return report.commands()
        raise Refusal(error(f"| display {form} is not available {SIMULATED}"))

    def _last(self, pipe: Sequence[Word]) -> int:
        if len(pipe) < 2:
            length = self._preferences.screen_length
            return length - 1 if length > 1 else _DEFAULT_LAST
        return max(1, _number(pipe))

    def _saved(self, name: str, text: str, pipe: Sequence[Word]) -> str:
        given = _argument(pipe)
        user, files = self._login.user, self._login.device.files
        try:
            path = path_of(self._login, given)
            keep = files.append if name == "append" else files.write
            keep(path, text.encode(), user)
        except FileError as exc:
            raise Refusal(error(f"{given}: {exc.reason.value}")) from exc
        return f"Wrote {len(text.splitlines())} lines of output to '{given}'\n"


def _expanded(report: Report, pipe: Sequence[Word]) -> Report | None:
    """Return the report with what groups configure, if ``| display inheritance`` asks for it."""
    if len(pipe) < 2 or len(pipe[1].text) < len("in") or not "inheritance".startswith(pipe[1].text):
        return None
    if report.inherited is None:
        return report
    options = dict.fromkeys(("brief", "no-comments", "terse"), "")
    words = [choose(word, options) for word in pipe[2:]]
    return report.inherited("no-comments" not in words)


def xml_document(login: Login, body: str, banner: str = "") -> str:
    """Write what ``| display xml`` prints; ``banner`` is the line above the prompt."""
    namespace = f"http://xml.juniper.net/junos/{release_name(login.device.version)}/junos"
    return (
        f'<rpc-reply xmlns:junos="{namespace}">\n{body}'
        f"    <cli>\n        <banner>{banner}</banner>\n    </cli>\n</rpc-reply>\n"
    )


def _argument(pipe: Sequence[Word]) -> str:
    if len(pipe) < 2:
        raise UnknownWord(pipe[0].end + 1, MISSING)
    return pipe[1].text


def _number(pipe: Sequence[Word]) -> int:
    given = _argument(pipe)
    number = number_of(given, _MOST_LINES)
    if number is None:
        raise UnknownWord(pipe[1].end, f"Invalid numeric value: '{given}' at '{given}'", given)
    return number


def _pattern(pipe: Sequence[Word]) -> Pattern:
    _argument(pipe)
    return Pattern(" ".join(word.text for word in pipe[1:]))


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _matching(lines: Sequence[str], pipe: Sequence[Word], *, wanted: bool) -> str:
    pattern = _pattern(pipe)
    return _joined([line for line in lines if pattern.search(line) is wanted])


def _match(lines: Sequence[str], pipe: Sequence[Word]) -> str:
    return _matching(lines, pipe, wanted=True)


def _except(lines: Sequence[str], pipe: Sequence[Word]) -> str:
    return _matching(lines, pipe, wanted=False)


def _find(lines: Sequence[str], pipe: Sequence[Word]) -> str:
    pattern = _pattern(pipe)
    for place, line in enumerate(lines):
        if pattern.search(line):
            return _joined(lines[place:])
    return "Pattern not found\n"


def _count(lines: Sequence[str], _pipe: Sequence[Word]) -> str:
    return f"Count: {len(lines)} lines\n"


def _trim(lines: Sequence[str], pipe: Sequence[Word]) -> str:
    columns = _number(pipe)
    return _joined([line[columns:] for line in lines])


_FILTERS: Final[Mapping[str, Callable[[Sequence[str], Sequence[Word]], str]]] = {
    "match": _match,
    "except": _except,
    "find": _find,
    "count": _count,
    "trim": _trim,
}
