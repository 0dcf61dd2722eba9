"""The device's own commit history: who committed what, when, and how.

Pure. Shape: ``get-commit-information`` as recorded on 18.4–24.4 (``<log>`` holds the operator's
text, ``<comment>`` that of the device).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from harness.document.xml import parse
from harness.errors import DeviceError

_MAX_BYTES = 4 * 1024 * 1024  # 50 entries, each with a log of at most 512 characters


@dataclass(frozen=True, slots=True)
class CommitEntry:
    """One commit that the device remembers; 0 is the newest, at most 50 are kept."""

    sequence: int
    user: str
    client: str  # "cli", "netconf", "other" …; a roll-back on time-out is "root via other"
    seconds: int | None  # UNIX time; None where the reply lacks it
    log: str = ""  # the text given with the commit
    comment: str = ""  # the device's: "commit confirmed, rollback in 10mins"
    pending: bool = False  # marked "rollback pending": the timer of a confirmed commit runs
    node: str = ""  # "node0", "node1" of a chassis cluster; each keeps a history of its own

    @property
    def confirm_minutes(self) -> int | None:
        """Return the minutes of a confirmed commit, None for a plain one.

        The text stays after the commit was confirmed; only ``pending`` says that a timer runs,
        and its absence proves nothing on releases that don't print it.
        """
        found = _CONFIRMED.search(self.comment)
        return int(found[1]) if found else None


_CONFIRMED = re.compile(r"commit confirmed, rollback in (\d+)\s*min")

_PENDING = "rollback pending"


def parse_history(xml: str) -> tuple[CommitEntry, ...]:
    """Read the reply to ``get-commit-information``, newest first.

    Raises :class:`~harness.errors.DeviceError` when it isn't one: an unreadable history is never
    an empty one.
    """
    root = parse(xml, "commit history", limit=_MAX_BYTES, fragment=True)
    histories = [e for e in root.iter() if _local(e) == "commit-information"]
    if not histories:
        words = " ".join(" ".join(map(str, root.itertext())).split())[:200]
        raise DeviceError(f"unreadable commit history: no <commit-information>, but '{words}'")
    entries = [
        _entry(child, _node(history))
        for history in histories
        for child in history
        if _local(child) == "commit-history"
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.node, entry.sequence)))


def find_log(history: Sequence[CommitEntry], log: str) -> CommitEntry | None:
    """Return the newest entry whose log is ``log``, whichever field the release prints it in."""
    wanted = " ".join(log.split())
    for entry in sorted(history, key=lambda entry: entry.sequence):
        if wanted and wanted in (entry.log, entry.comment):
            return entry
    return None


def newest(history: Sequence[CommitEntry]) -> tuple[CommitEntry, ...]:
    """Return the newest entry of each node; one entry on a device that isn't a cluster."""
    first: dict[str, CommitEntry] = {}
    for entry in sorted(history, key=lambda entry: entry.sequence):
        first.setdefault(entry.node, entry)
    return tuple(first.values())


def shows(history: Sequence[CommitEntry], log: str) -> bool:
    """Say whether the newest commit, of every node, is the one with this log.

    A commit of ours under a newer one isn't what the device runs: somebody else committed, or it
    rolled back.
    """
    latest = newest(history)
    return bool(latest) and all(find_log([entry], log) for entry in latest)


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _node(history: etree._Element) -> str:
    parent = history.getparent()
    if parent is None or _local(parent) != "multi-routing-engine-item":
        return ""
    return next(((e.text or "").strip() for e in parent if _local(e) == "re-name"), "")


def _entry(element: etree._Element, node: str) -> CommitEntry:
    values = {_local(child): " ".join((child.text or "").split()) for child in element}
    try:
        sequence = int(values["sequence-number"])
    except (KeyError, ValueError) as error:
        raise DeviceError("unreadable commit history: an entry without a number") from error
    return CommitEntry(
        sequence=sequence,
        user=values.get("user", ""),
        client=values.get("client", ""),
        seconds=_seconds(element),
        log=values.get("log", ""),
        comment=values.get("comment", ""),
        pending=_PENDING in values.get("commit-confirmed", ""),
        node=node,
    )


def _seconds(entry: etree._Element) -> int | None:
    for child in entry:
        if _local(child) == "date-time":
            for name, value in child.items():
                if str(name).rpartition("}")[2] == "seconds" and str(value).isdecimal():
                    return int(value)
    return None
