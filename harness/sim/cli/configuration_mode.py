"""Configuration mode of the CLI: edit levels, statements, loads, comparisons, commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, cast

from harness.sim.answers import Refusal, Report
from harness.sim.cli.mode import Ask, Cut, Leave, Mode, Paste, Step, Write
from harness.sim.committing import Manner, Told, commit
from harness.sim.config.loading import LoadAction
from harness.sim.config.set_format import quote
from harness.sim.device import Login
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.netconf.rpc_configuration import confirm_minutes, rollback_tree, slot
from harness.sim.operational.command_line import (
    CommandLine,
    UnknownWord,
    complaint_block,
    operational_report,
    parse_line,
    piped,
)
from harness.sim.operational.show_configuration import configuration_report, find
from harness.sim.store.commit import DEFAULT_CONFIRM_MINUTES, CommitResult

_EDITS: Final = ("set", "delete", "activate", "deactivate")
_LOADS: Final = ("merge", "override", "update", "replace", "set")
_EXPECTING: Final = "syntax error, expecting <command>."
_YES: Final = ("", "y", "yes")


class ConfigurationMode:
    """``[edit]`` and ``user@host#``; the candidate is shared unless it was entered exclusively."""

    def __init__(self, login: Login, outside: Mode, *, exclusive: bool) -> None:
        self._login = login
        self._outside = outside
        self._exclusive = exclusive
        self._level: tuple[str, ...] = ()
        self._earlier: list[tuple[str, ...]] = []  # levels that exit returns to

    @property
    def prompt(self) -> str:
        """Return the banner of the level and the prompt below it."""
        hostname = self._login.device.view().hostname
        return f"{self._banner()}\n{self._login.user}@{hostname}# "

    def commits(self, line: str) -> bool:
        """Say whether the line is a commit."""
        return line.lstrip().startswith("commit")

    def command(self, line: str) -> Iterator[Step]:
        """Carry out one command line."""
        parsed = parse_line(line)
        verb, *words = parsed.texts
        if verb in _EDITS:
            return self._statement(line)
        if verb == "top" and words:
            return self._at_top(line)
        handler = self._handlers().get(verb)
        if handler is None:
            raise UnknownWord(parsed.words[0].column, "unknown command.")
        return handler(parsed)

    def _handlers(self) -> Mapping[str, Callable[[CommandLine], Iterator[Step]]]:
        return {
            "show": self._show,
            "load": self._load,
            "rollback": self._rollback,
            "commit": self._commit,
            "edit": self._edit,
            "up": self._up,
            "top": self._top,
            "exit": self._exit,
            "quit": self._exit,
            "run": self._run,
            "status": self._status,
        }

    def _banner(self) -> str:
        return f"[edit{''.join(f' {word}' for word in self._level)}]"

    def _path(self) -> str:
        return "".join(f"{quote(word)} " for word in self._level)

    def _statement(self, line: str) -> Iterator[Step]:
        verb, _, rest = line.strip().partition(" ")
        complaints = self._login.config.load(f"{verb} {self._path()}{rest}\n", "set", "set")
        for complaint in complaints:
            if complaint.text == "syntax error" and complaint.bad_element:
                column = max(0, line.rfind(complaint.bad_element))
                raise UnknownWord(column, "syntax error.")
            if complaint.text.startswith("error recovery"):
                continue
            yield Write(f"{complaint.severity}: {complaint.text}\n")

    def _at_top(self, line: str) -> Iterator[Step]:
        """Carry out the rest of the line at the top, and come back."""
        level, self._level = self._level, ()
        try:
            yield from self.command(line.strip().partition(" ")[2].strip())
        finally:
            self._level = level

    def _show(self, parsed: CommandLine) -> Iterator[Step]:
        compare = next((p for p in parsed.pipes if p and p[0].text == "compare"), None)
        candidate = self._login.device.store.candidate
        if compare is not None:
            pipes = [pipe for pipe in parsed.pipes if pipe is not compare]
            report = self._comparison([word.text for word in compare[1:]])
        else:
            pipes = list(parsed.pipes)
            words = (*self._level, *parsed.texts[1:])
            report = configuration_report(self._login, candidate, words)
        yield Write(piped(self._login, report, pipes))

    def _comparison(self, words: Sequence[str]) -> Report:
        index = 0
        if words[:1] == ["rollback"] and len(words) == 2:
            index = slot(words[1])
        elif words:
            raise Refusal(error(f"compare with that is not available {SIMULATED}"))
        store = self._login.device.store
        patch = store.compare(rollback_tree(self._login, index), store.candidate)
        return Report(lambda: patch, lambda: patch)

    def _load(self, parsed: CommandLine) -> Iterator[Step]:
        words = parsed.texts[1:]
        if len(words) != 2 or words[1] != "terminal" or words[0] not in _LOADS or self._level:
            forms = f"load {'|'.join(_LOADS)} terminal"
            raise Refusal(error(f"only '{forms}' at the top is available {SIMULATED}"))
        action = cast("LoadAction", words[0])
        yield Paste(
            "[Type ^D at a new line to end input]\n", lambda text: self._loaded(text, action)
        )

    def _loaded(self, text: str, action: LoadAction) -> Iterator[Step]:
        complaints = self._login.config.load(text, "set" if action == "set" else "text", action)
        yield Write("\n" + "".join(map(complaint_block, complaints)))
        errors = sum(complaint.severity == "error" for complaint in complaints)
        yield Write(f"load complete ({errors} errors)\n" if errors else "load complete\n")

    def _rollback(self, parsed: CommandLine) -> Iterator[Step]:
        index = slot(parsed.texts[1]) if len(parsed.texts) > 1 else 0
        complaints = self._login.config.rollback(index)
        if refused(complaints):
            raise Refusal(*complaints)
        yield Write("load complete\n")

    def _commit(self, parsed: CommandLine) -> Iterator[Step]:
        options = _CommitOptions(parsed)
        if options.check:
            complaints = self._login.config.check()
            yield Write(_commit_blocks(complaints))
            if not refused(complaints):
                yield Write("configuration check succeeds\n")
            return
        told = commit(self._login, log=options.comment, confirm_minutes=options.minutes)
        if told.manner in (Manner.SILENCE, Manner.DROP):
            yield Cut(silent=told.manner is Manner.SILENCE)
            return
        yield Write(_commit_text(told))
        if options.and_quit and told.result.committed:
            yield from self._leave()

    def _edit(self, parsed: CommandLine) -> Iterator[Step]:
        words = parsed.texts[1:]
        if not words:
            raise UnknownWord(len("edit"), _EXPECTING)
        level = (*self._level, *words)
        find(self._login.device.schema, self._login.device.store.candidate, level)
        self._earlier.append(self._level)
        self._level = level
        yield from ()

    def _up(self, parsed: CommandLine) -> Iterator[Step]:
        words = parsed.texts[1:]
        steps = int(words[0]) if words and words[0].isdigit() else 1
        self._level = self._level[: max(0, len(self._level) - steps)]
        yield from ()

    def _top(self, _parsed: CommandLine) -> Iterator[Step]:
        self._level = ()
        self._earlier.clear()
        yield from ()

    def _exit(self, parsed: CommandLine) -> Iterator[Step]:
        if self._level and parsed.texts[1:] != ("configuration-mode",):
            self._level = self._earlier.pop() if self._earlier else ()
            return
        if self._login.device.store.dirty:
            yield Write("The configuration has been changed but not committed\n")
            yield Ask("Exit with uncommitted changes? [yes,no] (yes) ", self._answered)
            return
        yield from self._leave()

    def _answered(self, answer: str) -> Iterator[Step]:
        yield Write("\n")
        if answer.lower() in _YES:
            yield from self._leave()

    def _leave(self) -> Iterator[Step]:
        if self._exclusive:
            self._login.config.discard()
            self._login.config.unlock()
        yield Write("Exiting configuration mode\n")
        yield Leave(self._outside)

    def _run(self, parsed: CommandLine) -> Iterator[Step]:
        if len(parsed.words) < 2:
            raise UnknownWord(len("run"), _EXPECTING)
        yield Write(operational_report(self._login, _rest(parsed)).text())

    def _status(self, _parsed: CommandLine) -> Iterator[Step]:
        holder = self._login.device.store.lock_holder
        if holder is None:
            return
        yield Write(
            "Users currently editing the configuration:\n"
            f"  {holder.user} terminal {holder.terminal} (pid {holder.pid}) exclusive\n"
        )


