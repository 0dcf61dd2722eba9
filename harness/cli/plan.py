"""``harness plan``: look at what would be built, as a plan or as Junos configuration."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import click

from harness.cli.plan_capacity import capacity
from harness.cli.yang import FAMILIES, reference_models, violations
from harness.errors import PlanError, UsageError
from harness.plan.builder import build_plan
from harness.plan.keys import RUN_KEY_BYTES, run_key_of_seed
from harness.plan.model import Kind, Plan, Proposal, Site, Tunnel
from harness.plan.platforms import parse_kind, platform_facts
from harness.plan.sites import device_proposal, site_of
from harness.render.rendering import Rendering, render
from harness.testbed.load import load_testbed
from harness.testbed.model import Device

_SHOWN = 3  # tunnels at either end of a summary
_EXTERNAL = {"srx4100": "xe-0/0/0.0", "srx4200": "xe-0/0/0.0"}  # others have ge-0/0/0


@dataclass(frozen=True, slots=True)
class _Request:
    """What the options ask for, before a plan is made of it."""

    platform: str | None
    kind: str
    count: int
    seed: int | None
    mpls: bool
    testbed: Path | None
    device: str | None


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what to plan; ``command`` gets them as one request."""

    @wraps(command)
    def with_request(
        *,
        platform: str | None,
        kind: str,
        count: int,
        seed: int | None,
        mpls: bool,
        testbed: Path | None,
        device: str | None,
        **others: object,
    ) -> None:
        command(_Request(platform, kind, count, seed, mpls, testbed, device), **others)

    decorated: Callable[..., None] = with_request
    for option in reversed(
        (
            click.option("--platform", help="nfx250, srx4100, srx4200, vsrx or vmx."),
            click.option("--kind", required=True, help=f"One of {', '.join(Kind)}."),
            click.option("--count", type=int, default=2, show_default=True, help="Tunnels."),
            click.option("--seed", type=int, help="Derive keys that can be derived again."),
            click.option("--mpls", is_flag=True, help="family mpls on GRE units."),
            click.option(
                "--testbed",
                type=click.Path(path_type=Path),
                help="Take addresses, interface and limits from this file.",
            ),
            click.option("--device", help="The device of the testbed, by name or alias."),
        )
    ):
        decorated = option(decorated)
    return decorated


@click.group()
def plan() -> None:
    """Show what would be built on a device; nothing is sent anywhere."""


@plan.command()
@_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["summary", "json", "xml", "set", "text"]),
    default="summary",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--show-secrets", is_flag=True, help="Print the keys, not placeholders.")
def show(asked: _Request, *, form: str, as_json: bool, show_secrets: bool) -> None:
    """Print the plan: addresses, units, zone, and the tunnels.

    \b
    Examples:
      harness plan show --platform srx4100 --kind ipsec --count 1500
      harness plan show --testbed testbeds/simulated.yaml --device srx-a --kind gre
    """  # noqa: D301 - click wants a backspace there, not its escape
    made = _plan(asked)
    if as_json or form == "json":
        click.echo(json.dumps(_as_json(made, show_secrets=show_secrets), indent=2))
    elif form == "summary":
        click.echo("\n".join(_summary(made)))
    else:
        click.echo(_written(render(made, placeholders=not show_secrets), form), nl=False)


@plan.command(name="render")
@_options
@click.option(
    "--format", "form", type=click.Choice(["xml", "set", "text"]), default="set", show_default=True
)
@click.option("--show-secrets", is_flag=True, help="Print the keys, not placeholders.")
def render_command(asked: _Request, *, form: str, show_secrets: bool) -> None:
    """Print the Junos configuration of the plan.

    \b
    Examples:
      harness plan render --platform srx4100 --kind ipsec --count 1500 --format xml
      harness plan render --platform vmx --kind gre --seed 7 --show-secrets
    """  # noqa: D301 - click wants a backspace there, not its escape
    made = _plan(asked)
    click.echo(_written(render(made, placeholders=not show_secrets), form), nl=False)


@plan.command()
@_options
@click.option(
    "--yang",
    type=click.Path(path_type=Path),
    help="Juniper's YANG models: an unpacked release, or its .tar.xz.",
)
def check(asked: _Request, *, yang: Path | None) -> None:
    """Check that the plan can be built; with --yang, that the models accept its configuration.

    \b
    Examples:
      harness plan check --platform nfx250 --kind ipsec --count 600
      harness plan check --platform vsrx --kind gre --count 1500 --yang yang/18.4R3
    """  # noqa: D301 - click wants a backspace there, not its escape
    made = _plan(asked)
    what = f"{made.count} {made.kind} tunnels on {made.site.platform}"
    if yang is None:
        click.echo(f"{what}: can be built")
        return
    xml = render(made, placeholders=True).xml(pretty=True)
    family = FAMILIES[made.site.platform]
    with reference_models(yang) as models:
        refused = violations(models, family, {what: xml})
    if refused:
        raise PlanError(f"{what}: refused by the models of {family}: {' '.join(refused[what])}")
    click.echo(f"{what}: can be built, and the models of {family} accept the configuration")


