"""``harness sim schema``: compile the vendor's published models, and look into what came out."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from harness.cli.yang import reference_models
from harness.lab.schemas import build_schema, describe_schema

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
    with ExitStack() as opened:
        folder = source
        if source.is_file():
            folder = opened.enter_context(reference_models(source))
        built = build_schema(folder, family, output, _progress)
    _progress("")
    inferred = f", rules of {built.inferred_from} inferred" if built.inferred_from else ""
    click.echo(
        f"{output}: {built.family} {built.release}, {built.modules} modules, "
        f"{built.rules} rules{inferred}, {built.size / 1024:.0f} KiB"
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
    for line in describe_schema(file, path):
        click.echo(line)


def _progress(text: str) -> None:
    """Show what is being done, on one line of a terminal; "" clears it."""
    if sys.stderr.isatty():
        click.echo(f"\r{text[:_WIDTH]:{_WIDTH}}\r", nl=False, err=True)
