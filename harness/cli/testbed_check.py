"""What ``harness testbed check --connect`` prints: a row per device, or everything as JSON."""

from __future__ import annotations

import click

from harness.cli.output import print_json, print_records
from harness.cli.prompt import ask_password
from harness.errors import LabError
from harness.lab.run import state_directory
from harness.lab.survey import survey
from harness.reporting.text import one_line
from harness.testbed.model import Testbed
from harness.verify.preflight import Preflight

# heading → what the preflight calls it; model, version, serial and grade come from elsewhere
_COLUMNS = {
    "uptime": "uptime",
    "lock": "lock",
    "uncommitted": "uncommitted changes",
    "pending confirm": "pending confirmed commit",
    "tunnels": "tunnels there",
    "left over": "left over from a run",
    "underlay": "underlay",
    "keys": "keys",
    "licence": "licence",
    "clock skew": "clock skew",
    "free disk": "free disk",
    "cluster": "chassis cluster",
    "alarms": "alarms",
    "core files": "core files",
}
_HEADINGS = ("device", "reachable", "model", "version", "serial", "grade", *_COLUMNS)
_CELL = 28  # characters; what is wrong is told in full below the table


def check_devices(testbed: Testbed, *, as_json: bool, accept_new_host_keys: bool) -> None:
    """Look at every device and print what was found; host keys that were stored go to stderr.

    Raises :class:`LabError` naming the devices that aren't ready for a run, after printing.
    """
    found = survey(
        testbed, ask_password, state_directory(), _say_learnt if accept_new_host_keys else None
    )
    for fleet in testbed.fleets:
        if fleet.address is None:
            click.echo(f"fleet {fleet.name}: not asked, a run starts its devices itself", err=True)
    if as_json:
        print_json([_as_data(one) for one in found])
    else:
        print_records(_HEADINGS, [_row(one) for one in found])
        for one in found:
            _tell(one)
    wrong = [_in_short(one) for one in found if not one.clean]
    if wrong:
        raise LabError(f"{testbed.path}: not ready for a run: {'; '.join(wrong)}")


def _say_learnt(words: str) -> None:
    click.echo(one_line(words), err=True)


def _row(found: Preflight) -> tuple[str, ...]:
    facts = found.facts
    who = (facts.model, facts.version, facts.serial) if facts else ("", "", "")
    reachable = "yes" if facts else "NO"
    grade = str(found.graded.grade)
    told = (_cell(found, what) for what in _COLUMNS.values())
    return (found.device, reachable, *(one_line(word, _CELL) for word in who), grade, *told)


def _cell(found: Preflight, what: str) -> str:
    wrong = any(finding.what == what and not finding.ok for finding in found.findings)
    return ("NO: " if wrong else "") + one_line(found.seen(what), _CELL)


def _tell(found: Preflight) -> None:
    """Print in full what forbids a run."""
    for finding in found.findings:
        if not finding.ok:
            click.echo(one_line(f"{found.device}: {finding}"))


def _in_short(found: Preflight) -> str:
    names = ", ".join(finding.what for finding in found.findings if not finding.ok)
    return f"{found.device} ({names})"


def _as_data(found: Preflight) -> dict[str, object]:
    facts = found.facts
    return {
        "device": found.device,
        "clean": found.clean,
        "grade": str(found.graded.grade),
        "grade_reason": found.graded.reason,
        "hostname": facts.hostname if facts else None,
        "model": facts.model if facts else None,
        "version": facts.version if facts else None,
        "serial": facts.serial if facts else None,
        "findings": [
            {"what": f.what, "expected": f.expected, "seen": f.seen, "ok": f.ok}
            for f in found.findings
        ],
    }
