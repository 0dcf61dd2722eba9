"""The engine that takes many devices through one kind of work."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from harness.clock import ManualClock
from harness.deploy.fleet import Ended, Fleet, FleetRun, Policy, Progress
from harness.errors import DeviceError, HarnessError, Unreachable

NAMES = tuple(f"site-{number}" for number in range(1, 11))


class Yard:
    """Work that goes as a test says, and what was seen of it."""

    def __init__(self, policy: Policy, work: Callable[[str], str] = str) -> None:
        self.clock = ManualClock()
        self.told: list[tuple[Ended[str], Progress]] = []
        self.fleet: Fleet[str] = Fleet(
            work,
            policy,
            self.clock,
            failed=lambda result: result == "bad",
            safe=lambda _, error: isinstance(error, Unreachable),
            ended=lambda end, progress: self.told.append((end, progress)),
        )

    def run(self) -> FleetRun[str]:
        """Take all names through the work."""
        return self.fleet.run(NAMES)


@pytest.mark.parametrize(("wave", "at_once"), [(10, 1), (3, 2), (1, 5), (100, 100)])
def test_every_device_ends_once(wave: int, at_once: int) -> None:
    """However a fleet is cut, each name has one result, told as it comes."""
    yard = Yard(Policy(wave, at_once), work=lambda name: name.upper())
    run = yard.run()
    assert sorted(end.name for end in run.ends) == sorted(NAMES)
    assert {end.name.upper() for end in run.ends} == {end.result for end in run.ends}
    assert [progress.ended for _, progress in yard.told] == list(range(1, 11))
    assert (run.not_reached, run.stopped) == ((), "")


def test_no_more_than_allowed_at_once() -> None:
    """Three at a time: the fourth begins when one of them ends."""
    lock, busy, most = threading.Lock(), [0], [0]
    barrier = threading.Barrier(3, timeout=10)  # three do meet

    def work(name: str) -> str:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        if name in NAMES[:3]:
            barrier.wait()
        with lock:
            busy[0] -= 1
        return name

    Yard(Policy(wave=10, at_once=3), work).run()
    assert most[0] == 3


def test_a_wave_ends_before_the_next_begins() -> None:
    """Nothing of wave two begins while wave one is under way."""
    begun: list[str] = []
    yard = Yard(Policy(wave=4, at_once=4), work=lambda name: begun.append(name) or name)
    run = yard.run()
    assert [end.wave for end in run.ends] == [1] * 4 + [2] * 4 + [3] * 2
    assert [set(begun[:4]), set(begun[4:8])] == [set(NAMES[:4]), set(NAMES[4:8])]


@pytest.mark.parametrize(("allowed", "reached"), [(0.0, 5), (0.2, 10), (0.19, 5)])
def test_a_wave_that_fails_too_much_is_the_last(allowed: float, reached: int) -> None:
    """One bad device of five: only where a fifth may fail does the next wave begin."""
    policy = Policy(wave=5, at_once=1, failures_allowed=allowed)
    run = Yard(policy, work=lambda name: "bad" if name == "site-2" else name).run()
    assert len(run.ends) == reached
    assert run.not_reached == NAMES[reached:]
    assert run.stopped == ("" if reached == 10 else "wave 1: 1 of 5 devices failed")


def test_what_is_safe_is_tried_again_and_nothing_else() -> None:
    """A device that wasn't reached gets three tries with growing waits, a refusal gets one."""
    tries: dict[str, int] = {}

    def work(name: str) -> str:
        tries[name] = tries.get(name, 0) + 1
        if name == "site-1" and tries[name] < 3:
            raise Unreachable("no answer")
        if name == "site-2":
            raise Unreachable("never")
        if name == "site-3":
            raise DeviceError("refused")
        return name

    yard = Yard(Policy(wave=10, at_once=1, failures_allowed=1.0), work)
    run = yard.run()
    ends = {end.name: end for end in run.ends}
    assert (ends["site-1"].error, ends["site-1"].tries) == (None, 3)
    assert isinstance(ends["site-2"].error, Unreachable)
    assert (ends["site-2"].tries, ends["site-3"].tries) == (3, 1)
    assert yard.clock.monotonic() == 2 * (0.5 + 1.0)
    assert yard.told[-1][1].failed == 2


def test_starts_are_paced() -> None:
    """Two starts a second: ten devices begin over four and a half seconds."""
    yard = Yard(Policy(wave=10, at_once=1, starts_per_second=2.0))
    yard.run()
    assert yard.clock.monotonic() == pytest.approx(4.5)


def test_progress_tells_rate_and_time_left() -> None:
    """Four of ten in eight seconds: half a device a second, twelve seconds to go."""
    progress = Progress(ended=4, failed=1, total=10, seconds=8.0)
    assert (progress.rate, progress.seconds_left) == (0.5, 12.0)
    assert Progress(0, 0, 10, 0.0).seconds_left is None


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_keeps_what_was_done(stop: type[BaseException]) -> None:
    """Nothing further begins, what is under way ends and is told, the interrupt goes on."""
    under_way, go_on = threading.Event(), threading.Event()

    def work(name: str) -> str:
        if name == "site-2":
            under_way.set()
            assert go_on.wait(10)
        return name

    yard = Yard(Policy(wave=10, at_once=2), work)
    told = yard.fleet._ended

    def interrupt(end: Ended[str], progress: Progress) -> None:
        told(end, progress)
        if end.name == "site-1":
            assert under_way.wait(10)
            go_on.set()
            raise stop

    yard.fleet._ended = interrupt
    with pytest.raises(stop):
        yard.run()
    assert [end.name for end, _ in yard.told] == ["site-1", "site-2"]


def test_a_bug_in_the_work_is_not_a_devices_end() -> None:
    """Only our own errors end a device; anything else ends the fleet."""

    def work(name: str) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Yard(Policy(wave=10, at_once=2), work).run()


def test_errors_of_devices_are_ours() -> None:
    """The type of an end's error is what the caller may handle."""
    run = Yard(Policy(10, 1, tries=1), work=lambda name: (_ for _ in ()).throw(HarnessError(name)))
    assert {type(end.error) for end in run.run().ends} == {HarnessError}
