"""``harness testbed``: check, show and write testbed files; only ``--connect`` asks devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path

import click

from harness.claims.catalogue import Catalogue
from harness.cli.interview import interview
from harness.cli.operator_values import with_testbed_values
from harness.cli.output import print_json, print_table
from harness.errors import UsageError
from harness.lab.simulated_settings import require_known
from harness.testbed.load import load_testbed
from harness.testbed.model import (
    CredentialRef,
    CredentialSource,
    Deployment,
    Device,
    EventsSetup,
    Fleet,
    Testbed,
    TunnelUnderlay,
)
from harness.testbed.schema import schema_text

FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))


@click.group()
def testbed() -> None:
    """Check, show and write testbed files; probe a device."""


@testbed.command(
    epilog="""\b
Examples:
  harness testbed check testbeds/lab.yaml
  harness testbed check testbeds/lab.yaml --connect
"""
)
@FILE
@click.option("--connect", is_flag=True, help="Log in to every device and ask; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="With --connect: as JSON, for scripts.")
@click.option(
    "--accept-new-host-keys",
    is_flag=True,
    help="With --connect: store host keys that known_hosts doesn't list; changed ones never.",
)
def check(file: Path, *, connect: bool, as_json: bool, accept_new_host_keys: bool) -> None:
    """Check FILE: every mistake on a line of its own, or what's in it.

    Offline it touches no device and resolves no password. With --connect it logs in to every
    device and tells whether a run may begin: read-only, no configuration lock, no lease. Simulated
    devices without an address are started for it.

    Exit codes: 0 all is well, 64 FILE is wrong, 69 a device is unreachable, busy or not as FILE
    says.
    """
    loaded = _load(file)
    if connect:
        from harness.cli.testbed_check import check_devices  # noqa: PLC0415 - it imports the lab

        check_devices(loaded, as_json=as_json, accept_new_host_keys=accept_new_host_keys)
        return
    if accept_new_host_keys:
        raise UsageError("--accept-new-host-keys goes with --connect")
    if as_json:
        raise UsageError("--json goes with --connect; 'harness testbed show --json' shows the file")
    simulated = sum(device.simulated for device in loaded.devices)
    click.echo(f"{file}: ok: {len(loaded.devices)} devices, {simulated} of them simulated")
    if loaded.devices:
        print_table(
            ("device", "platform", "claims of", "role", "kinds", "reached by", "password"),
            [_row(device) for device in loaded.devices],
        )
    if loaded.fleets:
        click.echo()
        print_table(
            ("fleet", "devices", "platform", "role", "from", "to"),
            [_fleet_row(fleet) for fleet in loaded.fleets],
        )
    if loaded.deployments:
        click.echo()
        print_table(
            ("deployment", "topology", "sites", "hubs", "kind", "claim", "played by"),
            [_deployment_row(deployment) for deployment in loaded.deployments],
        )


@testbed.command(
    epilog="""\b
Examples:
  harness testbed show testbeds/simulated.yaml
  harness testbed show testbeds/lab.yaml --json
"""
)
@FILE
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def show(file: Path, *, as_json: bool) -> None:
    """Show FILE as the harness reads it: defaults filled in, no password in it.

    Of each device that was probed it says what is known of its dead-man's switch.
    """
    from harness.cli.testbed_known import with_known  # noqa: PLC0415 - it imports the lab

    data = with_known(_load(file))
    if as_json:
        print_json(data)
    else:
        _print_tree(data)


@testbed.command(
    epilog="""\b
Examples:
  harness testbed probe srx-a --testbed testbeds/lab.yaml
  harness testbed probe srx-a --testbed testbeds/lab.yaml --reboot
"""
)
@click.argument("device")
@click.option(
    "--testbed",
    "file",
    required=True,
    envvar="HARNESS_TESTBED",
    type=click.Path(path_type=Path),
    help="The testbed that the device is in [HARNESS_TESTBED].",
)
@click.option("--reboot", is_flag=True, help="Reboot the device once, too: a quarter of an hour.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def probe(device: str, *, file: Path, reboot: bool, as_json: bool) -> None:
    """Measure what DEVICE does with confirmed commits, by two changes that do nothing.

    Two configuration groups that nothing applies are committed and taken off again, some fifteen
    times in all: about three minutes, or seven where the device's history doesn't mark a commit
    that is pending. What was measured is kept for the model and release. With --reboot the device
    is rebooted while a commit is pending.

    Exit codes: 0 measured, the device is back; 64 FILE or DEVICE is wrong; 65 refused; 69 not
    reached, busy, or somebody else committed; 74 a commit's outcome is unknown; 76 not proven to be
    at its baseline: 'harness restore' is next.
    """
    from harness.cli.testbed_probe import probe_one  # noqa: PLC0415 - it imports the lab

    probe_one(_load(file), device, reboot=reboot, as_json=as_json)


@testbed.command(
    epilog="""\b
Examples:
  harness testbed schema > testbeds/testbed.schema.json
"""
)
def schema() -> None:
    """Print the JSON schema of testbed files, for editors."""
    click.echo(schema_text(), nl=False)


@testbed.command(
    epilog="""\b
Examples:
  harness testbed init testbeds/lab.yaml
