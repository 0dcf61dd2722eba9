"""The table of faults: what each name means and which options it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.sim.spec import FaultValue


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One row of the table: ``options`` maps each option to its default, whose type counts."""

    meaning: str
    options: Mapping[str, FaultValue]


_FROM_COUNT: Final[Mapping[str, FaultValue]] = {"from_count": 1}  # new tunnels at the least
_INDEX: Final[Mapping[str, FaultValue]] = {"index": 1, **_FROM_COUNT}  # k-th new tunnel, from 1
_MOMENT: Final[Mapping[str, FaultValue]] = {"when": "after", **_FROM_COUNT}
_DEATH: Final[Mapping[str, FaultValue]] = {**_MOMENT, "seconds": 5.0}  # of going on, with during
_MACHINE: Final[Mapping[str, FaultValue]] = {"index": 1}  # k-th new machine, from 1
_WHILE: Final[Mapping[str, FaultValue]] = {"from_count": 0}  # 0: with no new tunnel, too
_PERSON: Final[Mapping[str, FaultValue]] = {"user": "alice", "pid": 4242}

KINDS: Final[Mapping[str, FaultKind]] = {
    "drop-tunnel": FaultKind("a commit silently loses one of its new tunnels, whole", _INDEX),
    "swap-psk": FaultKind("a commit exchanges the keys of two of its new tunnels", _INDEX),
    "wrong-unit": FaultKind("a commit gives one of its new tunnels another unit", _INDEX),
    "drop-vnf": FaultKind("a commit silently loses one of its new virtual machines", _MACHINE),
    "rollback-leftover": FaultKind("a return to an earlier configuration leaves a statement", {}),
    "ok-beside-error": FaultKind(
        "a commit isn't carried out; its reply has an error and ok", _FROM_COUNT
    ),
    "warnings-only": FaultKind(
        "a commit is carried out; its reply has warnings and no ok", _FROM_COUNT
    ),
    "die-during-commit": FaultKind(
        "the connection drops before, while or after a commit is carried out", _DEATH
    ),
    "hang-commit": FaultKind(
        "a commit is never answered; before or after it's carried out", _MOMENT
    ),
    "drop-sa": FaultKind("operational tables lack one configured tunnel", _INDEX),
    "ghost-tunnel": FaultKind(
        "operational tables show a tunnel that isn't configured", _FROM_COUNT
    ),
    "linger-sa": FaultKind(
        "operational tables go on showing one tunnel that was deleted", {"index": 1}
    ),
    "stale-sa-table": FaultKind(
        "operational tables show as many tunnels, but those of an earlier night", _FROM_COUNT
    ),
    "dead-vnf": FaultKind("one virtual machine runs and never answers", _MACHINE),
    "stopped-vnf": FaultKind("one virtual machine is shut off", _MACHINE),
    "absent-vnf": FaultKind("lists of virtual machines lack one", _MACHINE),
    "ghost-vnf": FaultKind(
        "lists of virtual machines show one more, of that name", {"vnf": "hil-vnf-99"}
    ),
    "stale-history": FaultKind("the commit history lacks every commit made since", {}),
    "repeat-reply": FaultKind(
        "the first operational reply is repeated for each later question of its RPC", {}
    ),
    "secret-data": FaultKind("secrets read as SECRET-DATA", {}),
    "lock-held": FaultKind("somebody else holds the configuration lock", _PERSON),
    "dirty-candidate": FaultKind("somebody else left uncommitted changes", _PERSON),
    "foreign-confirm": FaultKind(
        "somebody else's confirmed commit is pending", {**_PERSON, "minutes": 10}
    ),
    "second-writer": FaultKind(
        "somebody else commits a change, once nobody holds the lock",
        {**_PERSON, "when": "now"},
    ),
    "slow": FaultKind("requests take longer; of one RPC, or all", {"seconds": 1.0, "rpc": ""}),
    "commit-time": FaultKind(
        "a commit takes seconds + per_tunnel × n + per_tunnel_squared × n² for n tunnels",
        {"seconds": 0.0, "per_tunnel": 0.0, "per_tunnel_squared": 0.0},
    ),
    "refuse-above": FaultKind(
        "a commit of more tunnels than that is refused; none of it is carried out", {"count": 0}
    ),
    "no-confirmed-commit": FaultKind("a confirmed commit is refused, whatever it holds", {}),
    "half-up": FaultKind("one new tunnel has the SA of one direction alone", _INDEX),
    "disk-full": FaultKind("commits and files can't be written", {}),
    "core-file": FaultKind(
        "a core file appears, at the first commit with that many new tunnels",
        {"daemon": "kmd", **_WHILE},
    ),
    "alarm": FaultKind(
        "a chassis alarm is active, as long as there are that many new tunnels",
        {"severity": "major", "text": "FPC 0 Hard errors", **_WHILE},
    ),
    "load": FaultKind(
        "routing engine and disk are that busy, as long as there are that many new tunnels",
        {"cpu": 5, "memory": 27, "disk": 4, **_WHILE},
    ),
    "log-lines-lost": FaultKind("every n-th line of the device's log is lost", {"every": 2}),
    "split-replies": FaultKind("each reply arrives in pieces of that many bytes", {"bytes": 1}),
    "ill-formed-reply": FaultKind(
        "the answer isn't well-formed XML; of one RPC, or to all", {"rpc": ""}
    ),
    "slow-banner": FaultKind("the SSH banner comes late", {"seconds": 1.0}),
    "other-host-key": FaultKind("the device shows another host key than before", {}),
    "refuse-login": FaultKind("nobody's credentials are accepted", {}),
    "reboot": FaultKind("the device reboots once, and is away for that long", {"seconds": 60.0}),
}
_TWO_MOMENTS: Final = ("before", "after")
# (fault, option) or option → what is allowed
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "when": _TWO_MOMENTS,
    "die-during-commit.when": ("before", "during", "after"),
    "second-writer.when": ("now", "after-commit"),
    "alarm.severity": ("minor", "major"),
}
_MANY: Final = 1_000_000
_ALL: Final = 100  # percent
_DAY: Final = 86_400
# option → the least and the most that a number may be
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "index": (1, _MANY),
    "from_count": (0, _MANY),
    "count": (0, _MANY),
    "every": (1, _MANY),
    "bytes": (1, _MANY),
    "cpu": (0, _ALL),
    "memory": (0, _ALL),
    "disk": (0, _ALL),
    "pid": (1, 2**31 - 1),
    "minutes": (1, 65_535),
    "seconds": (0, _DAY),
    "per_tunnel": (0, _DAY),
    "per_tunnel_squared": (0, _DAY),
}
