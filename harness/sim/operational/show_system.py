"""System questions: uptime, users, storage, memory, processes, core dumps, alarms, licences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

from harness.sim.answers import Arguments, Refusal, Report
from harness.sim.markup import leaf, node
from harness.sim.messages import SIMULATED, error
from harness.sim.operational.alarms import alarm_report
from harness.sim.operational.operation import BOTH_NODES, ROUTERS, Operation
from harness.sim.times import elapsed, epoch, short, timestamp
from harness.sim.view import AT_REST, Alarm, CoreFile, Terminal, View

_FILE_SYSTEMS: Final = (  # name, size, used, available, percent, mounted on
    ("/dev/vtbd0s1a", "694M", "450M", "189M", "70", "/"),
    ("devfs", "1.0K", "1.0K", "0B", "100", "/dev"),
    ("/dev/vtbd1s1e", "302M", "22K", "278M", "0", "/config"),
)
_VAR: Final = ("/dev/vtbd1s1f", "2.7G", "95M", "2.4G", "4", "/var")
_VAR_MIB: Final = 2500  # that anybody may use
_BLOCK: Final = {"B": 1 / 512, "K": 2, "M": 2048, "G": 2097152}
_LICENSE: Final = "Virtual Appliance"
_LOADS: Final = (("1", "0.05"), ("5", "0.04"), ("15", "0.01"))
_PROCESSES: Final = (  # pid, size, resident, command: those whose work is simulated
    (1, "740K", "468K", "init"),
    (1501, "17M", "7200K", "chassisd"),
    (1512, "15M", "6120K", "dcd"),
    (1520, "66M", "20M", "rpd"),
    (1533, "12M", "4800K", "alarmd"),
    (1544, "21M", "9000K", "mgd"),
)
_CORE_PLACES: Final = (
    "/var/crash/*core*",
    "/var/tmp/*core*",  # noqa: S108 - a place on the simulated device, never ours
    "/var/tmp/pics/*core*",  # noqa: S108 - as above
    "/var/crash/kernel.*",
    "/tftpboot/corefiles/*core*",
)
_SECURITY_PROCESSES: Final = ((1560, "28M", "11M", "kmd"), (1571, "24M", "9600K", "nsd"))


def _uptime(view: View, _arguments: Arguments) -> Report:
    last = view.history[0] if view.history else None
    configured = last.when if last else view.booted
    by = last.user if last else "root"
    up = view.now - view.booted
    users = len(view.terminals)

    def moment(tag: str, when: datetime, *more: str) -> str:
        ago = view.now - when
        return node(
            tag,
            leaf("date-time", timestamp(when), epoch(when)),
            leaf("time-length", short(ago), elapsed(ago)),
            *more,
        )

    return Report(
        lambda: node(
            "system-uptime-information",
            node("current-time", leaf("date-time", timestamp(view.now), epoch(view.now))),
            leaf("time-source", "LOCAL CLOCK"),
            moment("system-booted-time", view.booted),
            moment("protocols-started-time", view.booted),
            moment("last-configured-time", configured, leaf("user", by)),
            node(
                "uptime-information",
                leaf("date-time", _day_time(view.now), epoch(view.now)),
                leaf("up-time", _up(up), elapsed(up)),
                leaf("active-user-count", users, {"junos:format": _users_text(users)}),
                *(leaf(f"load-average-{name}", value) for name, value in _LOADS),
            ),
            attributes={"xmlns": f"http://xml.juniper.net/junos/{view.release}/junos"},
        ),
        lambda: (
            f"Current time: {timestamp(view.now)}\nTime Source:  LOCAL CLOCK\n"
            f"System booted: {timestamp(view.booted)} ({short(up)} ago)\n"
            f"Protocols started: {timestamp(view.booted)} ({short(up)} ago)\n"
            f"Last configured: {timestamp(configured)} ({short(view.now - configured)} ago) "
            f"by {by}\n{_load_line(view)}\n"
        ),
    )


def _day_time(when: datetime) -> str:
    """Return "4:43AM"."""
    return f"{when.hour % 12 or 12}:{when.minute:02}{'AM' if when.hour < 12 else 'PM'}"


def _up(length: timedelta) -> str:
    """Return "48 days, 22:58", "22:58" or "3 mins", as the w command does."""
    minutes = int(length.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    clock = f"{hours}:{minutes:02}" if hours else f"{minutes} min{'' if minutes == 1 else 's'}"
    return f"{days} day{'' if days == 1 else 's'}, {clock}" if days else clock


def _users_text(count: int) -> str:
    return f"{count} user{'' if count == 1 else 's'}"


def _load_line(view: View) -> str:
    return (
        f"{_day_time(view.now)}  up {_up(view.now - view.booted)}, "
        f"{_users_text(len(view.terminals))}, "
        f"load averages: {', '.join(value for _, value in _LOADS)}"
    )


def _users(view: View, _arguments: Arguments) -> Report:
    """List the logins that have a terminal; NETCONF sessions have none."""

    def entry(one: Terminal) -> str:
        return node(
            "user-entry",
            leaf("user", one.user),
            leaf("tty", one.tty),
            leaf("from", one.origin),
            leaf("login-time", _day_time(one.since), epoch(one.since)),
            leaf("idle-time", "-", elapsed(view.now - one.active)),
            leaf("command", "cli"),
        )

    up = view.now - view.booted
    users = len(view.terminals)
    return Report(
        lambda: node(
            "system-users-information",
            node(
                "uptime-information",
                leaf("date-time", _day_time(view.now), epoch(view.now)),
                leaf("up-time", _up(up), elapsed(up)),
                leaf("active-user-count", users, {"junos:format": _users_text(users)}),
                *(leaf(f"load-average-{name}", value) for name, value in _LOADS),
                node("user-table", *map(entry, view.terminals)),
            ),
            attributes={"xmlns": f"http://xml.juniper.net/junos/{view.release}/junos"},
        ),
        lambda: (
            f"{_load_line(view)}\n"
            "USER     TTY      FROM                              LOGIN@  IDLE WHAT\n"
            + "".join(
                f"{one.user:<9}{one.tty:<9}{one.origin:<34}{_day_time(one.since):<9}- -cli (cli)\n"
                for one in view.terminals
            )
        ),
    )


def _mounted(view: View) -> tuple[tuple[str, ...], ...]:
    """Return the rows of the file systems; one that is busy has its sizes in megabytes."""
    if view.load.disk == AT_REST.disk:
        return (*_FILE_SYSTEMS, _VAR)
    used = _VAR_MIB * view.load.disk // 100
    name, size, *_, mounted = _VAR
    row = (name, size, f"{used}M", f"{_VAR_MIB - used}M", str(view.load.disk), mounted)
    return (*_FILE_SYSTEMS, row)


def _storage(view: View, _arguments: Arguments) -> Report:
    rows = _mounted(view)

    def file_system(row: Sequence[str]) -> str:
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
            *map(file_system, rows),
            attributes={"junos:style": "brief"},
        ),
        lambda: heading + "".join(map(line, rows)),
    )


def _blocks(size: str) -> int:
    """Return 512-byte blocks of a size as people read it ("2.7G")."""
    return int(float(size[:-1]) * _BLOCK[size[-1]])


def _memory(view: View, _arguments: Arguments) -> Report:
    """Sum up the memory in kilobytes (the summary alone; the model says "anyxml")."""
    total = view.platform.memory_mib * 1024
    parts = (
        ("reserved", "Reserved memory", total // 50),
        ("wired", "Wired memory", total // 20),
        ("active", "Active memory", total // 10),
        ("inactive", "Inactive memory", total // 10),
        ("cache", "Cache memory", total // 25),
    )
    free = total - sum(value for _, _, value in parts)
    rows = (("total", "Total memory", total), *parts, ("free", "Free memory", free))

    def xml(name: str, value: int) -> str:
        percent = "" if name == "total" else leaf(f"system-memory-{name}-percent", _share(value))
        return leaf(f"system-memory-{name}", value) + percent

    def _share(value: int) -> int:
        return value * 100 // total

    return Report(
        lambda: node(
            "system-memory-information",
            node("system-memory-summary-information", *(xml(name, v) for name, _, v in rows)),
        ),
        lambda: (
            "System memory usage distribution:\n"
            + "".join(
                f"{label:>20}: {value:>10} Kbytes ({_share(value):>3}%)\n"
                for _, label, value in rows
            )
        ),
    )


def _processes(view: View, arguments: Arguments) -> Report:
    security = view.platform.schema == "junos-es"
    rows = (*_PROCESSES, *(_SECURITY_PROCESSES if security else ()))
    memory = view.platform.memory_mib
    summary = (
        f"last pid: {rows[-1][0]};  load averages: {',  '.join(v for _, v in _LOADS)}  "
        f"up {_up(view.now - view.booted)}    {view.now.strftime('%H:%M:%S')}\n"
        f"{len(rows)} processes:  1 running, {len(rows) - 1} sleeping, 0 zombie, 0 waiting\n"
        "CPU:  2.0% user,  0.0% nice,  3.0% system,  0.0% interrupt, 95.0% idle\n"
        f"Mem: {memory // 10}M Active, {memory // 10}M Inact, {memory // 20}M Wired, "
        f"{memory // 50}M Buf, {memory // 2}M Free\n"
        "Swap: 2048M Total, 2048M Free\n"
    )
    if "summary" in arguments or "brief" in arguments:
        return Report(lambda: leaf("output", f"\n{summary}"), lambda: summary)
    heading = "  PID  TT  STAT     TIME COMMAND\n"
    table = "".join(f"{pid:>5}  ??  S      0:01.00 {command}\n" for pid, _, _, command in rows)
    if "extensive" in arguments:
        heading = "  PID USERNAME THR PRI NICE   SIZE    RES STATE    TIME   WCPU COMMAND\n"
        table = (
            summary
            + "\n"
            + heading
            + "".join(
                f"{pid:>5} root       1  20    0 {size:>6} {resident:>6} select   0:01  0.00% "
                f"{name}\n"
                for pid, size, resident, name in rows
            )
        )
        return Report(lambda: leaf("output", f"\n{table}"), lambda: table)
    return Report(lambda: leaf("output", f"\n{heading}{table}"), lambda: heading + table)


def _core_dumps(view: View, _arguments: Arguments) -> Report:
    """List core files by place; where there is none the shell's complaint stands for it.

    From the first file on, all that follows stands in the element of the directory.
    """
    places = [
        (place, [core for core in view.cores if fnmatchcase(core.path, place)])
        for place in _CORE_PLACES
    ]
    first = next((index for index, (_, found) in enumerate(places) if found), len(places))

    def xml() -> str:
        below = "".join(_core_xml(place, found) for place, found in places[first:])
        total = leaf("total-files", len(view.cores))
        return node(
            "directory-list",
            *(_core_xml(place, found) for place, found in places[:first]),
            node("directory", below, total, attributes={"name": ""}) if below else "",
            attributes={"root-path": _CORE_PLACES[0], **epoch(view.now), "junos:style": "verbose"},
        )

    def text() -> str:
        lines = [line for place, found in places for line in _core_lines(place, found)]
        total = [f"total files: {len(view.cores)}"] if view.cores else []
        return "".join(f"{line}\n" for line in [*lines, *total])

    return Report(xml, text)


def _core_xml(place: str, found: Sequence[CoreFile]) -> str:
    if not found:
        return leaf("output", _nothing_at(place))
    return "".join(
        node(
            "file-information",
            leaf("file-name", core.path),
            leaf("file-permissions", "660", {"junos:format": "-rw-rw----"}),
            leaf("file-owner", "root"),
            leaf("file-group", "wheel"),
            leaf("file-links", 1),
            leaf("file-size", core.size),
            leaf("file-date", int(core.when.timestamp()), {"junos:format": _core_date(core)}),
        )
        for core in found
    )


def _core_lines(place: str, found: Sequence[CoreFile]) -> list[str]:
    return [_core_line(core) for core in found] or [_nothing_at(place)]


def _nothing_at(place: str) -> str:
    return f"{place}: No such file or directory"


def _core_date(core: CoreFile) -> str:
    return f"{core.when:%b} {core.when.day:<2} {core.when:%H:%M}"


def _core_line(core: CoreFile) -> str:
    return f"-rw-rw----  1 root  wheel  {core.size:>10} {_core_date(core)} {core.path}"


def _boot_messages(_view: View, _arguments: Arguments) -> Report:
    raise Refusal(error(f"a simulated device has no boot messages {SIMULATED}"))


def _alarms(view: View, _arguments: Arguments) -> Report:
    """One minor alarm while no rescue configuration is saved."""
    missing = Alarm(view.booted, "minor", "Rescue configuration is not set", "no-rescue")
    return alarm_report(view, () if view.rescue_set else (missing,), "Configuration")


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
            "License usage: \n"
            "                                 Licenses     Licenses    Licenses    Expiry\n"
            "  Feature name                       used    installed      needed \n"
            f"  {_LICENSE:<31}{1:>8}{1:>13}{0:>12}    permanent\n"
        ),
    )


OPERATIONS: Final = (
    Operation("get-system-uptime-information", "show system uptime", _uptime, nodes=BOTH_NODES),
    Operation(
        "get-system-users-information",
        "show system users",
        _users,
        options=("no-resolve",),
    ),
    Operation(
        "get-system-storage",
        "show system storage",
        _storage,
        options=("detail",),
        nodes=BOTH_NODES,
    ),
    Operation("get-system-memory-information", "show system memory", _memory, schemas=ROUTERS),
    Operation(
        "get-system-process-information",
        "show system processes",
        _processes,
        options=("brief", "summary", "extensive"),
    ),
    Operation("get-system-core-dumps", "show system core-dumps", _core_dumps, nodes=BOTH_NODES),
    Operation("get-boot-messages", "show system boot-messages", _boot_messages),
    Operation("get-system-alarm-information", "show system alarms", _alarms, nodes=BOTH_NODES),
    Operation("get-license-summary-information", "show system license", _licenses, schemas=ROUTERS),
    Operation("get-license-usage-summary", "show system license usage", _licenses, schemas=ROUTERS),
)
