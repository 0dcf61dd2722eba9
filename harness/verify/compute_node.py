"""Compute nodes: which machines ``virsh`` lists, and whether they're the right ones. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from harness.outcome import Finding, Outcome, Verdict
from harness.verify.facts import Unreadable, named

LIST = "virsh list --all"
MOST = 20  # VNFs on one Contrail compute node: CSO 4.1.0 release notes, table 1
_RUNNING = "running"
_HEADER = re.compile(r"^\s*Id\s+Name\s+State\s*$", re.MULTILINE)
_ROW = re.compile(r"^\s*(?:\d+|-)\s+(?P<name>\S+)\s+(?P<state>\S.*?)\s*$", re.MULTILINE)
_SHOWN = 120  # characters of an answer that a reason quotes


@dataclass(frozen=True, slots=True)
class Domain:
    """One virtual machine as libvirt calls it."""

    name: str
    state: str  # "running", "shut off", "paused" …

    @property
    def running(self) -> bool:
        """Say whether it runs."""
        return self.state == _RUNNING


def domains(text: str) -> tuple[Domain, ...] | Unreadable:
    """Read ``virsh list --all``; an answer without the table's head is unreadable, never empty."""
    if not _HEADER.search(text):
        return Unreadable(f"not a list of virtual machines: '{' '.join(text.split())[:_SHOWN]}'")
    return tuple(Domain(row["name"], row["state"]) for row in _ROW.finditer(text))


def judge_node(
    node: str, seen: tuple[Domain, ...] | Unreadable, wanted: Collection[str], ours: Collection[str]
) -> Verdict:
    """Say whether a node runs exactly ``wanted``; ``ours`` are all VNFs of the deployment.

    Machines that aren't ours are nobody's business here: they're named, and not judged.
    """
    if isinstance(seen, Unreadable):
        return Verdict(Outcome.ERROR, f"{node}: {seen.reason}")
    findings = tuple(_findings(node, seen, frozenset(wanted), frozenset(ours)))
    wrong = [f"{finding.what}: {finding.seen}" for finding in findings if not finding.ok]
    good = f"{node} runs exactly its {len(wanted)} VNFs"
    if wrong:
        return Verdict(Outcome.FAIL, f"{node}: {'; '.join(wrong)}", findings=findings)
    return Verdict(Outcome.PASS, good, findings=findings)


def _findings(
    node: str, seen: tuple[Domain, ...], wanted: frozenset[str], ours: frozenset[str]
) -> Iterator[Finding]:
    listed = [one.name for one in seen if one.name in ours]
    present = frozenset(listed)
    stopped = [f"{d.name} is {d.state}" for d in seen if d.name in wanted and not d.running]
    twice = sorted(name for name in present if listed.count(name) > 1)
    others = [one.name for one in seen if one.name not in ours]

    def said(what: str, wrong: Collection[str], expected: str) -> Finding:
        return Finding(what, expected, named(wrong) or "none", ok=not wrong, source=node)

    yield said("VNFs missing", sorted(wanted - present), "none")
    yield said("VNFs of ours that belong elsewhere", sorted(present - wanted), "none")
    yield said("VNFs not running", stopped, "none")
    yield said("VNFs listed twice", twice, "none")
    yield Finding(
        "VNFs of ours", f"{MOST} or fewer", str(len(listed)), ok=len(listed) <= MOST, source=node
    )
    yield Finding("other machines", "any", named(others) or "none", ok=True, source=node)
