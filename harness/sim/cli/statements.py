"""Commands of configuration mode that change statements: ``set``, ``delete``, ``rename``, …."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from harness.sim.answers import Refusal
from harness.sim.cli import passwords
from harness.sim.cli.levels import Level, Walk
from harness.sim.cli.line import MISSING, SYNTAX, CommandLine, UnknownWord, Word
from harness.sim.cli.mode import Ask, Step, Write
from harness.sim.cli.patterns import Pattern
from harness.sim.cli.rewriting import replace
from harness.sim.config.schema import Kind
from harness.sim.config.set_format import quote
from harness.sim.config.tree import Node
from harness.sim.device import Login
from harness.sim.digits import number_of
from harness.sim.messages import SIMULATED, Complaint, error, refused
from harness.sim.operational.show_configuration import find

VERBS: Final = (
    "set", "delete", "activate", "deactivate", "annotate", "copy", "insert", "protect", "rename",
    "unprotect",
)  # fmt: skip
_YES: Final = ("y", "yes")
_MOST_MATCHES: Final = 99_999_999


class Statements:
    """Changes the candidate of one login at its edit level."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def change(self, verb: str, parsed: CommandLine, level: Level) -> Iterator[Step]:
        """Carry out one of :data:`VERBS`; raises ``Refusal`` and :class:`UnknownWord`."""
        rest = parsed.raw[parsed.words[0].end :].strip()
        if not rest:
            if verb == "delete":
                yield from self._delete_level(level)
                return
            raise UnknownWord(parsed.end, SYNTAX)
        if verb == "set" and parsed.words[-1].text == passwords.STATEMENT:
            yield from passwords.ask(self._login.user, self._password(rest, parsed, level))
            return
        if verb == "set" and self._hollow(parsed, level):
            raise UnknownWord(parsed.end, MISSING)
        yield from self._carry_out(f"{verb} {rest}", parsed, level)

    def _carry_out(self, line: str, parsed: CommandLine, level: Level) -> Iterator[Step]:
        complaints = self._load(line, level)
        for complaint in complaints:
            if complaint.severity == "error":
                raise self._refusal(complaint, complaints, parsed, level)
            yield Write(f"{complaint.severity}: {complaint.text}\n")

    def _password(
        self, rest: str, parsed: CommandLine, level: Level
    ) -> Callable[[str], Iterator[Step]]:
        """Return what configures the hash of a password where it was asked for."""
        path = rest.removesuffix(passwords.STATEMENT)

        def configure(stored: str) -> Iterator[Step]:
            line = f"set {path}encrypted-password {quote(stored, secret=True)}"
            yield from self._carry_out(line, parsed, level)

        return configure

    def _hollow(self, parsed: CommandLine, level: Level) -> bool:
        """Say whether a line names a block that says nothing as long as it is empty."""
        walk = Walk(self._login.device.schema, level)
        try:
            walk.go(parsed.words[1:])
        except (UnknownWord, Refusal):
            return False  # ends in a value, or in a mistake that the load will find
        statement = walk.statement
        return statement.kind is Kind.CONTAINER and not statement.presence

    def _load(self, line: str, level: Level) -> list[Complaint]:
        return self._login.config.load(line, "set", "set", level=level.words)

    def _refusal(
        self, complaint: Complaint, complaints: list[Complaint], parsed: CommandLine, level: Level
    ) -> Exception:
        """Say where in the line the mistake is, as far as it is one of the line."""
        words = parsed.words[1:]
        place = next((w for w in words if complaint.text.startswith(f"'{w.text}' is ")), None)
        place = place or next((w for w in words if complaint.bad_element == w.text), None)
        if complaint.text == "syntax error" or " is ambiguous" in complaint.text:
            missing = self._missing(parsed, level)
            if missing is not None:
                return missing
        if complaint.text == "syntax error":
            return (place or words[-1]).unknown(SYNTAX)
        if not complaint.bad_element or complaint.text.startswith("configuration database"):
            return Refusal(*complaints)
        end = (place or words[-1]).end
        return UnknownWord(end, complaint.text, complaint.bad_element)

    def _missing(self, parsed: CommandLine, level: Level) -> UnknownWord | None:
        """Return what is wrong with a line that only ends too early, or is ambiguous."""
        try:
            Walk(self._login.device.schema, level).go(parsed.words[1:])
        except UnknownWord as exc:
            return exc if exc.text != SYNTAX else None
        except Refusal:
            return None
        return UnknownWord(parsed.end, MISSING)

    def _delete_level(self, level: Level) -> Iterator[Step]:
        if not level.parts:
            yield Write("This will delete the entire configuration\n")

        def answered(answer: str) -> Iterator[Step]:
            if answer.lower() in _YES:
                yield Write("\n")
                complaints = (
                    self._load("delete", level) if level.parts else self._login.config.delete_all()
                )
                if refused(complaints):
                    raise Refusal(*complaints)

        yield Ask("Delete everything under this level? [yes,no] (no) ", answered)

    def wildcard(self, parsed: CommandLine, level: Level) -> Iterator[Step]:
        """Carry out ``wildcard delete PATH PATTERN``, after a question."""
        if len(parsed.words) < 2:
            raise UnknownWord(parsed.end, MISSING)
        if not "delete".startswith(parsed.words[1].text):
            raise Refusal(error(f"wildcard {parsed.words[1].text} is not available {SIMULATED}"))
        if len(parsed.words) < 4:
            raise UnknownWord(parsed.end, MISSING)
        *path, last = parsed.words[2:]
        names = self._entries(path, level)
        pattern = Pattern(last.text)
        found = [name for name in names if pattern.search(name)]
        if not found:
            raise Refusal(error(f"no statement matches '{last.text}' {SIMULATED}"))
        yield Write("".join(f"  matched: {name}\n" for name in found))

        def answered(answer: str) -> Iterator[Step]:
            if answer.lower() in _YES:
                yield Write("\n")
                prefix = " ".join(quote(word.text) for word in path)
                lines = "".join(f"delete {prefix} {quote(name)}\n" for name in found)
                complaints = self._load(lines, level)
                if refused(complaints):
                    raise Refusal(*complaints)

        yield Ask(f"Delete {len(found)} objects? [yes,no] (no) ", answered)

    def _entries(self, path: list[Word], level: Level) -> list[str]:
        """Return the names of what is configured in the list at ``path``."""
        words = (*level.words, *(word.text for word in path))
        try:
            spot = find(self._login.device.schema, self._login.config.candidate, words)
            if not spot.listing and spot.statement.unnamed is not None:
                value = spot.value if isinstance(spot.value, Node) else Node()
                below = value.get(spot.statement.unnamed.tag)
            else:
                below = spot.value
        except Refusal as exc:
            raise path[-1].unknown(SYNTAX) from exc
        if not isinstance(below, Node):
            return []
        return [key if isinstance(key, str) else " ".join(key) for key in below]

    def replace(self, parsed: CommandLine, level: Level) -> Iterator[Step]:
        """Carry out ``replace pattern OLD with NEW [upto N]`` below the level."""
        words = parsed.words[1:]
        plain = [word.text for word in words]
        shaped = len(plain) in (4, 6) and "pattern".startswith(plain[0]) and plain[2] == "with"
        if not shaped or (len(plain) == 6 and plain[4] != "upto"):
            raise UnknownWord(parsed.end, MISSING) if len(plain) < 4 else words[0].unknown(SYNTAX)
        upto = number_of(plain[5], _MOST_MATCHES) if len(plain) == 6 else 0
        if upto is None or (len(plain) == 6 and not upto):
            raise words[5].unknown(SYNTAX)
        replace(self._login, level, Pattern(plain[1], fold=False), plain[3], upto)
        yield from ()
