"""Compiled schemas of the vendor's models: making one, and saying what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.sim.config.schema import Kind, Must, Statement
from harness.sim.yang.compiling import compile_family, release_in
from harness.sim.yang.model import model_of
from harness.sim.yang.table import read_table, write_table

SUFFIXES = (".json.xz", ".json.gz", ".json")


@dataclass(frozen=True, slots=True)
class BuiltSchema:
    """What was compiled."""

    family: str
    release: str
    modules: int
    rules: int
    inferred_from: str  # the family whose rules were taken over; "": its own
    size: int  # bytes of the file


def build_schema(
    source: Path, family: str, target: Path, progress: Callable[[str], None]
) -> BuiltSchema:
    """Compile the models of ``family`` in the folder ``source``; write all of it or nothing.

    Raises :class:`~harness.errors.UsageError` for what isn't there or can't be read or written.
    """
    if not target.name.endswith(SUFFIXES):
        raise UsageError(f"{target}: expected a name that ends in {', '.join(SUFFIXES)}")
    if not target.parent.is_dir():
        raise UsageError(f"{target}: no such folder {target.parent}")
    table = compile_family(release_in(source), family, progress)
    size = write_table(table, target)
    return BuiltSchema(
        table.family,
        table.release,
        len(table.modules),
        len(table.musts),
        table.carried_from,
        size,
    )


def describe_schema(source: Path, path: Sequence[str]) -> Iterator[str]:
    """Walk the lines that say what a compiled schema has at ``path``, XML names of statements.

    Raises :class:`~harness.errors.UsageError` for a file or a path that isn't one.
    """
    table = read_table(source)
    statement = model_of(table)
    for position, tag in enumerate(path):
        below = statement.children if statement.kind in {Kind.CONTAINER, Kind.LIST} else {}
        if tag not in below:
            where = " ".join(path[:position]) or "the top"
            known = ", ".join(sorted(below)) or "none"
            raise UsageError(f"{source}: no statement {tag!r} at {where}; there: {known}")
        statement = below[tag]
    if not path:
        yield f"family   {table.family}"
        yield f"release  {table.release}"
        yield f"rules    {len(table.musts)}"
        if table.carried_from:
            yield f"inferred rules of {table.carried_from}"
    yield from _described(statement)


def _described(statement: Statement) -> Iterator[str]:
    yield _line(statement)
    limits = statement.limits
    if limits is not None:
        yield from (f"  must {_rule(must)}" for must in limits.musts)
        for word, musts in limits.of_words.items():
            yield from (f"  must, if {word}: {_rule(must)}" for must in musts)
    if statement.kind in {Kind.CONTAINER, Kind.LIST}:
        yield from (f"  {_line(child)}" for child in statement.children.values())


def _line(statement: Statement) -> str:
    words = [statement.kind.name.lower().replace("_", "-").replace("flag", "empty"), statement.tag]
    if statement.type is not None:
        words.append(f"({statement.type.wanted})")
    if statement.keys and statement.kind is Kind.LIST:
        words.append(f"[{' '.join(key.tag for key in statement.keys)}]")
    if statement.presence:
        words.append("presence")
    limits = statement.limits
    if limits is not None and limits.mandatory:
        words.append("mandatory")
    if limits is not None and limits.most:
        words.append(f"at most {limits.most}")
    words += [f"choice {choice.rpartition('/')[2]}: {case}" for choice, case in statement.cases]
    return " ".join(words)


def _rule(must: Must) -> str:
    mark = " (inferred)" if must.inferred else ""
    return f"{must.expression}: {must.message}{mark}"
