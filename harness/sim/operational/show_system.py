"""System questions: who the device is, its releases, uptime, storage, alarms, licences, commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from harness.sim.answers import Arguments, Report
from harness.sim.markup import leaf, node
from harness.sim.operational.operation import EVERYWHERE, ROUTERS, Operation, epoch, timestamp
from harness.sim.store.commit import CommitRecord, LockHolder
from harness.sim.view import View

_FILE_SYSTEMS: Final = (  # name, size, used, available, percent, mounted on
    ("/dev/vtbd0s1a", "694M", "450M", "189M", "70", "/"),
    ("devfs", "1.0K", "1.0K", "0B", "100", "/dev"),
    ("/dev/vtbd1s1e", "302M", "22K", "278M", "0", "/config"),
    ("/dev/vtbd1s1f", "2.7G", "95M", "2.4G", "4", "/var"),
)
_BLOCK: Final = {"B": 1 / 512, "K": 2, "M": 2048, "G": 2097152}
_LICENSE: Final = "Virtual Appliance"
_JDM_PACKAGES: Final = ("control-plane flex", "platform", "base", "data-plane")


def _system_information(view: View, _arguments: Arguments) -> Report:
    rows = (
        ("hardware-model", "Model", view.platform.hardware_model),
        ("os-name", "Family", view.platform.os_name),
        ("os-version", "Junos", view.version),
        ("serial-number", "Serial number", view.serial),
        ("host-name", "Hostname", view.hostname),
    )
    return Report(
        lambda: node("system-information", *(leaf(tag, value) for tag, _, value in rows)),
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
        leaf("product-model", row.hardware_model.lower()),
        leaf("product-name", row.hardware_model.lower()),
    ]
    if row.linux_host:
        parts += [_package(*package) for package in _jdm_packages(view)]
        release = f"{view.version}.secure [builder]"
        component = leaf("component", "MGD")
        parts.append(node("version-information", component, leaf("release", release)))
        return node("software-information", *parts)
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
    lines = [f"Hostname: {view.hostname}", f"Model: {view.platform.hardware_model.lower()}"]
    if view.platform.linux_host:
        lines += [comment for _, comment in _jdm_packages(view)]
    else:
        lines += [f"Junos: {view.version}", f"JUNOS Software Release [{view.version}]"]
    return "\n".join(lines) + "\n"


def _version_everywhere(view: View, _arguments: Arguments) -> Report:
    """Answer for all routing engines: there is one, and only MX says so with an item around it."""
    if not view.platform.replies_per_routing_engine:
        return _software(view, _arguments)
    return Report(
        lambda: node(
            "multi-routing-engine-results",
            node("multi-routing-engine-item", leaf("re-name", "re0"), _software_xml(view)),
        ),
        lambda: "re0:\n" + "-" * 74 + "\n" + _software_text(view),
    )


def _uptime(view: View, _arguments: Arguments) -> Report:
    last = view.history[0] if view.history else None
    configured = last.when if last else view.booted
    by = last.user if last else "root"
    up = _duration(view.now - view.booted)

    def moment(tag: str, when: datetime, *more: str) -> str:
        return node(
            tag,
            leaf("date-time", timestamp(when), epoch(when)),
            leaf("time-length", _duration(view.now - when)),
            *more,
        )

    return Report(
        lambda: node(
            "system-uptime-information",
            node("current-time", leaf("date-time", timestamp(view.now), epoch(view.now))),
            moment("system-booted-time", view.booted),
            moment("protocols-started-time", view.booted),
            moment("last-configured-time", configured, leaf("user", by)),
            node("uptime-information", leaf("up-time", up), leaf("active-user-count", "1")),
            attributes={"xmlns": f"http://xml.juniper.net/junos/{view.release}/junos"},
        ),
        lambda: (
            f"Current time: {timestamp(view.now)}\n"
            f"System booted: {timestamp(view.booted)} ({up} ago)\n"
            f"Protocols started: {timestamp(view.booted)} ({up} ago)\n"
            f"Last configured: {timestamp(configured)} "
            f"({_duration(view.now - configured)} ago) by {by}\n"
        ),
    )


def _duration(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


def _storage(_view: View, _arguments: Arguments) -> Report:
    def file_system(row: tuple[str, str, str, str, str, str]) -> str:
        name, size, used, available, percent, mounted = row
        return node(
            "filesystem",
            leaf("filesystem-name", name),
            leaf("total-blocks", _blocks(size), {"junos:format": size}),
            leaf("used-blocks", _blocks(used), {"junos:format": used}),
            leaf("available-blocks", _blocks(available), {"junos:format": available}),
            leaf("used-percent", f"{percent:>3}"),
            leaf("mounted-on", mounted),
        )

    def line(row: Sequence[str]) -> str:
        name, size, used, available, percent, mounted = row
        return f"{name:<22}{size:>6}{used:>12}{available:>12}{percent:>7}%  {mounted}\n"

    columns = f"{'Filesystem':<22}{'Size':>6}{'Used':>12}{'Avail':>12}{'Capacity':>10}"
    heading = f"{columns}  Mounted on\n"
    return Report(
        lambda: node(
            "system-storage-information",
            *map(file_system, _FILE_SYSTEMS),
            attributes={"junos:style": "brief"},
        ),
        lambda: heading + "".join(map(line, _FILE_SYSTEMS)),
    )


def _blocks(size: str) -> int:
    """Return 512-byte blocks of a size as people read it ("2.7G")."""
    return int(float(size[:-1]) * _BLOCK[size[-1]])


def _alarms(view: View, _arguments: Arguments) -> Report:
    """One minor alarm: no rescue configuration, as on a device nobody saved one on."""
    description = "Rescue configuration is not set"
    return Report(
        lambda: node(
            "alarm-information",
            node("alarm-summary", leaf("active-alarm-count", "1")),
            node(
                "alarm-detail",
                leaf("alarm-time", timestamp(view.booted), epoch(view.booted)),
                leaf("alarm-class", "Minor"),
                leaf("alarm-description", description),
                leaf("alarm-short-description", "no-rescue"),
                leaf("alarm-type", "Configuration"),
            ),
            attributes={"xmlns": view.namespace("alarm")},
        ),
        lambda: (
            "1 alarms currently active\nAlarm time               Class  Description\n"
            f"{timestamp(view.booted)}  Minor  {description}\n"
        ),
    )


def _no_alarms(view: View, _arguments: Arguments) -> Report:
    return Report(
        lambda: node(
            "alarm-information",
            node("alarm-summary", "<no-active-alarms/>\n"),
            attributes={"xmlns": view.namespace("alarm")},
        ),
        lambda: "No alarms currently active\n",
    )


def _licenses(view: View, _arguments: Arguments) -> Report:
    return Report(
        lambda: node(
            "license-usage-summary",
            node(
                "feature-summary",
                leaf("name", _LICENSE),
                leaf("description", _LICENSE),
                leaf("licensed", "1"),
                leaf("used-licensed", "1"),
                leaf("needed", "0"),
                node("validity-information", leaf("validity-type", "permanent")),
            ),
            attributes={"xmlns": view.namespace("license")},
        ),
        lambda: (
            "                                 Licenses     Licenses    Licenses    Expiry\n"
            "  Feature name                       used    installed      needed \n"
            f"  {_LICENSE:<31}{1:>8}{1:>13}{0:>12}    permanent\n"
        ),
    )


def _commits(view: View, _arguments: Arguments) -> Report:
    return Report(
        lambda: node("commit-information", *map(_commit_xml, view.history)),
        lambda: "".join(map(_commit_text, view.history)),
    )


def _commit_xml(record: CommitRecord) -> str:
    return node(
        "commit-history",
        leaf("sequence-number", record.sequence),
        leaf("user", record.user),
        leaf("client", record.client),
        leaf("date-time", timestamp(record.when), epoch(record.when)),
        leaf("comment", record.comment) if record.comment else "",
        leaf("log", record.log) if record.log else "",
    )


def _commit_text(record: CommitRecord) -> str:
    comment = f" {record.comment}" if record.comment else ""
    log = f"    {record.log}\n" if record.log else ""
    return (
        f"{record.sequence:<4}{timestamp(record.when)} by {record.user} "
        f"via {record.client}{comment}\n{log}"
    )


def _revision(view: View, _arguments: Arguments) -> Report:
    last = view.history[0]
    revision = f"re0-{int(last.when.timestamp())}-{len(view.history)}"
    return Report(
        lambda: node(
            "commit-revision-information",
            leaf("revision", revision),
            leaf("user", last.user),
            leaf("client", last.client),
            leaf("date-time", timestamp(last.when), epoch(last.when)),
            leaf("comment", last.comment) if last.comment else "",
        ),
        lambda: f"Revision: {revision}\n",
    )


def _database_status(view: View, _arguments: Arguments) -> Report:
    """List who is in the configuration (shape: Junos XML protocol, database-status)."""
    holder, editor = view.lock_holder, view.editor
    if holder is not None and editor is not None and holder.pid == editor.pid:
        editor = None  # one session, one entry
    inside = [one for one in (holder, editor) if one is not None]
    rows = [_editor(one, view.now, exclusive=one is holder) for one in inside]
    words = "".join(
        f"{one.user} (pid {one.pid}){' exclusive' if one is holder else ''}\n" for one in inside
    )
    return Report(lambda: node("database-status-information", *rows), lambda: words)


def _editor(editor: LockHolder, now: datetime, *, exclusive: bool) -> str:
    return node(
        "database-status",
        leaf("user", editor.user),
        leaf("terminal", editor.terminal),
        leaf("pid", str(editor.pid)),
        leaf("start-time", timestamp(editor.since), epoch(editor.since)),
        leaf("idle-time", _duration(now - editor.since)),
        "<exclusive/>\n" if exclusive else "",
        leaf("edit-path", "[edit]"),
    )


OPERATIONS: Final = (
    Operation("get-system-information", "show system information", _system_information),
    Operation(
        "get-software-information",
        "show version",
        _software,
        options=frozenset(("brief", "detail", "local")),
    ),
    Operation(
        "", "show version invoke-on all-routing-engines", _version_everywhere, schemas=ROUTERS
    ),
    Operation("get-system-uptime-information", "show system uptime", _uptime),
    Operation(
        "get-system-storage", "show system storage", _storage, options=frozenset(("detail",))
    ),
    Operation("get-system-alarm-information", "show system alarms", _alarms),
    Operation("get-alarm-information", "show chassis alarms", _no_alarms, schemas=ROUTERS),
    Operation("get-license-summary-information", "show system license", _licenses, schemas=ROUTERS),
    Operation("get-database-status-information", "", _database_status),
    Operation("get-commit-information", "show system commit", _commits, schemas=EVERYWHERE),
    Operation(
        "get-commit-revision-information",
        "show system commit revision",
        _revision,
        options=frozenset(("detail",)),
        values=frozenset(("level",)),
    ),
)
