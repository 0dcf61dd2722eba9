"""Devices that answer a commit strangely, and devices that must not be touched at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from harness.sim.config.tree_edit import removed
from harness.sim.faults.named import KINDS
from harness.sim.store.commit import Event

FOREVER = 3600.0  # seconds; nobody waits for them
CONTROL = 2  # tunnels of the negative control, to which a lie that is worth its name is honest


def arm(name, **options):
    """Arm a fault of the simulator, to which the negative control is too small."""
    return lambda dut: dut.arm(name, **{"from_count": CONTROL + 1, **options})


def limited(device):
    """Refuse more than three tunnels of a kind."""
    device.store._limit = CONTROL + 1


def unhurried(dut, when):
    """Never answer the commit; our side waits for a second."""
    dut.shorten(1.0)
    arm("hang-commit", when=when)(dut)


def never_checks(dut):
    """Never answer the check; our side waits for a second, and then for nothing more."""
    dut.shorten(1.0)
    dut.hurry()
    dut.arm("slow", seconds=FOREVER, rpc="commit-configuration")


def plain(device):
    """Carry out a confirmed commit as a plain one."""
    commit, happen = device.store.commit, device.store.happen
    device.store.commit = lambda record, tree=None: commit(replace(record, comment=""), tree)
    device.store.happen = lambda event, pending=None: happen(
        Event.COMMIT if event is Event.CONFIRMED else event
    )


def half_and_gone(dut):
    """Lose a gateway at the commit of a rung, and the link after it."""
    arm("die-during-commit", when="after")(dut)
    dut.commits(lambda taken, _new: removed(taken, "security", "ike", "gateway", "hil-t00003"))


def scheduled(device):
    """Let alice schedule a commit."""
    hand = device.store.session("alice", "cli", 4711)
    assert hand.commit(at=device.clock.now() + timedelta(hours=3)).scheduled


row = dict  # the arguments of the fixture "expose"
LOST = "the answer to the commit was lost; the history shows it"
NOT_COMMITTED = "asked again, the commit history doesn't show it: not committed"
ANSWERS_COMMIT = {
    "says ok beside an error": row(
        tell=arm("ok-beside-error"),
        says=r"commit reply: error: \[edit\] commit failed .*commit history: it doesn't show our",
        by="device, commit history, read-back, ipsec-tunnels, st0-units, cli-ipsec-tunnels, "
        "cli-st0-units",
    ),
    "answers with warnings alone": row(
        tell=arm("warnings-only"),
        ends="pass",
        says=r"accepted: .*requires 'tunnel' license",
        by="nothing to find: it's a success, and the warning is recorded",
    ),
    "refuses above a count": row(
        tell=lambda dut: dut.spoil(limited),
        says=r"refused 5 ipsec tunnels: .*6 tunnels are configured, this device takes 3",
        by="commit check",
    ),
    "drops the link before it commits": row(
        tell=arm("die-during-commit", when="before"),
        ends="OutcomeUnknown",
        says=NOT_COMMITTED,
        by="commit history",
    ),
    "drops the link after it committed": row(
        tell=arm("die-during-commit", when="after"),
        ends="pass",
        says=LOST,
        by="commit history",
    ),
    "never answers and doesn't commit": row(
        tell=lambda dut: unhurried(dut, "before"),
        ends="OutcomeUnknown",
        says=f"no answer in time; {NOT_COMMITTED}",
        by="commit history",
    ),
    "never answers and commits": row(
        tell=lambda dut: unhurried(dut, "after"), ends="pass", says=LOST, by="commit history"
    ),
    "never answers the check": row(
        tell=never_checks,
        ends="Unreachable",
        says="commit check: no answer in time",
        by="connection",
    ),
    "commits a part of it and drops the link": row(
        tell=half_and_gone,
        ends="OutcomeUnknown",
        says="asked again, the history shows it, the configuration lacks 7 statements of ours: "
        ".*hil-t00003.*: partial",
        by="read-back",
    ),
    "takes it for a plain commit": row(
        tell=lambda dut: dut.spoil(plain),
        ends="TimerNotRunning",
        says="doesn't hold our commit as confirmed-type: its history shows a plain commit",
        by="commit history",
    ),
    "is slow": row(
        tell=lambda dut: dut.arm("slow", seconds=0.01),
        ends="pass",
        says="accepted",
        by="nothing to find: times are recorded, not judged",
    ),
}

MUST_NOT_BE_TOUCHED = {
    "shows keys as SECRET-DATA": row(
        tell=lambda dut: dut.arm("secret-data"),
        ends="LabError",
        says="this login reads secrets as SECRET-DATA, so the configuration couldn't be put back",
        by="baseline",
    ),
    "is locked by somebody": row(
        tell=lambda dut: dut.arm("lock-held"),
        ends="DeviceBusy",
        says="configuration database locked by: alice",
        by="lock",
    ),
    "holds somebody's edits": row(
        tell=lambda dut: dut.arm("dirty-candidate"),
        ends="DeviceBusy",
        says="the configuration can't be locked: configuration database modified",
        by="lock",
    ),
    "has a commit scheduled": row(
        tell=lambda dut: dut.spoil(scheduled),
        ends="DeviceBusy",
        says="a commit is scheduled by alice via cli at .*clear system commit",
        by="show system commit",
    ),
    "holds somebody's confirmed commit": row(
        tell=lambda dut: dut.arm("foreign-confirm"),
        ends="DeviceBusy",
        says="alice's commit confirmed may be pending for up to .* and any commit of ours would",
        by="commit history",
    ),
    "takes no confirmed commits": row(
        tell=lambda dut: dut.arm("no-confirmed-commit"),
        ends="NoConfirmedCommit",
        says=r"refuses confirmed commits, whatever they hold .*--without-deadman pushes all",
        by="commit",
    ),
}

SECTIONS = {
    "It answers the commit strangely": ANSWERS_COMMIT,
    "It must not be touched": MUST_NOT_BE_TOUCHED,
}


@pytest.mark.parametrize(
    ("section", "lie"),
    [pytest.param(section, lie, id=lie) for section in SECTIONS for lie in SECTIONS[section]],
)
def test_each_lie_ends_as_expected_and_is_named(expose, section, lie):
    """The run names tunnel, statement or the device's words, and the device is put back."""
    expose(section, lie, **SECTIONS[section][lie])


def test_a_commit_that_was_asked_for_is_recorded_as_such(dut):
    """The case says what asking brought; a commit that answered was never asked for."""
    assert dut.qualify(count=CONTROL + 1).properties.get("commit.outcome") is None
    arm("die-during-commit", when="after")(dut)
    assert dut.qualify().properties["commit.outcome"] == "committed"


def test_every_fault_of_the_simulator_is_on_the_page(documented):
    """A fault that nobody looked for would be a lie that nobody catches."""
    shown = {row.fault for rows in documented.values() for row in rows.values()}
    assert shown - {"–"} == set(KINDS)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_has_these_rows_and_no_others(documented, section):
    """docs/faults.md is held to what was seen."""
    assert set(documented[section]) == set(SECTIONS[section])
