"""Collector and sender over real sockets, and the commands that use them."""

from __future__ import annotations

import json
import os
import resource
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from harness.cli.events import events
from harness.clock import ManualClock
from harness.errors import LabError
from harness.events.collector import Collector
from harness.events.cpes import Cpes, cpe_names
from harness.events.sender import Faults, Sent, Transport, send

IDLE = 200  # polls in which nothing came, after which a test gives up


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Give a collector on loopback whose clock stands still."""
    with Collector("127.0.0.1", 0, ManualClock()) as listening:
        yield listening


def until(collector: Collector, done: Callable[[], bool]) -> None:
    """Poll until it's done; gives up when nothing comes any more."""
    idle = 0
    while not done():
        idle = 0 if collector.poll(0.1) else idle + 1
        assert idle < IDLE, "it never came"


def sent_to(collector: Collector, **options: object) -> Sent:
    """Send from another thread by a clock that needs no waiting, and collect all of it."""
    answers: list[Sent] = []

    def sending() -> None:
        answers.append(send(cpe_names(7), collector.address, clock=ManualClock(), **options))  # type: ignore[arg-type]

    thread = threading.Thread(target=sending)
    thread.start()
    until(collector, lambda: not thread.is_alive())
    thread.join()
    until(collector, lambda: collector.tally.received >= answers[0].events)
    return answers[0]


@pytest.mark.parametrize("transport", list(Transport))
def test_everything_sent_is_counted(collector: Collector, transport: Transport) -> None:
    """5,000 events of seven CPEs on three connections: none lost, none out of order."""
    sent = sent_to(collector, rate=5000, seconds=1.0, transport=transport, connections=3)
    counted = collector.tally.counted(sent.by_host)
    assert (sent.events, counted.received, counted.hosts) == (5000, 5000, 7)
    assert (counted.lost, counted.duplicates, counted.reordered, counted.malformed) == (0, 0, 0, 0)
    assert (sent.seconds, sent.rate) == (pytest.approx(1.0, 0.01), pytest.approx(5000, 0.01))


def test_a_lost_event_is_missed(collector: Collector) -> None:
    """One line left out of a connection is one lost, and a garbled one is malformed."""
    lines = list(Cpes(cpe_names(1)).take(10, ManualClock().now()))
    with socket.create_connection(collector.address) as sock:
        sock.sendall(b"".join([*lines[:4], b"<14>1 x]", *lines[5:]]))
    until(collector, lambda: collector.tally.received >= 9)
    until(collector, lambda: collector.wire().thrown_away > 0)
    counted = collector.counted({b"cpe-00001": 10})
    assert (counted.received, counted.lost, counted.malformed) == (9, 1, 1)


def test_a_piece_of_a_message_is_something(collector: Collector) -> None:
    """Who waits for the end of what is under way doesn't stop at half a message."""
    (line,) = Cpes(cpe_names(1)).take(1, ManualClock().now())
    with socket.create_connection(collector.address) as sock:
        assert collector.poll(5.0)  # the connection
        sock.sendall(line[:100])
        assert collector.poll(5.0)
        assert collector.tally.received == 0
        assert not collector.poll(0.0)


def test_who_has_no_room_is_turned_away(collector: Collector) -> None:
    """Without a file descriptor left a connection is refused and counted; the others go on."""
    (line,) = Cpes(cpe_names(1)).take(1, ManualClock().now())
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_connection(collector.address) as first:
        until(collector, lambda: not collector.poll(0.0))
        with socket.create_connection(collector.address) as second:
            free = os.dup(first.fileno())
            os.close(free)
            resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
            try:
                until(collector, lambda: collector.wire().refused_connections == 1)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert second.recv(1) == b""
        first.sendall(line)
        until(collector, lambda: collector.tally.received == 1)


def test_it_listens_on_ipv6_too() -> None:
    """An address of either family is listened on and sent to."""
    try:
        listening = Collector("::1", 0, ManualClock())
    except LabError as exc:
        pytest.skip(f"no IPv6 here: {exc}")
    with listening:
        assert sent_to(listening, rate=10, seconds=1.0).events == 10
        assert sent_to(listening, rate=10, seconds=1.0, transport=Transport.UDP).events == 10


