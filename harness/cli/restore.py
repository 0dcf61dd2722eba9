"""``harness restore``: finish what a killed run left behind."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click

from harness.cli.output import print_table
from harness.cli.prompt import ask_password
from harness.errors import HarnessError, LabError, Quarantined, RestoreFailed, UsageError
from harness.lab.bench import address_key
from harness.lab.lab import open_lab
from harness.lab.reserving import open_journals
from harness.lab.restoring import exit_code, finish
from harness.lab.run import Run, new_run_id, run_key, state_directory
from harness.lab.unfinished import Unfinished, unfinished_runs
from harness.reporting.record import Restore
from harness.reporting.redact import redact
from harness.reporting.text import one_line
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed
from harness.testbed.model import Testbed

_AT_ONCE = 8  # devices of fleets


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
@click.option(
    "--restore-wait",
    type=click.FloatRange(min=0),
    envvar="HARNESS_RESTORE_WAIT",
    metavar="SECONDS",
    help="How long to wait for a device that is away; without, until its confirm timer has run "
    "out and ten minutes more [HARNESS_RESTORE_WAIT].",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; connect to nothing.")
def restore(
    device: str | None, *, every: bool, testbed: Path, restore_wait: float | None, dry_run: bool
) -> None:
    """Bring devices back to the baseline that their journal kept, and prove it.

    What others committed meanwhile stays: then what is there without ours is proven.

    Exit codes, of several devices the greatest: 0 proven or nothing to restore, 64 unknown device,
    69 held by a run that still goes on, 76 not proven, 77 ours and somebody else's change are
    entangled.
    """
    if every == (device is not None):
        raise UsageError("give either a DEVICE or --all")
    known = load_testbed(testbed)
    names = [known.device(device).name] if device else [d.name for d in known.lasting()]
    clock = SystemClock()
    run = Run(new_run_id(), run_key(None), state_directory(), clock, restore_wait=restore_wait)
    unfinished = unfinished_runs(known, run, names)
    _announce(unfinished, "would be" if dry_run else "being", run)
    _name_others(known, run)
    if dry_run or not unfinished:
        return
    ends = _finish_all(known, run, [one.device for one in unfinished])
    print_table(("device", "proven", "how"), [(end.device, *_words(end)) for end, _ in ends])
    _fail(ends)


def _finish_all(testbed: Testbed, run: Run, names: Sequence[str]) -> list[tuple[Restore, int]]:
    """Restore single devices one after another, then those of fleets side by side."""
    single = {device.name for device in testbed.devices}
    finish_one = partial(_finish, testbed, run)
    ends = [finish_one(name) for name in names if name in single]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return [*ends, *threads.map(finish_one, (n for n in names if n not in single))]


def _finish(testbed: Testbed, run: Run, device: str) -> tuple[Restore, int]:
    """Restore one device; that another one failed is no reason to leave it."""
    try:
        # The others aren't touched: no login, no lease that somebody's run may hold.
        with open_lab(testbed, run, ask_password, only=frozenset((device,))) as lab:
            result = finish(lab.bench_of(testbed.device(device)))
    except HarnessError as exc:
        return Restore(device=device, proven=False, reason=str(exc)), exc.exit_code
    return result, exit_code(result)


def _words(end: Restore) -> tuple[str, str]:
    kept = f"; kept: {end.kept}" if end.kept else ""
    return ("yes", end.how + kept) if end.proven else ("NO", redact(end.reason))


def _announce(unfinished: Sequence[Unfinished], verb: str, run: Run) -> None:
    if not unfinished:
        click.echo(f"no journal is open in {run.state}: nothing to restore")
    for one in unfinished:
        click.echo(redact(f"{one.device}: {verb} restored: {one_line(str(one))}"))


def _name_others(known: Testbed, run: Run) -> None:
    """Name what stays open because the testbed has no such device: it may be the wrong file."""
    opened = open_journals(run.state)
    ours = {address_key(device) for device in known.lasting()} if opened else set()
    for key in sorted(opened.keys() - ours):
        who = f"run {opened[key].run_id} by {opened[key].owner}"
        words = f"not restored: {key}, open since {who}: no device of {known.path} has that address"
        click.echo(redact(f"{one_line(words)}; name the testbed that has it"), err=True)


def _fail(ends: Sequence[tuple[Restore, int]]) -> None:
    """End with the loudest of the devices' exit codes."""
    loudest = max(code for _, code in ends)
    if not loudest:
        return
    names = ", ".join(end.device for end, code in ends if code)
    words = f"not proven to be at the baseline: {names}"
    kinds: dict[int, type[HarnessError]] = {
        kind.exit_code: kind for kind in (UsageError, LabError, RestoreFailed, Quarantined)
    }
    raise kinds.get(loudest, RestoreFailed)(words)
