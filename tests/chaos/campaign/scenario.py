"""What a seed means: pure, so that the same seed is the same scenario everywhere."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from campaign.kinds import (
    ANY,
    BESIDE,
    BESIDE_ZONED,
    FOREIGN,
    INSIDE,
    LIES,
    OPENINGS,
    Death,
    Instant,
    Kind,
    Option,
)
from harness.sim.onlooker import Stage

KINDS = tuple(Kind)
SWITCHES = {"followup-confirm-target": ("previous", "first"), "pending-at-reboot": ("lost", "kept")}
COUNT = 3  # tunnels of a rung; the negative control pushes 2
_PORTS = {"srx4100": "xe-0/0/1", "vsrx": "ge-0/0/1", "vmx": "ge-0/0/0"}
_COMMITS = 4  # of one rung with its negative control: push and way back, twice
_LONGEST = 45  # requests from one commit to the next one, about
_JUMPS = (-86_400.0, -900.0, -90.0, 90.0, 900.0, 86_400.0)
_LASTING: dict[Kind, tuple[str, tuple[float, ...]]] = {
    Kind.REBOOT: ("seconds", (30.0, 240.0, 1200.0)),
    Kind.NETWORK_MINUTES: ("minutes", (1.0, 4.0, 15.0)),
    Kind.DEVICE_DISK: ("lasting", (0.0, 60.0)),  # seconds; 0: until after the run
    Kind.DEVICE_CLOCK: ("seconds", _JUMPS),
    Kind.OUR_CLOCK: ("seconds", _JUMPS),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One run, and what becomes of it."""

    seed: int
    kind: Kind  # under which it's counted
    platform: str
    tunnels: tuple[str, ...]  # kinds of tunnels, one rung each
    driver: str
    workers: int  # 0: none, the cases run in the controller
    switches: Mapping[str, str]
    deaths: tuple[Death, ...]
    lie: str | None = None

    def __str__(self) -> str:
        """Write it on a few lines."""
        with_workers = f"{self.workers} worker(s)" if self.workers else "no workers"
        switches = ", ".join(f"{name}={value}" for name, value in self.switches.items())
        lines = [
            f"seed {self.seed}: {self.kind}",
            f"{self.platform}, {' and '.join(self.tunnels)} through {self.driver}, {with_workers}",
            f"switches: {switches}",
            *(f"chosen: {death}" for death in self.deaths),
        ]
        if self.lie:
            lines.append(f"the device lies: {self.lie}")
        return "\n".join(lines)


def scenario(seed: int) -> Scenario:
    """Return what ``seed`` means: its kind by its number, all else by chance."""
    kind = KINDS[(seed - 1) % len(KINDS)]
    return _Dice(seed).scenario(kind)


def _switches(turn: int) -> dict[str, str]:
    """Return the switches of the ``turn``-th time around the kinds: every combination in four."""
    return {
        name: values[(turn >> bit) % len(values)]
        for bit, (name, values) in enumerate(SWITCHES.items())
    }


