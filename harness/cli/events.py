"""``harness events``: send, collect and measure SD-WAN log events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from harness.cli.output import print_json, print_table
from harness.clock import Deadline
from harness.errors import LabError
from harness.events.collector import PORT, Collector, Wire
from harness.events.cpes import cpe_names
from harness.events.sender import Transport, send
from harness.events.tally import Counted
from harness.lab.event_rate import LOOPBACK, Load, Measured, measuring, search
from harness.system_clock import SystemClock

_RATE = click.FloatRange(1, 10_000_000)
_SECONDS = click.FloatRange(0.1, 86_400)
_TURN = 0.2  # seconds between two looks at whether it's over


class HostPort(click.ParamType[tuple[str, int]]):
    """``HOST`` or ``HOST:PORT``; an IPv6 address stands in brackets."""

    name = "HOST[:PORT]"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Return host and port."""
        host, colon, port = value.rpartition(":")
        if not colon or value.endswith("]"):
            host, port = value, str(PORT)
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isascii() or not port.isdecimal() or not int(port) < 65_536:
            self.fail(f"{value!r} isn't HOST:PORT with a port of 0-65535", param, ctx)
        return host, int(port)


@click.group()
def events() -> None:
    """Play the log events of CPEs, collect those of devices, and count what is lost."""


