"""Devices that tell something else than they hold: each lie turns the run red, by name."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.plan.model import Kind
from harness.sim.answers import DaemonRefusal, Refusal, Report
from harness.sim.config.tree_edit import removed
from harness.sim.messages import error
from harness.sim.store.commit import CommitRecord, Event
from harness.sim.tunnels import added

CONTROL = 2  # tunnels of the negative control, to which a lie that is worth its name is honest
TUNNELS = ("get-inactive-tunnels", "get-security-associations-information")
IDLE = "get-inactive-tunnels"
HISTORY = "get-commit-information"
NO_TABLES = (HISTORY, "get-database-status-information")


def sees(change):
    """Make every operational answer from ``change(view, new tunnels)``."""
    return lambda dut: dut.sees(change)


def answers(change, *rpcs):
    """Answer these questions with ``change(device, ask)``."""
    return lambda dut: dut.answers(change, *rpcs)


def new_in(device):
    """Return the tunnels that the device didn't start with."""
    return added(device._base_tunnels, device._configured_tunnels())


def first_question(deed):
    """Do ``deed(device)`` once, when a rung is asked about for the first time."""
    done = []

    def change(device, ask):
        if not done:
            done.append(True)
            deed(device)
        return ask()

    return answers(change, IDLE)


def without_middle(view, new):
    """Show all tunnels but the middle one."""
    return replace(view, tunnels=tuple(t for t in view.tunnels if t is not new[2]))


def of_another(device, ask, *, text):
    """Let the table lack the middle tunnel in one of its two forms."""
    whole, honest = ask(), device.view
    new = new_in(device)
    try:
        device.view = lambda: without_middle(honest(), new)
        short = ask()
    finally:
        device.view = honest
    return Report(whole.xml, short.text) if text else Report(short.xml, whole.text)


def edited(pattern, replacement):
    """Edit both forms of an answer."""

    def change(device, ask):
        report = ask()
        return Report(
            lambda: re.sub(pattern, replacement, report.xml()),
            lambda: re.sub(pattern, replacement, report.text()),
        )

    return change


def refuse(daemon, words):
    """Let a daemon refuse to answer."""

    def change(device, ask):
        raise DaemonRefusal(daemon, words)

    return change


def rolls_back(device):
    """Roll the confirmed commit back long before its minutes are over."""
    device.store.happen(Event.DEADLINE)


def somebody_commits(device):
    """Let alice commit on top of ours, as an event script may while we hold the lock."""
    record = CommitRecord(0, "alice", "cli", device.clock.now(), "by hand")
    device.store.commit(record)
    device.store.happen(Event.COMMIT)


def reads_once(answer):
    """Answer the first reading of a rung's committed configuration with ``answer(read)``."""
    done = []

    def spoil(device):
        store, honest = device.store, device.store.render

        def render(node, fmt, **options):
            rung = len(new_in(device)) > CONTROL
            if rung and node is store.committed and not done:
                done.append(True)
                return answer(lambda **more: honest(node, fmt, **{**options, **more}))
            return honest(node, fmt, **options)

        store.render = render

    return lambda dut: dut.spoil(spoil)


def refuses_to_read(read):
    """Refuse."""
    raise Refusal(error("could not open configuration database [simulated]"))


def repeats_from_now_on(dut):
    """Answer honestly until the negative control is over, then repeat."""
    kept = {}

    def spoil(device):
        honest = device.repeated

        def repeated(rpc, make):
            new = new_in(device)
            report = honest(rpc, make)
            if len(new) == CONTROL:
                xml, text = report.xml(), report.text()
                kept[rpc] = Report(lambda: xml, lambda: text)
            stale = len(new) > CONTROL and rpc not in NO_TABLES
            return kept.get(rpc, report) if stale else report

        device.repeated = repeated

    dut.spoil(spoil)


def middle_twice(view, new):
    """List the middle tunnel twice and its neighbour not at all: the number is right."""
    return replace(view, tunnels=tuple(new[2] if t is new[3] else t for t in view.tunnels))


