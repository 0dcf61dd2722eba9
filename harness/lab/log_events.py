"""A device is told to log to a collector of ours, and what arrives from it is counted."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address
from typing import Final

from harness.clock import Clock, Deadline
from harness.deploy.access import history
from harness.deploy.baseline import Baseline
from harness.deploy.push import rehearse
from harness.deploy.rung import Payload, Pushed
from harness.drivers.history import CommitEntry
from harness.drivers.protocol import Reader
from harness.errors import DeviceError, LabError
from harness.events.collector import Collector
from harness.events.sender import Sent, Transport, send
from harness.events.tally import Counted
from harness.lab.attempt import payload_of, push
from harness.lab.bench import Bench
from harness.lab.event_rate import LOOPBACK
from harness.lab.health import Watch
from harness.lab.qualify import deadman_properties, guarded, refuse, rehearsed
from harness.outcome import Grade, Outcome, Verdict
from harness.plan.log_stream import STREAM, LogPlan, LogTarget, can_stream, plan_log_stream
from harness.plan.sites import site_of
from harness.render.log_stream import log_hierarchies, render_log_stream
from harness.render.readback import Statements, statements
from harness.reporting.record import Case, Property
from harness.testbed.model import Device, EventsSetup, Testbed
from harness.verify.facts import Unreadable
from harness.verify.log_stream import (
    COMMAND,
    Arrived,
    LogEvidence,
    LogExpectation,
    judge_log_stream,
)

KIND: Final = "log-stream"
_PLAYED_RATE, _PLAYED_SECONDS = 100.0, 0.5  # of the events sent in a simulated device's place
_PORT_SECONDS: Final = 600.0  # that another case may have the port
_TURN: Final = 0.2  # seconds without an event after which nothing more is under way
_LINES: Final = "set security log "  # how those begin that the command shows
_HOST: Final = ("security", "log", "stream", STREAM, "host")
_PROTOCOL: Final = ("security", "log", "transport", "protocol")


@dataclass(frozen=True, slots=True)
class _Seen:
    verdict: Verdict
    counted: Counted
    arrived: Arrived
    others: int  # events of other hosts in that time


def logging_devices(testbed: Testbed) -> tuple[Device, ...]:
    """Return the devices that have log streams."""
    return tuple(d for d in testbed.devices if d.role == "gateway" and can_stream(d.platform))


def log_events(bench: Bench, events: EventsSetup | None, *, rehearsing: bool = False) -> Case:
    """Push a log stream, judge it by what the device shows and what arrives, and take it back.

    A simulated device carries no sessions: events are sent in its place, to where its committed
    configuration says. Raises as :func:`~harness.lab.qualify.qualify` does.
    """
    setup = events or EventsSetup()
    if setup.collector is None and not bench.device.simulated:
        where = "the testbed doesn't say where its events go; allowed: events.collector"
        return _case(bench, Outcome.SKIP, f"not pushed: {where}")
    case = partial(_case, bench)
    if rehearsing:
        refuse(bench)
        with bench.lease(), _listening(setup, bench.run.clock) as collector:
            prepare = _Stream(bench, setup, collector).payload
            words = rehearsed(*rehearse(bench.access, bench.journal, bench.run.owner, prepare))
        return case(Outcome.SKIP, words)
    return guarded(bench, f"{bench.device.name}-{KIND}", partial(_logged, bench, setup), case)


def _logged(bench: Bench, setup: EventsSetup, watch: Watch) -> Case:
    with _listening(setup, bench.run.clock) as collector:
        stream = _Stream(bench, setup, collector)
        lines_before = _lines(bench)
        result = push(bench, 1, stream.payload, partial(stream.probe, lines_before, watch))
    if result.pushed is None or result.conclusion is None:
        reason = f"{bench.device.name} refused a log stream: {result.refused}"
        return _case(bench, Outcome.FAIL, reason)
    return _told(bench, setup, result.pushed, result.conclusion)


def _told(bench: Bench, setup: EventsSetup, pushed: Pushed, seen: _Seen) -> Case:
    counted, arrived = seen.counted, seen.arrived
    lost = ("the answer to the commit was lost; the history shows it",) * pushed.answer_lost
    facts: dict[str, Property] = {
        "events.received": arrived.events,
        "events.seconds": round(arrived.seconds, 3),
        "events.sent_by": "device" if arrived.played is None else "the harness, in its place",
        "events.of_others": seen.others,
        "events.transport": setup.transport,
        **loss_properties(counted, numbered=arrived.played is not None),
    }
    verdict = seen.verdict
    return replace(
        _case(bench, verdict.outcome, "; ".join((verdict.reason, *lost))),
        evidence=verdict.evidence,
        commit_seconds=round(pushed.commit_seconds, 3),
        warnings=(*lost, *(str(m) for m in pushed.messages if m.severity == "warning")),
        findings=verdict.findings,
        properties={**deadman_properties(pushed.confirm_minutes), **facts},
    )


def loss_properties(counted: Counted, *, numbered: bool = True) -> dict[str, Property]:
    """Return what a case says of what came; a real device's events aren't numbered one by one."""
    facts: dict[str, Property] = {
        "events.malformed": counted.malformed,
        "events.late": counted.late,
        **{
            f"events.latency.p{percent:g}": round(seconds, 6)
            for percent, seconds in counted.latency.items()
        },
    }
    if numbered:
        facts |= {
            "events.lost": counted.lost,
            "events.duplicates": counted.duplicates,
            "events.reordered": counted.reordered,
        }
    return facts


def _case(bench: Bench, outcome: Outcome, reason: str) -> Case:
    return Case(
        nodeid="",
        outcome=outcome,
        reason=reason,
        device=bench.device.name,
        kind=KIND,
        grade=bench.identity.grade,
        properties={} if bench.run.deadman else deadman_properties(None),
    )


class _Stream:
    """One stream on its way to a device, and the collector at its end."""

    def __init__(self, bench: Bench, setup: EventsSetup, collector: Collector) -> None:
        self._bench = bench
        self._setup = setup
        self._collector = collector
        self._plays = bench.identity.grade is Grade.SIMULATED
        self._host = bench.facts.hostname.encode()

    def plan(self, baseline: Baseline) -> LogPlan:
        """Plan around what the baseline holds."""
        device = self._bench.device
        underlay = device.underlay
        address, port = self._collector.address
        zone = self._setup.zone or (underlay.external_zone if underlay else None) or ""
        target = LogTarget(IPv4Address(address), port, self._setup.transport, zone)
        return plan_log_stream(site_of(device), target, baseline.xml)

    def payload(self, baseline: Baseline) -> Payload:
        """Render the plan as what a driver loads best."""
        plan = self.plan(baseline)
        allowed = log_hierarchies(plan)
        return payload_of(self._bench, render_log_stream(plan), allowed, kind=KIND, count=1)

    def probe(
        self, lines_before: frozenset[str] | Unreadable, watch: Watch, pushed: Pushed
    ) -> _Seen:
        """Ask the device, and count what comes from it."""
        while self._collector.poll(0.0):
            pass
        before = self._received()
        self._collector.reset()
        bench = self._bench
        with bench.reader() as reader:
            readback = _readback(reader)
            arrived = replace(self._count(readback), before=before)
            entries = _history(reader)
        rendering = render_log_stream(self.plan(pushed.baseline))
        expected = LogExpectation(
            bench.device.name,
            statements(pushed.baseline.xml),
            statements(rendering.xml()),
            frozenset(line for line in rendering.set_lines() if line.startswith(_LINES)),
        )
        evidence = LogEvidence(
            history=entries,
            history_before=pushed.history_before,
            readback=readback,
            lines_before=lines_before,
            lines=_lines(bench),
            arrived=arrived,
            messages=pushed.messages,
        )
        verdict = judge_log_stream(expected, evidence, str(pushed.mark))
        watch.look("with a log stream")
        others = sum(self._collector.tally.by_host.values()) - self._received()
        return _Seen(verdict, self._collector.counted(), arrived, others)

    def _count(self, readback: Statements | Unreadable) -> Arrived:
        began = self._bench.run.clock.monotonic()
        played = None
        if self._plays:
            to = _where(readback)
            played = self._play(*to) if to else 0
        else:
            self._collect(self._setup.seconds)
        took = self._bench.run.clock.monotonic() - began
        return Arrived(0, self._received(), took, played)

    def _play(self, address: tuple[str, int], transport: Transport) -> int:
        """Send events in the device's place, and take them; return how many."""
        with ThreadPoolExecutor(1) as thread:
            sending: Future[Sent] = thread.submit(
                send,
                (self._host,),
                address,
                rate=_PLAYED_RATE,
                seconds=_PLAYED_SECONDS,
                clock=self._bench.run.clock,
                transport=transport,
            )
            while not sending.done():
                self._collector.poll(_TURN)
        while self._collector.poll(_TURN):
            pass
        return sending.result().events

    def _collect(self, seconds: float) -> None:
        clock = self._bench.run.clock
        deadline = Deadline.after(seconds, clock)
        while not deadline.passed(clock):
            self._collector.poll(min(_TURN, deadline.remaining(clock)))

    def _received(self) -> int:
        return self._collector.tally.by_host.get(self._host, 0)


