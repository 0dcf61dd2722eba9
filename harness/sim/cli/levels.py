"""Edit levels: what ``edit`` leads to, and what ``up`` goes back from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.sim.answers import Refusal
from harness.sim.cli.line import MISSING, SYNTAX, UnknownWord, Word, ambiguous
from harness.sim.config.schema import Kind, Statement
from harness.sim.messages import error


@dataclass(frozen=True, slots=True)
class Level:
    """A place in the configuration; each part is the words that one ``up`` takes away."""

    parts: tuple[tuple[str, ...], ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words of the path."""
        return tuple(word for part in self.parts for word in part)

    def up(self, steps: int) -> Level:
        """Return the level ``steps`` above, the top at most."""
        return Level(self.parts[: max(0, len(self.parts) - steps)])


class Walk:
    """Follows typed words through the model, abbreviated ones too."""

    def __init__(self, schema: Statement, level: Level, *, reading: bool = False) -> None:
        """Stand at ``level``; ``reading``: a path may end in a leaf, or in a list as a whole."""
        self.statement = schema
        self._reading = reading
        self.parts: list[tuple[str, ...]] = []
        self._rest: list[Word] = [Word(word, 0, 0) for word in level.words]
        self._go()

    def go(self, words: Sequence[Word]) -> Level:
        """Step down; raises :class:`UnknownWord` at the first word that doesn't fit."""
        self._rest = list(words)
        self._go()
        return Level(tuple(self.parts))

    def _go(self) -> None:
        while self._rest:
            self._step(self._rest.pop(0))

    def _step(self, word: Word) -> None:
        statement = self._child(word)
        if statement.kind is Kind.CONTAINER:
            self.parts.append((statement.tag,))
        elif statement.kind is Kind.LIST:
            self.parts.append(self._entry(statement, word))
        elif self._reading:
            self.parts.append((statement.tag, *(each.text for each in self._rest)))
            self._rest.clear()
        else:
            raise word.unknown(SYNTAX)
        self.statement = statement

    def _child(self, word: Word) -> Statement:
        known = self.statement.words
        found = known.get(word.text)
        if found is None:
            meant = [each for each in known if word.text and each.startswith(word.text)]
            if len(meant) > 1 and self.statement.unnamed is None:
                raise ambiguous(word, ((each, "") for each in meant))
            found = known[meant[0]] if len(meant) == 1 else None
            if self.statement.unnamed is not None and (found is None or len(meant) != 1):
                self._rest.insert(0, word)
                return self.statement.unnamed
        if found is None:
            raise word.unknown(SYNTAX)
        return found

    def _entry(self, statement: Statement, word: Word) -> tuple[str, ...]:
        """Read the keys of an entry, with the words that belong between them."""
        first = statement.key_words[0]
        typed = [first] if first else []
        if self._reading and not self._rest:
            return tuple(typed)
        end = word.end
        for index, key in enumerate(statement.keys):
            wanted = statement.key_words[index] if index else ""
            if wanted:
                end = self._take(wanted, end).end
                typed.append(wanted)
            name = self._take("", end)
            end = name.end
            if key.type is not None and not key.type.accepts(name.text):
                raise Refusal(error(key.type.complaint(name.text)))
            typed.append(name.text)
        return tuple(typed)

    def _take(self, wanted: str, end: int) -> Word:
        if not self._rest:
            raise UnknownWord(end + 1, MISSING)
        word = self._rest.pop(0)
        if wanted and word.text != wanted:
            raise word.unknown(SYNTAX)
        return word


def path_of(schema: Statement, level: Level, words: Sequence[Word]) -> list[str]:
    """Return the whole words of what ``show`` is asked for below a level.

    Unlike an edit level it may be a leaf, or a list without a key. Raises :class:`UnknownWord`.
    """
    return list(Walk(schema, level, reading=True).go(words).words)
