"""What a measured rate comes to as a case, whoever claims a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from harness.claims.catalogue import Catalogue
from harness.events.collector import Wire
from harness.events.tally import Counted
from harness.lab import event_load
from harness.lab.event_load import CLAIM, EventLoad, event_loads
from harness.lab.event_rate import Load, Measured
from harness.outcome import Outcome
from harness.testbed.model import EventsSetup, Testbed

WIRE = Wire(torn=0, wrong_lengths=0, thrown_away=0, kernel_drops=None, refused_connections=0)


def measured(rate: float, lost: int = 0, why: str = "") -> Measured:
    """Return one try of a second."""
    sent = int(rate)
    counted = Counted(sent - lost, 7, lost, 0, 0, 0, 0, 0, {50.0: 0.001})
    return Measured(rate, sent, rate, counted, WIRE, why)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[float], Measured]], None]:
    """Let a function stand for both ends of a measurement."""

    def stand_for(one_try: Callable[[float], Measured]) -> None:
        @contextmanager
        def measuring(load: Load) -> Iterator[Callable[[float], Measured]]:
            yield one_try

        monkeypatch.setattr(event_load, "measuring", measuring)

    return stand_for


def load(rate: int | None, claimed: int | None = None) -> EventLoad:
    """Return a load, with a number of the operator's where one is given."""
    catalogue = Catalogue.load()
    if claimed is not None:
        catalogue = catalogue.with_operator_values({CLAIM: claimed}, lambda _: "--claim")
    return EventLoad(rate, EventsSetup(seconds=1.0), catalogue.get(CLAIM))


@pytest.mark.parametrize(
    ("claimed", "lost", "why", "outcome", "standing"),
    [
        (None, 0, "", Outcome.PASS, "sampled"),
        (None, 3, "3 of 100 lost", Outcome.PASS, "not accepted"),
        (None, 0, "held back to 70/s", Outcome.PASS, "not accepted"),
        (100, 0, "", Outcome.PASS, "qualified"),
        (200, 0, "", Outcome.PASS, "sampled"),
        (100, 3, "3 of 100 lost", Outcome.FAIL, "not accepted"),
        (100, 0, "held back to 70/s", Outcome.ERROR, "not accepted"),
    ],
)
def test_only_somebodys_number_judges(ends, claimed, lost, why, *, outcome, standing) -> None:
    """Without one it's measured, and what went wrong is told all the same."""
    ends(lambda rate: measured(rate, lost, why))
    case = load(100, claimed).run()
    assert (case.outcome, case.standing) == (outcome, standing)
    assert why in case.reason
    assert ("not judged" in case.reason) is (claimed is None)
    assert (f"the operator's number {claimed} (--claim)" in case.reason) is (claimed is not None)


def test_a_sender_that_had_no_turn_tries_again(ends) -> None:
    """That says nothing of events; a lost one does, and isn't tried away."""
    tries = iter([measured(100, why="held back to 70/s"), measured(100)])
    ends(lambda _: next(tries))
    case = load(100).run()
    assert (case.standing, case.properties["events.tries"]) == ("sampled", 2)
    tries = iter([measured(100, 1, "1 of 100 lost"), measured(100)])
    ends(lambda _: next(tries))
    assert load(100).run().properties["events.lost"] == 1


def test_the_highest_rate_is_searched(ends) -> None:
    """The best that held thrice is what the case says."""
    ends(lambda rate: measured(rate, *((5, "5 lost") if rate > 3000 else (0, ""))))
    case = load(None).run()
    assert case.outcome is Outcome.PASS
    assert 3000 / 1.06 < (case.requested or 0) <= 3000
    assert case.accepted == case.requested
    assert case.reason.startswith("the highest rate that held, 2 times more: ")
    ends(lambda rate: measured(rate, 5, "5 lost"))
    assert load(None).run().standing == "not accepted"


def test_what_is_measured() -> None:
    """A count before a claimed number before the testbed's; more at night where it says so."""
    plain, catalogue = Testbed("lab", "lab.yaml"), Catalogue.load()
    claimed = catalogue.with_operator_values({CLAIM: 70}, lambda _: "--claim")
    spoken = Testbed("lab", "lab.yaml", events=EventsSetup(rate=30))
    assert [one.rate for one in event_loads(plain, catalogue, None)] == [1000]
    assert [one.rate for one in event_loads(spoken, catalogue, None)] == [30]
    assert [one.rate for one in event_loads(spoken, claimed, None)] == [70]
    assert [one.rate for one in event_loads(spoken, claimed, 2)] == [2]
    assert [one.rate for one in event_loads(plain, catalogue, None, nightly=True)] == [1000]
    long, highest = event_loads(spoken, catalogue, None, nightly=True)
    assert (long.rate, long.setup.seconds, highest.rate) == (30, 60.0, None)
    assert highest.id == "harness-cpes-tcp-highest"
