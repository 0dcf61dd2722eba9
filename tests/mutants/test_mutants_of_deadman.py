"""A harness that is careless with the dead-man's switch: a guard turns red for each step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.deploy.mark import Mark, Phase
from harness.deploy.probe import Answers
from harness.errors import CommitRefused
from harness.lab.knowledge import Knowledge
from harness.lab.timer_size import Timed
from harness.outcome import Grade

PLAIN, CONFIRMED = "plain", "commit confirmed, rollback in {}mins"


def pushes(dut):
    """Return how each push of tunnels was committed, oldest first."""
    history = dut.handle.call(lambda device: device.store.history)
    ours = [each for each in history if "phase=push" in each.log]
    return [each.comment or PLAIN for each in reversed(ours)]


def probed(answers):
    """Return what a probe kept."""
    return Knowledge(
        model="srx4100",
        release="18.4R3",
        grade=Grade.SIMULATED,
        device="another",
        address="192.0.2.7_830",
        run="0badcafe",
        when="2026-01-01T00:00:00+00:00",
        answers=answers,
    )


# -- guards: what must hold, each on a device of its own


def names_the_form(stage):
    """Say that the device takes no confirmed commits, push nothing, and stop there."""
    dut = stage.fresh()
    dut.arm("no-confirmed-commit")
    before = dut.committed()
    dut.must_end("NoConfirmedCommit", "refuses confirmed commits, .*--without-deadman")
    assert dut.committed() == before
    dut.must_end("LabError", "is out for this run: .* refuses confirmed commits")


def names_the_statements(stage):
    """Don't blame the switch for a device that refuses every commit."""
    dut = stage.fresh()
    dut.arm("disk-full")
    dut.must_end("fail", "refused the negative control .*No space left on device")


def leaves_no_timer(stage):
    """Having asked for the form, leave nothing pending where it was the statements."""
    dut = stage.fresh()
    dut.arm("refuse-above", count=1)
    dut.must_end("fail", "refused the negative control .*1 allowed")
    assert dut.handle.call(lambda device: device.store.pending) is None, "a timer runs"


def sized_by_what_was_timed(stage):
    """Give a rung the time that commits take on this device."""
    dut = stage.fresh()
    dut.bench.seen.timed.append(Timed(5, 600.0))
    dut.must_end("pass", "accepted")
    assert pushes(dut) == [CONFIRMED.format(36)] * 2


def sized_by_the_probe(stage):
    """Give a rung the time that a commit of next to nothing takes."""
    dut = stage.fresh()
    dut.bench.knowledge = probed(Answers(rolls_back=True, commit_seconds=(300.0,)))
    dut.must_end("pass", "accepted")
    assert pushes(dut) == [CONFIRMED.format(21)] * 2


def believes_the_probe(stage):
    """Push nothing where the switch is known not to work, unless told to go without."""
    known = probed(Answers(rolls_back=False))
    dut = stage.fresh()
    dut.bench.knowledge = known
    dut.must_end("NoConfirmedCommit", "another.*keeps a commit that nobody confirmed")
    assert pushes(dut) == []
    dut = without(stage)
    dut.bench.knowledge = known
    dut.must_end("pass", "accepted")


def times_each_commit(stage):
    """Remember what the commits of this run took, for the rungs to come."""
    dut = stage.fresh()
    dut.must_end("pass", "accepted")
    assert [one.tunnels for one in dut.bench.seen.timed] == [2, 5]


def says_what_it_was_under(stage):
    """Tell of each case its minutes, and loudly that there were none."""
    dut = stage.fresh()
    assert dut.qualify().properties["deadman.minutes"] == 12
    dut = without(stage)
    assert dut.qualify().properties["deadman"] == "off"


def pushes_plainly(stage):
    """Told to go without the switch, commit plainly, and be back afterwards."""
    dut = without(stage)
    dut.arm("no-confirmed-commit")
    before = dut.committed()
    dut.must_end("pass", "accepted")
    assert pushes(dut) == [PLAIN] * 2
    assert dut.committed() == before


def without(stage):
    """Give a device of a run that goes without the switch."""
    dut = stage.fresh()
    dut.bench.run = replace(dut.bench.run, deadman=False)
    return dut


# -- mutants: what is left out, and which guard misses it


def asks_and_forgets(writer, mark, minutes):
    """Ask for the confirmed form alone, and leave its timer running."""
    writer.rollback(0)
    try:
        writer.commit(str(Mark(mark.run_id, Phase.RESTORED, "asking")), minutes)
    except CommitRefused:
        return True
    return False


row = dict  # the arguments of the fixture "kill"
FORM = "harness.deploy.push.refuses_the_form"
MINUTES = "harness.lab.attempt.minutes_for"
MUTANTS = {
    "a refused form is blamed on the statements": row(
        breaks=FORM, by=lambda *_: False, guard=names_the_form, says="ended as fail: "
    ),
    "any refusal is blamed on the form": row(
        breaks=FORM,
        by=lambda *_: True,
        guard=names_the_statements,
        says="expected fail .*ended as NoConfirmedCommit",
    ),
    "only the confirmed form is asked for": row(
        breaks=FORM,
        by=asks_and_forgets,
        guard=names_the_statements,
        says="expected fail .*ended as NoConfirmedCommit",
    ),
    "a timer is left running": row(
        breaks=FORM, by=asks_and_forgets, guard=leaves_no_timer, says="a timer runs"
    ),
    "every rung gets the same minutes": row(
        breaks=MINUTES, by=lambda *_: 12, guard=sized_by_what_was_timed, says="12mins"
    ),
    "what was probed is ignored": row(
        breaks="harness.lab.bench.Bench.smallest_commit_seconds",
        by=None,
        guard=sized_by_the_probe,
        says="12mins",
    ),
    "a switch that's known not to work is relied on": row(
        breaks="harness.lab.attempt._require_switch",
        by=lambda _: None,
        guard=believes_the_probe,
        says="expected NoConfirmedCommit .*ended as pass",
    ),
    "commits aren't timed": row(
        breaks="harness.lab.attempt.Timed",
        by=lambda *_: Timed(0, 0.0),
        guard=times_each_commit,
        says=r"\[0, 0\]",
    ),
    "a case doesn't say what it was under": row(
        breaks="harness.lab.qualify.deadman_properties",
        by=lambda minutes: {"deadman": "on", "deadman.minutes": minutes or 12},
        guard=says_what_it_was_under,
        says="'on' == 'off'",
    ),
    "the switch isn't switched off": row(
        breaks="harness.lab.attempt._minutes",
        by=lambda *_: 12,
        guard=pushes_plainly,
        says="ended as NoConfirmedCommit",
    ),
}
GUARDS = {row["guard"] for row in MUTANTS.values()}


@pytest.mark.parametrize("guard", sorted(GUARDS, key=lambda one: one.__name__))
def test_each_guard_holds(stage, guard):
    """Unbroken, the harness does what the guard wants."""
    guard(stage)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_turns_its_guard_red(kill, mutant):
    """Broken, it doesn't, and the guard says why."""
    kill(**MUTANTS[mutant])
