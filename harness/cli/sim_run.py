"""``harness sim run``: simulated devices to connect to with any client."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from harness.cli.output import print_json, print_table
from harness.errors import UsageError
from harness.lab.serving import ServedDevice, Wanted, serve
from harness.testbed.load import load_testbed
from harness.testbed.model import CredentialSource, Testbed

_DEFAULT_PASSWORD = "the simulator's default"  # noqa: S105 - says where it comes from
_MOST_DEVICES = 20_000


@click.command(
    epilog="""\b
Examples:
  harness sim run --platform srx4100
  harness sim run --platform vsrx --count 100 --port-base 8300 --json
  harness sim run --testbed testbeds/simulated.yaml
  harness sim run --testbed testbeds/simulated.yaml --schema junos-es.json.xz
  ssh -p PORT lab@127.0.0.1              # from another terminal: the command line
  ssh -p PORT -s lab@127.0.0.1 netconf

Exit codes: 0 ended by Ctrl-C or SIGTERM, 64 wrong usage, 69 a port is taken or a shard died.
"""
)
@click.option(
    "--testbed",
    "testbed_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Its simulated devices are served.",
)
@click.option(
    "--platform", metavar="NAME", help="Serve this platform instead, user and password lab."
)
@click.option(
    "--count",
    metavar="N",
    type=click.IntRange(1, _MOST_DEVICES),
    help="How many of the platform (1).",
)
@click.option("--host", metavar="ADDRESS", help="Loopback address to listen on (127.0.0.1).")
@click.option(
    "--port-base",
    metavar="PORT",
    type=click.IntRange(1, 65535),
    help="Port of the first device, the others follow; any free ones if not given.",
)
@click.option(
    "--shards",
    metavar="N",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Processes to share the devices; tunnels come up only within one.",
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
def run(
    *,
    testbed_path: Path | None,
    platform: str | None,
    count: int | None,
    host: str | None,
    port_base: int | None,
    shards: int,
    schemas: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Serve devices in the foreground until Ctrl-C; print where each one listens.

    Every device listens on a loopback address, NETCONF and CLI on one port. The addresses are
    printed once, when all of them accept connections. A password is printed only when the
    testbed itself has it in clear.
    """
    if (testbed_path is None) == (platform is None):
        raise UsageError("give either --testbed FILE or --platform NAME")
    if count is not None and platform is None:
        raise UsageError("--count goes with --platform")
    passwords = _passwords(load_testbed(testbed_path)) if testbed_path else {}
    wanted = Wanted(testbed_path, platform, count or 1, host, port_base, schemas)

    def show(devices: Sequence[ServedDevice]) -> None:
        _show(devices, passwords, as_json=as_json)

    try:
        with _sigterm_as_ctrl_c():
            serve(wanted, on_ready=show, shards=shards)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)  # the ordinary end, so the exit code stays 0


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    def interrupt(_signal: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show(devices: Sequence[ServedDevice], passwords: Mapping[str, str], *, as_json: bool) -> None:
    said = {device.name: passwords.get(device.name, "lab") for device in devices}
    if as_json:
        print_json([_as_data(device, said[device.name]) for device in devices])
        return
    rows = [(d.name, d.platform, d.host, str(d.port), d.username, said[d.name]) for d in devices]
    print_table(("device", "platform", "host", "port", "user", "password"), rows)
    click.echo("serving; Ctrl-C ends it", err=True)


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