def _where(readback: Statements | Unreadable) -> tuple[tuple[str, int], Transport] | None:
    """Return where the committed configuration sends events, None where it doesn't say."""
    if isinstance(readback, Unreadable):
        return None
    host = _value(readback.paths, (*_HOST, "ipaddr"))
    port = _value(readback.paths, (*_HOST, "port"))
    if host is None or port is None or not port.isdecimal():
        return None
    over_tcp = _value(readback.paths, _PROTOCOL) == "tcp"
    return (host, int(port)), Transport.TCP if over_tcp else Transport.UDP


def _value(paths: Iterable[tuple[str, ...]], leaf: tuple[str, ...]) -> str | None:
    found = (path[-1] for path in paths if path[:-1] == leaf)
    return next(found, None)


def _listening(setup: EventsSetup, clock: Clock) -> Collector:
    """Listen where devices are told to send; wait for a case that has the port now."""
    host, deadline = str(setup.collector or LOOPBACK), Deadline.after(_PORT_SECONDS, clock)
    while True:
        try:
            return Collector(host, setup.port or 0, clock)
        except LabError as exc:
            cause = exc.__cause__
            taken = isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE
            if setup.port is None or not taken or deadline.passed(clock):
                raise
            clock.sleep(1.0)


def _lines(bench: Bench) -> frozenset[str] | Unreadable:
    with bench.witnesses() as readers:
        if "cli" not in readers:
            return Unreadable("there's no cli session to ask over")
        try:
            text = readers["cli"].cli(COMMAND)
        except DeviceError as error:
            return Unreadable(str(error))
    return frozenset(" ".join(line.split()) for line in text.splitlines())


def _readback(reader: Reader) -> Statements | Unreadable:
    try:
        return statements(reader.configuration("committed", "xml"))
    except DeviceError as error:
        return Unreadable(str(error))


def _history(reader: Reader) -> tuple[CommitEntry, ...] | Unreadable:
    try:
        return history(reader)
    except DeviceError as error:
        return Unreadable(str(error))
