"""Look at compute nodes over SSH, all of a deployment: asked by ``virsh``, never changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from harness.drivers.linux_shell import LinuxShell
from harness.drivers.protocol import Facts
from harness.errors import DeviceError, HarnessError
from harness.lab.bench import Bench
from harness.lab.lab import Lab
from harness.lab.place import PlaceEnd
from harness.outcome import Evidence, Finding, Grade, Outcome
from harness.plan.model import NAME_PREFIX
from harness.plan.vnf_sites import vnfs_of_nodes
from harness.testbed.model import Deployment, Device
from harness.verify.compute_node import LIST, Domain, domains, judge_node
from harness.verify.facts import Unreadable
from harness.verify.grade import Graded
from harness.verify.preflight import Preflight, unreachable

WITNESS = "virsh"
_NOBODY = f"{NAME_PREFIX}nobody"  # a machine that no host has: virsh must say so
_SIMULATED = "[simulated]"  # how a simulated host declares itself


def look_at_nodes(lab: Lab, deployment: Deployment) -> list[PlaceEnd]:
    """Return what each compute node runs of the deployment's VNFs, held against what it should.

    A node that can't be asked is an end, not an exception.
    """
    wanted = vnfs_of_nodes(lab.testbed, deployment)
    ours = frozenset(name for names in wanted.values() for name in names)
    nodes = [d for d in lab.testbed.players(deployment.nodes) if d.name in wanted]
    look = partial(_look, lab, ours)
    with ThreadPoolExecutor(deployment.at_once, thread_name_prefix="nodes") as threads:
        return list(threads.map(lambda node: look(node, wanted[node.name]), nodes))


def _look(lab: Lab, ours: frozenset[str], node: Device, wanted: tuple[str, ...]) -> PlaceEnd:
    end = PlaceEnd(node.name, node.name, Outcome.ERROR, "", len(wanted), 0, restored="untouched")
    try:
        with LinuxShell(lab.bench_of(node).cli_endpoint) as shell:
            grade, seen = _grade(node, shell), _seen(shell)
    except HarnessError as exc:
        return replace(end, reason=f"{type(exc).__name__}: {exc}")
    verdict = judge_node(node.name, seen, wanted, ours)
    running = set() if isinstance(seen, Unreadable) else {d.name for d in seen if d.running}
    return replace(
        end,
        outcome=verdict.outcome,
        reason=verdict.reason,
        accepted=len(running.intersection(wanted)),
        grade=grade,
        evidence=Evidence.READ_BACK if verdict.passed else Evidence.NONE,
        witnesses=(WITNESS,),
    )


def survey_node(bench: Bench) -> Preflight:
    """Say whether a compute node can be asked, and how many machines it lists; read-only."""
    try:
        with LinuxShell(bench.cli_endpoint) as shell:
            grade, seen = _grade(bench.device, shell), _seen(shell)
            host = Facts(shell.ask("hostname").strip(), "Linux host", "", serial="")
    except HarnessError as exc:
        return unreachable(bench.device, exc)
    listed = seen.reason if isinstance(seen, Unreadable) else f"{len(seen)} listed"
    findings = (
        Finding("reachable", "yes", "yes, by its shell", ok=True, source=WITNESS),
        Finding("machines", "a list", listed, ok=not isinstance(seen, Unreadable), source=WITNESS),
    )
    graded = Graded(grade, "what runs on it are virtual machines")
    return Preflight(bench.device.name, graded, host, findings)


def _seen(shell: LinuxShell) -> tuple[Domain, ...] | Unreadable:
    """Ask for the list, of a virsh that can say no: one that finds anybody isn't believed."""
    if shell.run(f"virsh domstate {_NOBODY}").status == 0:
        return Unreadable(f"its virsh knows a machine '{_NOBODY}', which no host has")
    try:
        return domains(shell.ask(LIST))
    except DeviceError as exc:
        return Unreadable(str(exc))


def _grade(node: Device, shell: LinuxShell) -> Grade:
    """Grade a node no higher than what runs on it: virtual machines."""
    simulated = node.simulated or _SIMULATED in shell.run("uname -a").output
    return Grade.SIMULATED if simulated else Grade.VIRTUAL
