"""``python -m campaign``: run seeds, print what became of the devices, fail if one is dirty."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from campaign import report
from campaign.mutants import MUTANTS
from campaign.seed import Result, run_seed

_TOLD = 25  # seeds from one word of progress to the next


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign that the command line asks for; 1 if anything is as it must not be."""
    asked = _parser().parse_args(arguments)
    say = sys.stdout.write
    if asked.seed is not None:
        result = run_seed(asked.seed, asked.mutant)
        say("\n".join(report.story(result)) + "\n")
        return int(result.bad)
    began = time.monotonic()
    seeds = range(asked.first, asked.first + asked.seeds)
    results = []
    for result in _results(seeds, asked.jobs, asked.mutant):
        results.append(result)
        if result.bad:
            say("\n".join(report.complaint(result)) + "\n")
        if len(results) % _TOLD == 0:
            say(f"{len(results)} of {len(seeds)} seeds run\n")
        sys.stdout.flush()
    results.sort(key=lambda each: each.seed)
    say("\n".join(report.table(results)) + "\n")
    say(f"{report.figures(results)}, {time.monotonic() - began:.0f} s\n")
    differing = _differing(results, asked.jobs, asked.mutant) if asked.twice else []
    for seed in differing:
        say(f"seed {seed} ended otherwise the second time\n")
    if asked.twice:
        say(f"{len(results)} seeds run twice, {len(differing)} of them ended otherwise\n")
    return int(any(each.bad for each in results) or bool(differing))


def _results(seeds: Sequence[int], jobs: int, mutant: str) -> Iterator[Result]:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn) as pool:
        for done in as_completed([pool.submit(run_seed, seed, mutant) for seed in seeds]):
            yield done.result()


def _differing(results: Sequence[Result], jobs: int, mutant: str) -> list[int]:
    before = {each.seed: each.signature for each in results}
    again = _results([*before], jobs, mutant)
    return sorted(each.seed for each in again if each.signature != before[each.seed])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="campaign", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first one")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--seed", type=int, help="one seed, with its story")
    parser.add_argument("--twice", action="store_true", help="each seed twice: it ends the same")
    parser.add_argument("--mutant", default="", choices=["", *MUTANTS], help="break the harness")
    return parser


if __name__ == "__main__":
    sys.exit(main())
