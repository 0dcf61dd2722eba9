"""What the shell of a compute node has beside the usual: virsh, and how large the host is.

As printed by libvirt and procps of common distributions; see docs/simulated-device.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Final

from harness.errors import HarnessBug
from harness.sim.cli.unix_tool import Outcome, Surroundings, Tool
from harness.sim.machines import Machine
from harness.sim.view import View

_CPUS: Final = 32
_LIST_OPTIONS: Final = frozenset({"--all", "--name", "--inactive"})


def _virsh(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    match list(arguments):
        case ["list", *options]:
            return _list(here, options)
        case ["dominfo" | "domstate" as what, name]:
            return _of_one(here, what, name)
        case words:
            return _error(f"unknown command: '{' '.join(words[:1])}'")


def _list(here: Surroundings, options: Sequence[str]) -> Outcome:
    for option in options:
        if option not in _LIST_OPTIONS:
            return _error(f"command 'list' doesn't support option {option}")
    rows = [
        (str(number) if one.running else "-", one.name, _state(one))
        for number, one in enumerate(_machines(here), 1)
        if "--all" in options or one.running != ("--inactive" in options)
    ]
    if "--name" in options:
        return Outcome("".join(f"{name}\n" for _, name, _ in rows) + "\n")
    head = f" {'Id':<5} {'Name':<30} State\n{'-' * 52}\n"
    return Outcome(head + "".join(f" {n:<5} {name:<30} {s}\n" for n, name, s in rows) + "\n")


def _of_one(here: Surroundings, what: str, name: str) -> Outcome:
    found = next((m for m in enumerate(_machines(here), 1) if m[1].name == name), None)
    if found is None:
        return _error(f"failed to get domain '{name}'")
    number, one = found
    if what == "domstate":
        return Outcome(f"{_state(one)}\n\n")
    rows = {
        "Id": number if one.running else "-",
        "Name": name,
        "UUID": uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{here.hostname}"),
        "OS Type": "hvm",
        "State": _state(one),
        "CPU(s)": one.cpus,
        "Max memory": f"{one.memory} KiB",
        "Used memory": f"{one.memory} KiB",
        "Persistent": "yes",
        "Autostart": "disable",
    }
    return Outcome("".join(f"{f'{key}:':<16}{value}\n" for key, value in rows.items()) + "\n")


def _error(words: str) -> Outcome:
    return Outcome("", f"error: {words}\n", 1)


def _state(one: Machine) -> str:
    return "running" if one.running else "shut off"


def _machines(here: Surroundings) -> Sequence[Machine]:
    return _view(here).machines


def _view(here: Surroundings) -> View:
    if here.machines is None:
        raise HarnessBug("a shell without machines has no virsh")
    return here.machines()


def _free(here: Surroundings, arguments: Sequence[str], _: str) -> Outcome:
    memory = _view(here).memory
    if memory is None:
        raise HarnessBug("a host without memory")
    divisor = 1024 if "-m" in arguments else 1
    total, used = memory.total // divisor, memory.used // divisor
    names = ("total", "used", "free", "shared", "buff/cache", "available")
    values = (total, used, total - used, 0, 0, total - used)
    return Outcome(
        " " * 7 + "".join(f"{name:>12}" for name in names) + "\n"
        f"{'Mem:':<7}" + "".join(f"{value:>12}" for value in values) + "\n"
        f"{'Swap:':<7}" + "".join(f"{0:>12}" for _ in range(3)) + "\n"
    )


HOST: Final[Mapping[str, Tool]] = {
    "virsh": _virsh,
    "nproc": lambda _here, _arguments, _given: Outcome(f"{_CPUS}\n"),
    "free": _free,
}
