"""``harness lease``: who uses which device, on this machine and among machines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from harness.cli.output import print_json, print_table
from harness.errors import UsageError
from harness.lab.bench import address_key
from harness.lab.reserving import Desk, Row, desk
from harness.lab.run import Run, new_run_id, run_key, state_directory
from harness.lease.file_lease import file_name
from harness.reporting.text import one_line
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed
from harness.testbed.model import Device, Testbed

_REASON_LIMIT = 200
_SHORTEST, _LONGEST = timedelta(minutes=15), timedelta(days=14)
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def _testbed(*, required: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--testbed",
        "file",
        required=required,
        envvar="HARNESS_TESTBED",
        type=click.Path(path_type=Path),
        help="The testbed that the device is in [HARNESS_TESTBED].",
    )


_REASON = click.option("--reason", required=True, help="What for; others read it.")


@click.group()
def lease() -> None:
    """Show, take and free leases: who uses which device, since when, until when, what for.

    Among machines they're records in the directory that the testbed names (leases:), or
    HARNESS_LEASES.
    """


@lease.command(
    name="list",
    epilog="""\b
Examples:
  harness lease list
  harness lease list --testbed testbeds/lab.yaml --json
""",
)
@_testbed(required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, file: Path | None, as_json: bool) -> None:
    """List what is held on this machine and among machines, and journals that are still open."""
    known = load_testbed(file) if file else None
    rows = list(_desk(known).rows())
    if as_json:
        print_json([_as_data(row) for row in rows])
        return
    if not rows:
        click.echo("no lease is held, and no journal is open")
        return
    devices = known.lasting() if known else ()
    names = {file_name(address_key(device)): device.name for device in devices}
    print_table(
        ("device", "where", "state", "holder", "pid", "run", "since", "until", "for", "journal"),
        [_cells(row, names) for row in rows],
    )


@lease.command(
    epilog="""\b
Examples:
  harness lease take srx-a --for 2h --reason "console work" --testbed testbeds/lab.yaml
"""
)
@click.argument("device")
@click.option("--for", "term", required=True, help="15m to 14d, such as 90m, 2h, 1d12h.")
@_REASON
@_testbed(required=True)
def take(device: str, *, term: str, reason: str, file: Path) -> None:
    """Reserve DEVICE: runs of others are refused, yours go on.

    A run elsewhere that is part of your work goes on with HARNESS_RESERVATION=ID. Exit codes: 64
    unknown device or no lease directory, 69 somebody else has it.
    """
    known, chosen = _chosen(file, device)
    reserved = _desk(known).reserve(chosen, _term(term), _reason(reason))
    record = reserved.record
    until = record.until.isoformat(timespec="seconds") if record.until else ""
    name = record.holder.run_id if record.holder else ""
    click.echo(f"{chosen.name}: yours until {until}; HARNESS_RESERVATION={name}")
    if reserved.beside is not None:
        click.echo(one_line(f"{chosen.name}: beware, there's a run's lease too: {reserved.beside}"))


@lease.command(
    epilog="""\b
Examples:
  harness lease free srx-a --reason "console work is done" --testbed testbeds/lab.yaml
  harness lease free srx-a --force --reason "its runner is gone" --testbed testbeds/lab.yaml
"""
)
@click.argument("device")
@_REASON
@click.option("--force", is_flag=True, help="Also what somebody else still holds.")
@_testbed(required=True)
def free(device: str, *, reason: str, force: bool, file: Path) -> None:
    """Give DEVICE back: your reservation, what has expired, what a dead run here left.

    Never while its journal is open on this machine: 'harness restore' comes first. Exit codes: 64
    unknown device or nobody holds it, 69 somebody else does.
    """
    known, chosen = _chosen(file, device)
    for record in _desk(known).free(chosen, _reason(reason), force=force):
        click.echo(one_line(f"{chosen.name}: freed the {record.use} of {record}"))


def _desk(known: Testbed | None) -> Desk:
    run = Run(new_run_id(), run_key(None), state_directory(), SystemClock())
    return desk(run, known, dict(os.environ))


def _chosen(file: Path, device: str) -> tuple[Testbed, Device]:
    known = load_testbed(file)
    return known, known.device(device)


def _reason(text: str) -> str:
    if not text.strip() or len(text) > _REASON_LIMIT or not text.isprintable():
        raise UsageError(f"--reason: allowed: one line of 1-{_REASON_LIMIT} characters")
    return text.strip()


def _term(text: str) -> timedelta:
    """Read "1d12h", "90m": days, hours, minutes."""
    parts = re.fullmatch(r"(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,4})m)?", text, re.ASCII)
    numbers = [int(part or 0) for part in parts.groups()] if parts and text else [0]
    term = timedelta(**dict(zip(_UNITS.values(), numbers, strict=False)))
    if not _SHORTEST <= term <= _LONGEST:
        raise UsageError(f"--for: {text!a} isn't a time of 15m to 14d, such as 90m, 2h or 1d12h")
    return term


def _cells(row: Row, names: dict[str, str]) -> tuple[str, ...]:
    key = row.key.removesuffix(".run")
    holder = row.holder
    who = (
        (holder.owner, str(holder.pid or ""), holder.run_id, holder.since)
        if holder
        else ("cannot be read", "", "", "")
    )
    return (
        names.get(key, row.key),
        row.where,
        _state(row),
        *who,
        row.until,
        f"{row.use}: {holder.purpose}" if holder else row.use,
        "open" if row.journal_open else "",
    )


def _state(row: Row) -> str:
    if row.where == "journal":
        return "not put back"
    return "EXPIRED: dirty" if row.expired else "held"


def _as_data(row: Row) -> dict[str, object]:
    holder = asdict(row.holder) if row.holder else {}
    return {
        "key": row.key,
        "where": row.where,
        "use": row.use,
        **holder,
        "until": row.until or None,
        "expired": row.expired,
        "journal_open": row.journal_open,
    }
