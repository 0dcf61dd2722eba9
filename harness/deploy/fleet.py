"""Many devices with one kind of work: waves, bounded concurrency, a stop rule, partial results.

The engine knows nothing of what is done to a device. Work is a callable for one name that ends with
a result or raises from :mod:`harness.errors`; each end is handed over at once, so that whatever
interrupts the fleet loses none that came before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from harness.clock import Clock
from harness.errors import HarnessError

R = TypeVar("R")

_FIRST_WAIT = 0.5  # seconds before the second try; doubles


@dataclass(frozen=True, slots=True)
class Policy:
    """How a fleet is gone through."""

    wave: int  # devices that begin together; the next wave begins when all of one have ended
    at_once: int  # devices worked on at the same time
    starts_per_second: float | None = None  # sessions cost a device's control plane: a rate limit
    failures_allowed: float = 0.0  # share of a wave, 0..1; above it no further wave begins
    tries: int = 3  # of what is safe to try again


@dataclass(frozen=True, slots=True)
class Ended(Generic[R]):
    """The end of one device: a result, or the error that stopped it."""

    name: str
    wave: int  # from 1
    result: R | None
    error: HarnessError | None
    seconds: float
    tries: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fleet is: the rate counts ended devices, waiting between waves included."""

    ended: int
    failed: int
    total: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return ended devices per second."""
        return self.ended / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Return how long the rest takes at this rate; None while nothing has ended."""
        return (self.total - self.ended) / self.rate if self.rate else None


@dataclass(frozen=True, slots=True)
class FleetRun(Generic[R]):
    """What became of a fleet: every end in the order it came, and why it stopped early."""

    ends: tuple[Ended[R], ...]
    not_reached: tuple[str, ...]
    stopped: str = ""  # why; empty when every device was reached


def waves(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Cut ``names`` into waves of ``size``, the last one as long as it is."""
    for start in range(0, len(names), size):
        yield names[start : start + size]


class Fleet(Generic[R]):
    """One pass over a fleet.

    ``failed`` says of a result whether it counts for the stop rule; an error always does.
    ``safe`` says of an error whether nothing was changed yet, so that trying again is safe: a
    commit is never tried twice. ``ended`` is called in the caller's thread.
    """

    def __init__(
        self,
        work: Callable[[str], R],
        policy: Policy,
        clock: Clock,
        *,
        failed: Callable[[R], bool],
        safe: Callable[[str, HarnessError], bool],
        ended: Callable[[Ended[R], Progress], None],
    ) -> None:
        self._work = work
        self._policy = policy
        self._clock = clock
        self._failed = failed
        self._safe = safe
        self._ended = ended
        self._ends: list[Ended[R]] = []
        self._failures = 0
        self._next_start = 0.0

    def run(self, names: Sequence[str]) -> FleetRun[R]:
        """Work through ``names`` in waves.

        On an interrupt nothing further begins, what is under way ends (it has devices to put
        back), and the interrupt goes on. Whatever isn't a :class:`HarnessError` ends it too.
        """
        self._began = self._clock.monotonic()
        self._total = len(names)
        reached = 0
        with ThreadPoolExecutor(self._policy.at_once, thread_name_prefix="fleet") as threads:
            for number, wave in enumerate(waves(names, self._policy.wave), start=1):
                before = self._failures
                self._wave(threads, number, wave)
                reached += len(wave)
                failures = self._failures - before
                if failures > self._policy.failures_allowed * len(wave):
                    stopped = f"wave {number}: {failures} of {len(wave)} devices failed"
                    rest = tuple(names[reached:])
                    return FleetRun(tuple(self._ends), rest, stopped if rest else "")
        return FleetRun(tuple(self._ends), ())

    def _wave(self, threads: ThreadPoolExecutor, number: int, names: Sequence[str]) -> None:
        waiting = iter(names)
        running: set[Future[Ended[R]]] = set()
        try:
            for name in waiting:
                if len(running) >= self._policy.at_once:
                    self._collect(running)
                self._pace()
                running.add(threads.submit(self._one, number, name))
            while running:
                self._collect(running)
        except BaseException:
            for future in running:
                future.cancel()
            self._drain(running)
            raise

    def _collect(self, running: set[Future[Ended[R]]]) -> None:
        """Wait for one at least, and take those that ended out of ``running``."""
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            running.remove(future)
            self._tell(future.result())

    def _drain(self, running: set[Future[Ended[R]]]) -> None:
        """Keep the results of what was under way when the fleet was interrupted."""
        for future in wait(running).done:
            if not future.cancelled() and future.exception() is None:
                self._tell(future.result())

    def _tell(self, end: Ended[R]) -> None:
        self._ends.append(end)
        self._failures += end.error is not None or (
            end.result is not None and self._failed(end.result)
        )
        seconds = self._clock.monotonic() - self._began
        self._ended(end, Progress(len(self._ends), self._failures, self._total, seconds))

    def _one(self, wave: int, name: str) -> Ended[R]:
        began = self._clock.monotonic()
        retrying = Retrying(
            stop=stop_after_attempt(self._policy.tries),
            wait=wait_exponential(multiplier=_FIRST_WAIT),
            retry=retry_if_exception(
                lambda error: isinstance(error, HarnessError) and self._safe(name, error)
            ),
            sleep=self._clock.sleep,
            reraise=True,
        )
        result, error = None, None
        try:
            result = retrying(self._work, name)
        except HarnessError as exc:
            error = exc
        tries = int(retrying.statistics.get("attempt_number", 1))
        return Ended(name, wave, result, error, self._clock.monotonic() - began, tries)

    def _pace(self) -> None:
        """Begin no more devices a second than the policy says."""
        if self._policy.starts_per_second is None:
            return
        now = self._clock.monotonic()
        if now < self._next_start:
            self._clock.sleep(self._next_start - now)
        self._next_start = max(now, self._next_start) + 1 / self._policy.starts_per_second
