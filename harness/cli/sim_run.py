"""``harness sim run``: the simulated devices of a testbed, to connect to with any client."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli.output import print_json, print_table
from harness.lab.simulation import ServedDevice, serve_simulated
from harness.testbed.load import load_testbed
from harness.testbed.model import CredentialSource, Testbed

_DEFAULT_PASSWORD = "the simulator's default"  # noqa: S105 - says where it comes from


@click.command(
    epilog="""\b
Examples:
  harness sim run --testbed testbeds/simulated.yaml
  harness sim run --testbed testbeds/simulated.yaml --schema junos-es.json.xz
  ssh -p PORT -s lab@127.0.0.1 netconf
"""
)
@click.option(
    "--testbed",
    "testbed_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    required=True,
    help="Its simulated devices are served.",
)
@click.option(
    "--schema",
    "schemas",
    metavar="FILE",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A schema made by `harness sim schema build`, for the devices of its family; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as JSON.")
def run(*, testbed_path: Path, schemas: tuple[Path, ...], as_json: bool) -> None:
    """Serve the devices in the foreground until Ctrl-C; print where each one listens.

    Every device listens on a loopback address, NETCONF and CLI on one port. A password is
    printed only when the testbed itself has it in clear.
    """
    passwords = _passwords(load_testbed(testbed_path))

    def show(devices: Sequence[ServedDevice]) -> None:
        if as_json:
            print_json([_as_data(device, passwords[device.name]) for device in devices])
        else:
            rows = [
                (d.name, d.platform, d.host, str(d.port), d.username, passwords[d.name])
                for d in devices
            ]
            print_table(("device", "platform", "host", "port", "user", "password"), rows)
            click.echo("serving; Ctrl-C ends it", err=True)

    try:
        serve_simulated(testbed_path, on_ready=show, schemas=schemas)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)  # the ordinary end, so the exit code stays 0


def _as_data(device: ServedDevice, password: str) -> dict[str, object]:
    return {
        "name": device.name,
        "platform": device.platform,
        "host": device.host,
        "port": device.port,
        "username": device.username,
        "password": password,
        "host_key": device.host_key,
    }


def _passwords(testbed: Testbed) -> dict[str, str]:
    """Return what may be said of each device's password: a literal one, or its origin."""
    said = {}
    for device in testbed.devices:
        login = device.credentials
        literal = login is not None and login.source is CredentialSource.LITERAL
        said[device.name] = login.literal if login and literal else _DEFAULT_PASSWORD
    return said
