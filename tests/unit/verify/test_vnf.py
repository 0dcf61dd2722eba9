"""What JDM says of its VNFs and of its memory, and what is made of it."""

from __future__ import annotations

import pytest

from harness.plan.vnfs import HostMemory, Machine, plan_vnfs
from harness.render.vnf import render_vnfs
from harness.verify.calibration import calibrate
from harness.verify.compare import sightings
from harness.verify.expect import vnf_expectation
from harness.verify.facts import ALIVE, MACHINE, Refusal, Unreadable
from harness.verify.vnf import memory, seen_in_information, seen_in_table
from harness.verify.witnesses import Observation

BOX = Machine("/var/third-party/images/vsrx.qcow2", cpus=2, memory=4194304, vlan="wan")
BASELINE = (
    "<configuration><virtual-network-functions><name>gwr</name>"
    "</virtual-network-functions></configuration>"
)
# The columns are those of a published session on an NFX250 with 15.1X53-D47.
HEADER = "ID   Name                     State         Liveliness  \n" + "-" * 80 + "\n"
ROW = "{} {} {}    {}  \n"


def table(*rows: tuple[str, str, str]) -> str:
    """Return the command's text."""
    return HEADER + "".join(ROW.format(n, *row) for n, row in enumerate(rows, 44))


def information(*rows: tuple[str, str, str]) -> str:
    """Return a reply to the RPC in one of the shapes that it may have."""
    entries = "".join(
        f"<vnf-instance><vnf-name>{name}</vnf-name><vnf-state>{state}</vnf-state>"
        f"<vnf-liveliness>{alive}</vnf-liveliness></vnf-instance>"
        for name, state, alive in rows
    )
    return f"<rpc-reply><vnf-information>{entries}</vnf-information></rpc-reply>"


GWR = ("gwr", "Running", "alive")
FIRST, SECOND = ("hil-vnf-1", "Running", "alive"), ("hil-vnf-2", "Running", "alive")
WAYS = {"table": (seen_in_table, table), "information": (seen_in_information, information)}
both_ways = pytest.mark.parametrize("way", WAYS)


def look(way: str, *rows: tuple[str, str, str]):
    """Return what one witness makes of these rows."""
    read, write = WAYS[way]
    return read((write(*rows),))


@both_ways
def test_names_and_life_are_read(way: str) -> None:
    """Listed is one thing, running and answering another."""
    seen = look(way, GWR, ("hil-vnf-1", "Running", "down"), ("hil-vnf-2", "Shut Off", "alive"))
    assert seen[MACHINE].members == {"gwr", "hil-vnf-1", "hil-vnf-2"}
    assert seen[ALIVE].members == {"gwr"}
    assert (seen[MACHINE].count, seen[ALIVE].count) == (3, 1)


@both_ways
def test_no_row_is_no_vnf(way: str) -> None:
    """A JDM without machines says so, as the published session does."""
    assert look(way)[MACHINE].count == 0


@both_ways
def test_a_name_listed_twice_counts_twice(way: str) -> None:
    """Nobody makes up a number by repeating one."""
    seen = look(way, FIRST, FIRST)
    assert (seen[MACHINE].count, len(seen[MACHINE].members)) == (2, 1)


def test_a_row_without_life_is_listed_and_not_alive() -> None:
    """A column that is empty isn't another one."""
    seen = seen_in_table((HEADER + "2 hil-vnf-1 Running\n",))
    assert (seen[MACHINE].count, seen[ALIVE].count) == (1, 0)


