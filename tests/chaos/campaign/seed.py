"""One seed from its first byte to its verdict."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from campaign.director import Director, ours
from campaign.foreign import PID
from campaign.full_disk import FLAG
from campaign.judge import Judgement, State, cases, false_passes, judge
from campaign.kinds import Kind
from campaign.process import Started, start_restore, start_suites
from campaign.scenario import Scenario, scenario
from campaign.world import DUT, World
from harness.errors import Quarantined

# What a run ends with that says of itself that every device is proven: passed, failed, interrupted.
_PROVEN = (0, 1, 2)
_PATIENCE = (0.0, 900.0, 900.0, 9000.0)  # seconds before each `harness restore`: people wait, too
_LAPSED = 11 * 60.0  # after that, alice's confirmed commit has rolled back


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one seed."""

    seed: int
    kind: Kind
    happened: bool  # the instant came
    codes: tuple[int | None, ...]  # of the run, then of each `harness restore`
    judgements: tuple[Judgement, ...]
    false_passes: tuple[str, ...]
    passed: int  # cases
    story: tuple[str, ...]
    output: str = field(repr=False)

    @property
    def hung(self) -> bool:
        """Say whether a command had to be killed because it didn't end."""
        return None in self.codes

    def count(self, state: State) -> int:
        """Return how many devices ended so."""
        return sum(1 for each in self.judgements if each.state is state)

    @property
    def bad(self) -> bool:
        """Say whether anything is as it must not be."""
        spoilt = self.count(State.DIRTY) + self.count(State.LOST)
        return bool(spoilt or self.false_passes or self.hung)

    @property
    def signature(self) -> str:
        """Return what has to be the same whenever the seed is run."""
        ends = [(each.device, each.state, each.wrong) for each in self.judgements]
        said = repr((self.codes, ends, self.false_passes, self.passed, self.story))
        return hashlib.sha256(said.encode()).hexdigest()[:12]


def run_seed(seed: int, mutant: str = "", chosen: Scenario | None = None) -> Result:
    """Run a seed, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        return _Seed(chosen or scenario(seed), Path(folder), mutant).run()


class _Seed:
    def __init__(self, wanted: Scenario, folder: Path, mutant: str) -> None:
        self._scenario = wanted
        self._folder = folder
        self._mutant = mutant
        self._output: list[str] = []

    def run(self) -> Result:
        with _world(self._scenario, self._folder) as world:
            director = Director(self._scenario, world)
            codes = self._commands(world, director)
            return Result(
                seed=self._scenario.seed,
                kind=self._scenario.kind,
                happened=not director.still_to_come,
                codes=tuple(codes),
                judgements=tuple(judge(world, self._scenario, director, codes)),
                false_passes=tuple(false_passes(world, self._scenario, director)),
                passed=sum(1 for case in cases(world.reports) if case.outcome == "pass"),
                story=tuple(director.story),
                output="\n".join([*self._output, *_left_over(world)]),
            )

    def _commands(self, world: World, director: Director) -> list[int | None]:
        started = start_suites(self._scenario, world, self._mutant)
        codes = [self._ended("pytest", started, world, director)]
        director.left_by_run = ours(world.configuration(DUT))
        self._afterwards(world, director, codes[0] in _PROVEN)
        for number, seconds in enumerate(_PATIENCE if codes[0] not in _PROVEN else ()):
            world.pass_time(seconds)
            if number:
                self._mend(world)
                self._alice_ends(world, director)
            started = start_restore(world, self._mutant)
            codes.append(self._ended("harness restore", started, world, director))
            if codes[-1] in (0, Quarantined.exit_code):
                break
        self._alice_ends(world, director)
        return codes

    def _ended(
        self, command: str, started: Started, world: World, director: Director
    ) -> int | None:
        director.follow(started)
        ended = started.end()
        director.leave()
        world.settle()
        self._output.append(f"--- {command} ended with {ended.code}\n{ended.output}")
        director.story.append(f"{command} ended with {ended.code}")
        return ended.code

    def _afterwards(self, world: World, director: Director, proven: bool) -> None:
        """Let the world go on; alice, if she stays, until `harness restore` was tried once."""
        self._mend(world)
        world.on_loop(director.let_hands_act)
        if proven or not any(hand.stays for hand in director.hands):
            self._alice_ends(world, director)

    def _mend(self, world: World) -> None:
        """Mend what people mend: disks are emptied, the network is back, the device has booted."""
        world.line.mend()
        (world.folder / FLAG).unlink(missing_ok=True)
        world.on_loop(lambda: world.dut.disarm("disk-full"))
        while world.on_loop(lambda: world.dut.away):
            world.pass_time(60.0)

    def _alice_ends(self, world: World, director: Director) -> None:
        def end() -> None:
            for hand in director.hands:
                words = hand.finish(world.dut)
                if words:
                    director.story.append(f"alice {words}")

        world.on_loop(end)
        pending = world.on_loop(lambda: world.dut.store.pending)
        if pending is not None and pending.by == PID:
            world.pass_time(_LAPSED)


@contextmanager
def _world(wanted: Scenario, folder: Path) -> Iterator[World]:
    world = World(wanted, folder)
    try:
        yield world
    finally:
        world.close()


def _left_over(world: World) -> Iterator[str]:
    """Tell what is on disk and in the device's history, for a story."""
    for path in sorted((world.state / "journals").glob("*.jsonl")):
        yield f"--- {path.name}"
        yield from path.read_text(errors="replace").splitlines()
    for name, device in world.devices.items():
        yield f"--- commits of {name}, newest first"
        for each in device.store.history:  # nobody changes it any more
            who = f"{each.when:%H:%M:%S} {each.user}/{each.client}"
            yield f"{each.sequence} {who} {each.log} {each.comment}"
    for case in cases(world.reports):
        yield f"--- {case.outcome}: {case.nodeid}: {case.reason}"
