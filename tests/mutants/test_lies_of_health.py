"""Devices that are unwell: what falls ill under a rung has a verdict of its own."""

from __future__ import annotations

import pytest

from harness.lab.ladder import Rung
from harness.lab.qualify import qualify
from harness.outcome import Evidence, Outcome
from harness.plan.model import Kind
from harness.sim.answers import Refusal
from harness.sim.messages import error

CONTROL = 2  # tunnels of the negative control, to which a lie that is worth its name is honest
COUNT = 5  # tunnels of a rung
ALARMS = "get-alarm-information"
GONE = "the alarm-control subsystem is not running"
HEALTH = "health"
THERE = "nothing new: preflight names what was there before the first push"
NOTHING = "nothing to find: "
UNWATCHED = "nothing looks for it"
UNWELL = "It's unwell"


def armed(name, **options):
    """Arm a fault of the simulator."""
    return lambda dut: dut.arm(name, **options)


def late(name, **options):
    """Arm one to which the negative control is too small."""
    return armed(name, **{"from_count": CONTROL + 1, **options})


def in_rung(name, **options):
    """Arm one when a whole rung is on the device."""
    return lambda dut: dut.arm_in_rung(name, **options)


def half_up(dut):
    """Let the far ends answer, and one tunnel come up in one direction alone."""
    dut.answering()
    late("half-up", index=3)(dut)


def crash_on_the_way_back(dut):
    """Dump core when the tunnels of a whole rung are taken off."""

    def change(_old, checked):
        dut.arm("core-file")
        return checked

    dut.returns(change)


def crash_and_reboot(dut):
    """Dump core and reboot in the middle of a rung; the device is back at once."""
    dut.arm_in_rung("core-file")
    dut.arm_in_rung("reboot", seconds=0.0)


def dead_alarm_daemon(dut):
    """Refuse to tell alarms once a whole rung is on the device."""

    def change(_device, _ask):
        raise Refusal(error(GONE))

    dut.answers(change, ALARMS)


