"""How verbs print: tables that suit a terminal or a pipe, and JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table


def print_json(value: object) -> None:
    """Print ``value`` as indented JSON."""
    # An encoder of our own: importing junos-eznc replaces the process-wide default one.
    click.echo(json.JSONEncoder(indent=2, ensure_ascii=False).encode(value))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: drawn on a terminal, else aligned columns, one row per line."""
    if sys.stdout.isatty():
        table = Table(*columns)
        for row in rows:
            table.add_row(*row)
        Console().print(table, markup=False)
        return
    lines = [tuple(columns), *(tuple(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
