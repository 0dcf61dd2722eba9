"""Chassis questions: inventory, routing engine, cluster."""

from __future__ import annotations

from typing import Final

from harness.sim.answers import Arguments, DaemonRefusal, Report
from harness.sim.markup import leaf, node
from harness.sim.operational.operation import ROUTERS, SRX, Operation, epoch, timestamp
from harness.sim.view import View


def _inventory(view: View, _arguments: Arguments) -> Report:
    modules = (
        ("Midplane", ""),
        ("Routing Engine 0", view.platform.routing_engine),
        ("FPC 0", "FPC" if view.platform.hardware_model.startswith("srx") else "Virtual FPC"),
        ("Power Supply 0", ""),
    )

    def module(name: str, description: str) -> str:
        shown = leaf("description", description) if description else ""
        return node("chassis-module", leaf("name", name), shown)

    def line(name: str, serial: str, description: str) -> str:
        return f"{name:<49}{serial:<18}{description}".rstrip() + "\n"

    return Report(
        lambda: node(
            "chassis-inventory",
            node(
                "chassis",
                leaf("name", "Chassis"),
                leaf("serial-number", view.serial),
                leaf("description", view.platform.chassis),
                *(module(*each) for each in modules),
                attributes={"junos:style": "inventory"},
            ),
            attributes={"xmlns": view.namespace("chassis")},
        ),
        lambda: (
            "Hardware inventory:\n"
            f"{'Item':<17}{'Version':<9}{'Part number':<13}{'Serial number':<18}Description\n"
            + f"{'Chassis':<39}{view.serial:<18}{view.platform.chassis}\n"
            + "".join(line(name, "", description) for name, description in modules)
        ),
    )


def _routing_engine(view: View, _arguments: Arguments) -> Report:
    memory = view.platform.memory_mib
    rows = (
        ("slot", "0", "Slot 0", ""),
        ("mastership-state", "master", "Current state", "Master"),
        ("status", "OK", "Status", "OK"),
        ("memory-dram-size", f"{memory} MB", "DRAM", f"{memory} MB"),
        ("memory-installed-size", f"({memory} MB installed)", "", ""),
        ("memory-buffer-utilization", "27", "Memory utilization", "27 percent"),
        ("cpu-user", "2", "User", "2 percent"),
        ("cpu-system", "3", "Kernel", "3 percent"),
        ("cpu-idle", "95", "Idle", "95 percent"),
        ("model", view.platform.routing_engine, "Model", view.platform.routing_engine),
        ("serial-number", view.serial, "Serial ID", view.serial),
    )
    up = int((view.now - view.booted).total_seconds())

    def xml() -> str:
        return node(
            "route-engine-information",
            node(
                "route-engine",
                *(leaf(tag, value) for tag, value, _, _ in rows),
                leaf("start-time", timestamp(view.booted), epoch(view.booted)),
                leaf("up-time", f"{up} seconds", {"junos:seconds": str(up)}),
                leaf("last-reboot-reason", "Router rebooted after a normal shutdown."),
                leaf("load-average-one", "0.05"),
                leaf("load-average-five", "0.04"),
                leaf("load-average-fifteen", "0.01"),
            ),
            attributes={"xmlns": view.namespace("chassis")},
        )

    def text() -> str:
        shown = "".join(
            f"    {label:<31}{value}\n" for _, _, label, value in rows if label and value
        )
        return f"Routing Engine status:\n  Slot 0:\n{shown}    {'Start time':<31}" + (
            f"{timestamp(view.booted)}\n"
        )

    return Report(xml, text)


def _cluster(_view: View, _arguments: Arguments) -> Report:
    raise DaemonRefusal("jsrpd", "Chassis cluster is not enabled")


OPERATIONS: Final = (
    Operation(
        "get-chassis-inventory",
        "show chassis hardware",
        _inventory,
        schemas=ROUTERS,
        options=frozenset(("detail", "extensive")),
    ),
    Operation(
        "get-route-engine-information",
        "show chassis routing-engine",
        _routing_engine,
        schemas=ROUTERS,
    ),
    Operation("get-chassis-cluster-status", "show chassis cluster status", _cluster, schemas=SRX),
)
