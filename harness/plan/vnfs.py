"""Virtual network functions (VNFs) of one JDM, and the memory that they take of it.

An NFX250 of the 15.1X53 generation has virtual machines under ``virtual-network-functions`` of
its JDM and starts them when they're committed. It commits more than it can run: nothing in its
models counts memory, and the vendor warns that a system short of it stops answering. So the sum is
done here, before anything is sent. Sources are listed in docs/vnfs.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from harness.errors import PlanError
from harness.plan.configuration import Words, flatten, parse
from harness.plan.model import NAME_PREFIX, Kind

VNF: Final = "vnf"
Subject = Kind | Literal["vnf"]  # what is pushed, counted and judged: tunnels of a kind, or VNFs

PageSize = Literal[2, 1024]  # MB: the two sizes of a hugepage
DEFAULT_PAGES: Final = 1024  # where a VNF asks for hugepages and names no size
OWN_PAGES: Mapping[int, int] = MappingProxyType({1024: 1})  # size → pages that the system keeps
FIRST_INTERFACE = "eth2"  # eth0 and eth1 are for management
VLAN_INTERFACES = 25  # at most, of all VNFs together, on the switch between them
SYSTEM_MACHINES = frozenset({"vjunos0"})  # there without a definition: the Junos control plane
_KB_PER_MB = 1024
_VLANS = frozenset({"vmhost", "host-os"})  # where releases keep the VLANs of the host


@dataclass(frozen=True, slots=True)
class Machine:
    """What every VNF of a site is."""

    image: str  # path of a file on the device
    cpus: int
    memory: int  # kB, as the statement has it
    vlan: str  # one that the host has
    hugepages: PageSize | None = 1024  # MB; None: ordinary memory

    @property
    def pages(self) -> int:
        """Return how many hugepages one of them takes; 0 with ordinary memory."""
        return pages_of(self.memory, self.hugepages) if self.hugepages else 0


@dataclass(frozen=True, slots=True)
class Vnf:
    """One of them."""

    number: int  # 1..count
    name: str  # "hil-vnf-1"
    machine: Machine


@dataclass(frozen=True, slots=True)
class VnfPlan:
    """All VNFs of one rung on one JDM."""

    device: str
    vnfs: tuple[Vnf, ...]


@dataclass(frozen=True, slots=True)
class HostMemory:
    """What a JDM says of its memory, in KiB, and of its hugepages."""

    total: int
    used: int
    free_pages: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))  # by size

    @property
    def free(self) -> int:
        """Return what nobody uses."""
        return max(0, self.total - self.used)


@dataclass(frozen=True, slots=True)
class Lodgers:
    """What the configuration of a JDM says of its machines, and of the room for more."""

    names: frozenset[str] = frozenset()
    vlans: frozenset[str] = frozenset()
    vlan_interfaces: int = 0
    pages: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))  # configured
    taken: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))  # by machines


def pages_of(memory: int, size: int) -> int:
    """Return how many hugepages of ``size`` MB hold ``memory`` kB."""
    return -(-memory // (size * _KB_PER_MB))


def vnf_name(number: int) -> str:
    """Return the name of a VNF: "hil-vnf-1"."""
    return f"{NAME_PREFIX}vnf-{number}"


def plan_vnfs(device: str, machine: Machine, count: int) -> VnfPlan:
    """Plan ``count`` VNFs; nothing is held against the device yet."""
    if count < 1:
        raise PlanError(f"device {device}: {count} VNFs asked; at least 1 makes a plan")
    return VnfPlan(device, tuple(Vnf(n, vnf_name(n), machine) for n in range(1, count + 1)))


def check_vnfs(plan: VnfPlan, lodgers: Lodgers, memory: HostMemory) -> None:
    """Raise :class:`PlanError` in one line when the JDM has no room for ``plan``."""
    try:
        _check_names(lodgers)
        _check_switch(plan, lodgers)
        machine = plan.vnfs[0].machine
        if machine.hugepages is None:
            _check_memory(len(plan.vnfs), machine, memory)
        else:
            _check_pages(len(plan.vnfs), machine, lodgers, memory)
    except PlanError as exc:
        raise PlanError(f"device {plan.device}: {exc}") from exc


def _check_names(lodgers: Lodgers) -> None:
    ours = sorted(name for name in lodgers.names if name.startswith(NAME_PREFIX))
    if ours:
        raise PlanError(
            f"VNFs whose names start with '{NAME_PREFIX}' are there already, left by an unrestored "
            f"run or somebody else's: {', '.join(ours)}"
        )


def _check_switch(plan: VnfPlan, lodgers: Lodgers) -> None:
    vlan = plan.vnfs[0].machine.vlan
    if vlan not in lodgers.vlans:
        there = ", ".join(sorted(lodgers.vlans)) or "none"
        raise PlanError(f"its host has no VLAN {vlan} (vlan); there: {there}")
    free = VLAN_INTERFACES - lodgers.vlan_interfaces
    if len(plan.vnfs) > free:
        raise PlanError(
            f"{len(plan.vnfs)} VNFs need as many VLAN interfaces; of {VLAN_INTERFACES} that there "
            f"may be, {free} are free"
        )


def _check_memory(count: int, machine: Machine, memory: HostMemory) -> None:
    needed = count * machine.memory
    if needed > memory.free:
        raise PlanError(
            f"{count} VNFs of {machine.memory} kB need {needed} kB of memory; of {memory.total} kB "
            f"{memory.used} are used: {memory.free} free"
        )


def _check_pages(count: int, machine: Machine, lodgers: Lodgers, memory: HostMemory) -> None:
    """Hold the pages against the configuration, and against those that the device has.

    What is configured is allocated when the system boots, so there may be less.
    """
    size = machine.hugepages or DEFAULT_PAGES
    there, taken, own = (which.get(size, 0) for which in (lodgers.pages, lodgers.taken, OWN_PAGES))
    free = max(0, there - own - taken)
    needed = count * machine.pages
    asked = f"{count} VNFs of {machine.memory} kB need {needed} hugepages of {size} MB"
    if needed > free:
        raise PlanError(
            f"{asked}; {there} are configured (system memory hugepages), of which the system keeps "
            f"{min(own, there)} and other VNFs take {taken}: {free} free"
        )
    if needed > memory.free_pages.get(size, needed):
        raise PlanError(f"{asked}; the device shows {memory.free_pages[size]} free")


def lodgers_of(configuration_xml: str) -> Lodgers:
    """Return what a JDM's committed configuration holds; deactivated machines take room, too.

    Raises :class:`~harness.errors.DeviceError` when it isn't a configuration.
    """
    census = _Census()
    for words in flatten(parse(configuration_xml), inactive=True):
        census.note(words)
    return census.result()


class _Census:
    """Collects while the statements go by."""

    def __init__(self) -> None:
        self._memory: dict[str, int] = {}  # VNF → kB, 0 where it isn't said
        self._sizes: dict[str, int] = {}  # VNF → MB of its hugepages
        self._interfaces: set[tuple[str, str]] = set()
        self._vlans: set[str] = set()
        self._pages: dict[int, int] = {}

    def note(self, words: Words) -> None:
        """Take in one statement."""
        match words:
            case ("virtual-network-functions", name, *rest):
                self._memory.setdefault(name, 0)
                self._note_machine(name, tuple(rest))
            case (host, "vlans", vlan, *_) if host in _VLANS:
                self._vlans.add(vlan)
            case ("system", "memory", "hugepages", "page-size", size, "page-count", count):
                self._pages[_number(size)] = _number(count)

    def _note_machine(self, name: str, words: Words) -> None:
        match words:
            case ("memory", "size", size):
                self._memory[name] = _number(size)
            case ("memory", "features", "hugepages", *rest):
                self._sizes[name] = _number(rest[-1]) if rest else DEFAULT_PAGES
            case ("interfaces", interface, "mapping", "vlan", *_):
                self._interfaces.add((name, interface))

    def result(self) -> Lodgers:
        """Return what was collected."""
        taken = Counter[int]()
        for name, size in self._sizes.items():
            taken[size] += pages_of(self._memory[name], size) if size else 0
        return Lodgers(
            frozenset(self._memory),
            frozenset(self._vlans),
            len(self._interfaces),
            MappingProxyType(self._pages),
            MappingProxyType(dict(taken)),
        )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0