plan.add_command(capacity)


def _plan(asked: _Request) -> Plan:
    kind = parse_kind(asked.kind)
    site, proposal, mpls = _site(asked)
    key = secrets.token_bytes(RUN_KEY_BYTES) if asked.seed is None else run_key_of_seed(asked.seed)
    return build_plan(site, kind, asked.count, run_key=key, proposal=proposal, mpls=mpls)


def _site(asked: _Request) -> tuple[Site, Proposal, bool]:
    if asked.testbed is None:
        if asked.device is not None:
            raise UsageError("--device names a device of a testbed: --testbed is missing")
        if asked.platform is None:
            raise UsageError("either --platform, or --testbed and --device, says what to plan for")
        return _documentation_site(asked.platform), Proposal(), asked.mpls
    if asked.device is None:
        raise UsageError(f"{asked.testbed}: --device is missing; it says which device to plan for")
    device: Device = load_testbed(asked.testbed).device(asked.device)
    if asked.platform not in {None, device.platform}:
        raise UsageError(
            f"device {device.name} has platform {device.platform}, not {asked.platform}"
        )
    mpls = asked.mpls or (device.underlay is not None and device.underlay.mpls)
    return site_of(device), device_proposal(device), mpls


def _documentation_site(platform: str) -> Site:
    """Return a site of addresses that no lab uses (RFC 5737, RFC 2544, RFC 6598)."""
    facts = platform_facts(platform)
    return Site(
        device=platform,
        platform=platform,
        external_interface=_EXTERNAL.get(platform, "ge-0/0/0.0"),
        external_zone="untrust" if facts.zones else None,
        local=IPv4Address("192.0.2.1"),
        peers=IPv4Network("198.18.0.0/15"),
        inner=IPv4Network("100.64.0.0/10"),
    )


def _written(rendering: Rendering, form: str) -> str:
    if form == "xml":
        return rendering.xml(pretty=True)
    if form == "text":
        return rendering.text()
    return "".join(f"{line}\n" for line in rendering.set_lines())


def _summary(made: Plan) -> list[str]:
    site = made.site
    where = (
        f"{site.external_interface} ({site.external_zone})"
        if made.zone
        else (site.external_interface)
    )
    lines = [
        f"{made.count} {made.kind} tunnels on {site.device} ({site.platform})",
        f"  leave by {where} with {site.local}, towards {site.peers}",
        f"  inner addresses from {site.inner}",
        f"  zone of their own: {made.zone or 'none, the platform has no zones'}",
    ]
    shown = [*range(made.count)]
    if made.count > 2 * _SHOWN:
        shown = [*shown[:_SHOWN], *shown[-_SHOWN:]]
    for before, at in zip((-1, *shown), shown, strict=False):
        if at != before + 1:
            lines.append(f"  … {at - before - 1} more")
        lines.append(f"  {_tunnel_line(made.tunnels[at])}")
    return lines


def _tunnel_line(tunnel: Tunnel) -> str:
    words = [f"{tunnel.name}: {tunnel.local} to {tunnel.peer}"]
    if tunnel.secure:
        words.append(f"st0.{tunnel.secure.st0_unit} {tunnel.secure.inner}")
    if tunnel.gre:
        words.append(f"gr-0/0/0.{tunnel.gre.unit} {tunnel.gre.inner}")
    words.append(f"routes {tunnel.route}")
    return ", ".join(words)


def _as_json(made: Plan, *, show_secrets: bool) -> dict[str, object]:
    site = made.site
    return {
        "device": site.device,
        "platform": site.platform,
        "kind": made.kind.value,
        "count": made.count,
        "zone": made.zone,
        "tunnels": [_tunnel_json(tunnel, show_secrets=show_secrets) for tunnel in made.tunnels],
    }


def _tunnel_json(tunnel: Tunnel, *, show_secrets: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "name": tunnel.name,
        "local": str(tunnel.local),
        "peer": str(tunnel.peer),
        "route": str(tunnel.route),
    }
    if tunnel.secure:
        found["st0"] = {"unit": tunnel.secure.st0_unit, "address": str(tunnel.secure.inner)}
        if show_secrets:
            found["pre_shared_key"] = tunnel.secure.psk.reveal()
    if tunnel.gre:
        found["gre"] = {
            "unit": tunnel.gre.unit,
            "address": str(tunnel.gre.inner),
            "source": str(tunnel.gre.source),
            "destination": str(tunnel.gre.destination),
            "mpls": tunnel.gre.mpls,
        }
    return found
