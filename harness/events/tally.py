"""What arrived, counted: received, lost, malformed, late, out of order; how long it took. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Final

from harness.events.message import Heading

_GAPS_KEPT: Final = 1_000_000  # missing numbers remembered, of all hosts; more are only counted
_HOSTS_KEPT: Final = 200_000  # who sends more names than that numbers nothing
_SHARPNESS: Final = 64  # steps between two powers of two: a percentile is at most 1.6 % off
_MICRO: Final = 1_000_000
PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)


@dataclass(frozen=True, slots=True)
class Counted:
    """A tally at one moment. ``lost`` counts numbers that were passed over and never came."""

    received: int
    hosts: int
    lost: int
    duplicates: int
    reordered: int  # came after a later one; not lost
    late: int  # took longer than allowed
    malformed: int  # no structured syslog, or torn
    unnumbered: int  # without a number to count by, or of more hosts than are kept apart
    latency: dict[float, float] = field(default_factory=dict)  # percentile → seconds
    longest: float = 0.0  # seconds

    @property
    def complete(self) -> bool:
        """Say whether nothing is missing that was numbered, and nothing was malformed."""
        return not self.lost and not self.malformed


class Latencies:
    """Durations in buckets whose width grows with them: memory stays, however many there are."""

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self._total = 0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Take one duration; one below zero (clocks that differ) counts as zero."""
        micro = max(0, int(seconds * _MICRO))
        bucket = _bucket(micro)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self._total += 1
        self.longest = max(self.longest, seconds)

    def percentiles(self, wanted: Iterable[float] = PERCENTILES) -> dict[float, float]:
        """Return percentile → seconds (the upper end of its bucket); empty without durations."""
        ordered = sorted(self._buckets.items())
        found: dict[float, float] = {}
        for percent in wanted if self._total else ():
            rank, seen = percent / 100 * self._total, 0
            for bucket, number in ordered:
                seen += number
                if seen >= rank:
                    found[percent] = _upper(bucket) / _MICRO
                    break
        return found


def _bucket(micro: int) -> int:
    shift = max(0, micro.bit_length() - _SHARPNESS.bit_length())
    return shift * _SHARPNESS + (micro >> shift)


def _upper(bucket: int) -> int:
    shift = max(0, bucket // _SHARPNESS - 1)
    return (bucket - shift * _SHARPNESS + 1) << shift


class Tally:
    """Counts messages by host and number: each host numbers its own from 1 upwards."""

    def __init__(self, late_seconds: float = 1.0) -> None:
        self._late_seconds = late_seconds
        self._next: dict[bytes, int] = {}
        self._received: dict[bytes, int] = {}
        self._gaps: dict[bytes, set[int]] = {}
        self._kept = 0  # numbers in all of these sets
        self._forgotten = 0  # lost numbers that no set has room for
        self._latencies = Latencies()
        self.received = self.malformed = 0
        self._duplicates = self._reordered = self._late = self._unnumbered = 0

    def add(self, heading: Heading, arrived: float) -> None:
        """Count one message that came at ``arrived`` (UNIX time)."""
        self.received += 1
        took = arrived - heading.seconds
        self._latencies.add(took)
        self._late += took > self._late_seconds
        host = heading.host
        if host in self._received or len(self._received) < _HOSTS_KEPT:
            self._received[host] = self._received.get(host, 0) + 1
        if heading.sequence is None:
            self._unnumbered += 1
            return
        expected = self._next.get(host, 0)
        if not expected:
            if len(self._next) >= _HOSTS_KEPT:
                self._unnumbered += 1
                return
            expected = 1
        if heading.sequence == expected:
            self._next[host] = expected + 1
        else:
            self._out_of_turn(host, heading.sequence, expected)

    @property
    def by_host(self) -> Mapping[bytes, int]:
        """Return host → messages that came from it, numbered or not."""
        return MappingProxyType(self._received)

    def _out_of_turn(self, host: bytes, sequence: int, expected: int) -> None:
        gaps = self._gaps.setdefault(host, set())
        if sequence > expected:
            missing = sequence - expected
            kept = min(missing, _GAPS_KEPT - self._kept)
            gaps.update(islice(range(expected, sequence), kept))
            self._kept += kept
            self._forgotten += missing - kept
            self._next[host] = sequence + 1
        elif sequence in gaps:
            gaps.remove(sequence)
            self._kept -= 1
            self._reordered += 1
        else:
            self._duplicates += 1

    def counted(self, sent: Mapping[bytes, int] | None = None) -> Counted:
        """Return the counts; ``sent`` (host → messages) finds those lost at the end as well."""
        lost = self._forgotten + sum(len(gaps) for gaps in self._gaps.values())
        for host, number in (sent or {}).items():
            lost += max(0, number - self._next.get(host, 1) + 1)
        return Counted(
            received=self.received,
            hosts=len(self._next),
            lost=lost,
            duplicates=self._duplicates,
            reordered=self._reordered,
            late=self._late,
            malformed=self.malformed,
            unnumbered=self._unnumbered,
            latency=self._latencies.percentiles(),
            longest=self._latencies.longest,
        )
