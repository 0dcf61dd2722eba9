"""A device's health through a run: known before its first push, looked at around each rung.

A device that fell ill is out for the rest of the run, with all its kinds: whatever it would show
next says as much about the illness as about the load.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from harness.errors import LabError
from harness.lab.bench import Bench
from harness.outcome import Finding, Outcome, Verdict
from harness.reporting.record import Case, Property
from harness.verify.examine import examine
from harness.verify.facts import Unreadable
from harness.verify.health import Health
from harness.verify.illness import NOT_READABLE, SOURCE, judge_health

_OUTWEIGHED = {  # what a case may be and still be called by its health
    Outcome.UNHEALTHY: {Outcome.PASS, Outcome.BLOCKED, Outcome.ERROR},
    Outcome.ERROR: {Outcome.PASS, Outcome.BLOCKED},
}


class Watch:
    """Looks after one device during one rung; what made it ill is looked at once."""

    def __init__(self, bench: Bench) -> None:
        """Ask how the device is, unless that's known from before its first push.

        Raises :class:`~harness.errors.LabError` when it can't be asked.
        """
        self._bench = bench
        self._seconds = 0.0
        self._gaps: tuple[str, ...] = ()
        with self._timed():
            self._before = self._known()
        self.verdict = Verdict(Outcome.PASS, "not looked at")

    @property
    def ill(self) -> bool:
        """Say whether the device fell ill."""
        return self.verdict.outcome is Outcome.UNHEALTHY

    def look(self, when: str) -> bool:
        """Look at the device and say whether it is ill; ``when`` follows "it fell ill".

        A device that can't be asked any more isn't well: that's an error of the lab.
        """
        if not self.ill:
            with self._timed():
                found = self._judged()
            self.verdict = replace(found, reason=f"{found.reason} ({when})")
        return self.verdict.outcome is Outcome.UNHEALTHY

    def told(self, case: Case) -> Case:
        """Return ``case`` with what was found of the device's health; its numbers stay."""
        case = replace(
            case,
            findings=(*case.findings, *self.verdict.findings),
            properties={**case.properties, **self._properties()},
        )
        health = self.verdict.outcome
        if case.outcome in _OUTWEIGHED.get(health, ()):
            reason = "; ".join(filter(None, (self.verdict.reason, case.reason)))
            return replace(case, outcome=health, reason=reason)
        if not self.ill:
            return case
        return replace(case, reason=f"{case.reason}; and it fell ill: {self.verdict.reason}")

    def _known(self) -> Health:
        """Return the health before the first push.

        Where a reply was garbled then, the question is asked again: the device is at its baseline
        between two rungs, and well as far as it could be asked.
        """
        seen = self._bench.seen
        before = seen.health
        if before is None or any(isinstance(gap, Unreadable) for gap in before.gaps.values()):
            before = seen.health = self._examined()
        return before

    def _examined(self) -> Health:
        bench = self._bench
        with bench.witnesses() as readers:
            health = examine(bench.device.platform, readers, bench.run.clock)
        self._gaps = tuple(health.gaps)
        return health

    def _judged(self) -> Verdict:
        try:
            now = self._examined()
        except LabError as error:
            words = f"{NOT_READABLE} any more: {error}"
            finding = Finding(SOURCE, "readable, as before", words, ok=False, source=SOURCE)
            return Verdict(Outcome.ERROR, f"{SOURCE}: {words}", findings=(finding,))
        return judge_health(self._before, now, self._bench.device.health)

    def _properties(self) -> dict[str, Property]:
        gaps = {"health.not_readable": ", ".join(self._gaps)} if self._gaps else {}
        return {**gaps, "health.seconds": round(self._seconds, 4)}

    @contextmanager
    def _timed(self) -> Iterator[None]:
        clock = self._bench.run.clock
        began = clock.monotonic()
        try:
            yield
        finally:
            self._seconds += clock.monotonic() - began
