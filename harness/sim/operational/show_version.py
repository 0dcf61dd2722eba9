"""Who the device is: model, releases and host name."""

from __future__ import annotations

from typing import Final

from harness.sim.answers import Arguments, Report
from harness.sim.markup import leaf, node
from harness.sim.operational.operation import BOTH_NODES, ROUTERS, Operation
from harness.sim.view import View

_JDM_PACKAGES: Final = ("control-plane flex", "platform", "base", "data-plane")


def _system_information(view: View, _arguments: Arguments) -> Report:
    rows = (
        ("hardware-model", "Model", view.platform.hardware_model),
        ("os-name", "Family", view.platform.os_name),
        ("os-version", "Junos", view.version),
        ("serial-number", "Serial number", view.serial),
        ("host-name", "Hostname", view.hostname),
    )
    end = "<cluster-node/>\n" if view.cluster else ""
    return Report(
        lambda: node("system-information", *(leaf(tag, value) for tag, _, value in rows), end),
        lambda: "".join(
            f"{label}: {value}\n" for tag, label, value in rows if tag != "serial-number"
        ),
    )


def _software(view: View, _arguments: Arguments) -> Report:
    return Report(lambda: _software_xml(view), lambda: _software_text(view))


def _software_xml(view: View) -> str:
    row = view.platform
    parts = [
        leaf("host-name", view.hostname),
        leaf("product-model", row.hardware_model),
        leaf("product-name", row.hardware_model.lower()),
    ]
    if row.linux_host:
        parts += [_package(*package) for package in _jdm_packages(view)]
        release = f"{view.version}.secure [builder]"
        component = leaf("component", "MGD")
        parts.append(node("version-information", component, leaf("release", release)))
        return node("software-information", *parts)
    if row.schema == "junos-es":
        parts.append("<jsr/>\n")
    if row.os_name == "junos-es" and not view.version.startswith("15.1X49"):
        parts.append(leaf("os-name", row.os_name))
    parts.append(leaf("junos-version", view.version))
    parts.append(_package("junos", f"JUNOS Software Release [{view.version}]"))
    return node("software-information", *parts)


def _package(name: str, comment: str) -> str:
    return node("package-information", leaf("name", name), leaf("comment", comment))


def _jdm_packages(view: View) -> list[tuple[str, str]]:
    return [
        (
            f"Junos Host Software package[{number}]",
            f"JUNOS Host nfx-2 {what} package [{view.version}]",
        )
        for number, what in enumerate(_JDM_PACKAGES, 1)
    ]


def _software_text(view: View) -> str:
    lines = [f"Hostname: {view.hostname}", f"Model: {view.platform.hardware_model}"]
    if view.platform.linux_host:
        lines += [comment for _, comment in _jdm_packages(view)]
    else:
        lines += [f"Junos: {view.version}", f"JUNOS Software Release [{view.version}]"]
    return "\n".join(lines) + "\n"


def _version_everywhere(view: View, _arguments: Arguments) -> Report:
    """Answer for all routing engines: there is one, and only MX says so with an item around it."""
    if view.cluster or not view.platform.replies_per_routing_engine:
        return _software(view, _arguments)
    return Report(
        lambda: node(
            "multi-routing-engine-results",
            node("multi-routing-engine-item", leaf("re-name", "re0"), _software_xml(view)),
        ),
        lambda: "re0:\n" + "-" * 74 + "\n" + _software_text(view),
    )


OPERATIONS: Final = (
    Operation("get-system-information", "show system information", _system_information),
    Operation(
        "get-software-information",
        "show version",
        _software,
        options=("brief", "detail", "local"),
        nodes=BOTH_NODES,
    ),
    Operation(
        "",
        "show version invoke-on all-routing-engines",
        _version_everywhere,
        schemas=ROUTERS,
        nodes=BOTH_NODES,
    ),
)
