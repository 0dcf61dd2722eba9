"""What a device shows of its health, as values: core files, alarms, load, time since start. Pure.

Shapes: replies recorded on 12.1X46–19.4 devices, standalone and clusters; the element names of
``get-performance-summary-information`` are those that published exporters read. What a release
doesn't offer is a gap with its reason; a gap is never taken for good health.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from types import MappingProxyType

from lxml import etree

from harness.render.readback import local_name
from harness.testbed.model import Platform
from harness.verify import system
from harness.verify.facts import Answer, Refusal, Unreadable, every, node_of, open_reply, text_of
from harness.verify.witnesses import Rpc

CORES = "core files"
CHASSIS_ALARMS = "chassis alarms"
SYSTEM_ALARMS = "system alarms"
ENGINES = "routing engines"
UNITS = "security processing units"
DISKS = "file systems"
UPTIME = "uptime"

CPU = "CPU"
MEMORY = "memory"
DISK = "disk"

Part = str  # one of the seven above: what one question asks for
Gap = Refusal | Unreadable

_MAX_REPLY = 4 * 1024 * 1024  # characters; a chassis full of alarms is some kilobytes
_MAX_ENTRIES = 1000  # core files or alarms in one reply
_MAX_TEXT = 200  # characters that are kept of a name or a description

_QUESTIONS: Mapping[Part, Rpc] = MappingProxyType(
    {
        CORES: Rpc("get-system-core-dumps"),
        CHASSIS_ALARMS: Rpc("get-alarm-information"),
        SYSTEM_ALARMS: Rpc("get-system-alarm-information"),
        ENGINES: Rpc("get-route-engine-information"),
        UNITS: Rpc("get-performance-summary-information"),
        DISKS: Rpc("get-system-storage"),
        UPTIME: Rpc("get-system-uptime-information"),
    }
)
_NO_UNITS: frozenset[Platform] = frozenset({"vmx"})  # in junos-es and junos-nfx models alone


@dataclass(frozen=True, slots=True)
class CoreFile:
    """What a crashed process left behind; another size or time makes it another one."""

    path: str
    size: int | None  # bytes
    written: str  # "2026-11-22 14:05:00 UTC", or as the device wrote it
    node: str = ""  # of a cluster

    def __str__(self) -> str:
        """Name file, size and time."""
        size = "unknown size" if self.size is None else f"{self.size} bytes"
        return f"{self.path} ({size}, {self.written or 'unknown time'}){_on(self.node)}"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One active alarm; when it was raised is no part of it, because some come and go."""

    severity: str  # "minor", "major"; another word of the device counts as major
    text: str
    kind: str  # "chassis", "system"
    node: str = ""

    @property
    def major(self) -> bool:
        """Say whether it's worse than minor."""
        return self.severity != "minor"

    def __str__(self) -> str:
        """Name severity, origin and description."""
        return f"{self.severity} {self.kind} alarm: {self.text}{_on(self.node)}"


@dataclass(frozen=True, slots=True, order=True)
class Figure:
    """What a percentage is of."""

    sort: str  # CPU, MEMORY or DISK
    of: str  # "routing engine 0 of node1, 1 minute", "/var"

    def __str__(self) -> str:
        """Name both."""
        return f"{self.sort} of {self.of}"


@dataclass(frozen=True, slots=True)
class Health:
    """What a device showed of itself at one moment.

    ``up`` is seconds since a start, by what was started. ``gaps`` says which parts couldn't be
    read and why; a part may have values beside its gap.
    """

    asked: float  # monotonic seconds of the one who asked
    cores: frozenset[CoreFile] = frozenset()
    alarms: frozenset[Alarm] = frozenset()
    figures: Mapping[Figure, int] = field(default_factory=lambda: MappingProxyType({}))  # percent
    up: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    gaps: Mapping[Part, Gap] = field(default_factory=lambda: MappingProxyType({}))

    def readable(self, *parts: Part) -> bool:
        """Say whether all these parts were read whole."""
        return not any(part in self.gaps for part in parts)


def questions(platform: Platform) -> Mapping[Part, Rpc]:
    """Return what to ask a device of that platform, by part, in order."""
    left_out = {UNITS} if platform in _NO_UNITS else set()
    return {part: rpc for part, rpc in _QUESTIONS.items() if part not in left_out}


