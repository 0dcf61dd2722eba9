"""Configuration mode of the CLI: edit levels, and which command does what there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from harness.sim.answers import Refusal, Report
from harness.sim.cli import commits, loads
from harness.sim.cli.commands import misplaced, operational_report
from harness.sim.cli.comparing import comparison, means, split
from harness.sim.cli.entering import CHANGED, everybody, leaving, told
from harness.sim.cli.levels import Level, Walk, path_of
from harness.sim.cli.line import (
    EXPECTING,
    SYNTAX,
    UNKNOWN,
    CommandLine,
    UnknownWord,
    choose,
    parse_line,
)
from harness.sim.cli.mode import Ask, Leave, Mode, Step, Write
from harness.sim.cli.pipes import Pipes
from harness.sim.cli.preferences import Preferences
from harness.sim.cli.statements import VERBS, Statements
from harness.sim.device import Login
from harness.sim.digits import number_of
from harness.sim.messages import SIMULATED, error, refused
from harness.sim.operational.show_configuration import configuration_report

_YES: Final = ("", "y", "yes")
_ABOUT: Final = {
    "activate": "Remove the inactive tag from a statement",
    "annotate": "Annotate the statement with a comment",
    "commit": "Commit current set of changes",
    "copy": "Copy a statement",
    "deactivate": "Add the inactive tag to a statement",
    "delete": "Delete a data element",
    "edit": "Edit a sub-element",
    "exit": "Exit from this level",
    "extension": "Extension operations",
    "help": "Provide help information",
    "insert": "Insert a new ordered data element",
    "load": "Load configuration from ASCII file",
    "protect": "Protect the statement",
    "quit": "Quit from this level",
    "rename": "Rename a statement",
    "replace": "Replace character string in configuration",
    "rollback": "Roll back to previous committed configuration",
    "run": "Run an operational-mode command",
    "save": "Save configuration to ASCII file",
    "set": "Set a parameter",
    "show": "Show a parameter",
    "status": "Show users currently editing configuration",
    "top": "Exit to top level of configuration",
    "unprotect": "Unprotect the statement",
    "up": "Exit one level of configuration",
    "update": "Update private database",
    "wildcard": "Wildcard operations",
}
_REFUSED: Final = ("extension", "help")
_MOST_LEVELS: Final = 999_999  # that up takes away

Handler = Callable[[CommandLine], Iterator[Step]]


class ConfigurationMode:
    """``[edit]`` and ``user@host#``, over the candidate that the login has open."""

    def __init__(self, login: Login, outside: Mode, preferences: Preferences) -> None:
        self._login = login
        self._outside = outside
        self._preferences = preferences
        self._statements = Statements(login)
        self._level = Level()
        self._earlier: list[Level] = []  # levels that exit returns to
        self._handlers: Mapping[str, Handler] = {
            "show": self._show,
            "load": lambda parsed: loads.load(login, parsed, self._level),
            "save": lambda parsed: loads.save(login, parsed, self._level),
            "rollback": lambda parsed: loads.rollback(login, parsed),
            "commit": self._commit,
            "edit": self._edit,
            "up": self._up,
            "top": self._top,
            "exit": self._exit,
            "quit": self._exit,
            "run": self._run,
            "status": self._status,
            "update": self._update,
            "wildcard": lambda parsed: self._statements.wildcard(parsed, self._level),
            "replace": lambda parsed: self._statements.replace(parsed, self._level),
        }

    @property
    def prompt(self) -> str:
        """Return the banner of the level and the prompt below it."""
        own = self._preferences.prompt
        hostname = self._login.device.view().hostname
        return f"\n{self._banner}\n{own or f'{self._login.user}@{hostname}# '}"

    @property
    def _banner(self) -> str:
        return f"[edit{''.join(f' {word}' for word in self._level.words)}]"

    def commits(self, line: str) -> bool:
        """Say whether the line is a commit."""
        words = line.split()
        if words[:1] == ["top"]:
            words = words[1:]
        return bool(words) and len(words[0]) > 2 and "commit".startswith(words[0])

    def end_of_input(self) -> Iterator[Step]:
        """Exit, as the command does."""
        return self.command("exit")

    def command(self, line: str) -> Iterator[Step]:
        """Carry out one command line."""
        parsed = parse_line(line)
        if not parsed.words:
            raise UnknownWord(0, UNKNOWN)
        verb = choose(parsed.words[0], _ABOUT, UNKNOWN)
        if verb in _REFUSED:
            raise Refusal(error(f"{verb} is not available {SIMULATED}"))
        if verb in VERBS:
            return self._statements.change(verb, parsed, self._level)
        return self._handlers[verb](parsed)

    @property
    def _pipes(self) -> Pipes:
        return Pipes(self._login, self._preferences, self._banner)

    def _show(self, parsed: CommandLine) -> Iterator[Step]:
        compared, pipes = split(parsed.pipes)
        schema, tree = self._login.device.schema, self._login.config.candidate
        words = path_of(schema, self._level, parsed.words[1:])
        if compared is not None:
            report = comparison(self._login, tree, compared, words, candidate=True)
        else:
            try:
                report = configuration_report(self._login, tree, words)
            except Refusal as exc:
                raise misplaced(exc, parsed.words[1:]) from exc
        yield Write(self._pipes.write(report, pipes), paged=parsed.paged)

    def _commit(self, parsed: CommandLine) -> Iterator[Step]:
        gone = yield from commits.carry_out(self._login, parsed, self._pipes)
        if gone:
            yield from self._leave()

    def _edit(self, parsed: CommandLine) -> Iterator[Step]:
        if len(parsed.words) < 2:
            raise UnknownWord(parsed.end, EXPECTING)
        level = Walk(self._login.device.schema, self._level).go(parsed.words[1:])
        self._earlier.append(self._level)
        self._go(level)
        yield from ()

    def _go(self, level: Level) -> None:
        self._level = level
        self._login.config.edit_path = level.words

    def _up(self, parsed: CommandLine) -> Iterator[Step]:
        words = parsed.words[1:]
        steps = number_of(words[0].text, _MOST_LEVELS) if words else None
        if steps is not None:
            words = words[1:]
        here = self._level
        self._go(here.up(1 if steps is None else steps))
        if words:
            yield from self._from_there(parsed.raw[words[0].column :], here)

    def _top(self, parsed: CommandLine) -> Iterator[Step]:
        here = self._level
        self._go(Level())
        if len(parsed.words) > 1:
            yield from self._from_there(parsed.after(1), here)
        else:
            self._earlier.clear()

    def _from_there(self, line: str, back: Level) -> Iterator[Step]:
        """Carry out the rest of a line, and come back unless it went somewhere itself."""
        went = means(parse_line(line).words[0], "edit")
        try:
            yield from self.command(line)
        except UnknownWord as exc:
            exc.column += len("top ")
            went = False
            raise
        finally:
            if not went:
                self._go(back)

    def _exit(self, parsed: CommandLine) -> Iterator[Step]:
        words = parsed.words[1:]
        if words:
            choose(words[0], {"configuration-mode": "Exit from configuration mode"}, SYNTAX)
        elif self._level.parts:
            self._go(self._earlier.pop() if self._earlier else Level())
            return
        if self._login.config.dirty:
            yield Write(CHANGED)
            yield Ask(leaving(self._login.config.kind), self._answered)
            return
        yield from self._leave()

    def _answered(self, answer: str) -> Iterator[Step]:
        if answer.lower() not in _YES:
            return
        yield Write("\n")
        if self._login.config.kind != "shared":
            yield Write("warning: discarding uncommitted changes\nload complete\n")
        yield from self._leave()

    def _leave(self) -> Iterator[Step]:
        self._login.config.close_configuration()
        yield Write("Exiting configuration mode\n")
        yield Leave(self._outside)

    def _run(self, parsed: CommandLine) -> Iterator[Step]:
        if len(parsed.words) < 2:
            raise UnknownWord(parsed.end, EXPECTING)
        offset = parsed.words[1].column
        try:
            report = operational_report(
                self._login, parsed.after(1), self._preferences, self._banner
            )
        except UnknownWord as exc:
            exc.column += offset
            raise
        yield Write(report.text(), paged=parsed.paged)

    def _status(self, parsed: CommandLine) -> Iterator[Step]:
        report = Report(lambda: "", lambda: everybody(self._login))
        yield Write(self._pipes.write(report, parsed.pipes))

    def _update(self, _parsed: CommandLine) -> Iterator[Step]:
        complaints = self._login.config.update()
        if refused(complaints):
            raise Refusal(*complaints)
        yield Write(told(complaints))
