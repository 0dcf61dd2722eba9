"""Lists of virtual machines of compute nodes: read, and held against the testbed."""

from __future__ import annotations

import pytest

from harness.outcome import Outcome
from harness.verify.compute_node import Domain, domains, judge_node
from harness.verify.facts import Unreadable

# As virsh of libvirt 1.3 on an OpenStack compute node prints it, and as newer ones do.
OLD = """ Id    Name                           State
----------------------------------------------------
 56    fw-1                           running
 -     fw-2                           shut off

"""
NEW = """ Id   Name   State
-----------------------
 1    fw-1   running
 -    fw-2   shut off
"""


@pytest.mark.parametrize("text", [OLD, NEW])
def test_a_list_is_read_whatever_its_widths(text: str) -> None:
    """Names and states, of two words too."""
    assert domains(text) == (Domain("fw-1", "running"), Domain("fw-2", "shut off"))


def test_an_empty_list_is_no_machine() -> None:
    """The head alone."""
    assert domains(OLD.partition("56")[0].rstrip()) == ()


@pytest.mark.parametrize(
    "text", ["", "-bash: virsh: command not found", "error: failed to connect"]
)
def test_what_is_no_list_is_unreadable(text: str) -> None:
    """It's never an empty one."""
    assert isinstance(domains(text), Unreadable)


def running(*names: str) -> tuple[Domain, ...]:
    """Return machines that run."""
    return tuple(Domain(name, "running") for name in names)


OURS = {f"fw-{number}" for number in range(1, 43)}
WRONG = {
    "one missing": (running("fw-1"), "VNFs missing: fw-2"),
    "one of another node": (
        running("fw-1", "fw-2", "fw-3"),
        "VNFs of ours that belong elsewhere: fw-3",
    ),
    "one shut off": (
        (Domain("fw-1", "running"), Domain("fw-2", "shut off")),
        "VNFs not running: fw-2 is shut off",
    ),
    "one paused": ((*running("fw-1"), Domain("fw-2", "paused")), "fw-2 is paused"),
    "one twice": (running("fw-1", "fw-2", "fw-2"), "VNFs listed twice: fw-2"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_list_fails_and_names_the_vnf(what: str) -> None:
    """The verdict's one line says what is wrong with which."""
    seen, words = WRONG[what]
    verdict = judge_node("node-1", seen, ("fw-1", "fw-2"), OURS)
    assert verdict.outcome is Outcome.FAIL
    assert words in verdict.reason


def test_twenty_one_on_a_node_are_too_many() -> None:
    """Although each of them belongs there: the document says 20."""
    wanted = [f"fw-{number}" for number in range(1, 22)]
    verdict = judge_node("node-1", running(*wanted), wanted, OURS)
    assert (verdict.outcome, verdict.reason) == (Outcome.FAIL, "node-1: VNFs of ours: 21")
    assert judge_node("node-1", running(*wanted[:20]), wanted[:20], OURS).passed


def test_machines_of_others_are_named_and_not_judged() -> None:
    """A compute node may run what it likes beside ours."""
    verdict = judge_node("node-1", running("fw-1", "db"), ("fw-1",), OURS)
    assert verdict.passed
    assert "other machines: expected any, seen db" in str(verdict.findings[-1])


def test_a_list_that_cannot_be_read_is_an_error() -> None:
    """It says nothing of the node."""
    assert judge_node("n", Unreadable("no"), ("fw-1",), OURS).outcome is Outcome.ERROR
