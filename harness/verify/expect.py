"""What a device must show after a push: its baseline and ours, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from harness.plan.model import Plan, Tunnel
from harness.plan.vnfs import SYSTEM_MACHINES, VNF, Subject, VnfPlan
from harness.render.readback import HIDDEN, Path, Statements, statements
from harness.render.rendering import Rendering, render
from harness.render.vnf import LIST, render_vnfs
from harness.verify import gre, ipsec
from harness.verify.facts import ALIVE, GATEWAY, GR, MACHINE, ST0, Leg, address


@dataclass(frozen=True, slots=True)
class Expected:
    """One tunnel, or VNF, by all the names that tables show it under: ``{"st0": "st0.7", …}``."""

    name: str
    labels: Mapping[Leg, str]


@dataclass(frozen=True, slots=True)
class Expectation:
    """The configuration and the tunnels that must be there; ``planned`` and ``baseline`` both."""

    kind: Subject
    device: str
    tunnels: tuple[Expected, ...]
    planned: Statements
    baseline: Statements
    owners: Mapping[Path, str] = field(repr=False)  # statement → tunnel; shared ones aren't in it

    @property
    def count(self) -> int:
        """Return how many tunnels are ours."""
        return len(self.tunnels)

    @property
    def noun(self) -> str:
        """Return what one of them is called in a sentence."""
        return "VNF" if self.kind == VNF else "tunnel"

    @property
    def what(self) -> str:
        """Return how many of what are expected: "1500 ipsec tunnels", "2 VNFs"."""
        return f"{self.count} VNFs" if self.kind == VNF else f"{self.count} {self.kind} tunnels"

    def of_leg(self, leg: Leg) -> Mapping[str, str]:
        """Return label → tunnel name for the tables of one leg."""
        return {one.labels[leg]: one.name for one in self.tunnels if leg in one.labels}

    def owner(self, path: Path) -> str:
        """Return the tunnel that a statement is for, "" for a shared or a foreign one."""
        if path in self.owners:
            return self.owners[path]
        return next((self.owners[p] for p in _ancestors(path) if p in self.owners), "")

    def in_baseline(self, leg: Leg) -> frozenset[str]:
        """Return the labels that the configuration of the baseline accounts for.

        For gateways these are addresses of IKE gateways, of which not every one has a tunnel; for
        VNFs those that the system brings are among them, which no configuration has.
        """
        configured = (_label(path, leg) for path in self.baseline.paths)
        of_system = SYSTEM_MACHINES if leg in {MACHINE, ALIVE} else frozenset()
        return frozenset(label for label in configured if label is not None) | of_system


def expectation(plan: Plan, baseline_xml: str) -> Expectation:
    """Say what a device must show when ``plan`` was added to ``baseline_xml``.

    Raises :class:`~harness.errors.DeviceError` when the baseline can't be read.
    """
    tunnels = tuple(map(_expected, plan.tunnels))
    return _expectation(plan.kind, plan.site.device, tunnels, render(plan), baseline_xml)


def vnf_expectation(plan: VnfPlan, baseline_xml: str) -> Expectation:
    """Say what a JDM must show when ``plan`` was added to ``baseline_xml``; raises as above."""
    vnfs = tuple(
        Expected(vnf.name, MappingProxyType(dict.fromkeys((MACHINE, ALIVE), vnf.name)))
        for vnf in plan.vnfs
    )
    return _expectation(VNF, plan.device, vnfs, render_vnfs(plan), baseline_xml)


def _expectation(
    kind: Subject,
    device: str,
    expected: tuple[Expected, ...],
    rendering: Rendering,
    baseline_xml: str,
) -> Expectation:
    return Expectation(
        kind=kind,
        device=device,
        tunnels=expected,
        planned=statements(rendering.xml()),
        baseline=statements(baseline_xml),
        owners=MappingProxyType(dict(rendering.owners())),
    )


def _expected(one: Tunnel) -> Expected:
    labels: dict[Leg, str] = {}
    if one.secure is not None:
        labels[GATEWAY] = str(one.peer)
        labels[ST0] = f"{ipsec.PHYSICAL}.{one.secure.st0_unit}"
    if one.gre is not None:
        labels[GR] = f"{gre.PHYSICAL}.{one.gre.unit}"
    return Expected(one.name, MappingProxyType(labels))


_PHYSICAL = {ST0: ipsec.PHYSICAL, GR: gre.PHYSICAL}


def _label(path: Path, leg: Leg) -> str | None:
    match path:
        case ("interfaces", "interface", physical, "unit", unit) if physical == _PHYSICAL.get(leg):
            return f"{physical}.{unit}"
        case ("security", "ike", "gateway", _, "address", text) if leg == GATEWAY:
            return address(text)
        case (list_, name, *_) if list_ == LIST and leg in {MACHINE, ALIVE}:
            return name
        case _:
            return None


def _ancestors(path: Path) -> list[Path]:
    return [path[:length] for length in range(len(path) - 1, 1, -1)]


def without_value(path: Path) -> Path:
    """Return a leaf without its value, to pair what was planned with what is there instead."""
    return path if path[-1] == HIDDEN else path[:-1]
