"""What ``harness testbed probe`` does and prints."""

from __future__ import annotations

import click

from harness.cli.output import print_json
from harness.cli.prompt import ask_password
from harness.deploy.probe import Answers, Way
from harness.lab.knowledge import Knowledge, headline
from harness.lab.lab import open_lab
from harness.lab.probing import probe_device
from harness.lab.run import Run, new_run_id, run_key, state_directory
from harness.reporting.text import one_line
from harness.system_clock import SystemClock
from harness.testbed.model import Testbed


def probe_one(testbed: Testbed, device: str, *, reboot: bool, as_json: bool) -> None:
    """Probe ``device`` and print what was measured; raises as a rung does."""
    name = testbed.device(device).name
    run = Run(new_run_id(), run_key(None), state_directory(), SystemClock())
    if reboot:
        click.echo(f"{name} will be rebooted once, and is away for minutes", err=True)
    with open_lab(testbed, run, ask_password, only=frozenset((name,))) as lab:
        knowledge = probe_device(
            lab.bench(name),
            reboot=reboot,
            say=lambda words: click.echo(f"{name}: {words}", err=True),
        )
    if as_json:
        print_json(as_data(knowledge))
        return
    click.echo(one_line(headline(knowledge.model, knowledge.release, knowledge)))
    for line in _told(knowledge.answers):
        click.echo(f"  {one_line(line)}")


def as_data(knowledge: Knowledge) -> dict[str, object]:
    """Return everything that is kept, as plain data."""
    answers = knowledge.answers
    return {
        "device": knowledge.device,
        "model": knowledge.model,
        "release": knowledge.release,
        "grade": str(knowledge.grade),
        "run": knowledge.run,
        "when": knowledge.when,
        "refused": answers.refused,
        "refused_in_private": answers.refused_in_private,
        "marks_pending": answers.marks_pending,
        "rolls_back": answers.rolls_back,
        "rolls_back_locked": answers.rolls_back_locked,
        "followup": answers.followup,
        "confirmed_by": {str(way): answers.confirmed_by.get(way) for way in Way},
        "survives_reboot": answers.survives_reboot,
        "commit_seconds": list(answers.commit_seconds),
        "commits": answers.commits,
    }


def _told(answers: Answers) -> list[str]:
    words = {True: "yes", False: "no", None: "unknown"}
    seconds = answers.commit_seconds
    private = answers.refused_in_private
    lines = [f"confirmed commits: {answers.refused or 'taken'}"]
    if not answers.refused:
        lines += [
            f"from a private copy: {'unknown' if private is None else private or 'taken'}",
            f"the history marks a pending one: {words[answers.marks_pending]}",
            f"an unconfirmed one goes by itself: {words[answers.rolls_back]}",
            f"and while the lock is held: {words[answers.rolls_back_locked]}",
            f"a second one goes back to: {answers.followup or 'unknown'}",
            *(f"confirmed by {way}: {words[answers.confirmed_by.get(way)]}" for way in Way),
            f"pending across a reboot: {words[answers.survives_reboot]}",
        ]
    if seconds:
        lines.append(f"a commit of one statement: {min(seconds):.1f} to {max(seconds):.1f} s")
    return [*lines, f"rollback slots of the device that this took: {answers.commits}"]
