"""``harness sim schema``: compile the vendor's published models, and look into what came out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click

from harness.cli.yang import reference_models
from harness.errors import UsageError
from harness.sim.config.schema import Kind, Must, Statement
from harness.sim.yang.compiling import compile_family, release_in
from harness.sim.yang.model import model_of
from harness.sim.yang.table import read_table, write_table

_SUFFIXES = (".json.xz", ".json.gz", ".json")
_WIDTH = 100  # of the progress line


@click.group()
def schema() -> None:
    """Compile the vendor's published models for simulated devices."""


@schema.command(
    epilog="""\b
The models are those of https://github.com/Juniper/yang: DIR is the folder of a release, such
as 18.4/18.4R3, or a .tar.xz of one. Exit status 64: DIR, the family or a module isn't there, a
module can't be read, or FILE can't be written.

\b
Examples:
  harness sim schema build --yang yang/18.4/18.4R3 --family junos-es -o junos-es.json.xz
  harness sim run --testbed testbeds/simulated.yaml --schema junos-es.json.xz
"""
)
@click.option(
    "--yang",
    "source",
    metavar="DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="Unpacked release of the models, or its .tar.xz.",
)
@click.option(
    "--family",
    metavar="NAME",
    required=True,
    help="junos-es (SRX, vSRX, the gateway of an NFX250), junos (MX), junos-nfx, …",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    required=True,
    help="What to write: a name that ends in .json.xz, .json.gz or .json.",
)
def build(*, source: Path, family: str, output: Path) -> None:
    """Compile one family; an existing FILE is replaced when the new one is complete."""
    if not output.name.endswith(_SUFFIXES):
        raise UsageError(f"{output}: expected a name that ends in {', '.join(_SUFFIXES)}")
    if not output.parent.is_dir():
        raise UsageError(f"{output}: no such folder {output.parent}")
    with ExitStack() as opened:
        folder = source
        if source.is_file():
            folder = opened.enter_context(reference_models(source))
        table = compile_family(release_in(folder), family, _progress)
    size = write_table(table, output)
    _progress("")
    carried = f", rules of {table.carried_from} inferred" if table.carried_from else ""
    click.echo(
        f"{output}: {table.family} {table.release}, {len(table.modules)} modules, "
        f"{len(table.musts)} rules{carried}, {size / 1024:.0f} KiB"
    )


@schema.command(
    epilog="""\b
Rules that were published for another family are marked "inferred".

\b
Example:
  harness sim schema show junos-es.json.xz security ike gateway
"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("path", nargs=-1)
def show(*, file: Path, path: tuple[str, ...]) -> None:
    """Print what FILE says of the statement at PATH: XML names, without names of entries."""
    table = read_table(file)
    statement = model_of(table)
    for position, tag in enumerate(path):
        below = statement.children if statement.kind in {Kind.CONTAINER, Kind.LIST} else {}
        if tag not in below:
            where = " ".join(path[:position]) or "the top"
            known = ", ".join(sorted(below)) or "none"
            raise UsageError(f"{file}: no statement {tag!r} at {where}; there: {known}")
        statement = below[tag]
    if not path:
        click.echo(f"family   {table.family}")
        click.echo(f"release  {table.release}")
        click.echo(f"rules    {len(table.musts)}")
        if table.carried_from:
            click.echo(f"inferred rules of {table.carried_from}")
    for line in _described(statement):
        click.echo(line)


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


def _progress(text: str) -> None:
    """Show what is being done, on one line of a terminal; "" clears it."""
    if sys.stderr.isatty():
        click.echo(f"\r{text[:_WIDTH]:{_WIDTH}}\r", nl=False, err=True)
