"""Do the two ends of a tunnel agree, by what each of the two devices sent back? Pure.

Whoever planned both ends planned them alike; here only what was read counts. An end is told in
numbers of which the other one must have the mirror image, and its key by a keyed digest: never the
key itself (docs/verification.md).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from harness.plan.model import Plan, Tunnel
from harness.plan.platforms import GRE_INTERFACE
from harness.render.readback import HIDDEN, Path, Statements
from harness.verify.secret9 import readable

_ABSENT: Final = "nothing"
_NOT_COMPARED: Final = "not compared"


@dataclass(frozen=True, slots=True)
class EndSeen:
    """One end of a tunnel as its device has it committed; addresses as text."""

    tunnel: str
    at: str  # who has it: "site-17 (branch-0017)"
    ways: tuple[tuple[str, str], ...]  # of each half: from which address to which
    inner: tuple[str, ...]  # of each half: its own address on the link
    key: str = field(repr=False)  # digest; "not compared" where the device hides it


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A pair whose ends don't fit, or of which one was never seen."""

    tunnel: str
    ends: tuple[str, ...]  # who has them
    why: str

    def __str__(self) -> str:
        """Write one line: the tunnel, its two ends, and what is wrong between them."""
        return f"{self.tunnel} ({' and '.join(self.ends)}): {self.why}"


def ends_of(plan: Plan, seen: Statements, at: str, digest_key: bytes) -> Iterator[EndSeen]:
    """Yield the ends of ``plan``'s tunnels as ``seen`` has them.

    The plan says where to look, never what is there. ``digest_key`` is the run's own: digests of
    two runs can't be compared, and none can be looked up.
    """
    leaves = _leaves(seen)
    for tunnel in plan.tunnels:
        ways, inner = _numbers(tunnel, leaves)
        yield EndSeen(tunnel.name, at, ways, inner, _key(tunnel, seen, digest_key))


class Ledger:
    """Ends as they come in, each held against its other one; memory ends with the pair."""

    def __init__(self) -> None:
        self._waiting: dict[str, EndSeen] = {}
        self.agreed = 0
        self.keys_not_compared = 0  # pairs of which a device hides the key
        self.disagreements: list[Disagreement] = []

    def add(self, ends: Iterable[EndSeen]) -> None:
        """Take ends; those whose other one is there already are judged."""
        for end in ends:
            other = self._waiting.pop(end.tunnel, None)
            if other is None:
                self._waiting[end.tunnel] = end
                continue
            self.keys_not_compared += _NOT_COMPARED in {other.key, end.key}
            why = "; ".join(_differences(other, end))
            if why:
                found = Disagreement(end.tunnel, (other.at, end.at), why)
                self.disagreements.append(found)
            else:
                self.agreed += 1

    def alone(self) -> tuple[Disagreement, ...]:
        """Return the ends whose other one never came."""
        return tuple(
            Disagreement(end.tunnel, (end.at,), "its other end was never read back")
            for end in self._waiting.values()
        )


def _differences(one: EndSeen, other: EndSeen) -> Iterator[str]:
    if len(one.ways) != len(other.ways):
        yield f"{one.at} has {len(one.ways)} halves, {other.at} has {len(other.ways)}"
    for (here, there), (back_from, back_to) in zip(one.ways, other.ways, strict=False):
        if (here, there) != (back_to, back_from):
            way, back = f"from {here} to {there}", f"from {back_from} to {back_to}"
            yield f"{one.at} goes {way}, {other.at} {back}"
    for mine, theirs in zip(one.inner, other.inner, strict=False):
        if not _one_link(mine, theirs):
            yield f"{mine} at {one.at} and {theirs} at {other.at} are no two ends of a link"
    if _NOT_COMPARED not in {one.key, other.key} and one.key != other.key:
        yield "their keys differ"


def _one_link(mine: str, theirs: str) -> bool:
    """Say whether two interface addresses are the two of one /31."""
    first, _, length = mine.partition("/")
    second, _, other = theirs.partition("/")
    if length != "31" or other != "31":
        return False
    a, b = (int(part.rpartition(".")[2] or -1) for part in (first, second))
    return first.rpartition(".")[0] == second.rpartition(".")[0] and a ^ b == 1


Leaves = Mapping[Path, str]


def _leaves(seen: Statements) -> Leaves:
    """Return path without its last word → that word; of a list the first entry."""
    leaves: dict[Path, str] = {}
    for path in seen.paths:
        leaves.setdefault(path[:-1], path[-1])
    return leaves


def _numbers(tunnel: Tunnel, leaves: Leaves) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    ways: list[tuple[str, str]] = []
    inner: list[str] = []
    if tunnel.secure is not None:
        gateway = ("security", "ike", "gateway", tunnel.name)
        ways.append((_at(leaves, *gateway, "local-address"), _at(leaves, *gateway, "address")))
        bound = _at(leaves, "security", "ipsec", "vpn", tunnel.name, "bind-interface")
        inner.append(_address(leaves, *bound.partition(".")[::2]))
    if tunnel.gre is not None:
        unit = str(tunnel.gre.unit)
        ends = ("interfaces", "interface", GRE_INTERFACE, "unit", unit, "tunnel")
        ways.append((_at(leaves, *ends, "source"), _at(leaves, *ends, "destination")))
        inner.append(_address(leaves, GRE_INTERFACE, unit))
    return tuple(ways), tuple(inner)


def _address(leaves: Leaves, interface: str, unit: str) -> str:
    inet = ("interfaces", "interface", interface, "unit", unit, "family", "inet")
    return _at(leaves, *inet, "address")


def _at(leaves: Leaves, *path: str) -> str:
    return leaves.get(path, _ABSENT)


def _key(tunnel: Tunnel, seen: Statements, digest_key: bytes) -> str:
    if tunnel.secure is None:
        return ""
    path = ("security", "ike", "policy", tunnel.name, "pre-shared-key", "ascii-text", HIDDEN)
    read = seen.secrets.get(path)
    if read is None:
        return _ABSENT
    clear = readable(read[0])
    if clear is None:
        return _NOT_COMPARED
    return hmac.digest(digest_key, clear.encode(), "sha256").hex()