def _rest(parsed: CommandLine) -> str:
    """Return a line without its first word."""
    parts = [" ".join(quote(word.text) for word in parsed.words[1:])]
    parts += [" ".join(quote(word.text) for word in pipe) for pipe in parsed.pipes]
    return " | ".join(parts)


class _CommitOptions:
    """The words behind ``commit``; raises ``UnknownWord`` at one that isn't known."""

    def __init__(self, parsed: CommandLine) -> None:
        self.check = self.and_quit = False
        self.comment = ""
        self.minutes: int | None = None
        rest = list(parsed.words[1:])
        while rest:
            word = rest.pop(0)
            if word.text == "check":
                self.check = True
            elif word.text == "and-quit":
                self.and_quit = True
            elif word.text == "comment" and rest:
                self.comment = rest.pop(0).text
            elif word.text == "confirmed":
                given = rest.pop(0).text if rest and rest[0].text.isdigit() else ""
                self.minutes = confirm_minutes(given or str(DEFAULT_CONFIRM_MINUTES))
            elif word.text != "synchronize":
                raise UnknownWord(word.column, _EXPECTING)


def _commit_blocks(complaints: Sequence[Complaint]) -> str:
    return "".join(map(complaint_block, complaints))


def _commit_text(told: Told) -> str:
    result: CommitResult = told.result
    blocks = _commit_blocks(result.complaints)
    if told.manner is Manner.OK_BESIDE_ERROR:
        return blocks + "commit complete\n"
    if told.manner is Manner.WARNINGS_ONLY or not result.committed:
        return blocks
    confirmed = ""
    if result.confirmed_minutes is not None:
        confirmed = (
            "commit confirmed will be automatically rolled back in "
            f"{result.confirmed_minutes} minutes unless confirmed\n"
        )
    return f"{blocks}{confirmed}commit complete\n"
