"""Virtual network functions and memory, as JDM of an NFX250 shows them.

No recorded XML exists: the models say "anyxml" below ``vnf-information`` and
``visibility-memory-information``, so the elements inside are the simulator's own, named after what
the commands print. Of the lines about hugepages the vendor's page shows none that we have: their
words are a guess.
"""

from __future__ import annotations

from typing import Final

from harness.sim.answers import Arguments, Refusal, Report
from harness.sim.machines import Machine
from harness.sim.markup import leaf, node
from harness.sim.messages import error
from harness.sim.operational.operation import JDM, Operation
from harness.sim.view import View

_FIRST_ID: Final = 2
_CONTROL_PLANE: Final = Machine("vjunos0")
_PAGE: Final = {"1024": "1GiB", "2": "2MiB"}


def _functions(view: View, arguments: Arguments) -> Report:
    wanted = arguments.get("vnf-name", "")
    rows = [
        (number, one)
        for number, one in enumerate((_CONTROL_PLANE, *view.machines), _FIRST_ID - 1)
        if wanted in ("", one.name)
    ]
    if not rows:
        raise Refusal(error(f"virtual network function {wanted} not found"))
    return Report(
        lambda: node("vnf-information", *(_entry(number, one) for number, one in rows)),
        lambda: (
            f"{'ID':<8}{'Name':<52}{'State':<11}Liveliness\n{'-' * 81}\n"
            + "".join(
                f"{number:<8}{one.name:<52}{_state(one):<11}{_liveliness(one)}\n"
                for number, one in rows
            )
        ),
    )


def _entry(number: int, one: Machine) -> str:
    return node(
        "vnf-instance",
        leaf("vnf-id", number),
        leaf("vnf-name", one.name),
        leaf("vnf-state", _state(one)),
        leaf("vnf-liveliness", _liveliness(one)),
    )


def _state(one: Machine) -> str:
    return "Running" if one.running else "Shut Off"


def _liveliness(one: Machine) -> str:
    return "alive" if one.alive else "down"


def _memory(view: View, _arguments: Arguments) -> Report:
    memory = view.memory
    if memory is None:
        raise Refusal(error("memory information not available"))
    virtual = {"Total": memory.total, "Used": memory.used}
    pages = [
        (_PAGE[size], words, which.get(size, 0))
        for size in memory.pages
        for words, which in (("Total", memory.pages), ("Free", memory.free))
    ]
    return Report(
        lambda: node(
            "visibility-memory-information",
            *(leaf(f"memory-{name.lower()}", kib) for name, kib in virtual.items()),
            *(node("hugepages", leaf("size", size), leaf(w.lower(), n)) for size, w, n in pages),
        ),
        lambda: (
            "Memory Information\n------------------\n\nVirtual Memory:\n---------------\n"
            + "".join(f"{name:<11}(KiB): {kib}\n" for name, kib in virtual.items())
            + "\nHuge Pages:\n------------\n"
            + "".join(f"{words} {size} Huge Pages:     {count}\n" for size, words, count in pages)
        ),
    )


OPERATIONS: Final = (
    Operation(
        "get-virtual-network-functions-information",
        "show virtual-network-functions",
        _functions,
        schemas=JDM,
        options=("brief", "detail"),
        values=("verbosity_level",),
        free="vnf-name",
    ),
    Operation(
        "get-visibility-memory-information",
        "show system visibility memory",
        _memory,
        schemas=JDM,
    ),
)
