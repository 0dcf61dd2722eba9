"""A harness that believes its witnesses too easily: for each way to, a guard turns red."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.lab.bench import Control
from harness.outcome import Evidence, Finding, Outcome, Verdict
from harness.plan.model import Kind
from harness.sim.answers import DaemonRefusal, Report
from harness.verify import calibration, compare, ipsec, observe
from harness.verify.facts import Unreadable

TABLES = "ipsec-tunnels, cli-ipsec-tunnels"
IDLE = "get-inactive-tunnels"


# -- guards: what must hold, each on a device of its own


def honest_device(stage):
    """Pass an honest device on every witness, and leave it as it was."""
    dut = stage.fresh()
    before = dut.committed()
    case = dut.qualify()
    assert case.outcome is Outcome.PASS, f"an honest device ended as {case.outcome}: {case.reason}"
    assert not case.unusable_witnesses, f"of an honest device: {case.unusable_witnesses}"
    assert case.evidence is Evidence.READ_BACK, f"without peers the evidence is {case.evidence}"
    assert dut.put_back().proven
    assert dut.committed() == before


def tunnels_that_are_up(stage):
    """Count a tunnel with two security associations once."""
    dut = stage.fresh()
    dut.answering()
    case = dut.qualify()
    assert case.outcome is Outcome.PASS, case.reason
    assert not case.unusable_witnesses, f"of an honest device: {case.unusable_witnesses}"
    assert case.evidence is Evidence.ESTABLISHED, f"all tunnels are up: {case.evidence}"


def half_a_tunnel(stage):
    """Call nothing established that has the security association of one direction alone."""
    dut = stage.fresh()
    dut.answering()
    dut.arm("half-up", index=3, from_count=3)
    case = dut.qualify()
    assert case.outcome is Outcome.PASS, case.reason
    assert case.evidence is Evidence.READ_BACK, f"half a tunnel is {case.evidence}"


def table_of_another_night(stage):
    """Look at the tunnels, although their number is right."""
    dut = stage.fresh()
    dut.arm("stale-sa-table", from_count=3)
    dut.must_end("fail", "missing hil-t00001 .*not configured 198.19.0.1", TABLES)


def table_with_a_ghost(stage):
    """Name what nobody configured."""
    dut = stage.fresh()
    dut.arm("ghost-tunnel", from_count=3)
    dut.must_end("fail", "not configured 198.51.100.254", TABLES)


def second_tunnel_to_one_gateway(stage):
    """Look at the number, although every gateway is a known one."""
    dut = stage.fresh()

    def doubled(view, new):
        twin = replace(new[2], name="twin", index=99999)
        return replace(view, tunnels=(*view.tunnels, twin))

    dut.sees(doubled)
    dut.must_end("fail", "gateway count: expected 6 .*seen 7", TABLES)


def total_without_rows(stage):
    """Believe no table that contradicts itself."""
    dut = stage.fresh()

    def spoil(device, ask):
        report = ask()
        wrong = re.compile(r"6(?=\n</total-inactive-tunnels>|\n.*immediately)")
        return Report(lambda: wrong.sub("5", report.xml()), lambda: wrong.sub("5", report.text()))

    dut.answers(spoil, IDLE)
    dut.must_end("fail", "it says 5 inactive tunnels and lists 6", TABLES)


def table_in_pieces(stage):
    """Take what can't be read for an error, never for zero tunnels."""
    dut = stage.fresh()
    dut.answers(lambda device, ask: Report(lambda: "<output/>", lambda: "\n"), IDLE)
    dut.must_end("error", "no <ipsec-unestablished-tunnel-information> in the reply", TABLES)


def refused_table(stage):
    """Take what is refused for an error, never for zero tunnels."""

    def refuse(device, ask):
        raise DaemonRefusal("kmd", "the daemon is not running")

    dut = stage.fresh()
    dut.answers(refuse, IDLE)
    dut.must_end("error", "the device refused: .*the daemon is not running", TABLES)


def repeated_replies(stage):
    """Hear no witness that doesn't count two for two."""
    dut = stage.fresh()
    dut.repeats_tables()
    dut.must_end("blocked", "negative control: .*usable witnesses: 0: none")


def one_witness(stage):
    """Take one witness for too few."""
    dut = stage.fresh()
    dut.repeats_tables()
    dut.must_end("blocked", "usable witnesses: 1: cli-gr-configuration", kind=Kind.GRE)


def lie_in_the_control(stage):
    """Ask a device that fails with two tunnels for no more."""
    dut = stage.fresh()
    dut.arm("drop-tunnel", index=2)
    dut.must_end("fail", "^negative control: .*hil-t00002")


# -- mutants: what is taken out, and which guard misses it


def fine(*_, **__):
    """Find nothing wrong."""
    return Finding("", "", "", ok=True)


