"""The virtual machines of a host: which there are by its configuration, and in what state.

JDM of an NFX250 starts what is committed. A machine needs memory to start: hugepages where it asks
for them, of which the system keeps one of the large ones, else what hugepages and the system leave.
Without, it's shut off (JDM User Guide: it "might fail to launch or switch to the shutdown state").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from harness.sim.config.tree import Node, entries, get, leaf, present
from harness.sim.faults.named import Faults

LIST: Final = "virtual-network-functions"
SYSTEM_KIB: Final = 6_815_744  # 6.5 GiB: "around 6 to 7 GB" (JDM User Guide)
_KIB_PER_MIB: Final = 1024
_SYSTEM_PAGES: Final = {"1024": 1}  # size in MB → kept for the switch between machines
_DEFAULT_SIZE: Final = "1024"
_DEFAULT_KIB: Final = 1_048_576  # of a machine that names no size; a guess
_BOOT_SECONDS: Final = 0.05  # until a machine answers; a guess, real ones take minutes
_ALWAYS: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class Machine:
    """One virtual machine."""

    name: str
    cpus: int = 1
    memory: int = _DEFAULT_KIB
    pages: str = ""  # MB of its hugepages, "" for ordinary memory
    running: bool = True
    alive: bool = True  # answers on the internal network


@dataclass(slots=True)
class Memory:
    """What a host has: KiB in all, those in use, and hugepages by size."""

    total: int
    used: int
    pages: dict[str, int] = field(default_factory=dict)  # size in MB → configured
    free: dict[str, int] = field(default_factory=dict)  # size in MB → not taken


def names(tree: Node) -> tuple[str, ...]:
    """Return the machines of a configuration, in its order."""
    return tuple(name for name, _ in entries(tree, LIST))


def lodged(tree: Node, total: int) -> tuple[tuple[Machine, ...], Memory]:
    """Return the machines of a configuration, and the memory of a host of ``total`` KiB."""
    pages = {
        size: int(leaf(body, "page-count") or 0)
        for size, body in entries(tree, "system", "memory", "hugepages", "page-size")
    }
    free = {size: max(0, count - _SYSTEM_PAGES.get(size, 0)) for size, count in pages.items()}
    reserved = sum(int(size) * _KIB_PER_MIB * count for size, count in pages.items())
    memory = Memory(total, SYSTEM_KIB + reserved, pages, free)
    return tuple(_started(machine, memory) for machine in _configured(tree)), memory


def _configured(tree: Node) -> Iterator[Machine]:
    for name, body in entries(tree, LIST):
        asked = present(get(body, "memory", "features"), "hugepages")
        size = leaf(body, "memory", "features", "hugepages", "page-size") or _DEFAULT_SIZE
        yield Machine(
            name,
            int(leaf(body, "virtual-cpu", "count") or 1),
            int(leaf(body, "memory", "size") or _DEFAULT_KIB),
            size if asked else "",
            running=not present(body, "no-autostart"),
        )


def _started(machine: Machine, memory: Memory) -> Machine:
    """Give a machine its memory; without enough it stays shut off."""
    if machine.running and machine.pages:
        needed = -(-machine.memory // (int(machine.pages) * _KIB_PER_MIB))
        running = needed <= memory.free.get(machine.pages, 0)
        if running:
            memory.free[machine.pages] -= needed
    else:
        running = machine.running and memory.used + machine.memory <= memory.total
        memory.used += machine.memory if running else 0
    return replace(machine, running=running, alive=running)


class Hypervisor:
    """The machines of one host over time: since when each is there, and what faults make of them.

    Those that it starts with have long been up. ``clock`` returns monotonic seconds.
    """

    def __init__(self, tree: Node, faults: Faults, total: int, clock: Callable[[], float]) -> None:
        self._faults = faults
        self._total = total
        self._clock = clock
        self._since = dict.fromkeys(names(tree), _ALWAYS)
        self._first = frozenset(self._since)

    def committed(self, tree: Node) -> None:
        """Start what a commit added, forget what it took."""
        now = self._clock()
        self._since = {name: self._since.get(name, now) for name in names(tree)}

    def machines(self, tree: Node) -> tuple[Machine, ...]:
        """Return what is shown: faults concern new machines, or all where none is new."""
        now = self._clock()
        shown = [
            replace(one, alive=one.alive and now - self._since.get(one.name, now) >= _BOOT_SECONDS)
            for one in lodged(tree, self._total)[0]
        ]
        new = [one for one in shown if one.name not in self._first]
        return tuple(self._lied(shown, new or shown))

    def memory(self, tree: Node) -> Memory:
        """Return how much memory is there, and how much of it in use."""
        return lodged(tree, self._total)[1]

    def _lied(self, shown: list[Machine], concerned: Sequence[Machine]) -> Iterator[Machine]:
        dead, absent = self._victim("dead-vnf", concerned), self._victim("absent-vnf", concerned)
        stopped = self._victim("stopped-vnf", concerned)
        for one in shown:
            if one is not absent:
                off = one is stopped
                yield replace(
                    one,
                    running=one.running and not off,
                    alive=one.alive and one is not dead and not off,
                )
        ghost = self._faults.get("ghost-vnf")
        if ghost is not None:
            yield Machine(ghost.word("vnf"))

    def _victim(self, fault: str, concerned: Sequence[Machine]) -> Machine | None:
        armed = self._faults.get(fault)
        if armed is None or not concerned:
            return None
        return concerned[min(armed.count("index"), len(concerned)) - 1]
