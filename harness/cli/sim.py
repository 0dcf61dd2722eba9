"""``harness sim``: what can be done with simulated devices, one file per command."""

from __future__ import annotations

import click

from harness.cli.sim_compare import compare
from harness.cli.sim_fault import fault
from harness.cli.sim_run import run
from harness.cli.sim_schema import schema


@click.group()
def sim() -> None:
    """Serve simulated Junos devices on this machine."""


sim.add_command(run)
sim.add_command(schema)
sim.add_command(compare)
sim.add_command(fault)
