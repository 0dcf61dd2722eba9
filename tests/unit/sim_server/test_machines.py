"""Virtual machines of a simulated JDM and of a simulated compute node."""

from __future__ import annotations

import re

import pytest

from harness.sim.spec import FaultSpec

TABLE = "show virtual-network-functions"
MEMORY = "show system visibility memory"
BOOTED = 1.0  # seconds, more than a machine needs to answer


def definition(name: str, memory: int = 4194304, *, hugepages: bool = True) -> str:
    """Return a VNF as it's loaded."""
    lines = ["image /x.qcow2\n", f"memory size {memory}\n"]
    lines += ["memory features hugepages page-size 1024\n"] if hugepages else []
    return "".join(f"set virtual-network-functions {name} {line}" for line in lines)


def rows(screen: str) -> dict[str, tuple[str, str]]:
    """Return name → state and liveliness."""
    found = re.finditer(r"^(?:\d+|-) +(\S+) +(\S.*?) +(\S+) *$", screen, re.MULTILINE)
    return {row[1]: (row[2], row[3]) for row in found}


@pytest.fixture
def jdm(bench_for):
    """Give a JDM."""
    return bench_for("nfx250-jdm")


def added(bench, push, *names: str, seconds: float = BOOTED, **more) -> dict[str, tuple[str, str]]:
    """Commit VNFs, let time pass, and return the table."""
    talk = bench.netconf()
    for name in names:
        push(talk, definition(name, **more))
    bench.clock.advance(seconds)
    return rows(bench.shell().type(TABLE))


def test_a_committed_machine_runs_and_answers_a_moment_later(jdm, push):
    """It's there at once; it takes its time to come up."""
    assert added(jdm, push, "hil-vnf-1", seconds=0.0)["hil-vnf-1"] == ("Running", "down")
    jdm.clock.advance(BOOTED)
    assert rows(jdm.shell().type(TABLE))["hil-vnf-1"] == ("Running", "alive")


def test_without_enough_hugepages_a_machine_stays_shut_off(jdm, push):
    """Twelve of thirteen pages are for machines: three of four gigabytes, no fourth."""
    table = added(jdm, push, *(f"hil-vnf-{n}" for n in range(1, 5)))
    assert [table[f"hil-vnf-{n}"][0] for n in range(1, 5)] == ["Running"] * 3 + ["Shut Off"]


def test_without_enough_memory_a_machine_stays_shut_off(jdm, push):
    """What hugepages and the system leave isn't endless."""
    table = added(jdm, push, "hil-vnf-1", memory=16777216, hugepages=False)
    assert table["hil-vnf-1"] == ("Shut Off", "down")


def test_memory_is_shown_with_what_machines_take(jdm, push):
    """The sums of whoever asks must come out."""
    before = jdm.shell().type(MEMORY)
    assert "Total 1GiB Huge Pages:     13" in before
    assert "Free 1GiB Huge Pages:     12" in before
    added(jdm, push, "hil-vnf-1")
    assert "Free 1GiB Huge Pages:     8" in jdm.shell().type(MEMORY)
    reply = jdm.netconf().rpc("<get-visibility-memory-information/>")
    assert reply.findtext(".//{*}memory-total") == str(32768 * 1024)


LIES = {
    "dead-vnf": ("Running", "down"),
    "stopped-vnf": ("Shut Off", "down"),
    "absent-vnf": None,
    "drop-vnf": None,
}


@pytest.mark.parametrize("fault", LIES)
def test_a_fault_concerns_the_machine_that_it_names(jdm, push, fault):
    """The second new one, and no other."""
    jdm.device.arm(FaultSpec(fault, {"index": 1}))
    table = added(jdm, push, "hil-vnf-1", "hil-vnf-2") if fault != "drop-vnf" else None
    table = table or added(jdm, push, "hil-vnf-1")
    assert table.get("hil-vnf-1") == LIES[fault]
    assert table["gwr"] == ("Running", "alive")


def test_a_ghost_is_shown_and_not_configured(jdm):
    """Its name is the fault's own."""
    jdm.device.arm(FaultSpec("ghost-vnf", {"vnf": "hil-vnf-7"}))
    assert "hil-vnf-7" in rows(jdm.shell().type(TABLE))


NODE = "".join(f"set virtual-network-functions fw-{n} memory size 4194304\n" for n in range(1, 4))


@pytest.fixture
def node(bench_for):
    """Give a compute node with three machines."""
    return bench_for("compute-node", own=NODE)


def test_a_compute_node_lists_its_machines_as_libvirt_does(node):
    """Id, name and state; what is shut off only with --all."""
    node.device.arm(FaultSpec("stopped-vnf", {"index": 2}))
    shell = node.shell()
    everything = shell.type("virsh list --all")
    assert re.search(r"^ 1 +fw-1 +running\s*$", everything, re.MULTILINE)
    assert re.search(r"^ - +fw-2 +shut off\s*$", everything, re.MULTILINE)
    assert "fw-2" not in shell.type("virsh list")
    assert "fw-2" in shell.type("virsh list --inactive")
    assert shell.type("virsh domstate fw-2").count("shut off") == 1


def test_a_compute_node_tells_its_size(node):
    """How many processors, and how much memory is in use."""
    shell = node.shell()
    assert re.search(r"^32\s*$", shell.type("nproc"), re.MULTILINE)
    assert re.search(r"^Mem: +262144 +18944 ", shell.type("free -m"), re.MULTILINE)
    assert "Max memory:     4194304 KiB" in shell.type("virsh dominfo fw-1")


REFUSED = {
    "show version": "-bash: show: command not found",
    "cli": "-bash: cli: command not found",
    "virsh destroy fw-1": "error: unknown command: 'destroy'",
    "virsh list --uuid": "error: command 'list' doesn't support option --uuid",
    "virsh dominfo nobody": "error: failed to get domain 'nobody'",
}


@pytest.mark.parametrize("command", REFUSED)
def test_a_compute_node_refuses_what_it_does_not_know(node, command):
    """As a shell and virsh do; nothing on it can be changed."""
    assert REFUSED[command] in node.shell().type(command)
