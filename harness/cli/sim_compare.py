"""``harness sim compare``: where the simulated device isn't like a real one."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from harness.cli.output import print_json
from harness.cli.prompt import ask_password
from harness.compare.judge import Difference
from harness.compare.probe import Probe, Reach
from harness.errors import UsageError
from harness.lab.compare import Comparison, compare_device, compare_recorded
from harness.lab.run import Run, new_run_id, run_key, state_directory
from harness.reporting.text import one_line
from harness.system_clock import SystemClock
from harness.testbed.load import load_testbed

DIFFERENT = 1  # exit code, as of diff(1)


@click.command(
    epilog="""\b
Examples:
  harness sim compare --testbed testbeds/lab.yaml --device vsrx-a --read-only
  harness sim compare --testbed testbeds/lab.yaml --device vsrx-a --save answers/
  harness sim compare --recorded answers/
"""
)
@click.option(
    "--testbed",
    "testbed_path",
    envvar="HARNESS_TESTBED",
    type=click.Path(path_type=Path),
    help="The testbed that the device is in [HARNESS_TESTBED].",
)
@click.option("--device", metavar="NAME", help="The device that is asked.")
@click.option(
    "--recorded",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Compare answers that --save kept, without a device.",
)
@click.option("--read-only", is_flag=True, help="Only probes that change nothing, no candidate.")
@click.option(
    "--save",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep the answers, without secrets, serials and names, for --recorded.",
)
@click.option("--probe", "only", metavar="NAME", multiple=True, help="Only this one; repeatable.")
@click.option("--yes", is_flag=True, help="Don't ask before a device that isn't simulated is used.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def compare(
    *,
    testbed_path: Path | None,
    device: str | None,
    recorded: Path | None,
    read_only: bool,
    save: Path | None,
    only: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> int:
    """Ask a device and its simulated counterpart the same questions; print where they differ.

    Without --read-only some probes change the candidate and discard it, and some commit a prefix
    list that nothing refers to; the device is leased, and its baseline is put back and proven.

    Exit codes: 0 no difference, 1 differences, 64 usage, 69 the device can't be asked,
    76 its baseline isn't proven.
    """
    if recorded is not None:
        _forbid(device=device, save=save)
        return _tell(compare_recorded(recorded, SystemClock()), as_json=as_json)
    if testbed_path is None or device is None:
        raise UsageError("give --testbed FILE and --device NAME, or --recorded DIR")
    testbed = load_testbed(testbed_path)
    reach = Reach.READS if read_only else Reach.COMMITS
    if not (read_only or yes or testbed.device(device).simulated):
        click.confirm(
            f"{device}: probes will change its candidate and commit statements without effect; "
            "its baseline is put back and proven after each. Go on?",
            abort=True,
            err=True,
        )
    run = Run(new_run_id(), run_key(None), state_directory(), SystemClock())
    found = compare_device(
        testbed,
        device,
        run,
        ask_password,
        reach=reach,
        only=frozenset(only),
        save=save,
        told=_say,
    )
    return _tell(found, as_json=as_json)


def _forbid(**given: object) -> None:
    wrong = [f"--{name}" for name, value in given.items() if value is not None]
    if wrong:
        raise UsageError(f"--recorded asks no device: {', '.join(wrong)} can't be given with it")


def _say(probe: Probe) -> None:
    if sys.stderr.isatty():
        click.echo(f"asking: {probe.name}: {probe.about}", err=True)


def _tell(found: Comparison, *, as_json: bool) -> int:
    if as_json:
        print_json(
            {
                "model": found.about.model,
                "version": found.about.version,
                "platform": found.about.platform,
                "probes": [probe.name for probe in found.asked],
                "differences": [_as_data(each) for each in found.differences],
            }
        )
    else:
        _print(found)
    return DIFFERENT if found.differences else 0


def _print(found: Comparison) -> None:
    about = {probe.name: probe.about for probe in found.asked}
    last = ""
    for each in found.differences:
        if each.probe != last:
            click.echo(f"{each.probe}: {about[each.probe]}")
            last = each.probe
        click.echo("  " + one_line(str(each).removeprefix(f"{each.probe}: ")))
    kinds = Counter(each.kind.value for each in found.differences)
    told = "; ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items())) or "none"
    unlike = len({each.probe for each in found.differences})
    click.echo(
        one_line(
            f"{found.about.model} {found.about.version} and simulated {found.about.platform}: "
            f"{len(found.asked)} probes, {unlike} differ ({told})"
        )
    )


def _as_data(each: Difference) -> dict[str, str]:
    return {
        "probe": each.probe,
        "step": each.step,
        "kind": each.kind.value,
        "real": each.real,
        "simulated": each.simulated,
    }
