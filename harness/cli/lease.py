"""``harness lease``: who uses which device on this machine."""

from __future__ import annotations

from dataclasses import asdict

import click

from harness.cli.output import print_json, print_table
from harness.lab.run import state_directory
from harness.lease import leases_in


@click.group()
def lease() -> None:
    """Show who holds devices on this machine; the kernel frees a dead process's lease."""


@lease.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List the leases that are held right now."""
    held = leases_in(state_directory() / "leases")
    if as_json:
        print_json([{"key": key, **asdict(holder)} for key, holder in held])
        return
    if not held:
        click.echo("no lease is held on this machine")
        return
    print_table(
        ("device", "holder", "pid", "run", "since", "for"),
        [(key, h.owner, str(h.pid), h.run_id, h.since, h.purpose) for key, h in held],
    )
