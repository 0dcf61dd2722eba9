"""Chassis clusters: answers of both nodes side by side, and the state of the cluster.

A device is a cluster when its testbed says so. Node 0 is primary for every redundancy group and
runs the configuration; node 1 answers with a serial number of its own. Shapes: recorded replies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.sim.answers import Arguments, DaemonRefusal, Refusal, Report
from harness.sim.config.tree import entries
from harness.sim.config.tree import leaf as leaf_of
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.operation import BOTH_NODES, SRX, Operation
from harness.sim.platforms import serial_number
from harness.sim.view import AT_REST, View

PRIMARY: Final = "node0"
_PRIORITIES: Final = {"node0": "200", "node1": "100"}
_CHOICES: Final = {
    "primary": ("node0",),
    "local": ("node0",),
    "0": ("node0",),
    "1": ("node1",),
    "all": BOTH_NODES,
}
CLUSTER_ID: Final = "1"


def by_node(view: View, operation: Operation, arguments: Arguments) -> Report:
    """Answer for each node, or for the one that ``node`` names.

    Raises ``Refusal`` for a node that a cluster doesn't have.
    """
    wanted = arguments.get("node", "all").removeprefix("node")
    if wanted not in _CHOICES:
        raise Refusal(error(f"invalid node '{wanted}' {SIMULATED}", bad_element="node"))
    rest = {name: value for name, value in arguments.items() if name != "node"}
    names = [name for name in _CHOICES[wanted] if name in operation.nodes]
    reports = [(name, operation.answer(of_node(view, name), rest)) for name in names]

    def xml() -> str:
        return node(
            "multi-routing-engine-results",
            *(
                node("multi-routing-engine-item", leaf("re-name", name), report.xml())
                for name, report in reports
            ),
        )

    def text() -> str:
        rule = "-" * 74
        return "\n".join(f"{name}:\n{rule}\n{report.text()}" for name, report in reports)

    return Report(xml, text)


def of_node(view: View, name: str) -> View:
    """Return what one node sees; the second one differs by its serial number, and is well."""
    if name == PRIMARY:
        return replace(view, node=name)
    serial = serial_number(f"{view.serial} {name}", None)
    return replace(view, node=name, serial=serial, alarms=(), cores=(), load=AT_REST)


def _require_cluster(view: View) -> None:
    if not view.cluster:
        raise DaemonRefusal("jsrpd", "Chassis cluster is not enabled")


def _groups(view: View) -> list[str]:
    """Return the redundancy groups: 0 and what is configured."""
    configured = (name for name, _ in entries(view.tree, "chassis", "cluster", "redundancy-group"))
    return sorted({"0", "1", *configured}, key=int)


def _priority(view: View, group: str, name: str) -> str:
    path = ("chassis", "cluster", "redundancy-group", group, "node", name.removeprefix("node"))
    return leaf_of(view.tree, *path, "priority") or _PRIORITIES[name]


def _status(view: View, arguments: Arguments) -> Report:
    _require_cluster(view)
    wanted = arguments.get("redundancy-group", "")
    groups = [group for group in _groups(view) if wanted in ("", group)]
    rows = [
        (group, name, _priority(view, group, name), "primary" if name == PRIMARY else "secondary")
        for group in groups
        for name in BOTH_NODES
    ]

    def stats(group: str) -> str:
        return "".join(
            leaf("device-name", name)
            + leaf("device-priority", priority)
            + leaf("redundancy-group-status", status)
            + leaf("preempt", "no")
            + leaf("failover-mode", "no")
            + leaf("monitor-failures", "None")
            for of_group, name, priority, status in rows
            if of_group == group
        )

    def xml() -> str:
        return node(
            "chassis-cluster-status",
            leaf("cluster-id", CLUSTER_ID),
            *(
                node(
                    "redundancy-group",
                    leaf("cluster-id", CLUSTER_ID),
                    leaf("redundancy-group-id", group),
                    leaf("redundancy-group-failover-count", "1"),
                    node("device-stats", stats(group)),
                )
                for group in groups
            ),
        )

    def text() -> str:
        lines = [
            "Monitor Failure codes:",
            "    CS  Cold Sync monitoring        FL  Fabric Connection monitoring",
            "",
            f"Cluster ID: {CLUSTER_ID}",
            "Node   Priority Status               Preempt Manual   Monitor-failures",
        ]
        for group in groups:
            lines += ["", f"Redundancy group: {group} , Failover count: 1"]
            lines += [
                f"{name:<7}{priority:<9}{status:<21}{'no':<8}{'no':<9}None"
                for of_group, name, priority, status in rows
                if of_group == group
            ]
        return "\n".join(lines) + "\n"

    return Report(xml, text)


def _interfaces(view: View, _arguments: Arguments) -> Report:
    """Show the links between the nodes (text shape: published outputs; XML names: the same)."""
    _require_cluster(view)
    control = ("0", "em0", "Up", "Disabled")
    fabric = (("fab0", "ge-0/0/2"), ("fab1", "ge-7/0/2"))
    return Report(
        lambda: node(
            "chassis-cluster-interface-statistics",
            node(
                "control-interface-index-detail",
                leaf("control-link-status", "Up"),
                leaf("control-interface-index", control[0]),
                leaf("control-interface-name", control[1]),
                leaf("mon-intf-status", control[2]),
                leaf("internal-sa", control[3]),
            ),
            node(
                "dataplane-interface",
                leaf("fabric-link-status", "Up"),
                *(
                    leaf("fabric-interface-name", name) + leaf("fabric-child-interface-name", child)
                    for name, child in fabric
                ),
            ),
        ),
        lambda: (
            "Control link status: Up\n\nControl interfaces: \n"
            "    Index   Interface   Monitored-Status   Internal-SA\n"
            f"    {control[0]:<8}{control[1]:<12}{control[2]:<19}{control[3]}\n\n"
            "Fabric link status: Up\n\nFabric interfaces: \n"
            "    Name    Child-interface    Status\n"
            "                               (Physical/Monitored)\n"
            + "".join(f"    {name:<8}{child:<19}Up   / Up\n" for name, child in fabric)
        ),
    )


OPERATIONS: Final = (
    Operation(
        "get-chassis-cluster-status",
        "show chassis cluster status",
        _status,
        schemas=SRX,
        values=("redundancy-group",),
    ),
    Operation(
        "get-chassis-cluster-interfaces",
        "show chassis cluster interfaces",
        _interfaces,
        schemas=SRX,
    ),
)
