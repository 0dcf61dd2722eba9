"""What is counted of messages that came, and of those that didn't."""

from __future__ import annotations

import pytest

from harness.events import tally as tallying
from harness.events.message import Heading
from harness.events.search import highest_rate
from harness.events.tally import Latencies, Tally


def tally_of(*numbers: int, host: bytes = b"h") -> Tally:
    """Return the tally of one host's numbers in the order they came."""
    tally = Tally()
    for number in numbers:
        tally.add(Heading(host, 100.0, number), 100.0)
    return tally


@pytest.mark.parametrize(
    ("numbers", "lost", "duplicates", "reordered"),
    [
        ((1, 2, 3), 0, 0, 0),
        ((1, 3), 1, 0, 0),
        ((3,), 2, 0, 0),
        ((1, 3, 2), 0, 0, 1),
        ((1, 2, 2), 0, 1, 0),
        ((1, 3, 2, 2), 0, 1, 1),
        ((1, 500_000), 499_998, 0, 0),
    ],
)
def test_numbers_tell_what_is_missing(
    numbers: tuple[int, ...], lost: int, duplicates: int, reordered: int
) -> None:
    """Passed over is lost, until it comes after all; what came before is a duplicate."""
    counted = tally_of(*numbers).counted()
    assert (counted.lost, counted.duplicates, counted.reordered) == (lost, duplicates, reordered)
    assert counted.received == len(numbers)


def test_what_the_sender_says_finds_the_end() -> None:
    """Without a later number nothing is missed, unless one knows how many were sent."""
    tally = tally_of(1, 2)
    assert tally.counted().lost == 0
    assert tally.counted({b"h": 5, b"silent": 4}).lost == 3 + 4


def test_late_is_by_the_clock() -> None:
    """A message that took longer than allowed is late; one from the future isn't."""
    tally = Tally(late_seconds=1.0)
    for arrived in (99.0, 100.5, 101.5):
        tally.add(Heading(b"h", 100.0, None), arrived)
    counted = tally.counted()
    assert (counted.late, counted.unnumbered, counted.longest) == (1, 3, 1.5)


def test_malformed_messages_make_a_count_incomplete() -> None:
    """Nothing lost isn't enough."""
    tally = tally_of(1)
    assert tally.counted().complete
    tally.malformed += 1
    assert not tally.counted().complete


def test_percentiles_are_near() -> None:
    """Of 1..1000 ms each percentile is at most 1.6 percent above the true one."""
    latencies = Latencies()
    for milliseconds in range(1000, 0, -1):
        latencies.add(milliseconds / 1000)
    found = latencies.percentiles((50.0, 99.0, 100.0))
    for percent, true in ((50.0, 0.5), (99.0, 0.99), (100.0, 1.0)):
        assert true <= found[percent] <= true * 1.016 + 1e-6
    assert Latencies().percentiles() == {}


@pytest.mark.parametrize("limit", [900.0, 1000.0, 7777.0, 64_000.0, 100_000.0])
def test_the_search_finds_the_limit(limit: float) -> None:
    """The best rate is at most 5 percent below the limit, and was tried again."""
    found = highest_rate(lambda rate: rate <= limit, 1000.0, 100_000.0)
    if limit < 1000:
        assert found.best is None
        assert found.failed == 1000.0
        return
    assert found.best is not None
    assert limit / 1.05 <= found.best <= limit
    assert found.confirmed == 2
    assert (found.failed is None) == (limit == 100_000.0)


def test_a_rate_that_passed_by_luck_is_given_up() -> None:
    """What doesn't pass again isn't the answer."""
    tried: list[float] = []

    def passes(rate: float) -> bool:
        tried.append(rate)
        return rate <= 3000 or tried == [1000.0, 2000.0, 4000.0]

    found = highest_rate(passes, 1000.0, 8000.0)
    assert found.best is not None
    assert 3000 / 1.05 <= found.best <= 3000


def test_the_search_ends_when_nothing_holds_twice() -> None:
    """Rates that each pass only once end the search."""
    seen: set[float] = set()

    def passes(rate: float) -> bool:
        first = rate not in seen
        seen.add(rate)
        return first

    assert highest_rate(passes, 1000.0, 64_000.0).best is None


def test_what_is_remembered_of_gaps_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers beyond that are lost all the same, only what comes late is a duplicate then."""
    monkeypatch.setattr(tallying, "_GAPS_KEPT", 10)
    counting = Tally()
    for host in (b"a", b"b"):
        counting.add(Heading(host, 0.0, 9_999_999_999), 0.0)
    counting.add(Heading(b"a", 0.0, 3), 0.0)
    counting.add(Heading(b"b", 0.0, 3), 0.0)
    counted = counting.counted()
    assert (counted.lost, counted.reordered, counted.duplicates) == (2 * 9_999_999_998 - 1, 1, 1)


def test_more_hosts_than_are_kept_apart_number_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names cost memory: who invents them is counted, and not by name."""
    monkeypatch.setattr(tallying, "_HOSTS_KEPT", 3)
    counting = Tally()
    for number in range(1000):
        counting.add(Heading(b"%d" % number, 0.0, 1), 0.0)
    counted = counting.counted()
    assert (counted.received, counted.hosts, counted.unnumbered) == (1000, 3, 997)
