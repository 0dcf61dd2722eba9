"""The environment of the chassis: temperatures, fans, power supplies, chassis alarms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from harness.sim.answers import Arguments, Refusal, Report
from harness.sim.hardware import Sensor, Supply, Threshold, hardware
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.alarms import alarm_report
from harness.sim.operational.operation import BOTH_NODES, ROUTERS, Operation
from harness.sim.operational.show_chassis import celsius, temperature
from harness.sim.view import View

_THRESHOLD_TAGS: Final = (
    ("fan-normal-speed", "fan_normal"),
    ("fan-high-speed", "fan_high"),
    ("bad-fan-yellow-alarm", "bad_fan_yellow"),
    ("bad-fan-red-alarm", "bad_fan_red"),
    ("yellow-alarm", "yellow"),
    ("red-alarm", "red"),
    ("fire-shutdown", "fire"),
)


def _classed(sensors: tuple[Sensor, ...]) -> Iterator[tuple[str, Sensor]]:
    """Name the class of each row; Junos says it in the first row of a class only."""
    last = ""
    for sensor in sensors:
        yield ("" if sensor.kind == last else sensor.kind), sensor
        last = sensor.kind


def _environment(view: View, _arguments: Arguments) -> Report:
    sensors = hardware(view.platform).sensors

    def measured(sensor: Sensor) -> str:
        return temperature(sensor.celsius) if sensor.celsius is not None else sensor.comment

    def item(kind: str, sensor: Sensor) -> str:
        return node(
            "environment-item",
            leaf("name", sensor.name),
            leaf("class", kind) if kind else "",
            leaf("status", "OK"),
            celsius("temperature", sensor.celsius) if sensor.celsius is not None else "",
            leaf("comment", sensor.comment) if sensor.comment else "",
        )

    return Report(
        lambda: node(
            "environment-information",
            *(item(kind, sensor) for kind, sensor in _classed(sensors)),
            attributes={"xmlns": view.namespace("chassis")},
        ),
        lambda: (
            "Class Item                           Status     Measurement\n"
            + "".join(
                f"{kind:<6}{sensor.name:<31}{'OK':<11}{measured(sensor)}".rstrip() + "\n"
                for kind, sensor in _classed(sensors)
            )
        ),
    )


def _fans(view: View, _arguments: Arguments) -> Report:
    fans = [sensor for sensor in hardware(view.platform).sensors if sensor.kind == "Fans"]
    rpm = 5700

    def item(sensor: Sensor) -> str:
        return node(
            "fan-information-rpm-item",
            leaf("name", sensor.name),
            leaf("status", "OK"),
            leaf("rpm", rpm),
            leaf("comment", sensor.comment),
        )

    return Report(
        lambda: node(
            "fan-information",
            *map(item, fans),
            attributes={"xmlns": view.namespace("chassis")},
        ),
        lambda: (
            f"{'Item':<33}{'Status':<11}{'RPM':<9}Measurement\n"
            + "".join(f"{fan.name:<33}{'OK':<11}{rpm:<9}{fan.comment}\n" for fan in fans)
        ),
    )


def _thresholds(view: View, _arguments: Arguments) -> Report:
    rows = hardware(view.platform).thresholds

    def values(row: Threshold) -> list[tuple[str, int]]:
        return [(tag, getattr(row, name)) for tag, name in _THRESHOLD_TAGS]

    def item(row: Threshold) -> str:
        degrees = (leaf(tag, value) for tag, value in values(row))
        return node("temperature-threshold", leaf("name", row.name), *degrees)

    return Report(
        lambda: node(
            "temperature-threshold-information",
            *map(item, rows),
            attributes={"xmlns": view.namespace("chassis")},
        ),
        lambda: (
            "                           Fan speed      Yellow alarm      Red alarm"
            "      Fire Shutdown\n"
            "                          (degrees C)      (degrees C)     (degrees C)"
            "     (degrees C)\n"
            "Item                     Normal  High   Normal  Bad fan   Normal  Bad fan"
            "     Normal\n"
            + "".join(
                f"{row.name:<25}{row.fan_normal:>6}{row.fan_high:>6}{row.yellow:>9}"
                f"{row.bad_fan_yellow:>9}{row.red:>9}{row.bad_fan_red:>9}{row.fire:>11}\n"
                for row in rows
            )
        ),
    )


def _power(view: View, _arguments: Arguments) -> Report:
    supplies = hardware(view.platform).supplies
    if not supplies:
        raise Refusal(error(f"power usage is not supported on this platform {SIMULATED}"))
    drawn = sum(supply.watts for supply in supplies)
    room = sum(supply.capacity for supply in supplies)
    return Report(
        lambda: node(
            "power-usage-information",
            *map(_supply_xml, supplies),
            node(
                "power-usage-system",
                node(
                    "power-usage-zone-information",
                    leaf("zone", "0"),
                    leaf("capacity-actual", room),
                    leaf("capacity-max", room),
                    leaf("capacity-allocated", drawn),
                    leaf("capacity-remaining", room - drawn),
                    leaf("capacity-actual-usage", drawn),
                ),
                leaf("capacity-sys-actual", room),
                leaf("capacity-sys-max", room),
                leaf("capacity-sys-remaining", room - drawn),
            ),
        ),
        lambda: (
            "".join(map(_supply_text, supplies)) + f"System:\n  Zone 0:\n"
            f"      Capacity:          {room} W (maximum {room} W)\n"
            f"      Allocated power:   {drawn} W ({room - drawn} W remaining)\n"
            f"      Actual usage:      {drawn} W\n"
            f"  Total system capacity: {room} W (maximum {room} W)\n"
            f"  Total remaining power: {room - drawn} W\n"
        ),
    )


def _supply_xml(supply: Supply) -> str:
    return node(
        "power-usage-item",
        leaf("name", supply.name),
        leaf("state", "Online"),
        node(
            "pem-capacity-detail",
            leaf("capacity-actual", supply.capacity),
            leaf("capacity-max", supply.capacity),
        ),
        node(
            "dc-output-detail",
            leaf("dc-power", supply.watts),
            leaf("zone", "0"),
            leaf("dc-current", supply.amperes),
            leaf("dc-voltage", supply.volts),
            leaf("dc-load", supply.watts * 100 // supply.capacity),
        ),
    )


def _supply_text(supply: Supply) -> str:
    return (
        f"{supply.name}:\n  State:     Online\n"
        f"  Capacity:  {supply.capacity} W (maximum {supply.capacity} W)\n"
        f"  DC output: {supply.watts} W (zone 0, {supply.amperes} A at {supply.volts} V, "
        f"{supply.watts * 100 // supply.capacity}% of capacity)\n"
    )


def _alarms(view: View, _arguments: Arguments) -> Report:
    """List the alarms of the chassis: none, unless a fault raises one."""
    return alarm_report(view, view.alarms, "Chassis")


_operation = partial(Operation, schemas=ROUTERS, nodes=BOTH_NODES)
OPERATIONS: Final = (
    _operation("get-environment-information", "show chassis environment", _environment),
    _operation("get-environment-fan-information", "show chassis fan", _fans),
    _operation(
        "get-temperature-threshold-information", "show chassis temperature-thresholds", _thresholds
    ),
    _operation("get-power-usage-information", "show chassis power", _power),
    _operation("get-power-usage-information-detail", "show chassis power detail", _power),
    _operation("get-alarm-information", "show chassis alarms", _alarms),
)