row = dict  # the arguments of the fixture "expose"
LIES = {
    "has half a tunnel": row(
        tell=half_up,
        ends="pass",
        says="accepted: ",
        by="the evidence: read-back, not established",
    ),
    "takes its time for each tunnel": row(
        tell=armed("commit-time", seconds=0.001, per_tunnel=0.001, per_tunnel_squared=0.001),
        ends="pass",
        says="accepted: ",
        by=NOTHING + "times are recorded, not judged",
    ),
    "refuses above a count that its check let pass": row(
        tell=armed("refuse-above", count=CONTROL + 1),
        says=r"refused 5 ipsec tunnels: .*the commit: .*6 tunnels, 3 allowed",
        by="commit",
    ),
    "has a full disk": row(
        tell=armed("disk-full"),
        says="refused the negative control with 2 tunnels: .*No space left on device",
        by="commit",
    ),
    "has a full disk once a rung is on it": row(
        tell=in_rung("disk-full"),
        ends="RestoreFailed",
        says="no way back to the baseline, from which it differs by 86 too many: "
        ".*rollback 1: .*No space left on device"
        ".*before that it fell ill: disk: disk of /var: 100 percent, was 4, 95 allowed",
        by="commit, health",
        restored=False,
    ),
    "has an alarm": row(tell=armed("alarm"), ends="pass", says="accepted: ", by=THERE),
    "has a core file": row(tell=armed("core-file"), ends="pass", says="accepted: ", by=THERE),
    "raises an alarm": row(
        tell=late("alarm"),
        ends="unhealthy",
        says="alarms: new: major chassis alarm: FPC 0 Hard errors .with 5 tunnels.; .*accepted: ",
        by=HEALTH,
    ),
    "raises a minor alarm": row(
        tell=late("alarm", severity="minor"),
        ends="pass",
        says="accepted: ",
        by=NOTHING + "it's recorded, and counts where the testbed says so",
    ),
    "dumps core": row(
        tell=late("core-file"),
        ends="unhealthy",
        says=r"core files: new: /var/crash/kmd.core.0.gz .65536 bytes, .*accepted: ",
        by=HEALTH,
    ),
    "dumps core under the negative control": row(
        tell=armed("core-file", from_count=CONTROL),
        ends="unhealthy",
        says="core files: new: .*after the negative control with 2 tunnels.; not pushed",
        by=HEALTH,
    ),
    "dumps core on the way back": row(
        tell=crash_on_the_way_back,
        ends="unhealthy",
        says="core files: new: .*after its tunnels were taken off.; .*accepted: ",
        by=HEALTH,
    ),
    "dumps core and loses a tunnel": row(
        tell=lambda dut: (late("core-file")(dut), late("drop-sa", index=3)(dut)),
        says="missing hil-t00003 .*and it fell ill: core files: new: ",
        by="ipsec-tunnels, cli-ipsec-tunnels, health",
    ),
    "dumps core and reboots": row(
        tell=crash_and_reboot,
        ends="unhealthy",
        says="core files: new: .*after its tunnels were taken off.; Unreachable: .*"
        "get-inactive-tunnels: the device closed the session",
        by=HEALTH,
    ),
    "runs out of memory": row(
        tell=late("load", memory=97),
        ends="unhealthy",
        says="memory: memory of routing engine 0: 97 percent, was 27, 95 allowed",
        by=HEALTH,
    ),
    "fills its disk": row(
        tell=late("load", disk=97),
        ends="unhealthy",
        says="disk: disk of /var: 97 percent, was 4, 95 allowed",
        by=HEALTH,
    ),
    "is busy": row(
        tell=late("load", cpu=100),
        ends="pass",
        says="accepted: ",
        by=NOTHING + "it's recorded, and judged where the testbed says so",
    ),
    "can't tell its alarms any more": row(
        tell=dead_alarm_daemon,
        ends="unhealthy",
        says=f"chassis alarms: not readable: refused: {GONE}",
        by=HEALTH,
    ),
    "garbles its alarms once a rung is on it": row(
        tell=in_rung("ill-formed-reply", rpc=ALARMS),
        ends="error",
        says="chassis alarms: not readable: .*unreadable reply: not well-formed XML",
        by=HEALTH,
    ),
    "garbles its alarms": row(
        tell=armed("ill-formed-reply", rpc=ALARMS),
        ends="pass",
        says="accepted: ",
        by="health: not readable, and the case says so",
    ),
    "loses lines of its log": row(
        tell=armed("log-lines-lost"), ends="pass", says="accepted: ", by=UNWATCHED
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_each_trouble_ends_as_expected_and_is_named(expose, lie):
    """The run says what it met; the device is put back, however it fares."""
    expose(UNWELL, lie, **LIES[lie])


def test_the_page_has_these_rows_and_no_others(documented):
    """docs/faults.md is held to what was seen."""
    assert set(documented[UNWELL]) == set(LIES)


def rung_on(dut, kind=Kind.IPSEC, count=COUNT, **claim):
    """Return a rung of the device."""
    return Rung(dut.bench.device.name, kind, count, **claim)


def test_the_numbers_of_a_case_survive_the_illness(dut):
    """All tunnels were accepted and read back; that the device fell ill is another matter."""
    dut.arm("core-file", from_count=COUNT)
    case = qualify(dut.bench, rung_on(dut, claim_id="tunnels", claimed=COUNT))
    assert (case.outcome, case.standing) == (Outcome.UNHEALTHY, "unhealthy")
    assert (case.accepted, case.evidence) == (COUNT, Evidence.READ_BACK)
    assert case.commit_seconds is not None
    assert len(case.witnesses) == 4


@pytest.mark.parametrize("kind", Kind)
def test_a_device_that_fell_ill_is_out_for_the_run(dut, kind):
    """No kind is pushed to it any more; each is skipped with the first cause."""
    dut.arm("core-file", from_count=COUNT)
    assert qualify(dut.bench, rung_on(dut)).outcome is Outcome.UNHEALTHY
    commits = dut.handle.call(lambda device: len(device.store.history))
    case = qualify(dut.bench, rung_on(dut, kind, COUNT + 1))
    name = dut.bench.device.name
    assert case.outcome is Outcome.SKIP
    assert case.reason.startswith(
        f"not pushed: {name} fell ill under {name}-ipsec-{COUNT}: "
        "core files: new: /var/crash/kmd.core.0.gz (65536 bytes, "
    )
    assert dut.handle.call(lambda device: len(device.store.history)) == commits


def test_illness_is_judged_above_the_claim_too(dut):
    """A refusal there is an observation; a crash is none."""
    dut.arm("core-file", from_count=COUNT)
    case = qualify(dut.bench, rung_on(dut, claim_id="x", claimed=COUNT - 1, observation=True))
    assert (case.outcome, case.standing) == (Outcome.UNHEALTHY, "observed")


def test_a_case_says_what_the_device_does_not_tell(dut):
    """The part by name, and how long looking took."""
    dut.arm("ill-formed-reply", rpc=ALARMS)
    case = dut.qualify()
    assert case.properties["health.not_readable"] == "chassis alarms"
    assert case.properties["health.seconds"] > 0
    told = [f.seen for f in case.findings if f.what == "chassis alarms"]
    assert len(told) == 1
    assert told[0].startswith("not readable: ")


def test_a_garbled_reference_is_asked_for_again(dut):
    """What is well-formed before the second rung is judged from then on."""
    dut.arm("ill-formed-reply", rpc="get-system-core-dumps")
    assert dut.qualify().outcome is Outcome.PASS
    dut.handle.disarm("ill-formed-reply")
    dut.arm("core-file", from_count=COUNT)
    assert dut.qualify().outcome is Outcome.UNHEALTHY


@pytest.mark.parametrize(
    ("half", "evidence"), [(False, Evidence.ESTABLISHED), (True, Evidence.READ_BACK)]
)
def test_half_a_tunnel_is_not_established(dut, half, evidence):
    """With both directions of every tunnel up the case says so; without one it doesn't."""
    dut.answering()
    if half:
        dut.arm("half-up", index=3, from_count=CONTROL + 1)
    case = dut.qualify()
    assert (case.outcome, case.accepted, case.evidence) == (Outcome.PASS, 5, evidence)
