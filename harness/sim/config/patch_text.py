"""Loading Junos patch text: what ``show | compare`` prints, as ``load patch`` takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile, groupby

from harness.sim.characters import lines_of
from harness.sim.config.paths import PLAIN, Refused
from harness.sim.config.schema import Schema
from harness.sim.config.set_format import MODIFIERS, split_words
from harness.sim.config.text_format import read_statements
from harness.sim.config.tree import Mark, Node
from harness.sim.config.words import PatchBuilder, Place, ValueReader
from harness.sim.messages import syntax_error

_HEADER = re.compile(r"\[edit\s*(.*)\]\s*")
_FOLDED = re.compile(r"\s*\{ \.\.\. \}\s*$")
_STATES = {
    "inactive:": Mark(operation="deactivate"),
    "active:": Mark(operation="activate"),
    "protect:": Mark(operation="protect", protected=True),
    "unprotect:": Mark(operation="unprotect"),
}


@dataclass(slots=True)
class _Run:
    """Neighbouring lines of one sign under one header; ``above``: the statement before them."""

    level: tuple[str, ...]
    sign: str
    above: tuple[str, ...] = ()
    lines: list[str] = field(default_factory=list)


def read_patch(payload: str, schema: Schema, reader: ValueReader) -> list[Node]:
    """Return the patches that a patch text asks for, in order; raises :class:`Refused`.

    What goes is taken away before what comes is put there, header by header. A folded neighbour
    says where an entry belongs.
    """
    patches: list[Node] = []
    for _, group in groupby(_runs(payload), key=lambda run: run.level):
        runs = list(group)
        patches.extend(_gone(run, schema, reader) for run in runs if run.sign == "-")
        for run in runs:
            if run.sign == "+":
                patches.extend(_come(run, schema, reader))
            elif run.sign == "!":
                patches.extend(_moved(run, schema, reader))
    return patches


def _runs(payload: str) -> Iterator[_Run]:
    """Cut a patch into runs; raises :class:`Refused` at a line that belongs nowhere."""
    level: tuple[str, ...] | None = None
    run: _Run | None = None
    above: tuple[str, ...] = ()
    for line in lines_of(payload):
        header = _HEADER.fullmatch(line)
        if header is not None:
            level, above = tuple(split_words(header[1])), ()
        elif not line.strip():
            continue
        elif level is None or line[0] not in "+-! \t":
            raise Refused(*syntax_error(line.split()[0]))
        elif line[0] in "+-!":
            if run is None or run.sign != line[0] or run.level != level:
                if run is not None:
                    yield run
                run = _Run(level, line[0], above)
            run.lines.append(line[1:])
            continue
        else:
            above = tuple(split_words(_FOLDED.sub("", line)))
        if run is not None:
            yield run
            run = None
    if run is not None:
        yield run


def _begin(run: _Run, schema: Schema, reader: ValueReader) -> tuple[PatchBuilder, Place]:
    """Begin a patch at the place that the header of a run names."""
    builder = PatchBuilder(schema, reader)
    return builder, builder.add(builder.root, run.level, PLAIN, block=True)


def _gone(run: _Run, schema: Schema, reader: ValueReader) -> Node:
    """Return the patch that deletes what ``-`` lines show: each statement, or block, as a whole."""
    builder, place = _begin(run, schema, reader)
    for head in _heads(run.lines):
        builder.add(place, head, Mark(operation="delete"), line=True)
    return builder.finish()


def _come(run: _Run, schema: Schema, reader: ValueReader) -> Iterator[Node]:
    """Yield the patches that put what ``+`` lines show where it belongs."""
    builder, place = _begin(run, schema, reader)
    read_statements("\n".join(run.lines), builder, place)
    yield builder.finish()
    above = run.above
    for head in _heads(run.lines) if above else ():
        yield _beside(run, head, above, schema, reader)
        above = tuple(head)


def _moved(run: _Run, schema: Schema, reader: ValueReader) -> Iterator[Node]:
    """Yield the patches that move, activate or deactivate what ``!`` lines name."""
    above = run.above
    for line in run.lines:
        words = split_words(_FOLDED.sub("", line).rstrip(";"))
        mark = _STATES.get(words[0])
        if mark is None:
            yield _beside(run, words, above, schema, reader)
            above = tuple(words)
            continue
        builder, place = _begin(run, schema, reader)
        builder.add(place, words[1:], mark, line=True)
        yield builder.finish()


def _beside(
    run: _Run, words: Sequence[str], above: tuple[str, ...], schema: Schema, reader: ValueReader
) -> Node:
    builder, place = _begin(run, schema, reader)
    where = "after" if above else "first"
    mark = Mark(operation="insert", beside=where, other=above)
    builder.add(place, builder.entry(place, words), mark)
    return builder.finish()


def _heads(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words of each outermost statement of some lines."""
    depth = 0
    for line in lines:
        text = line.partition(" ## ")[0].strip()
        if text.startswith(("/*", "#")):
            continue
        if depth == 0 and text not in {"", "}"}:
            words = split_words(text.rstrip("{; "))
            yield list(dropwhile(MODIFIERS.__contains__, words))
        depth += text.endswith("{") - (text == "}")
