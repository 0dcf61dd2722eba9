"""The UNIX shell under the CLI: enough of csh and sh for the file transfers of known clients."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from harness.sim.cli.mode import Leave, Mode, Step, Write
from harness.sim.cli.one_command import output_of
from harness.sim.cli.shell_words import ShellSyntaxError, Simple, Token, parse
from harness.sim.cli.unix_commands import BSD, LINUX, TOOLS, expand
from harness.sim.cli.unix_tool import Outcome, Surroundings, Tool
from harness.sim.cli.virsh import HOST
from harness.sim.device import Login
from harness.sim.files.errors import FileError
from harness.sim.view import View

_PLACES: Final = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/")


class UnixShell:
    """``%`` of csh or ``$`` of sh.

    ``cli`` makes the CLI that the shell starts, None where there is none; ``outside`` is where
    ``exit`` returns to.
    """

    def __init__(
        self,
        login: Login,
        cli: Callable[[Mode | None], Mode] | None,
        outside: Mode | None,
        *,
        kind: str = "csh",
        user: str = "",
    ) -> None:
        self._login = login
        self._cli = cli
        self._outside = outside
        self._csh = kind == "csh"
        self._status = 0
        device = login.device
        self._here = Surroundings(
            device.files,
            user or login.user,
            device.files.home(user or login.user),
            device.view().hostname,
            device.version,
            device.clock.now(),
            linux=device.platform.linux_host,
            machines=self._machines if device.platform.shell_alone else None,
        )

    @property
    def prompt(self) -> str:
        """Return the prompt: of root and of JDM with the host's name (vendor's documents)."""
        here = self._here
        root = here.user == "root"
        if here.linux:
            return f"{here.user}@{here.hostname}:~{'#' if root else '$'} "
        if self._csh:
            return f"{here.user}@{here.hostname}% " if root else "% "
        return "# " if root else "$ "

    def commits(self, _line: str) -> bool:
        """Return False: nothing commits here."""
        return False

    def end_of_input(self) -> Iterator[Step]:
        """Leave, as ``exit`` does."""
        return self._exit()

    def command(self, line: str) -> Iterator[Step]:
        """Carry out one line."""
        self._here.now = self._login.device.clock.now()
        try:
            deque(parse(line, dict), maxlen=0)  # a line with a mistake is not begun
        except ShellSyntaxError as exc:
            self._status = 1
            yield Write(f"{exc}\n")
            return
        piped = ""
        for simple in parse(line, self._variables):
            if self._skipped(simple):
                continue
            words = self._expanded(simple.words)
            if words is None:
                self._status, piped = 1, ""
                yield Write(f"{simple.words[0].text}: No match.\n")
                continue
            if words[:1] in (["exit"], ["logout"]):
                yield from self._exit()
                return
            if words == ["cli"] and self._cli is not None:
                yield Leave(self._cli(self))
                return
            outcome = self._run(words, piped if simple.after == "|" else "")
            output, errors = self._redirected(simple, outcome)
            into_pipe = simple.before == "|"
            piped = output if into_pipe else ""
            yield Write(errors + ("" if into_pipe else output))

    def _variables(self) -> dict[str, str]:
        here, status = self._here, str(self._status)
        return {
            "?": status, "status": status, "HOME": here.files.home(here.user), "USER": here.user,
            "PWD": here.directory, "cwd": here.directory,
        }  # fmt: skip

    def _skipped(self, simple: Simple) -> bool:
        failed = self._status != 0
        return (simple.after == "&&" and failed) or (simple.after == "||" and not failed)

    def _expanded(self, tokens: Sequence[Token]) -> list[str] | None:
        """Replace wildcards by names; None where csh finds no name."""
        words: list[str] = []
        for token in tokens:
            found = expand(self._here, token.text) if token.pattern else []
            if token.pattern and not found and self._csh and not self._here.linux:
                return None
            words += found or [token.text]
        return words

    def _run(self, words: Sequence[str], given: str) -> Outcome:
        name = words[0] if words else "true"
        for place in _PLACES:
            name = name.removeprefix(place)
        if self._cli is not None and name == "cli" and words[1:2] == ["-c"] and len(words) == 3:
            outcome = Outcome(output_of(self._cli(None), words[2]))
        else:
            tool = TOOLS.get(name) or self._more_tools().get(name)
            outcome = self._not_found(name) if tool is None else self._tool(tool, words, given)
        self._status = outcome.status
        return outcome

    def _more_tools(self) -> Mapping[str, Tool]:
        if self._here.machines is not None:
            return {**LINUX, **HOST}
        return LINUX if self._here.linux else BSD

    def _machines(self) -> View:
        return self._login.device.view()

    def _tool(self, tool: Tool, words: Sequence[str], given: str) -> Outcome:
        try:
            return tool(self._here, words[1:], given)
        except FileError as exc:  # a path that no file can have
            return Outcome("", f"{words[0]}: {exc}\n", 1)

    def _not_found(self, name: str) -> Outcome:
        if self._here.linux:
            return Outcome("", f"-bash: {name}: command not found\n", 127)
        if self._csh:
            return Outcome("", f"{name}: Command not found.\n", 1)
        return Outcome("", f"{name}: not found\n", 127)

    def _redirected(self, simple: Simple, outcome: Outcome) -> tuple[str, str]:
        """Put output and errors where the line says; return what is left of each."""
        output, errors = outcome.output, outcome.errors
        for operator, target in simple.redirections:
            if operator == "2>&1":
                output, errors = output + errors, ""
            elif operator in (">", ">>", ">&"):
                text = output + (errors if operator == ">&" else "")
                errors = "" if operator == ">&" else errors
                output = self._kept(target, text, more=operator == ">>")
            elif operator in ("2>", "2>>"):
                errors = self._kept(target, errors, more=operator == "2>>")
        return output, errors

    def _kept(self, target: str, text: str, *, more: bool) -> str:
        """Write text into a file; return what the shell says if it can't."""
        if target == "/dev/null":
            return ""
        files, user = self._here.files, self._here.user
        try:
            keep = files.append if more else files.write
            keep(self._here.path(target), text.encode(), user)
        except FileError as exc:
            self._status = 1
            return f"{target}: {exc.reason.value}.\n"
        return ""

    def _exit(self) -> Iterator[Step]:
        if self._csh and not self._here.linux:
            yield Write("exit\n")
        yield Leave(self._outside)