def read(answers: Mapping[Part, Answer | Unreadable], asked: float) -> Health:
    """Read the answers to :func:`questions`; ``asked`` is when, in monotonic seconds."""
    seen = _Seen()
    for part, answer in answers.items():
        root = answer if isinstance(answer, Unreadable) else _opened(answer)
        if isinstance(root, Refusal | Unreadable):
            seen.gaps[part] = root
            continue
        for gap in _READERS[part](root, seen):
            seen.gaps.setdefault(part, Unreadable(gap))
    return Health(
        asked,
        frozenset(seen.cores),
        frozenset(seen.alarms),
        MappingProxyType(seen.figures),
        MappingProxyType(seen.up),
        MappingProxyType(seen.gaps),
    )


@dataclass(slots=True)
class _Seen:
    cores: list[CoreFile] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    figures: dict[Figure, int] = field(default_factory=dict)
    up: dict[str, int] = field(default_factory=dict)
    gaps: dict[Part, Gap] = field(default_factory=dict)


Gaps = Iterator[str]  # why a reply, or a piece of it, says nothing


def _opened(answer: Answer) -> etree._Element | Gap:
    if isinstance(answer, str) and len(answer) > _MAX_REPLY:
        return Unreadable(f"a reply of {len(answer)} characters; at most {_MAX_REPLY} are read")
    return open_reply(answer)


# -- core files

_NONE_THERE = re.compile(r"^\S+: No such file or directory$")
_LISTED = re.compile(  # "-rw-rw----  1 root  wheel  3556567 Feb  1  21:37 /var/tmp/rpd.core.0.gz"
    r"^-[-rwxsStT]{9}[+@.]?\s+\d+\s+\S+\s+\S+\s+(?P<size>\d+)\s+"
    r"(?P<written>\w{3}\s+\d+\s+[\d:]+)\s+(?P<path>/\S+)$"
)
_HEADING = re.compile(r"^(?:total (?:files|blocks): \d+|\{.*\}|\w+:|-+)$")


def _read_cores(root: etree._Element, seen: _Seen) -> Gaps:
    lists = every(root, "directory-list", "output")
    files = every(root, "file-information")
    if not lists:
        yield "no list of core files in the reply"
    if len(files) > _MAX_ENTRIES:
        yield f"{len(files)} core files; at most {_MAX_ENTRIES} are read"
    seen.cores += map(_core, files[:_MAX_ENTRIES])
    for output in every(root, "output"):
        for line in (output.text or "").splitlines()[:_MAX_ENTRIES]:
            yield from _read_line(line.strip(), node_of(output), seen)


def _read_line(line: str, node: str, seen: _Seen) -> Gaps:
    """Read what the device's own ``ls`` said: of a place without core files, that there is none."""
    found = _LISTED.match(line)
    if found:
        written = " ".join(found["written"].split())
        seen.cores.append(CoreFile(_cut(found["path"]), int(found["size"]), written, node))
    elif line and not _NONE_THERE.match(line) and not _HEADING.match(line):
        yield f"not a line of a list: '{_cut(line)}'"


def _core(entry: etree._Element) -> CoreFile:
    path, size, date = (text_of(entry, f"file-{part}") for part in ("name", "size", "date"))
    return CoreFile(
        _cut(path if path.startswith("/") else _folder(entry) + path),
        int(size) if size.isdecimal() else None,
        _moment(date),
        node_of(entry),
    )


def _folder(entry: etree._Element) -> str:
    parent = entry.getparent()
    if parent is None:
        return ""
    return str(parent.get("name", "")) or text_of(parent, "directory-name")


def _moment(date: str) -> str:
    """Write UNIX seconds as a date; what is one already stays."""
    if not date.isdecimal() or len(date) > len("9999999999"):
        return _cut(date)
    return f"{datetime.fromtimestamp(int(date), UTC):%Y-%m-%d %H:%M:%S} UTC"


# -- alarms


def _chassis_alarms(root: etree._Element, seen: _Seen) -> Gaps:
    return _read_alarms(root, "chassis", seen)


def _system_alarms(root: etree._Element, seen: _Seen) -> Gaps:
    return _read_alarms(root, "system", seen)


