"""``harness restore``: finish what a killed run left behind."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.output import print_table
from harness.cli.prompt import ask_password
from harness.errors import RestoreFailed, UsageError
from harness.lab.lab import open_lab
from harness.lab.restoring import finish, waiting
from harness.lab.run import Run, new_run_id, run_key, state_directory
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed


@click.command(
    epilog="""\b
Examples:
  harness restore --all --dry-run --testbed testbeds/lab.yaml
  harness restore srx-a --testbed testbeds/lab.yaml
"""
)
@click.argument("device", required=False)
@click.option("--all", "every", is_flag=True, help="Every device with an open journal.")
@click.option(
    "--testbed",
    required=True,
    envvar="HARNESS_TESTBED",
    type=click.Path(path_type=Path),
    help="The testbed that the device is in [HARNESS_TESTBED].",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; connect to nothing.")
def restore(device: str | None, *, every: bool, testbed: Path, dry_run: bool) -> None:
    """Bring devices back to the baseline that their journal kept, and prove it.

    Exit codes: 0 proven or nothing to restore, 64 unknown device, 69 held by a run that still
    goes on, 76 not proven.
    """
    if every == (device is not None):
        raise UsageError("give either a DEVICE or --all")
    known = load_testbed(testbed)
    names = [known.device(device).name] if device else [d.name for d in known.devices]
    run = Run(new_run_id(), run_key(None), state_directory(), SystemClock())
    unfinished = waiting(known, run, names)
    if dry_run or not unfinished:
        _announce(unfinished)
        return
    # The others aren't touched: no login, no lease that somebody's run may hold.
    with open_lab(known, run, ask_password, only=frozenset(unfinished)) as lab:
        results = [finish(lab.bench(name)) for name in unfinished]
    print_table(
        ("device", "proven", "how"),
        [(r.device, "yes" if r.proven else "NO", r.how or r.reason) for r in results],
    )
    failed = [r.device for r in results if not r.proven]
    if failed:
        raise RestoreFailed(f"not proven to be at the baseline: {', '.join(failed)}")


def _announce(open_ones: dict[str, str]) -> None:
    if not open_ones:
        click.echo("no journal is open: nothing to restore")
    for name, what in open_ones.items():
        click.echo(f"{name}: would be restored: {what}")