def silent(*_, **__):
    """Find nothing at all."""
    return iter(())


def all_usable(bench, kind):
    """Believe every witness without a control."""
    with bench.witnesses() as readers:
        seen = observe.observe(kind, readers)
    usable = {one.witness: calibration.Reference(one.seen, frozenset()) for one in seen}
    verdict = Verdict(Outcome.PASS, "")
    return Control(calibration.Calibration(kind, usable, {}), verdict)


def one_for_each_association():
    """Count security associations, two for each tunnel."""
    honest = ipsec._associations

    def mutant(part, *, up):
        for number, one in enumerate(honest(part, up=up)):
            yield replace(one, index=one.index * 10 + number)

    return mutant


def without_ghosts():
    """Name what is missing, and nothing that is there without having been configured."""
    honest = compare._members

    def mutant(leg, seen, base, ours, source):
        known = seen.members & (base.members | ours.keys())
        return honest(leg, replace(seen, members=known), base, ours, source)

    return mutant


def remembering():
    """Ask each question once and remember the answer."""
    honest, known = observe.ask, {}
    return lambda reader, question: known.setdefault(
        (reader.device, reader.name, repr(question)), honest(reader, question)
    )


def zero_for_what_is_unreadable():
    """Take what can't be read for an empty table."""
    honest = ipsec._table

    def mutant(answer, which):
        table = honest(answer, which)
        return ipsec.Table(frozenset()) if isinstance(table, Unreadable) else table

    return mutant


row = dict  # the arguments of the fixture "kill"
COMPARE = "harness.verify.compare"
CALIBRATION, IPSEC = "harness.verify.calibration", "harness.verify.ipsec"

MUTANTS = {
    "the number of tunnels doesn't count": row(
        breaks=f"{COMPARE}._count",
        by=fine,
        guard=second_tunnel_to_one_gateway,
        says="it can't fail: it agrees that there are 3",
    ),
    "the names of tunnels don't count": row(
        breaks=f"{COMPARE}._members",
        by=fine,
        guard=table_of_another_night,
        says="it can't fail: it agrees that there are 3",
    ),
    "only missing tunnels count": row(
        breaks=f"{COMPARE}._members",
        by=without_ghosts(),
        guard=table_with_a_ghost,
        says="expected fail 'not configured .*ended as fail: .*gateway count",
    ),
    "the verdict doesn't compare tables": row(
        breaks=f"{COMPARE}.sightings",
        by=lambda *_: (),
        guard=table_with_a_ghost,
        says="ended as pass",
    ),
    "security associations are counted for tunnels": row(
        breaks=f"{IPSEC}._associations",
        by=one_for_each_association(),
        guard=tunnels_that_are_up,
        says="it says 1 active tunnels and lists 2",
    ),
    "one direction is enough": row(
        breaks=f"{IPSEC}._whole",
        by=bool,
        guard=half_a_tunnel,
        says="half a tunnel is established",
    ),
    "inactive tunnels are left out": row(
        breaks=f"{IPSEC}.inactive",
        by=lambda answer: ipsec.Table(frozenset()),
        guard=honest_device,
        says="missing hil-t00001",
    ),
    "a table's total isn't compared with its rows": row(
        breaks=f"{IPSEC}._total",
        by=lambda *_: [],
        guard=total_without_rows,
        says="ended as pass",
    ),
    "what can't be read counts as zero": row(
        breaks=f"{IPSEC}._table",
        by=zero_for_what_is_unreadable(),
        guard=table_in_pieces,
        says="ended as fail: .*missing hil-t00001",
    ),
    "what is refused counts as zero": row(
        breaks=f"{IPSEC}._NOT_CONFIGURED",
        by=re.compile(""),
        guard=refused_table,
        says="ended as fail: .*missing hil-t00001",
    ),
    "answers are remembered": row(
        breaks="harness.verify.observe.ask",
        by=remembering(),
        guard=honest_device,
        says="blocked: .*doesn't count 2 for 2",
    ),
    "one witness is enough": row(
        breaks=f"{CALIBRATION}.ENOUGH", by=1, guard=one_witness, says="ended as pass"
    ),
    "every witness is believed": row(
        breaks=f"{CALIBRATION}._objections",
        by=silent,
        guard=one_witness,
        says="expected blocked .*ended as fail",
    ),
    "the negative control is left out": row(
        breaks="harness.lab.qualify.control_of",
        by=all_usable,
        guard=repeated_replies,
        says="expected blocked .*ended as fail",
    ),
    "the negative control isn't judged": row(
        breaks="harness.lab.control.judge",
        by=lambda *_: Verdict(Outcome.PASS, ""),
        guard=lie_in_the_control,
        says="expected fail '.negative control: .*ended as fail: dut",
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
