"""Write the reports of a run folder from its record, and name the record they come from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lxml import etree

from harness.errors import UsageError
from harness.reporting.junit import RECORD_SHA256, junit
from harness.reporting.record import Event, read_events
from harness.reporting.runfolder import RunFolder, write_whole


@dataclass(frozen=True, slots=True)
class Projected:
    """What was read, and the SHA-256 of the stream then and at the time of the file replaced."""

    events: tuple[Event, ...]
    notes: tuple[str, ...]  # on lines that couldn't be read
    sha256: str
    replaced_sha256: str | None  # None: there was no junit.xml, or it didn't say


def write_junit(folder: RunFolder) -> Projected:
    """Write junit.xml from events.jsonl.

    The digest stands in it, so that a JUnit file which a CI system keeps shows whether the record
    beside it is still the one that it was made from. Raises :class:`UsageError` when the record
    can't be read or the file can't be written.
    """
    replaced = _digest_named_in(folder)
    events, notes = read_events(folder.events)
    sha256 = hashlib.sha256(folder.events.read_bytes()).hexdigest()
    try:
        write_whole(folder.junit, junit(events, sha256))
    except OSError as error:
        raise UsageError(f"{folder.junit}: can't be written ({error.strerror})") from error
    return Projected(events, notes, sha256, replaced)


def _digest_named_in(folder: RunFolder) -> str | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.parse(folder.junit, parser).getroot()
    except (OSError, etree.XMLSyntaxError):
        return None
    return next(
        (p.get("value") for p in root.iter("property") if p.get("name") == RECORD_SHA256), None
    )