def without_unit(view, new):
    """Let the interface tables lack the middle tunnel's unit."""
    device, _, unit = new[2].interface.partition(".")
    return replace(view, tree=removed(view.tree, "interfaces", "interface", device, "unit", unit))


def without_baseline(view, new):
    """Let the tables lack the lab's own tunnel."""
    return replace(view, tunnels=tuple(t for t in view.tunnels if t.name != "corp-hq"))


def armed(name, **options):
    """Arm a fault of the simulator."""
    return lambda dut: dut.arm(name, **options)


row = dict  # the arguments of the fixture "expose"
GRE = Kind.GRE
TABLES_ALONE = "ipsec-tunnels, cli-ipsec-tunnels"
UNITS_ALONE = "st0-units, cli-st0-units"
HISTORY_ALONE = "commit history"

TABLES = {
    "lack a tunnel": row(
        tell=armed("drop-sa", index=3, from_count=3),
        says=r"seen 5 .*gateway members: missing hil-t00003 \(198.18.0.3\)",
        by=TABLES_ALONE,
    ),
    "lack a GRE tunnel": row(
        tell=armed("drop-sa", index=3, from_count=3),
        kind=GRE,
        says=r"seen 4 .*gr members: missing hil-t00003 \(gr-0/0/0.2\)",
        by="gr-units, cli-gr-units",
    ),
    "show a tunnel more": row(
        tell=armed("ghost-tunnel", from_count=3),
        says=r"seen 7 .*gateway members: not configured 198.51.100.254",
        by=TABLES_ALONE,
    ),
    "show a GRE tunnel more": row(
        tell=armed("ghost-tunnel", from_count=3),
        kind=GRE,
        says=r"seen 6 .*gr members: not configured gr-0/0/0.15999",
        by="gr-units, cli-gr-units",
    ),
    "are of another night": row(
        tell=armed("stale-sa-table", from_count=3),
        says=r"members: missing hil-t00001 \(198.18.0.1\), .*not configured 198.19.0.1, 198.19.0.2",
        by=TABLES_ALONE,
    ),
    "repeat the reply to the negative control": row(
        tell=repeats_from_now_on,
        says=r"gateway members: missing hil-t00003 .*st0 members: missing hil-t00003",
        by="ipsec-tunnels, st0-units, cli-ipsec-tunnels, cli-st0-units",
    ),
    "repeat the first reply for ever (GRE)": row(
        tell=lambda dut: dut.repeats_tables(),
        kind=GRE,
        ends="blocked",
        says=r"negative control: .*usable witnesses: 1: cli-gr-configuration",
        by="calibration",
    ),
    "repeat the first reply for ever": row(
        tell=lambda dut: dut.repeats_tables(),
        ends="blocked",
        says=r"negative control: .*usable witnesses: 0: none.*it doesn't count 2 for 2",
        by="calibration",
    ),
    "list a tunnel twice and its neighbour not at all": row(
        tell=sees(middle_twice),
        says=r"missing hil-t00004 \(198.18.0.4\) .*it says 6 inactive tunnels and lists 5",
        by=TABLES_ALONE,
    ),
    "have a total that isn't the number of rows": row(
        tell=answers(edited(r"6(?=\n</total-inactive-tunnels>|\n.*immediately)", "5"), IDLE),
        says="gateway table: it says 5 inactive tunnels and lists 6",
        by=TABLES_ALONE,
    ),
    "lack a tunnel on the CLI alone": row(
        tell=answers(lambda device, ask: of_another(device, ask, text=True), IDLE),
        says=r"missing hil-t00003 \(198.18.0.3\) \[cli-ipsec-tunnels\]",
        by="cli-ipsec-tunnels",
    ),
    "lack a tunnel over NETCONF alone": row(
        tell=answers(lambda device, ask: of_another(device, ask, text=False), IDLE),
        says=r"missing hil-t00003 \(198.18.0.3\) \[ipsec-tunnels\]",
        by="ipsec-tunnels",
    ),
    "lack a unit": row(
        tell=sees(without_unit),
        says=r"st0 members: missing hil-t00003 \(st0.3\)",
        by=UNITS_ALONE,
    ),
    "lack the lab's own tunnel": row(
        tell=sees(without_baseline),
        says=r"gateway members: lost from the baseline 192.0.2.250",
        by=TABLES_ALONE,
    ),
    "say that nothing is configured": row(
        tell=answers(refuse("kmd", "IPSec is not configured"), *TUNNELS),
        says=r"seen 0 .*missing hil-t00001 \(198.18.0.1\)",
        by=TABLES_ALONE,
    ),
    "are refused": row(
        tell=answers(refuse("kmd", "the key management daemon is not running"), *TUNNELS),
        ends="error",
        says="the device refused: .*the key management daemon is not running",
        by=TABLES_ALONE,
    ),
    "come in pieces": row(
        tell=answers(lambda device, ask: Report(lambda: "<output/>", lambda: "\n"), IDLE),
        ends="error",
        says=r"no <ipsec-unestablished-tunnel-information> in the reply",
        by=TABLES_ALONE,
    ),
}

