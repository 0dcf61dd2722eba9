"""``harness sim fault``: what goes wrong on a simulated device, while it runs."""

from __future__ import annotations

import click

from harness.cli.output import print_json, print_table
from harness.errors import UsageError
from harness.lab.run import state_directory
from harness.lab.sim_control import Armed, kinds, switch, typed


@click.command(
    epilog="""\b
Examples:
  harness sim fault srx-a lock-held user=alice
  harness sim fault srx-a slow seconds=0.5 --after 10 --lasting 60
  harness sim fault srx-a --off lock-held
  harness sim fault srx-a
  harness sim fault --known
"""
)
@click.argument("device", required=False)
@click.argument("fault", required=False)
@click.argument("options", nargs=-1, metavar="[OPTION=VALUE]…")
@click.option("--off", metavar="FAULT", help="Switch this fault off.")
@click.option("--after", type=click.FloatRange(0), default=0.0, help="Seconds from now.")
@click.option("--lasting", type=click.FloatRange(0), help="Seconds; without it, until --off.")
@click.option("--known", is_flag=True, help="Print every fault that there is, and its options.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def fault(
    *,
    device: str | None,
    fault: str | None,
    options: tuple[str, ...],
    off: str | None,
    after: float,
    lasting: float | None,
    known: bool,
    as_json: bool,
) -> None:
    """Switch a fault of a device on or off that 'harness sim run' serves; print those that are on.

    Exit codes: 0 done, 64 unknown fault or option, 69 nobody serves the device.
    """
    if known:
        _print_known(as_json=as_json)
        return
    if device is None:
        raise UsageError("give a DEVICE, or --known")
    if off is not None and fault is not None:
        raise UsageError(f"--off {off} goes alone, without '{fault}'")
    request: dict[str, object] = {}
    if off is not None:
        request["disarm"] = off
    elif fault is not None:
        given = dict(_option(fault, each) for each in options)
        request["arm"] = {"name": fault, "options": given, "after": after, "lasting": lasting}
    _print(switch(state_directory(), device, request), as_json=as_json)
    if fault is not None and after:
        click.echo(f"{fault} begins in {after:g} s", err=True)


def _option(fault: str, text: str) -> tuple[str, str | int | float | bool]:
    name, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f"'{text}' isn't OPTION=VALUE")
    return name, typed(fault, name, value)


def _print_known(*, as_json: bool) -> None:
    rows = kinds()
    if as_json:
        print_json([{"name": n, "options": o, "meaning": m} for n, o, m in rows])
    else:
        print_table(("fault", "options (default)", "meaning"), rows)


def _print(armed: tuple[Armed, ...], *, as_json: bool) -> None:
    if as_json:
        print_json([{"name": each.name, "options": dict(each.options)} for each in armed])
    elif not armed:
        click.echo("no fault is on")
    else:
        rows = [(a.name, " ".join(f"{k}={v}" for k, v in a.options.items())) for a in armed]
        print_table(("fault", "options"), rows)
