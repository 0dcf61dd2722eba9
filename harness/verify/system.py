"""What a device says about itself: time, storage, licences, cluster, who edits. Pure.

Shapes: replies recorded on 12.1–24.4 devices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from harness.drivers.database import Editor, parse_editors
from harness.drivers.uptime import Times, times_of
from harness.errors import DeviceError
from harness.verify.facts import Answer, Refusal, Unreadable, every, node_of, open_reply, text_of

_WRITTEN = ("/var", "/config", "/.mount")
_BLOCK = 512  # bytes; 44306520 blocks are shown as 21G


@dataclass(frozen=True, slots=True)
class FileSystem:
    """One mounted file system."""

    mounted_on: str
    free_bytes: int
    used_percent: int | None = None  # as df counts it: what is reserved is in neither
    node: str = ""  # of a cluster

    @property
    def written(self) -> bool:
        """Say whether configurations, logs and core files go to it."""
        return self.mounted_on.endswith(_WRITTEN)


@dataclass(frozen=True, slots=True)
class Licence:
    """One licensed feature."""

    name: str
    used: int
    installed: int
    needed: int  # used without a licence


@dataclass(frozen=True, slots=True)
class ClusterNode:
    """One node of a chassis cluster and its worst state over all redundancy groups."""

    name: str
    state: str  # "primary", "secondary", or what is wrong: "lost", "hold", "disabled"


def times(answer: Answer) -> Times | Unreadable:
    """Read ``get-system-uptime-information``."""
    root = _opened(answer)
    if isinstance(root, Unreadable):
        return root
    return times_of(root) or Unreadable("no current time in the reply")


def file_systems(answer: Answer) -> tuple[FileSystem, ...] | Unreadable:
    """Read ``get-system-storage``."""
    root = _opened(answer)
    if isinstance(root, Unreadable):
        return root
    return mounted(root) or Unreadable("no file system in the reply")


def mounted(root: etree._Element) -> tuple[FileSystem, ...]:
    """Return the file systems in an opened reply of ``get-system-storage``.

    The percentage is counted from the blocks: a recorded ``used-percent`` is " 6r75". Fewer than
    no blocks are available where what is reserved for root is in use.
    """
    return tuple(
        FileSystem(
            text_of(entry, "mounted-on"),
            max(0, int(free)) * _BLOCK,
            _used_percent(text_of(entry, "used-blocks"), int(free)),
            node_of(entry),
        )
        for entry in every(root, "filesystem")
        if (free := text_of(entry, "available-blocks")).removeprefix("-").isdecimal()
    )


def _used_percent(used: str, free: int) -> int | None:
    if not used.isdecimal() or int(used) + free <= 0:
        return None
    return -(-int(used) * 100 // (int(used) + free))  # rounded up, as df does


def licences(answer: Answer) -> tuple[Licence, ...] | Unreadable:
    """Read ``get-license-summary-information``; older releases use other element names."""
    root = _opened(answer)
    if isinstance(root, Unreadable):
        return root
    return tuple(
        Licence(
            name=text_of(entry, "description") or text_of(entry, "name"),
            used=_number(entry, "used-licensed", "licenses-used"),
            installed=_number(entry, "licensed", "licenses-installed"),
            needed=_number(entry, "needed", "licenses-needed"),
        )
        for entry in every(root, "feature-summary")
    )


def editors(answer: Answer) -> tuple[Editor, ...] | Unreadable:
    """Read ``get-database-status-information``: who is in the configuration database."""
    if isinstance(answer, Refusal):
        return Unreadable(f"the device refused: {answer.words}")
    try:
        return parse_editors(answer)
    except DeviceError as error:
        return Unreadable(str(error))


_FINE = ("primary", "secondary")
_NO_CLUSTER = re.compile(r"not enabled|syntax error|unknown command", re.IGNORECASE)


def cluster_nodes(answer: Answer) -> tuple[ClusterNode, ...] | Unreadable:
    """Read ``get-chassis-cluster-status``; a standalone device has no node.

    "Chassis cluster is not enabled" is what a standalone SRX says; a platform without clusters
    refuses the question as a syntax error.
    """
    root = open_reply(answer)
    if isinstance(root, Refusal):
        if _NO_CLUSTER.search(root.words):
            return ()
        return Unreadable(f"the device refused: {root.words}")
    if isinstance(root, Unreadable):
        return root
    states: dict[str, str] = {}
    for stats in every(root, "device-stats"):
        names = [(e.text or "").strip() for e in every(stats, "device-name")]
        told = [(e.text or "").strip() for e in every(stats, "redundancy-group-status")]
        for name, state in zip(names, told, strict=False):
            if states.get(name, "primary") in _FINE:
                states[name] = state
    if not states:
        return Unreadable("no node in the reply")
    return tuple(ClusterNode(name, state) for name, state in states.items())


def serials(answer: Answer) -> dict[str, str] | Unreadable:
    """Read ``get-chassis-inventory``: chassis serial number by node, "" on a single device."""
    root = _opened(answer)
    if isinstance(root, Unreadable):
        return root
    found = {node_of(e): text_of(e, "serial-number") for e in every(root, "chassis")}
    return found or Unreadable("no chassis in the reply")


# "44      ThousandEyesVNF                         Running        alive"
_MACHINE = re.compile(r"^\s*(?P<id>\d+|-)\s+(?P<name>\S+)\s+(?P<state>\S+)", re.MULTILINE)
_MACHINE_HEADER = re.compile(r"^\s*ID\s+Name\s+State", re.MULTILINE)


def machines(answer: Answer) -> frozenset[str] | Unreadable:
    """Read the text of JDM's ``show virtual-network-functions``: names of running machines."""
    text = answer.words if isinstance(answer, Refusal) else answer
    if not _MACHINE_HEADER.search(text):
        return Unreadable(f"not a table of virtual machines: '{' '.join(text.split())[:120]}'")
    return frozenset(
        row["name"] for row in _MACHINE.finditer(text) if row["state"].lower() == "running"
    )


def _opened(answer: Answer) -> etree._Element | Unreadable:
    root = open_reply(answer)
    return Unreadable(f"the device refused: {root.words}") if isinstance(root, Refusal) else root


def _number(entry: etree._Element, *names: str) -> int:
    for name in names:
        text = text_of(entry, name)
        if text.isdecimal():
            return int(text)
    return 0
