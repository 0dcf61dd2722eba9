"""How long a device has been up, by its own clock. Pure.

Shape: ``get-system-uptime-information`` as recorded on 12.1–24.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from harness.document.xml import parse

UPTIME_RPC = "get-system-uptime-information"

_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Times:
    """The device's own clock and when it booted, in UNIX seconds."""

    now: int
    booted: int | None

    @property
    def up(self) -> int | None:
        """Return the seconds it has been up, which no setting of its clock changes."""
        return None if self.booted is None else max(0, self.now - self.booted)


def parse_uptime(xml: str) -> Times | None:
    """Read the reply to ``get-system-uptime-information``; None when it doesn't tell the time.

    Of a cluster the node that is listed first is read. Raises
    :class:`~harness.errors.DeviceError` when it isn't XML.
    """
    return times_of(parse(xml, "uptime", limit=_MAX_BYTES, fragment=True))


def times_of(root: etree._Element) -> Times | None:
    """Return the times in a reply that is parsed already."""
    now = _seconds(root, "current-time")
    return None if now is None else Times(now, _seconds(root, "system-booted-time"))


def _seconds(root: etree._Element, name: str) -> int | None:
    moments = (
        moment
        for part in root.iter(etree.Element)
        if _local(part) == name
        for moment in part.iter(etree.Element)
        if _local(moment) == "date-time"
    )
    for moment in moments:
        for key, value in moment.items():
            if str(key).rpartition("}")[2] == "seconds" and str(value).isdecimal():
                return int(value)
    return None


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
