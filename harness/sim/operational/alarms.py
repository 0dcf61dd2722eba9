"""How alarms are written, those of the system and those of the chassis."""

from __future__ import annotations

from collections.abc import Sequence

from harness.sim.answers import Report
from harness.sim.markup import leaf, node
from harness.sim.times import epoch, timestamp
from harness.sim.view import Alarm, View


def alarm_report(view: View, alarms: Sequence[Alarm], kind: str) -> Report:
    """Write alarms of one kind ("Chassis", "Configuration"), or that there are none."""
    attributes = {"xmlns": view.namespace("alarm")}
    if not alarms:
        none = node("alarm-summary", "<no-active-alarms/>\n")
        return Report(
            lambda: node("alarm-information", none, attributes=attributes),
            lambda: "No alarms currently active\n",
        )
    return Report(
        lambda: node(
            "alarm-information",
            node("alarm-summary", leaf("active-alarm-count", len(alarms))),
            *(_detail(alarm, kind) for alarm in alarms),
            attributes=attributes,
        ),
        lambda: (
            f"{len(alarms)} alarms currently active\n"
            "Alarm time               Class  Description\n"
            + "".join(
                f"{timestamp(alarm.when)}  {alarm.severity.capitalize():<7}{alarm.text}\n"
                for alarm in alarms
            )
        ),
    )


def _detail(alarm: Alarm, kind: str) -> str:
    return node(
        "alarm-detail",
        leaf("alarm-time", timestamp(alarm.when), epoch(alarm.when)),
        leaf("alarm-class", alarm.severity.capitalize()),
        leaf("alarm-description", alarm.text),
        leaf("alarm-short-description", alarm.short or alarm.text[:20]),
        leaf("alarm-type", kind),
    )