UNREADABLE = {
    "a refusal": (seen_in_information, Refusal("syntax error")),
    "another reply": (seen_in_information, "<rpc-reply><system-information/></rpc-reply>"),
    "unknown entries": (
        seen_in_information,
        "<rpc-reply><vnf-information><x><y>1</y></x></vnf-information></rpc-reply>",
    ),
    "no XML": (seen_in_information, "<rpc-reply>"),
    "another text": (seen_in_table, "error: command not found\n"),
    "nothing": (seen_in_table, ""),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_no_table_is_unreadable(what: str) -> None:
    """It's never counted as zero."""
    read, answer = UNREADABLE[what]
    assert isinstance(read((answer,)), Unreadable)


def test_the_text_inside_the_reply_is_read_as_text() -> None:
    """The model's other answer is the command's output."""
    reply = f"<rpc-reply><output>{table(FIRST)}</output></rpc-reply>"
    assert seen_in_information((reply,))[MACHINE].members == {"hil-vnf-1"}


def observed(way: str, *rows: tuple[str, str, str]) -> tuple[Observation, ...]:
    """Return one witness' observation."""
    return (Observation(way, "ncclient", look(way, *rows), str(rows)),)


def expected(count: int):
    """Return what is expected of that many VNFs beside the gateway."""
    return vnf_expectation(plan_vnfs("jdm", BOX, count), BASELINE)


@both_ways
def test_a_witness_counts_two_and_misses_the_third(way: str) -> None:
    """That is what makes it usable, on this device and release."""
    after = observed(way, GWR, FIRST, SECOND)
    usable = calibrate(expected(2), expected(3), observed(way, GWR), after)
    assert list(usable.usable) == [way]


LIES = {
    "sees ours before": ((GWR, FIRST), (GWR, FIRST, SECOND), "before the push it shows"),
    "misses one": ((GWR,), (GWR, FIRST), "doesn't count 2 for 2"),
    "sees a dead one": ((GWR,), (GWR, FIRST, ("hil-vnf-2", "Running", "down")), "alive count"),
    "loses the lab's": ((GWR,), (FIRST, SECOND), "lost from the baseline gwr"),
}


@both_ways
@pytest.mark.parametrize("lie", LIES)
def test_a_witness_that_is_wrong_here_is_not_used(way: str, lie: str) -> None:
    """The reason says what it got wrong."""
    before, after, words = LIES[lie]
    calibration = calibrate(expected(2), expected(3), observed(way, *before), observed(way, *after))
    assert words in calibration.unusable[way]


def test_machines_of_the_system_need_no_definition() -> None:
    """The Junos control plane is listed by some releases, and configured by none."""
    rows = (("vjunos0", "Running", "alive"), GWR)
    calibration = calibrate(
        expected(2),
        expected(3),
        observed("table", *rows),
        observed("table", *rows, FIRST, SECOND),
    )
    assert not calibration.unusable


def test_a_vnf_that_does_not_come_alive_is_named() -> None:
    """Listed is not alive: the name stands with what is missing of it."""
    seen = look("table", GWR, FIRST, ("hil-vnf-2", "Running", "down"))
    findings = sightings(expected(2), seen, look("table", GWR), "cli")
    wrong = [str(finding) for finding in findings if not finding.ok]
    assert len(wrong) == 2
    assert "missing hil-vnf-2" in wrong[1]


def test_an_expectation_holds_our_statements() -> None:
    """What is read back is compared with what was written."""
    assert expected(2).planned.members >= set(render_vnfs(plan_vnfs("jdm", BOX, 2)).paths())
    assert expected(2).what == "2 VNFs"


MEMORY = """Memory Information
------------------

Virtual Memory:
---------------
Total      (KiB): 15949136
Used       (KiB): 12690344

Huge Pages:
------------
Total 1GiB Huge Pages:     8
Free 1GiB Huge Pages:      7
Total 2MiB Huge Pages:     500
Free 2MiB Huge Pages:      376
"""


def test_memory_is_read_in_kibibytes_and_free_pages() -> None:
    """The sums are made with these."""
    assert memory(MEMORY) == HostMemory(15949136, 12690344, {1024: 7, 2: 376})


def test_a_release_that_words_its_pages_otherwise_says_nothing_of_them() -> None:
    """Then the configuration is what counts."""
    assert memory(MEMORY.replace("Huge Pages:  ", "Hugepages =")) == HostMemory(15949136, 12690344)


@pytest.mark.parametrize("answer", ["", "Total (KiB): 1\n", Refusal("syntax error")])
def test_a_memory_that_is_not_told_is_unreadable(answer: str | Refusal) -> None:
    """It's neither zero nor enough."""
    assert isinstance(memory(answer), Unreadable)
