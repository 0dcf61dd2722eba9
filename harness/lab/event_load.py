"""The rate of log events that is measured: simulated CPEs and a collector, both on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from harness.claims.catalogue import Catalogue
from harness.claims.model import Claim
from harness.events.sender import Faults, Transport
from harness.lab.event_rate import Load, Measure, Measured, measuring, search
from harness.lab.log_events import loss_properties
from harness.outcome import Finding, Grade, Outcome
from harness.reporting import record
from harness.reporting.record import Case, Property
from harness.testbed.model import EventsSetup, Testbed

CLAIM: Final = "log-events-per-second"
PLAYER: Final = "harness-cpes"  # what the record calls those who send
_TRIES: Final = 3  # where the sender wasn't let run: that says nothing of events


_NIGHTLY_SECONDS: Final = 60.0
_FROM, _TO = 1000.0, 1_000_000.0  # events per second that the highest rate is searched between


@dataclass(frozen=True, slots=True)
class EventLoad:
    """One rate, and the row that it speaks to."""

    rate: int | None  # events per second; None: the highest that holds is searched
    setup: EventsSetup
    claim: Claim

    @property
    def id(self) -> str:
        """Return the case id, "harness-cpes-tcp-1000"."""
        return f"{PLAYER}-{self.setup.transport}-{self.rate or 'highest'}"

    @property
    def words(self) -> str:
        """Return what is sent: "1000 events/s"."""
        return f"{self.rate} events/s" if self.rate else "ever more events/s"

    @property
    def identity(self) -> record.Device:
        """Return what the record calls a device here."""
        return record.Device(
            name=PLAYER,
            platform="log events",
            grade=Grade.SIMULATED,
            reasons=("CPEs and collector are played by the harness, on one machine",),
        )

    def asked(self, outcome: Outcome = Outcome.ERROR) -> Case:
        """Return the case with what is asked, and nothing yet of what was found."""
        return Case(
            nodeid="",
            outcome=outcome,
            device=PLAYER,
            kind="log-events",
            grade=Grade.SIMULATED,
            requested=self.rate,
            claim_id=self.claim.id,
            claimed=self.claim.value,
            claim_source=self.claim.source,
        )

    def run(self) -> Case:
        """Measure, and judge where the number is somebody's.

        Raises :class:`~harness.errors.LabError` when the collector can't be run.
        """
        setup = self.setup
        load = Load(
            transport=Transport(setup.transport),
            cpes=setup.cpes,
            seconds=setup.seconds,
            faults=Faults(setup.lost, setup.garbled),
        )
        with measuring(load) as measure:
            if self.rate is None:
                return self._searched(measure)
            measured, tries = measure(self.rate), 1
            while measured.why and measured.counted.complete and tries < _TRIES:
                measured, tries = measure(self.rate), tries + 1
        return self._case(measured, tries, self.rate)

    def _searched(self, measure: Measure) -> Case:
        found, tries = search(measure, _FROM, _TO)
        if found.best is None:
            return self._case(tries[-1], len(tries), int(_FROM))
        rate = int(found.best)
        case = self._case([t for t in tries if t.asked == found.best][-1], len(tries), rate)
        words = f"the highest rate that held, {found.confirmed} times more: {case.reason}"
        return replace(case, reason=words)

    def _case(self, measured: Measured, tries: int, rate: int) -> Case:
        held, judged = not measured.why, self.claim.value is not None
        received = measured.counted.received
        return replace(
            self.asked(self._outcome(measured) if judged else Outcome.PASS),
            reason=f"{self._what(measured, rate)}; {self._judgement(measured)}",
            requested=rate,
            accepted=rate if held else min(rate - 1, int(received / self.setup.seconds)),
            seconds=round(tries * self.setup.seconds, 3),
            findings=tuple(self._findings(measured)),
            properties=self._properties(measured, tries),
        )

    def _outcome(self, measured: Measured) -> Outcome:
        """Return what a number of somebody's makes of it; a sender held back is this machine's."""
        if not measured.why:
            return Outcome.PASS
        return Outcome.ERROR if measured.counted.complete else Outcome.FAIL

    def _what(self, measured: Measured, rate: int) -> str:
        counted, setup = measured.counted, self.setup
        return (
            f"{rate} events/s of {setup.cpes} simulated CPEs for {setup.seconds:g} s over "
            f"{setup.transport.upper()}, played by the harness: {measured.sent} sent, "
            f"{counted.received} received, {counted.lost} lost, {counted.malformed} malformed, "
            f"{counted.late} late"
        )

    def _judgement(self, measured: Measured) -> str:
        if self.claim.value is None:
            words = "not judged: the document leaves this number blank, and nobody gave one"
            return f"{words}; {measured.why}" if measured.why else words
        whose = f"held against the operator's number {self.claim.value} ({self.claim.given_in})"
        return f"{measured.why}; {whose}" if measured.why else whose

    def _findings(self, measured: Measured) -> Iterator[Finding]:
        counted = measured.counted
        for what, number in (("lost", counted.lost), ("malformed", counted.malformed)):
            yield Finding(f"events {what}", "none", str(number), ok=not number, source="collector")

    def _properties(self, measured: Measured, tries: int) -> dict[str, Property]:
        drops = measured.wire.kernel_drops
        return {
            "events.sent": measured.sent,
            "events.received": measured.counted.received,
            "events.achieved": round(measured.achieved, 1),
            "events.seconds": self.setup.seconds,
            "events.transport": self.setup.transport,
            "events.cpes": self.setup.cpes,
            "events.sent_by": "the harness",
            "events.kernel_drops": "not told" if drops is None else drops,
            "events.tries": tries,
            **loss_properties(measured.counted),
        }


def event_loads(
    testbed: Testbed, catalogue: Catalogue, count: int | None, *, nightly: bool = False
) -> tuple[EventLoad, ...]:
    """Return what is measured: ``count``, else the number that somebody claims, else a sample.

    At night, where the testbed speaks of events: for a minute at least, and the highest as well.
    """
    setup, claim = testbed.events or EventsSetup(), catalogue.get(CLAIM)
    rate = count or claim.value or setup.rate
    if not nightly or testbed.events is None:
        return (EventLoad(rate, setup, claim),)
    longer = replace(setup, seconds=max(setup.seconds, _NIGHTLY_SECONDS))
    return EventLoad(rate, longer, claim), EventLoad(None, setup, claim)
