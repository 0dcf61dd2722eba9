"""How verbs print: tables that suit a terminal or a pipe, and JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.reporting.redact import redact
from harness.reporting.text import one_line


def print_json(value: object) -> None:
    """Print ``value`` as indented JSON."""
    # An encoder of our own: importing junos-eznc replaces the process-wide default one.
    # ASCII: what a terminal acts upon (C1, bidirectional controls) may come from a device.
    click.echo(json.JSONEncoder(indent=2, ensure_ascii=True).encode(value))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: drawn on a terminal, else aligned columns, one row per line."""
    if sys.stdout.isatty():
        table = Table(*columns)
        for row in rows:
            table.add_row(*(Text(_shown(cell)) for cell in row))
        Console().print(table)
        return
    lines = _aligned(columns, rows)
    click.echo("\n".join(lines))


def print_records(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print wide rows: as a table where there's room, else a block of lines for each row."""
    widest = max(map(len, _aligned(columns, rows)))
    if not sys.stdout.isatty() or widest + 3 * len(columns) < Console().width:
        print_table(columns, rows)
        return
    indent = max(map(len, columns)) + 2
    for row in rows:
        for heading, cell in zip(columns, row, strict=True):
            click.echo(f"{heading.ljust(indent)}{_shown(cell)}")
        click.echo()


def _shown(cell: str) -> str:
    """Return a cell, which may be a device's own words, as it may be printed."""
    return one_line(redact(cell))


def _aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [tuple(columns), *(tuple(map(_shown, row)) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