"""
)
@FILE
def init(file: Path) -> None:
    """Ask for the devices of a lab and write FILE; never overwrites one."""
    if file.exists():
        raise UsageError(f"{file}: exists; allowed: the name of a new file")
    if not file.parent.is_dir():
        raise UsageError(f"{file}: no such folder; allowed: one that exists")
    text = interview(file)
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text)
    except OSError as error:
        raise UsageError(f"{file}: can't be written: {error.strerror}") from error
    click.echo(f"wrote {file}; next: harness testbed check {file}")


def _load(file: Path) -> Testbed:
    loaded = load_testbed(file)
    with_testbed_values(Catalogue.load(), loaded)  # for its errors
    require_known(loaded)
    return loaded


def _row(device: Device) -> tuple[str, ...]:
    ways = [f"{name} {c.host}:{c.port}" for name, c in device.connections.items()]
    credentials = device.credentials
    return (
        device.name,
        device.platform,
        device.claimed_platform,
        device.role,
        ", ".join(device.kinds) or "-",
        ", ".join(ways) or "started when needed",
        _origin(credentials) if credentials else "the simulator's own",
    )


def _fleet_row(fleet: Fleet) -> tuple[str, ...]:
    ends = (fleet.member(1), fleet.member(fleet.count))
    at = [str(d.connections["netconf"].host) if d.connections else "" for d in ends]
    shown = [f"{d.name} {host}".rstrip() for d, host in zip(ends, at, strict=True)]
    return fleet.name, str(fleet.count), fleet.pattern.platform, fleet.pattern.role, *shown


def _deployment_row(deployment: Deployment) -> tuple[str, ...]:
    players = (*deployment.played_by, *deployment.hubs_played_by, *deployment.plays.values())
    return (
        deployment.name,
        deployment.topology,
        str(deployment.all_sites),
        str(deployment.hubs or "-"),
        deployment.kind,
        deployment.claim or "none: measured only",
        ", ".join(players),
    )


def _origin(ref: CredentialRef) -> str:
    """Say where the password is found, never what it is."""
    if ref.source is CredentialSource.LITERAL:
        return "in the file"
    if ref.source is CredentialSource.NONE:
        return f"none; key file {ref.key_file}"
    return f"{ref.source} {ref.reference}".rstrip()


def as_data(loaded: Testbed) -> dict[str, object]:
    """Return the testbed as plain data for JSON; a literal password isn't in it."""
    return {
        "name": loaded.name,
        "path": loaded.path,
        "sha256": loaded.sha256,
        "known_hosts": loaded.known_hosts,
        "leases": loaded.leases,
        "claims": dict(loaded.claims),
        "devices": {device.name: _device_data(device) for device in loaded.devices},
        "fleets": {
            fleet.name: {
                "count": fleet.count,
                "address": str(fleet.address) if fleet.address else None,
                **_device_data(fleet.pattern),
            }
            for fleet in loaded.fleets
        },
        "deployments": {each.name: _deployment_data(each) for each in loaded.deployments},
        "events": _events_data(loaded.events) if loaded.events else None,
    }


def _events_data(events: EventsSetup) -> dict[str, object]:
    told = {field.name: getattr(events, field.name) for field in fields(events)}
    return told | {"collector": str(events.collector) if events.collector else None}


def _deployment_data(deployment: Deployment) -> dict[str, object]:
    told = {field.name: getattr(deployment, field.name) for field in fields(deployment)}
    networks = {key: str(told[key]) for key in ("outer", "inner")}
    groups = {
        "machine": asdict(deployment.machine) if deployment.machine else None,
        "on_demand": asdict(deployment.on_demand) if deployment.on_demand else None,
    }
    return told | networks | groups | {"plays": dict(deployment.plays)}


def _device_data(device: Device) -> dict[str, object]:
    ref = device.credentials
    return {
        "platform": device.platform,
        "claimed_platform": device.claimed_platform,
        "type": device.type,
        "role": device.role,
        "alias": device.alias,
        "simulated": device.simulated,
        "chassis": device.chassis,
        "kinds": list(device.kinds),
        "connections": {
            name: {"host": c.host, "port": c.port} for name, c in device.connections.items()
        },
        "credentials": _credentials_data(ref) if ref else None,
        "tags": list(device.tags),
        "limits": {"tunnels": device.limits.tunnels},
        "health": asdict(device.health),
        "underlay": _underlay_data(device.underlay) if device.underlay else None,
        # A real device's notes are the owner's: they may hold anything, a password too.
        "custom": _without_passwords(device.custom) if device.simulated else None,
        "line": device.line,
    }


def _credentials_data(ref: CredentialRef) -> dict[str, object]:
    return {
        "username": ref.username,
        "password": _origin(ref),
        "key_file": ref.key_file,
        "passphrase": _origin(ref.passphrase) if ref.passphrase else None,
    }


def _without_passwords(custom: Mapping[str, object]) -> dict[str, object]:
    """Return the keys of a simulated device; of its logins only name and class."""
    shown = dict(custom)
    users = shown.get("users")
    if isinstance(users, list):
        shown["users"] = [f"{each.get('name')} ({each.get('class')})" for each in users]
    return shown


def _underlay_data(underlay: TunnelUnderlay) -> dict[str, object]:
    return {
        "external_interface": underlay.external_interface,
        "external_zone": underlay.external_zone,
        "local_address": str(underlay.local_address),
        "peers": str(underlay.peers),
        "inner": str(underlay.inner),
        "mpls": underlay.mpls,
        "proposal": dict(underlay.proposal),
    }


def _print_tree(data: dict[str, object], indent: int = 0) -> None:
    """Print what's set, one key per line; what's empty is left out."""
    for key, value in data.items():
        if isinstance(value, dict):
            if any(inner not in (None, [], {}) for inner in value.values()):
                click.echo(f"{' ' * indent}{key}:")
                _print_tree(value, indent + 2)
        elif value not in (None, []):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            click.echo(f"{' ' * indent}{key}: {shown}")