def _load_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--udp", is_flag=True, help="One message a datagram, instead of TCP."),
        click.option(
            "--cpes",
            metavar="N",
            type=click.IntRange(1, 100_000),
            default=1000,
            show_default=True,
            help="Simulated CPEs that take turns.",
        ),
        click.option(
            "--connections",
            metavar="N",
            type=click.IntRange(1, 1000),
            default=10,
            show_default=True,
            help="TCP connections that they share.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    ):
        command = option(command)
    return command


@events.command(
    name="send",
    epilog="""\b
Examples:
  harness events send --rate 50000 --seconds 60 --to 127.0.0.1:3514
  harness events send --rate 1000 --seconds 10 --to collector.lab --udp

What the other end lost only it can tell. Exit codes: 0 sent, 64 wrong usage, 69 nobody listens.
""",
)
@click.option("--to", type=HostPort(), required=True, help=f"The collector; port {PORT} if none.")
@click.option("--rate", type=_RATE, required=True, metavar="R", help="Events per second.")
@click.option("--seconds", type=_SECONDS, default=10.0, show_default=True, metavar="S")
@_load_options
def send_(
    *,
    to: tuple[str, int],
    rate: float,
    seconds: float,
    udp: bool,
    cpes: int,
    connections: int,
    as_json: bool,
) -> None:
    """Send the events of simulated CPEs at a steady rate."""
    sent = send(
        cpe_names(cpes),
        to,
        rate=rate,
        seconds=seconds,
        clock=SystemClock(),
        transport=Transport.UDP if udp else Transport.TCP,
        connections=connections,
    )
    facts = {"sent": sent.events, "seconds": round(sent.seconds, 3), "rate": round(sent.rate, 1)}
    if as_json:
        print_json(facts)
    else:
        print_table(("sent", "seconds", "events/s"), [tuple(map(str, facts.values()))])


@events.command(
    epilog="""\b
Examples:
  harness events collect --seconds 60
  harness events collect --listen 192.0.2.10:3514 --expect 600000 --seconds 120 --json

It listens on TCP and UDP. Exit codes: 0 ended, 64 wrong usage, 69 the port is taken, or fewer
came than --expect says.
"""
)
@click.option(
    "--listen",
    type=HostPort(),
    default=f"{LOOPBACK}:{PORT}",
    show_default=True,
    help="Where to listen; 0.0.0.0 opens it to everybody.",
)
@click.option("--seconds", type=_SECONDS, metavar="S", help="End then; else at Ctrl-C.")
@click.option(
    "--expect",
    type=click.IntRange(1),
    metavar="N",
    help="End when so many came; fewer is an error.",
)
@click.option(
    "--late",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    metavar="S",
    help="Seconds after which an event counts as late.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def collect(
    *,
    listen: tuple[str, int],
    seconds: float | None,
    expect: int | None,
    late: float,
    as_json: bool,
) -> None:
    """Collect structured syslog and count it; what senders number is checked for losses."""
    clock = SystemClock()
    with Collector(*listen, clock, late_seconds=late) as collector:
        host, port = collector.address
        click.echo(f"listening on {host}:{port}, TCP and UDP", err=True)
        deadline = Deadline.after(seconds, clock) if seconds is not None else None
        try:
            while not _over(collector, expect) and not (deadline and deadline.passed(clock)):
                collector.poll(min(_TURN, deadline.remaining(clock)) if deadline else _TURN)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
        counted, wire = collector.counted(), collector.wire()
    _print_counted(counted, wire, as_json=as_json)
    if expect is not None and counted.received < expect:
        raise LabError(f"{counted.received} events came, {expect} were expected")


def _over(collector: Collector, expect: int | None) -> bool:
    return expect is not None and collector.tally.received >= expect


@events.command(
    epilog="""\b
Examples:
  harness events measure --rate 50000 --seconds 10
  harness events measure --search --udp --loss 0.0001

Both ends are on this machine: the answer is about it and this program, not about a collector of
yours. Exit codes: 0 the rate held, 64 wrong usage, 69 it didn't.
"""
)
@click.option("--rate", type=_RATE, metavar="R", help="Try this rate.")
@click.option("--search", "searching", is_flag=True, help="Search the highest rate that holds.")
@click.option("--ceiling", type=_RATE, default=1_000_000.0, metavar="R", help="Never above that.")
@click.option("--seconds", type=_SECONDS, default=10.0, show_default=True, metavar="S")
@click.option(
    "--loss",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Share of lost events that still counts as holding.",
)
@_load_options
def measure(
    *,
    rate: float | None,
    searching: bool,
    ceiling: float,
    seconds: float,
    loss: float,
    udp: bool,
    cpes: int,
    connections: int,
    as_json: bool,
) -> None:
    """Measure a rate with sender and collector on this machine, or search the highest."""
    if searching == (rate is not None):
        raise click.UsageError("give either --rate R or --search")
    transport = Transport.UDP if udp else Transport.TCP
    load = Load(transport, cpes, connections, seconds, loss_allowed=loss)
    with measuring(load) as attempt:
        if rate is not None:
            tries: tuple[Measured, ...] = (attempt(rate),)
            best = None if tries[-1].why else rate
        else:
            found, tries = search(attempt, min(1000.0, ceiling), ceiling)
            best = found.best
    _print_tries(tries, best, as_json=as_json)
    if best is None:
        raise LabError(f"no rate held: {tries[-1].asked:.0f}/s: {tries[-1].why}")


def _print_counted(counted: Counted, wire: Wire, *, as_json: bool) -> None:
    facts = asdict(counted) | asdict(wire)
    if as_json:
        print_json(facts)
        return
    latency = facts.pop("latency")
    rows = [(name.replace("_", " "), _shown(value)) for name, value in facts.items()]
    rows += [(f"latency p{percent:g}", _shown(value)) for percent, value in latency.items()]
    print_table(("what", "value"), rows)


def _print_tries(tries: tuple[Measured, ...], best: float | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"best": best, "tries": [asdict(each) for each in tries]})
        return
    print_table(
        ("events/s", "sent", "achieved", "lost", "late", "p50", "p99", "held"),
        [
            (
                f"{each.asked:.0f}",
                str(each.sent),
                f"{each.achieved:.0f}",
                str(each.counted.lost),
                str(each.counted.late),
                _shown(each.counted.latency.get(50.0)),
                _shown(each.counted.latency.get(99.0)),
                each.why or "yes",
            )
            for each in tries
        ],
    )
    if best is not None:
        click.echo(f"highest rate that held: {best:.0f} events/s")


def _shown(value: float | None) -> str:
    if value is None:
        return "not told"
    return f"{value * 1000:.2f} ms" if isinstance(value, float) else str(value)