@pytest.mark.parametrize("transport", list(Transport))
def test_faults_on_purpose_are_told(collector: Collector, transport: Transport) -> None:
    """Three that never leave and two that are garbled: five numbers never come."""
    faults = Faults(lost=3, garbled=2)
    answers: list[Sent] = []

    def sending() -> None:
        names, to = cpe_names(7), collector.address
        options = {"rate": 100, "seconds": 1.0, "clock": ManualClock()}
        answers.append(send(names, to, transport=transport, faults=faults, **options))  # type: ignore[arg-type]

    thread = threading.Thread(target=sending)
    thread.start()
    until(collector, lambda: collector.tally.received + collector.tally.malformed == 97)
    thread.join()
    counted = collector.counted(answers[0].by_host)
    assert answers[0].events == 100
    assert (counted.received, counted.lost, counted.malformed) == (95, 5, 2)


def test_what_came_is_counted_by_host(collector: Collector) -> None:
    """A device's events are known by its name, whether it numbers them or not."""
    sent = sent_to(collector, rate=20, seconds=1.0)
    assert dict(collector.tally.by_host) == sent.by_host


def test_something_is_sent_however_little_is_asked(collector: Collector) -> None:
    """A rate that makes no whole event in that time would prove itself by sending nothing."""
    assert sent_to(collector, rate=1, seconds=0.1).events == 1


def test_a_datagram_that_is_no_message_is_malformed(collector: Collector) -> None:
    """It's counted, and it ends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"hello", collector.address)
        until(collector, lambda: collector.tally.malformed == 1)
        sock.sendto(next(Cpes(cpe_names(1)).take(1, ManualClock().now())), collector.address)
    until(collector, lambda: collector.tally.received == 1)


def test_a_reset_counts_from_zero(collector: Collector) -> None:
    """What came before isn't counted again."""
    sent_to(collector, rate=10, seconds=1.0)
    collector.reset()
    assert collector.tally.counted().received == 0


def test_nobody_listening_is_the_labs_fault(collector: Collector) -> None:
    """A closed port is one clear line, and a taken one too."""
    host, port = collector.address
    with pytest.raises(LabError, match="can't listen there"):
        Collector(host, port, ManualClock())
    collector.close()
    with pytest.raises(LabError, match="no collector there"):
        send(cpe_names(1), (host, port), rate=1, seconds=1, clock=ManualClock())


def test_the_command_measures_a_rate() -> None:
    """A small rate over both transports: what was sent is counted, and nothing else is said.

    Whether the rate held is this machine's affair at this moment.
    """
    for more in ([], ["--udp"]):
        result = CliRunner().invoke(
            events, ["measure", "--rate", "500", "--seconds", "0.2", "--json", *more]
        )
        answer = json.loads(result.stdout)
        (tried,) = answer["tries"]
        assert tried["sent"] == tried["counted"]["received"] == 100
        assert (tried["counted"]["lost"], tried["counted"]["malformed"]) == (0, 0)
        assert answer["best"] == (None if tried["why"] else 500)
        assert tried["why"] == "" or tried["why"].startswith("held back to")


def test_the_command_collects_what_is_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends when so many came; fewer than expected is an error that says how many."""
    result = CliRunner().invoke(
        events, ["collect", "--listen", "127.0.0.1:0", "--expect", "5", "--seconds", "0.1"]
    )
    assert isinstance(result.exception, LabError)
    assert "0 events came, 5 were expected" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["send", "--rate", "10", "--to", "host:99999"], "isn't HOST:PORT"),
        (["send", "--rate", "0", "--to", "127.0.0.1"], "'--rate'"),
        (["collect", "--listen", ":3514"], "isn't HOST:PORT"),
        (["measure"], "give either --rate R or --search"),
        (["measure", "--rate", "10", "--search"], "give either --rate R or --search"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], words: str) -> None:
    """What is wrong is named with what is allowed."""
    result = CliRunner().invoke(events, arguments)
    assert result.exit_code == 2
    assert words in result.output
