"""The highest rate that passes: doubled until one fails, halved in between, tried again. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_SHARP: Final = 1.05  # the search ends when the lowest that failed is so near to the best
_CONFIRM: Final = 2  # times that the best rate has to pass again
_FALLS: Final = 5  # times that a best rate may turn out not to hold


@dataclass(frozen=True, slots=True)
class Found:
    """``best`` passed ``1 + confirmed`` times; ``failed`` is the lowest that didn't, if any did."""

    best: float | None  # None: not even the first one passed
    failed: float | None
    confirmed: int
    tried: tuple[tuple[float, bool], ...]  # in order


def highest_rate(passes: Callable[[float], bool], start: float, ceiling: float) -> Found:
    """Search between ``start`` and ``ceiling`` (events per second, both above zero).

    A best rate that doesn't pass again counts as failed, and the search goes on below it; after
    five such falls there is no best rate.
    """
    tried: list[tuple[float, bool]] = []

    def trial(rate: float) -> bool:
        tried.append((rate, passes(rate)))
        return tried[-1][1]

    best, failed = _doubled(trial, start, ceiling)
    for _ in range(_FALLS):
        if best is None:
            break
        best, failed = _halved(trial, best, failed)
        if all(trial(best) for _ in range(_CONFIRM)):
            return Found(best, failed, _CONFIRM, tuple(tried))
        failed = best
        lower = [rate for rate, passed in tried if passed and rate < failed]
        best = max(lower, default=None)
    return Found(None, failed, 0, tuple(tried))


def _doubled(
    trial: Callable[[float], bool], start: float, ceiling: float
) -> tuple[float | None, float | None]:
    best: float | None = None
    rate = min(start, ceiling)
    while trial(rate):
        best = rate
        if rate >= ceiling:
            return best, None
        rate = min(rate * 2, ceiling)
    return best, rate


def _halved(
    trial: Callable[[float], bool], best: float, failed: float | None
) -> tuple[float, float | None]:
    while failed is not None and failed > best * _SHARP:
        middle = (best + failed) / 2
        if trial(middle):
            best = middle
        else:
            failed = middle
    return best, failed