class _Dice:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = random.Random(f"chaos {seed}")  # noqa: S311 - chance to be repeated, not a secret

    def scenario(self, kind: Kind) -> Scenario:
        roll = self._random
        zoned = kind in {Kind.THEY_ENTANGLE, Kind.LIE} or roll.random() < 0.8
        platform = roll.choice(("srx4100", "vsrx")) if zoned else "vmx"
        tunnels = self._tunnels(kind, platform)
        workers = self._workers(kind)
        deaths = self._deaths(kind, platform, tunnels[0], workers)
        lie = roll.choice(LIES) if kind is Kind.LIE else None
        return Scenario(
            seed=self._seed,
            kind=kind,
            platform=platform,
            tunnels=tunnels,
            driver=roll.choice(("pyez", "pyez", "ncclient", "netmiko")),
            workers=workers,
            switches=MappingProxyType(_switches((self._seed - 1) // len(KINDS))),
            deaths=deaths,
            lie=lie,
        )

    def _tunnels(self, kind: Kind, platform: str) -> tuple[str, ...]:
        if platform == "vmx":
            return ("gre",)
        if kind is Kind.LIE:
            return ("ipsec",)
        first = self._random.choice(("ipsec", "ipsec", "gre"))
        both = self._random.random() < 0.3
        return (first, "gre" if first == "ipsec" else "ipsec") if both else (first,)

    def _workers(self, kind: Kind) -> int:
        if kind is Kind.WORKER_KILLED:
            return self._random.choice((1, 2))
        return self._random.choice((0, 0, 0, 1, 2))

    def _deaths(self, kind: Kind, platform: str, tunnels: str, workers: int) -> tuple[Death, ...]:
        if kind is Kind.LIE:
            return ()
        if kind in FOREIGN:
            return self._foreign(kind, platform, tunnels, workers)
        if kind is Kind.CTRL_C_TWICE:
            return (self._death(Kind.CTRL_C, platform, tunnels), self._soon(Kind.CTRL_C, platform))
        if kind is Kind.RESTORE_KILLED:
            first = Death(Kind.ALL_KILLED, self._instant(Kind.THEY_ENTANGLE))
            return (first, self._soon(Kind.ALL_KILLED, platform))
        if kind is Kind.ANOTHER:
            one, other = self._random.sample(ANY, 2)
            return (self._death(one, platform, tunnels), self._soon(other, platform))
        return (self._death(kind, platform, tunnels),)

    def _death(self, kind: Kind, platform: str, tunnels: str) -> Death:
        options = self._options(kind, platform, tunnels)
        return Death(kind, self._instant(kind), MappingProxyType(options))

    def _soon(self, kind: Kind, platform: str) -> Death:
        """Return a death soon after another one: the way back begins at once."""
        at = Instant(-1, self._random.randint(1, 14), self._random.choice(tuple(Stage)))
        return Death(kind, at, MappingProxyType(self._options(kind, platform, "")))

    def _foreign(self, kind: Kind, platform: str, tunnels: str, workers: int) -> tuple[Death, ...]:
        options = MappingProxyType(self._options(kind, platform, tunnels))
        opening = self._random.choice((None, *OPENINGS))
        if kind is Kind.THEY_ENTANGLE and opening is None:
            opening = Kind.DROPPED
        if opening is Kind.WORKER_KILLED and not workers:
            opening = Kind.ALL_KILLED
        if opening is None:
            return (Death(kind, self._instant(kind), options),)
        at = self._instant(Kind.DROPPED if kind is not Kind.THEY_ENTANGLE else kind)
        how = MappingProxyType(self._options(opening, platform, tunnels))
        return (Death(opening, at, how), Death(kind, at, options))

    def _instant(self, kind: Kind) -> Instant:
        roll = self._random
        stage = roll.choice((Stage.ASKED, Stage.DONE))
        commit = roll.randint(1, _COMMITS)
        match kind:
            case Kind.DROPPED_BEFORE | Kind.DROPPED_DURING:
                return Instant(commit, 0, Stage.ASKED)
            case Kind.DROPPED_AFTER:
                return Instant(commit, 0, Stage.DONE)
            case Kind.THEY_ENTANGLE:  # while ours is there
                return Instant(roll.choice((1, 3)), roll.randint(1, 10), Stage.ASKED)
        if roll.random() < 0.3:
            return Instant(commit, 0, stage)
        return Instant(roll.randint(0, _COMMITS - 1), roll.randint(1, _LONGEST), stage)

    def _options(self, kind: Kind, platform: str, tunnels: str) -> dict[str, Option]:
        roll = self._random
        chosen: dict[str, Option] = {}
        if kind in _LASTING:
            name, values = _LASTING[kind]
            chosen[name] = roll.choice(values)
        if kind in {Kind.NETWORK_MINUTES, Kind.NETWORK_GONE}:
            chosen["how"] = roll.choice(("reset", "silent"))
        if kind is Kind.THEY_ENTANGLE:
            chosen["lines"] = roll.choice(INSIDE[tunnels])
        elif kind in FOREIGN and kind is not Kind.THEY_LOCK:
            chosen["lines"] = self._beside(platform)
            chosen["keeps"] = roll.random() < 0.5
        if kind in FOREIGN:
            chosen["stays"] = roll.random() < 0.5
        return chosen

    def _beside(self, platform: str) -> str:
        known = BESIDE if platform == "vmx" else BESIDE + BESIDE_ZONED
        return self._random.choice(known).format(port=_PORTS[platform])
