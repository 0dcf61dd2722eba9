"""Who is in a device's configuration database, who holds its lock, and what waits to be committed.

Pure. Shape of ``get-database-status-information``: ``<database-status>`` in the Junos XML
Management Protocol guide; the RPC is that of the configuration-mode command ``status``, in no YANG
model. A scheduled commit is told in words by ``show system commit`` (CLI reference): "commit
requested by alice via cli at 2026-01-01 03:00:00 UTC".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from harness.document.xml import parse
from harness.errors import DeviceError

STATUS_RPC = "get-database-status-information"
SCHEDULE_COMMAND = "show system commit"

_MAX_BYTES = 1024 * 1024  # 250 sessions at the most, a few lines each
_SCHEDULED = re.compile(
    r"^commit requested by (?P<who>\S+ via \S+) at (?P<when>\S.*?)\s*$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Editor:
    """Somebody in the configuration database; exclusive means that he holds the lock."""

    user: str
    pid: str
    since: str
    exclusive: bool
    commit_at: str = ""  # "scheduled", or when: he has a commit waiting for its time

    def __str__(self) -> str:
        """Name him as Junos does."""
        lock = ", exclusive" if self.exclusive else ""
        return f"{self.user} (pid {self.pid}) since {self.since}{lock}"


def parse_editors(xml: str) -> tuple[Editor, ...]:
    """Read the reply to ``get-database-status-information``.

    Raises :class:`~harness.errors.DeviceError` when it isn't one.
    """
    root = parse(xml, "database status", limit=_MAX_BYTES, fragment=True)
    if all(_local(element) != "database-status-information" for element in root.iter()):
        raise DeviceError("no <database-status-information> in the reply")
    return tuple(_editor(each) for each in root.iter() if _local(each) == "database-status")


def parse_scheduled(text: str) -> tuple[str, ...]:
    """Return who has scheduled a commit and for when, from the text of ``show system commit``."""
    return tuple(f"{each['who']} at {each['when']}" for each in _SCHEDULED.finditer(text))


def _editor(element: etree._Element) -> Editor:
    values = {_local(child): " ".join((child.text or "").split()) for child in element}
    return Editor(
        user=values.get("user", ""),
        pid=values.get("pid", ""),
        since=values.get("start-time", ""),
        exclusive="exclusive" in values,
        commit_at=(values["commit-at"] or "scheduled") if "commit-at" in values else "",
    )


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