OTHER_ANSWERS = {
    "can't be read back": row(
        tell=reads_once(refuses_to_read),
        ends="error",
        says=r"read-back: .*refused get-configuration: could not open configuration database",
        by="read-back",
    ),
    "hides keys in the read-back": row(
        tell=reads_once(lambda read: read(hide_secrets=True)),
        ends="pass",
        says=r"accepted: .*keys: 0; 8 not compared \(encrypted or hidden\)",
        by="the verdict says what it didn't compare",
    ),
    "repeats every first reply": row(
        tell=armed("repeat-reply"),
        says=r"negative control: .*commit history: it doesn't show our commit",
        by="commit history, calibration",
    ),
    "shows a stale history": row(
        tell=armed("stale-history"),
        says=r"commit history: it doesn't show our commit; .*it stands still",
        by=HISTORY_ALONE,
    ),
    "leaves our commit out of the history": row(
        tell=sees(lambda view, new: replace(view, history=view.history[1:])),
        says=r"it doesn't show our commit; the newest is 'hil-harness run=\S+ phase=restored",
        by=HISTORY_ALONE,
    ),
    "shows an empty history": row(
        tell=sees(lambda view, new: replace(view, history=())),
        says="commit history: an empty history: it doesn't show our commit",
        by=HISTORY_ALONE,
    ),
    "refuses to show its history": row(
        tell=answers(refuse("mgd", "history not available"), HISTORY),
        ends="error",
        says="commit history: .*refused get-commit-information: .*history not available",
        by=HISTORY_ALONE,
    ),
    "lets somebody commit on top": row(
        tell=first_question(somebody_commits),
        ends="SecondWriter",
        says="before the way back: somebody else committed: 'by hand' by alice via cli at ",
        by=HISTORY_ALONE,
    ),
    "rolls back while it's looked at": row(
        tell=first_question(rolls_back),
        says=r"a later commit than ours: '' by root via other .*5 tunnel\(s\) incomplete",
        by="commit history, read-back, ipsec-tunnels, st0-units, cli-ipsec-tunnels, cli-st0-units",
    ),
}

SECTIONS = {"Its tables": TABLES, "Its other answers": OTHER_ANSWERS}


@pytest.mark.parametrize(
    ("section", "lie"),
    [pytest.param(section, lie, id=lie) for section in SECTIONS for lie in SECTIONS[section]],
)
def test_each_lie_ends_as_expected_and_is_named(expose, section, lie):
    """The run names tunnel, table or the device's words, and the device is put back."""
    expose(section, lie, **SECTIONS[section][lie])


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_has_these_rows_and_no_others(documented, section):
    """docs/faults.md is held to what was seen."""
    assert set(documented[section]) == set(SECTIONS[section])
