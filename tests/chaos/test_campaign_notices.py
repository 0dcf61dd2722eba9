"""A campaign that can't fail shows nothing: broken harnesses, and each is found out."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from campaign import report
from campaign.judge import Judgement, State
from campaign.kinds import BESIDE, Death, Instant, Kind
from campaign.mutants import MUTANTS
from campaign.scenario import SWITCHES, Scenario
from campaign.seed import Result, run_seed

from harness.sim.onlooker import Stage

WHILE_IT_IS_LOOKED_AT = Instant(1, 5, Stage.ASKED)
DROPPED = Death(Kind.DROPPED, WHILE_IT_IS_LOOKED_AT)
KILLED = Death(Kind.ALL_KILLED, WHILE_IT_IS_LOOKED_AT)
COMMITTED = Death(
    Kind.THEY_COMMIT, WHILE_IT_IS_LOOKED_AT, MappingProxyType({"lines": BESIDE[0], "keeps": True})
)
PLAIN = Scenario(
    seed=0,
    kind=Kind.DROPPED,
    platform="srx4100",
    tunnels=("ipsec",),
    driver="pyez",
    workers=0,
    switches=MappingProxyType({name: values[0] for name, values in SWITCHES.items()}),
    deaths=(),
)
CASES = {
    "skip-restore": (replace(PLAIN, deaths=(KILLED,)), State.DIRTY),
    "no-journal": (replace(PLAIN, deaths=(KILLED,)), State.DIRTY),
    "roll-theirs-away": (replace(PLAIN, deaths=(KILLED, COMMITTED)), State.LOST),
}


def test_every_mutant_has_its_case():
    """None is there without being tried."""
    assert {*CASES, "pass-regardless"} == set(MUTANTS)


@pytest.mark.parametrize("mutant", CASES)
def test_a_broken_harness_is_found_out(mutant):
    """The device isn't as it should be, and the campaign says so although the command says ok."""
    scenario, state = CASES[mutant]
    result = run_seed(0, mutant, scenario)
    assert result.happened
    assert [each.state for each in result.judgements] == [state], result.output
    assert result.codes[-1] == 0
    assert result.bad


def test_a_harness_that_passes_regardless_is_found_out():
    """A device that drops a tunnel passes, and the campaign says that it shouldn't."""
    result = run_seed(0, "pass-regardless", replace(PLAIN, kind=Kind.LIE, lie="drop-tunnel"))
    assert result.codes == (0,)
    assert "passed on a device that lies: drop-tunnel" in result.false_passes[0]
    assert result.bad


def _result(**fields: object) -> Result:
    plain = Result(
        seed=7,
        kind=Kind.SIGTERM,
        happened=True,
        codes=(0,),
        judgements=(Judgement("dut", State.CLEAN),),
        false_passes=(),
        passed=1,
        story=("SIGTERM: at commit 1 asked",),
        output="",
    )
    return replace(plain, **fields)


def test_the_figures_say_what_was_found():
    """One of each, and a command that hung."""
    results = [
        _result(),
        _result(judgements=(Judgement("dut", State.DIRTY, "+ours"),)),
        _result(judgements=(Judgement("dut", State.LOST, "gone"),)),
        _result(judgements=(Judgement("dut", State.QUARANTINED, "both"),)),
        _result(false_passes=("kind=ipsec count=3 passed",)),
        _result(codes=(None, 0)),
    ]
    assert [each.bad for each in results] == [False, True, True, False, True, True]
    assert report.figures(results) == (
        "6 seeds, 1 devices dirty, 1 foreign changes lost, 1 passes that should not be, "
        "1 devices quarantined, 1 commands hung"
    )
    assert [*report.table(results)][-1].split() == ["all", "6", "6", "1", "0", "1", "1", "1", "1"]


def test_whatever_ends_otherwise_has_another_signature():
    """So that a seed which isn't reproducible is noticed."""
    plain = _result()
    others = [
        _result(codes=(1,)),
        _result(passed=2),
        _result(story=()),
        _result(judgements=(Judgement("dut", State.DIRTY, "x"),)),
        _result(false_passes=("x",)),
    ]
    assert plain.signature == _result(output="pid 4711").signature
    assert plain.signature not in {each.signature for each in others}
