"""A harness that looks less closely after a device's health: a guard turns red for each of them."""

from __future__ import annotations

import pytest

from harness.lab.health import Watch
from harness.outcome import Outcome, Verdict
from harness.verify import health, illness
from harness.verify.health import Health

COUNT = 5
RUNG = "harness.lab.health.Watch"


# -- guards: what must hold, each on a device of its own


def honest_device(stage):
    """Pass a well device, with every part of its health readable."""
    case = stage.fresh().qualify()
    assert case.outcome is Outcome.PASS, f"a well device ended as {case.outcome}: {case.reason}"
    assert "health.not_readable" not in case.properties, case.properties


def crash_under_a_rung(stage):
    """See the core file that a daemon left under five tunnels."""
    dut = stage.fresh()
    dut.arm("core-file", from_count=COUNT)
    dut.must_end(
        "unhealthy", "core files: new: /var/crash/kmd.core.0.gz .*with 5 tunnels", "health"
    )


def alarm_under_a_rung(stage):
    """See an alarm that's there only as long as the tunnels are."""
    dut = stage.fresh()
    dut.arm("alarm", from_count=COUNT)
    dut.must_end("unhealthy", "alarms: new: major chassis alarm", "health")


def crash_on_the_way_back(stage):
    """See the core file of a daemon that dies when tunnels are taken off."""
    dut = stage.fresh()

    def change(_old, checked):
        dut.arm("core-file")
        return checked

    dut.returns(change)
    dut.must_end("unhealthy", "core files: new: .*after its tunnels were taken off", "health")


def crash_that_cuts_the_link(stage):
    """See that illness explains a lost link."""
    dut = stage.fresh()
    dut.arm_in_rung("core-file")
    dut.arm_in_rung("reboot", seconds=0.0)
    dut.must_end("unhealthy", "core files: new: .*; Unreachable: .*closed the session", "health")


def crash_under_the_control(stage):
    """Push nothing more to a device that dies of two tunnels."""
    dut = stage.fresh()
    dut.arm("core-file", from_count=2)
    dut.must_end("unhealthy", "after the negative control with 2 tunnels.; not pushed", "health")


def old_core_file(stage):
    """Take no old core file for a new one."""
    dut = stage.fresh()
    dut.arm("core-file")
    case = dut.qualify()
    assert case.outcome is Outcome.PASS, f"an old core file ended as {case.outcome}"


def ill_device(stage):
    """Push nothing to a device that fell ill."""
    dut = stage.fresh()
    dut.arm("core-file", from_count=COUNT)
    dut.qualify()
    case = dut.qualify(count=COUNT + 1)
    assert case.outcome is Outcome.SKIP, f"an ill device was pushed to: {case.outcome}"


def full_memory(stage):
    """See a routing engine that runs out of memory."""
    dut = stage.fresh()
    dut.arm("load", memory=99, from_count=COUNT)
    dut.must_end("unhealthy", "memory of routing engine 0: 99 percent, was 27", "health")


GUARDS = (
    honest_device,
    crash_under_a_rung,
    alarm_under_a_rung,
    crash_on_the_way_back,
    crash_that_cuts_the_link,
    crash_under_the_control,
    old_core_file,
    ill_device,
    full_memory,
)


@pytest.mark.parametrize("guard", GUARDS)
def test_the_harness_as_it_is_turns_no_guard_red(stage, guard):
    """All of them hold before anything is broken."""
    guard(stage)


# -- the harness, broken

LOOK = Watch.look
KNOWN = Watch._known
READERS = "harness.verify.health._READERS"


def blind_to(part):
    """Return the readers of replies; that of one part finds nothing, and no gap either."""
    reader = health._READERS[part]
    return {**health._READERS, part: lambda root, _seen: reader(root, health._Seen())}


def compared_with_itself(watch):
    """Compare a device only with how it is at that moment."""
    before = KNOWN(watch)

    def judged():
        now = watch._examined()
        return illness.judge_health(now, now, watch._bench.device.health)

    watch._judged = judged
    return before


def only(*wanted):
    """Return a watch that looks at some moments of a rung alone."""

    def look(watch, when):
        return LOOK(watch, when) if when.startswith(wanted) else watch.ill

    return look


MUTANTS = {
    "never looks": (
        f"{RUNG}.look",
        lambda watch, when: False,
        crash_under_a_rung,
        "the run ended as pass",
    ),
    "looks only after the way back": (
        f"{RUNG}.look",
        only("after its tunnels"),
        alarm_under_a_rung,
        "the run ended as pass",
    ),
    "looks only with the tunnels there": (
        f"{RUNG}.look",
        only("with "),
        crash_on_the_way_back,
        "the run ended as pass",
    ),
    "doesn't look when the link was lost": (
        f"{RUNG}.look",
        only("with "),
        crash_that_cuts_the_link,
        "the run ended as Unreachable",
    ),
    "doesn't look after the control": (
        f"{RUNG}.look",
        only("with ", "after its tunnels"),
        crash_under_the_control,
        "with 5 tunnels",
    ),
    "compares with nothing": (
        f"{RUNG}._known",
        lambda watch: Health(KNOWN(watch).asked),
        old_core_file,
        "an old core file ended as unhealthy",
    ),
    "compares with what's there after the push": (
        f"{RUNG}._known",
        compared_with_itself,
        crash_under_a_rung,
        "the run ended as pass",
    ),
    "finds every device well": (
        "harness.lab.health.judge_health",
        lambda before, now, limits: Verdict(Outcome.PASS, "well"),
        crash_under_a_rung,
        "the run ended as pass",
    ),
    "doesn't tell what it found": (
        f"{RUNG}.told",
        lambda watch, case: case,
        crash_under_a_rung,
        "the run ended as pass",
    ),
    "goes on after an illness": (
        f"{RUNG}.ill",
        False,
        ill_device,
        "an ill device was pushed to: unhealthy",
    ),
    "reads no core file": (
        READERS,
        blind_to(health.CORES),
        crash_under_a_rung,
        "the run ended as pass",
    ),
    "reads no alarm": (
        READERS,
        blind_to(health.CHASSIS_ALARMS),
        alarm_under_a_rung,
        "the run ended as pass",
    ),
    "reads no figure of a routing engine": (
        READERS,
        blind_to(health.ENGINES),
        full_memory,
        "the run ended as pass",
    ),
    "takes every limit for a hundred percent": (
        "harness.verify.illness._above",
        lambda figures, allowed: [],
        full_memory,
        "the run ended as pass",
    ),
}


@pytest.mark.parametrize(("breaks", "by", "guard", "says"), MUTANTS.values(), ids=MUTANTS)
def test_each_mutant_turns_its_guard_red(kill, breaks, by, guard, says):
    """What the harness doesn't look at any more, a guard sees."""
    kill(breaks=breaks, by=by, guard=guard, says=says)
