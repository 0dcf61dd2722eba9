"""Look at every device of a testbed at once, read-only: no lease, no lock, no change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.lab.bench import Bench
from harness.lab.host_keys import accept_new
from harness.lab.lab import Lab, within_reach
from harness.lab.preflight import look
from harness.lab.run import Run, new_run_id, run_key
from harness.lab.ways import Prompt
from harness.system_clock import SystemClock
from harness.testbed.model import Testbed
from harness.verify.preflight import Preflight

_AT_ONCE = 8  # chassis; most of the time is the devices' own


def survey(
    testbed: Testbed, prompt: Prompt, state: Path, learnt: Callable[[str], None] | None = None
) -> tuple[Preflight, ...]:
    """Return what each device says of itself, in the order of the testbed.

    Fleets that only a run starts aren't asked: nobody is there.
    Nothing is written: not on a device, and not in the ``state`` directory; with ``learnt``, which
    hears of each, host keys that known_hosts doesn't list are stored there first. An unreachable
    device is an answer. Raises :class:`~harness.errors.UsageError` when a credential can't be had.
    """
    run = Run(new_run_id(), run_key(None), state, SystemClock())
    everybody = [device.name for device in testbed.lasting()]
    with within_reach(testbed, run, prompt, frozenset(everybody)) as lab:
        if learnt is not None:
            for key in accept_new(lab.endpoints):
                learnt(str(key))
        boxes = _by_chassis(lab)
        with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="survey") as threads:
            answers = [found for box in threads.map(_look_at, boxes) for found in box]
    order = {name: place for place, name in enumerate(everybody)}
    return tuple(sorted(answers, key=lambda found: order[found.device]))


def _by_chassis(lab: Lab) -> list[list[Bench]]:
    """Group the benches so that no session is used by two threads: a gateway asks its JDM."""
    boxes: dict[str, list[Bench]] = {}
    for name in lab.reached:
        bench = lab.bench(name)
        chassis = bench.device.chassis
        boxes.setdefault(f"chassis {chassis}" if chassis else f"device {name}", []).append(bench)
    fleets = [[lab.bench_of(device)] for device in lab.of_lasting_fleets()]
    return [*boxes.values(), *fleets]


def _look_at(box: Sequence[Bench]) -> list[Preflight]:
    try:
        return [look(bench) for bench in box]
    finally:
        for bench in box:
            bench.close()
