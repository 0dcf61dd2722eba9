"""Reading configuration mode commands: what ``load set`` and a configuration-set element take."""

from __future__ import annotations

from collections.abc import Sequence

from harness.sim.characters import lines_of
from harness.sim.config.paths import PLAIN, Refused
from harness.sim.config.schema import Schema
from harness.sim.config.set_format import split_words
from harness.sim.config.tree import Mark, Node
from harness.sim.config.words import PatchBuilder, ValueReader
from harness.sim.digits import number_of
from harness.sim.messages import SIMULATED, error, syntax_error

_VERBS = {
    "set": PLAIN,
    "delete": Mark(operation="delete"),
    "activate": Mark(operation="activate"),
    "deactivate": Mark(operation="deactivate"),
    "protect": Mark(protected=True, operation="protect"),
    "unprotect": Mark(operation="unprotect"),
}
_ALONE = frozenset(("insert", "rename", "copy", "annotate"))  # each one is a patch of its own
_LEVELS = frozenset(("edit", "up", "top"))
_NOT_YET = frozenset(("wildcard", "replace", "load", "commit", "rollback"))
_MOST_LEVELS = 999_999  # that up takes away


def read_set(
    payload: str, schema: Schema, reader: ValueReader, level: Sequence[str] = ()
) -> list[Node]:
    """Return the patches that the lines ask for, in order; raises :class:`Refused`.

    ``level``: the words of the edit level that they are relative to.
    """
    commands = _Commands(schema, reader, level)
    comment = False
    for line in lines_of(payload):
        comment = comment or line.lstrip().startswith("/*")
        if comment:
            comment = "*/" not in line
            continue
        words = split_words(line)
        if words:
            commands.obey(words)
    return commands.finish()


class _Commands:
    """The patches so far, and the edit level."""

    def __init__(self, schema: Schema, reader: ValueReader, level: Sequence[str]) -> None:
        self._schema = schema
        self._reader = reader
        self._level = tuple(level)
        self._patches: list[Node] = []
        self._builder = self._fresh()
        self._verb = ""

    def _fresh(self) -> PatchBuilder:
        return PatchBuilder(self._schema, self._reader, abbreviate=True)

    def finish(self) -> list[Node]:
        """Return the patches."""
        self._flush()
        return self._patches

    def _flush(self) -> None:
        if self._builder.root.node:
            self._patches.append(self._builder.finish())
            self._builder = self._fresh()
        self._verb = ""

    def obey(self, words: list[str]) -> None:
        """Carry out one line; raises :class:`Refused`."""
        verb, rest = words[0], words[1:]
        mark = _VERBS.get(verb)
        if mark is None:
            self._obey_other(verb, rest)
            return
        if verb != self._verb:
            self._flush()
            self._verb = verb
        if not rest and not (self._level and verb != "set"):
            raise Refused(*syntax_error(verb))
        self._builder.add(self._builder.root, [*self._level, *rest] if self._level else rest, mark)

    def _obey_other(self, verb: str, rest: list[str]) -> None:
        """Carry out a line that is about another level, or about two statements."""
        if verb == "top" and rest:
            level, self._level = self._level, ()
            self.obey(rest)
            if rest[0] != "edit":
                self._level = level
        elif verb in _LEVELS:
            self._go(verb, rest)
        elif verb in _ALONE:
            self._flush()
            self._single(verb, rest)
            self._flush()
        else:
            raise _unknown_verb(verb)

    def _go(self, verb: str, rest: list[str]) -> None:
        """Change the edit level."""
        if verb == "top":
            self._level = ()
        elif verb == "edit":
            if not rest:
                raise Refused(*syntax_error(verb))
            level = (*self._level, *rest)
            probe = self._fresh()
            if probe.add(probe.root, level, PLAIN, block=True).closed:
                raise Refused(*syntax_error(rest[-1]))
            self._level = level
        else:
            steps = number_of(rest[0], _MOST_LEVELS) if rest else 1
            if steps is None:
                raise Refused(*syntax_error(rest[0]))
            ends = [0, *self._fresh().levels(self._level)]
            self._level = self._level[: ends[-min(steps, len(ends))] if steps else None]

    def _single(self, verb: str, words: list[str]) -> None:
        """Read a command about one statement and something beside it."""
        if verb == "annotate":
            if len(words) != 2:
                raise Refused(*syntax_error(words[-1] if words else verb))
            text = f"/* {words[1]} */" if words[1] and words[1][:1] not in "/#" else words[1]
            mark = Mark(operation="annotate", comment=text)
            self._add(words[:1], mark)
            return
        splits = ("before", "after") if verb == "insert" else ("to",)
        where = next((i for i in range(len(words) - 1, 0, -1) if words[i] in splits), 0)
        if not where or where == len(words) - 1:
            raise Refused(*syntax_error(words[-1] if words else verb))
        other = tuple(words[where + 1 :])
        beside = words[where] if verb == "insert" else ""
        self._add(words[:where], Mark(operation=verb, beside=beside, other=other))

    def _add(self, words: Sequence[str], mark: Mark) -> None:
        self._builder.add(self._builder.root, (*self._level, *words), mark)


def _unknown_verb(verb: str) -> Refused:
    if verb in _NOT_YET:
        return Refused(error(f"{verb} is not simulated {SIMULATED}", bad_element=verb))
    return Refused(*syntax_error(verb))