def _read_alarms(root: etree._Element, kind: str, seen: _Seen) -> Gaps:
    tables = every(root, "alarm-information")
    if not tables:
        yield "no <alarm-information> in the reply"
    for table in tables:
        details = every(table, "alarm-detail")
        told = "".join(text_of(summary, "active-alarm-count") for summary in _summaries(table))
        if told and told != str(len(details)):
            yield f"it says {_cut(told)} active alarms and lists {len(details)}"
        if len(details) > _MAX_ENTRIES:
            yield f"{len(details)} alarms; at most {_MAX_ENTRIES} are read"
        seen.alarms += (_alarm(detail, kind) for detail in details[:_MAX_ENTRIES])


def _summaries(table: etree._Element) -> list[etree._Element]:
    return [child for child in table if local_name(child) == "alarm-summary"]


def _alarm(detail: etree._Element, kind: str) -> Alarm:
    severity = _cut(text_of(detail, "alarm-class").lower()) or "unclassed"
    return Alarm(severity, _cut(text_of(detail, "alarm-description")), kind, node_of(detail))


# -- load

_BUSY = (("cpu-idle1", "1 minute"), ("cpu-idle", "5 seconds"))  # the first that is there
_MEMORY = (  # either of the first two is the whole; branch devices tell the planes apart as well
    ("memory-system-total-util", ""),
    ("memory-buffer-utilization", ""),
    ("memory-control-plane-util", ", control plane"),
    ("memory-data-plane-util", ", data plane"),
)


def _read_engines(root: etree._Element, seen: _Seen) -> Gaps:
    before = len(seen.figures)
    for engine in every(root, "route-engine"):
        who = f"routing engine {text_of(engine, 'slot')}".rstrip() + _of(node_of(engine))
        for tag, over in _BUSY:
            idle = _percent(text_of(engine, tag))
            if idle is not None:
                seen.figures[Figure(CPU, f"{who}, {over}")] = 100 - idle
                break
        for tag, plane in _MEMORY:
            used = _percent(text_of(engine, tag))
            if used is not None:
                seen.figures.setdefault(Figure(MEMORY, f"{who}{plane}"), used)
    if len(seen.figures) == before:
        yield "no routing engine with figures in the reply"


def _read_units(root: etree._Element, seen: _Seen) -> Gaps:
    before = len(seen.figures)
    for unit in every(root, "performance-summary-statistics"):
        place = f"fpc {text_of(unit, 'fpc-number')} pic {text_of(unit, 'pic-number')}"
        who = f"security processing unit {place}{_of(node_of(unit))}"
        for sort, tag in ((CPU, "spu-cpu-utilization"), (MEMORY, "spu-memory-utilization")):
            used = _percent(text_of(unit, tag))
            if used is not None:
                seen.figures[Figure(sort, who)] = used
    if len(seen.figures) == before:
        yield "no security processing unit with figures in the reply"


def _read_disks(root: etree._Element, seen: _Seen) -> Gaps:
    found = [one for one in system.mounted(root) if one.written and one.used_percent is not None]
    for disk in found:
        key = Figure(DISK, f"{_cut(disk.mounted_on)}{_of(disk.node)}")
        seen.figures[key] = max(seen.figures.get(key, 0), disk.used_percent or 0)
    if not found:
        yield "no file system that is written to in the reply"


def _percent(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 3 and int(text) <= 100 else None


# -- time since the start

_STARTS = (
    ("system-booted-time", "the system"),
    ("protocols-started-time", "the routing protocol process"),
)


def _read_uptime(root: etree._Element, seen: _Seen) -> Gaps:
    before = len(seen.up)
    for tag, what in _STARTS:
        for start in every(root, tag):
            lengths = chain.from_iterable(e.items() for e in every(start, "time-length"))
            for name, value in lengths:
                if str(name).rpartition("}")[2] == "seconds" and str(value).isdecimal():
                    seen.up[what + _of(node_of(start))] = int(value)
    if len(seen.up) == before:
        yield "no time since a start in the reply"


_READERS: Mapping[Part, Callable[[etree._Element, _Seen], Gaps]] = MappingProxyType(
    {
        CORES: _read_cores,
        CHASSIS_ALARMS: _chassis_alarms,
        SYSTEM_ALARMS: _system_alarms,
        ENGINES: _read_engines,
        UNITS: _read_units,
        DISKS: _read_disks,
        UPTIME: _read_uptime,
    }
)


def _on(node: str) -> str:
    return f" on {node}" if node else ""


def _of(node: str) -> str:
    return f" of {node}" if node else ""


def _cut(text: str) -> str:
    return " ".join(text.split())[:_MAX_TEXT]
