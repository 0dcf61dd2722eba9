"""Chassis questions: inventory, routing engine, FPC and PIC, addresses of the chassis."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from harness.sim.answers import Arguments, Refusal, Report
from harness.sim.hardware import Module, hardware, mac_address
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.operation import BOTH_NODES, ROUTERS, Operation
from harness.sim.times import elapsed, epoch, timestamp, uptime
from harness.sim.view import View

_SUB_MODULES: Final = ("module", "sub-module", "sub-sub-module", "sub-sub-sub-module")
_LOAD_AVERAGES: Final = (("one", "0.05"), ("five", "0.04"), ("fifteen", "0.01"))


def _inventory(view: View, arguments: Arguments) -> Report:
    modules = hardware(view.platform).modules
    if "models" in arguments or "clei-models" in arguments:
        return _models(view, clei="clei-models" in arguments)
    return Report(
        lambda: node(
            "chassis-inventory",
            node(
                "chassis",
                leaf("name", "Chassis"),
                leaf("serial-number", view.serial),
                leaf("description", view.platform.chassis),
                *(_module_xml(view, module, 0) for module in modules),
                attributes={"junos:style": "inventory"},
            ),
            attributes={"xmlns": view.namespace("chassis")},
        ),
        lambda: (
            "Hardware inventory:\n"
            f"{'Item':<17}{'Version':<9}{'Part number':<13}{'Serial number':<18}Description\n"
            + _module_line("Chassis", "", "", view.serial, view.platform.chassis)
            + "".join(
                _module_line(
                    f"{'  ' * depth}{module.name}",
                    module.version,
                    module.part,
                    module.serial(view.serial),
                    module.description,
                )
                for depth, module in _walk(modules)
            )
        ),
    )


def _walk(modules: tuple[Module, ...], depth: int = 0) -> Iterator[tuple[int, Module]]:
    for module in modules:
        yield depth, module
        yield from _walk(module.parts, depth + 1)


def _module_xml(view: View, module: Module, depth: int) -> str:
    values = (
        ("version", module.version),
        ("part-number", module.part),
        ("serial-number", module.serial(view.serial)),
        ("description", module.description),
        ("clei-code", module.clei),
        ("model-number", module.model),
    )
    return node(
        f"chassis-{_SUB_MODULES[depth]}",
        leaf("name", module.name),
        *(leaf(tag, value) for tag, value in values if value),
        *(_module_xml(view, part, depth + 1) for part in module.parts),
    )


def _module_line(name: str, version: str, part: str, serial: str, description: str) -> str:
    return f"{name:<17}{version:<9}{part:<13}{serial:<18}{description}".rstrip() + "\n"


def _models(view: View, *, clei: bool) -> Report:
    """List what can be ordered: modules with a model number."""
    rows = [module for _, module in _walk(hardware(view.platform).modules) if module.model]

    def xml(module: Module) -> str:
        values = (
            ("version", module.version),
            ("part-number", module.part),
            ("serial-number", module.serial(view.serial)),
            ("clei-code", module.clei if clei else ""),
            ("model-number", module.model),
        )
        return node(
            "chassis-module",
            leaf("name", module.name),
            *(leaf(tag, value) for tag, value in values if value),
        )

    heading = f"{'Item':<17}{'Version':<9}{'Part number':<13}"
    heading += f"{'CLEI code':<18}" if clei else f"{'Serial number':<18}"
    return Report(
        lambda: node(
            "chassis-inventory",
            node(
                "chassis",
                leaf("name", "Chassis"),
                *map(xml, rows),
                attributes={"junos:style": "clei-models" if clei else "models"},
            ),
            attributes={"xmlns": view.namespace("chassis")},
        ),
        lambda: (
            f"Hardware inventory:\n{heading}FRU model number\n"
            + "".join(
                _module_line(
                    module.name,
                    module.version,
                    module.part,
                    module.clei if clei else module.serial(view.serial),
                    module.model,
                )
                for module in rows
            )
        ),
    )


def celsius(tag: str, degrees: int) -> str:
    """Write a temperature with its attribute, as environment replies do."""
    return leaf(tag, temperature(degrees), {"junos:celsius": str(degrees)})


def temperature(degrees: int) -> str:
    """Return "37 degrees C / 98 degrees F"."""
    return f"{degrees} degrees C / {degrees * 9 // 5 + 32} degrees F"


def _busy(view: View) -> tuple[tuple[str, int, str], ...]:
    """Return tag, percentage and label of what the routing engine does with its time."""
    kernel = min(3, view.load.cpu)
    return (
        ("cpu-user", view.load.cpu - kernel, "User"),
        ("cpu-background", 0, "Background"),
        ("cpu-system", kernel, "Kernel"),
        ("cpu-interrupt", 0, "Interrupt"),
        ("cpu-idle", 100 - view.load.cpu, "Idle"),
    )


def _routing_engine(view: View, arguments: Arguments) -> Report:
    if arguments.get("slot", "0") != "0":
        raise Refusal(error(f"no routing engine in slot {arguments['slot']} {SIMULATED}"))
    memory = view.platform.memory_mib
    sensors = {sensor.name: sensor.celsius for sensor in hardware(view.platform).sensors}
    heat = sensors.get("Routing Engine 0")
    cpu_heat = sensors.get("Routing Engine 0 CPU")
    up = view.now - view.booted
    state = "master" if view.node in ("", "node0") else "backup"
    reason = "Router rebooted after a normal shutdown."
    busy = _busy(view)
    averages = ("",) if view.version.startswith("15.1X49") else ("", "1", "2", "3")

    def xml() -> str:
        return node(
            "route-engine-information",
            node(
                "route-engine",
                leaf("slot", "0"),
                leaf("mastership-state", state),
                leaf("mastership-priority", f"{state} (default)"),
                leaf("status", "OK"),
                celsius("temperature", heat) if heat is not None else "",
                celsius("cpu-temperature", cpu_heat) if cpu_heat is not None else "",
                leaf("memory-dram-size", f"{memory} MB"),
                leaf("memory-installed-size", f"({memory} MB installed)"),
                leaf("memory-buffer-utilization", view.load.memory),
                *(leaf(f"{tag}{n}", value) for n in averages for tag, value, _ in busy),
                leaf("model", view.platform.routing_engine),
                leaf("serial-number", view.serial),
                leaf("start-time", timestamp(view.booted), epoch(view.booted)),
                leaf("up-time", uptime(up), elapsed(up)),
                leaf("last-reboot-reason", reason),
                *(leaf(f"load-average-{name}", value) for name, value in _LOAD_AVERAGES),
            ),
            attributes={"xmlns": view.namespace("chassis")},
        )

    def text() -> str:
        rows = [
            ("Current state", state.capitalize()),
            ("Election priority", f"{state.capitalize()} (default)"),
            *([("Temperature", temperature(heat))] if heat is not None else []),
            *([("CPU temperature", temperature(cpu_heat))] if cpu_heat is not None else []),
            ("DRAM", f"{memory} MB ({memory} MB installed)"),
            ("Memory utilization", f"{view.load.memory:>4} percent"),
            ("CPU utilization:", ""),
            *((f"  {label}", f"{value:>4} percent") for _, value, label in busy),
            ("Model", view.platform.routing_engine),
            ("Serial ID", view.serial),
            ("Start time", timestamp(view.booted)),
            ("Uptime", uptime(up)),
            ("Last reboot reason", reason),
            ("Load averages:", "1 minute   5 minute  15 minute"),
            ("", "".join(f"{value:>8}   " for _, value in _LOAD_AVERAGES).rstrip()),
        ]
        shown = "".join(f"    {label:<31}{value}".rstrip() + "\n" for label, value in rows)
        return f"Routing Engine status:\n  Slot 0:\n{shown}"

    return Report(xml, text)


def _fpc(view: View, arguments: Arguments) -> Report:
    _require_slot(arguments.get("fpc-slot", ""))
    chassis = hardware(view.platform)
    heat = chassis.fpc_celsius
    detail = "detail" in arguments
    memory = (("memory-dram-size", "Total CPU DRAM", f"{chassis.fpc_memory_mib}"),)
    loads = (
        ("cpu-total", "0"),
        ("cpu-interrupt", "0"),
        ("cpu-1min-avg", "0"),
        ("cpu-5min-avg", "0"),
        ("cpu-15min-avg", "0"),
        ("memory-dram-size", f"{chassis.fpc_memory_mib}"),
        ("memory-heap-utilization", "17"),
        ("memory-buffer-utilization", "0"),
    )
    up = view.now - view.booted
    start = leaf("start-time", timestamp(view.booted), epoch(view.booted))
    length = leaf("up-time", uptime(up), elapsed(up))
    shown_heat = "Testing" if heat is None else str(heat)
    values = "".join(f"{value:>9}" for _, value in loads)
    return Report(
        lambda: node(
            "fpc-information",
            node(
                "fpc",
                leaf("slot", "0"),
                leaf("state", "Online"),
                celsius("temperature", heat) if heat is not None else "",
                *(leaf(tag, value) for tag, _, value in memory if detail),
                *(leaf(tag, value) for tag, value in loads if not detail),
                f"{start}{length}" if detail else "",
            ),
            attributes={
                "xmlns": view.namespace("chassis"),
                "junos:style": "verbose" if detail else "brief",
            },
        ),
        lambda: (
            "Slot 0 information:\n"
            f"  {'State':<36}Online\n  {'Total CPU DRAM':<36}{chassis.fpc_memory_mib} MB\n"
            f"  {'Start time':<36}{timestamp(view.booted)}\n  {'Uptime':<36}{uptime(up)}\n"
            if detail
            else "                     Temp  CPU Utilization (%)   CPU Utilization (%)  "
            "Memory    Utilization (%)\nSlot State            (C)  Total  Interrupt      "
            "1min   5min   15min  DRAM (MB) Heap     Buffer\n"
            f"  0  Online           {shown_heat}{values}\n"
        ),
    )


def _require_slot(slot: str) -> None:
    if slot not in ("", "0"):
        raise Refusal(error(f"FPC slot {slot} is empty {SIMULATED}"))


def _pic(view: View, arguments: Arguments) -> Report:
    _require_slot(arguments.get("slot", ""))
    board = next(m for m in hardware(view.platform).modules if m.name == "FPC 0")
    pic = hardware(view.platform).port_description
    return Report(
        lambda: node(
            "fpc-information",
            node(
                "fpc",
                leaf("slot", "0"),
                leaf("state", "Online"),
                leaf("description", board.description),
                node(
                    "pic",
                    leaf("pic-slot", "0"),
                    leaf("pic-state", "Online"),
                    leaf("pic-type", pic),
                ),
            ),
            attributes={"xmlns": view.namespace("chassis"), "junos:style": "pic-style"},
        ),
        lambda: f"Slot 0   Online       {board.description}\n  PIC 0  Online       {pic}\n",
    )


def _mac_addresses(view: View, _arguments: Arguments) -> Report:
    base, count = mac_address(view.serial, 0), hardware(view.platform).mac_count
    return Report(
        lambda: node(
            "chassis-mac-addresses",
            node(
                "mac-address-information",
                leaf("public-base-address", base),
                leaf("public-count", count),
            ),
            attributes={"xmlns": view.namespace("chassis")},
        ),
        lambda: (
            "MAC address information:\n"
            f"  Public base address     {base}\n  Public count            {count}\n"
        ),
    )


_operation = partial(Operation, schemas=ROUTERS, nodes=BOTH_NODES)
OPERATIONS: Final = (
    _operation(
        "get-chassis-inventory",
        "show chassis hardware",
        _inventory,
        options=("detail", "extensive", "models", "clei-models"),
    ),
    _operation(
        "get-route-engine-information", "show chassis routing-engine", _routing_engine, free="slot"
    ),
    _operation(
        "get-fpc-information", "show chassis fpc", _fpc, options=("detail",), free="fpc-slot"
    ),
    _operation("get-pic-information", "show chassis fpc pic-status", _pic, free="slot"),
    _operation("get-chassis-mac-addresses", "show chassis mac-addresses", _mac_addresses),
)
