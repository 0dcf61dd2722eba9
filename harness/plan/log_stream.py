"""A log stream of our own on a device: what it takes, and what of a baseline forbids it.

``security log stream`` (SRX, vSRX, NFX: junos-es-conf-security, grouping log-object) sends what the
forwarding plane logs straight to a collector. Mode, source and transport are one for all streams
of a device, so they're added only where nothing is said of them and no stream of somebody else
would be changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Literal

from harness.errors import PlanError
from harness.plan.configuration import Words, flatten, parse
from harness.plan.model import NAME_PREFIX, Site
from harness.plan.platforms import platform_facts

STREAM: Final = f"{NAME_PREFIX}events"
MOST_STREAMS: Final = 8  # max-elements of the list

Transport = Literal["tcp", "udp"]
_LOG: Final = ("security", "log")


@dataclass(frozen=True, slots=True)
class LogTarget:
    """Where a device is to send, and whose sessions it tracks."""

    collector: IPv4Address
    port: int  # 1..65535
    transport: Transport
    zone: str


@dataclass(frozen=True, slots=True)
class LogPlan:
    """What is to be added to one device; what its baseline has already isn't in it."""

    device: str
    target: LogTarget
    stream: str = STREAM
    mode: bool = False  # `security log mode stream`
    source: IPv4Address | None = None  # of all streams
    transport: Transport | None = None  # of all streams; UDP is what a device does untold
    tracking: bool = False  # `application-tracking` on the zone


@dataclass(frozen=True, slots=True)
class _Baseline:
    """What a configuration says of logging, as lines."""

    active: frozenset[Words]  # at the top level: what holds
    anywhere: frozenset[Words]  # deactivated, and in groups, too: what mustn't be changed

    def says(self, *words: str) -> bool:
        return words in self.active

    def line(self, *words: str) -> str:
        """Return a line that begins with these words, "" where there is none."""
        found = min((line for line in self.anywhere if line[: len(words)] == words), default=())
        return " ".join(("set", *found)) if found else ""

    def sends(self, stream: str, target: LogTarget) -> bool:
        """Say whether a stream goes to the same collector."""
        host = (*_LOG, "stream", stream, "host")
        return {(*host, "ipaddr", str(target.collector)), (*host, "port", str(target.port))} <= (
            self.anywhere
        )

    @property
    def streams(self) -> list[str]:
        depth = len(_LOG)
        return sorted(
            {line[depth + 1] for line in self.anywhere if line[: depth + 1] == (*_LOG, "stream")}
        )


def can_stream(platform: str) -> bool:
    """Say whether a platform's models have streams; a vMX logs elsewhere."""
    return platform_facts(platform).zones


def plan_log_stream(site: Site, target: LogTarget, baseline_xml: str) -> LogPlan:
    """Plan a stream to ``target`` around what the baseline holds.

    Raises :class:`PlanError` in one line that quotes the baseline's statement in the way, and
    :class:`~harness.errors.DeviceError` when it can't be read.
    """
    try:
        return _planned(site, target, _read(baseline_xml))
    except PlanError as exc:
        raise PlanError(f"device {site.device}: {exc}") from exc


def _planned(site: Site, target: LogTarget, baseline: _Baseline) -> LogPlan:
    if not can_stream(site.platform):
        raise PlanError(f"a {site.platform} has no log streams")
    streams = baseline.streams
    if STREAM in streams:
        raise PlanError(f"the baseline has a stream {STREAM} already, left by somebody's push")
    if len(streams) >= MOST_STREAMS:
        raise PlanError(f"the baseline has {len(streams)} log streams; a device has no more")
    for name in streams:
        if baseline.sends(name, target):
            raise PlanError(
                f"the baseline's stream {name} goes to {target.collector} port {target.port} "
                "already: what arrives there would prove nothing"
            )
    for words in ((*_LOG, "disable"), ("security", "application-tracking", "disable")):
        if baseline.line(*words):
            _in_the_way(baseline.line(*words), "nothing would be sent")
    theirs = f"the baseline's own streams ({', '.join(streams)})" if streams else ""
    return LogPlan(
        device=site.device,
        target=target,
        mode=_missing(baseline, "stream", "mode", theirs),
        transport="tcp" if _needs_tcp(baseline, target, theirs) else None,
        source=None if theirs or _has_source(baseline) else site.local,
        tracking=_tracking_missing(baseline, target.zone),
    )


def _missing(baseline: _Baseline, wanted: str, *words: str) -> bool:
    """Say whether a singleton has to be added; refuse where that changed somebody's."""
    *where, theirs = words
    if baseline.says(*_LOG, *where, wanted):
        return False
    statement = " ".join((*_LOG, *where))
    line = baseline.line(*_LOG, *where)
    if line:
        _in_the_way(line, f"'{statement} {wanted}' is needed")
    if theirs:
        raise PlanError(f"'{statement} {wanted}' is needed and would change {theirs}")
    return True


def _needs_tcp(baseline: _Baseline, target: LogTarget, theirs: str) -> bool:
    if target.transport == "tcp":
        return _missing(baseline, "tcp", "transport", "protocol", theirs)
    line = baseline.line(*_LOG, "transport", "protocol")
    if line and not baseline.says(*_LOG, "transport", "protocol", "udp"):
        _in_the_way(line, "the testbed's events.transport is udp")
    return False


def _has_source(baseline: _Baseline) -> bool:
    return any(baseline.line(*_LOG, word) for word in ("source-address", "source-interface"))


def _tracking_missing(baseline: _Baseline, zone: str) -> bool:
    where = ("security", "zones", "security-zone", zone)
    if not any(line[: len(where)] == where for line in baseline.active):
        raise PlanError(f"the baseline has no zone {zone} whose sessions could be tracked")
    if baseline.says(*where, "application-tracking"):
        return False
    line = baseline.line(*where, "application-tracking")
    if line:
        _in_the_way(line, "it's deactivated, or stands in a group")
    return True


def _in_the_way(line: str, why: str) -> None:
    raise PlanError(f"the baseline says '{line}': {why}, and what is there isn't ours to change")


def _read(xml: str) -> _Baseline:
    configuration = parse(xml)
    return _Baseline(
        frozenset(_of_logging(flatten(configuration))),
        frozenset(_of_logging(map(_ungrouped, flatten(configuration, inactive=True)))),
    )


def _ungrouped(words: Words) -> Words:
    return words[2:] if words[:1] == ("groups",) else words


def _of_logging(lines: Iterator[Words]) -> Iterator[Words]:
    parts = {("security", "log"), ("security", "application-tracking"), ("security", "zones")}
    return (line for line in lines if line[:2] in parts)
