"""The negative control: which witnesses can see a tunnel that is there, and miss one that isn't."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.errors import HarnessBug
from harness.outcome import Finding
from harness.plan.model import Kind
from harness.plan.vnfs import VNF, Subject
from harness.verify.compare import sightings
from harness.verify.expect import Expectation
from harness.verify.facts import ALIVE, GATEWAY, GR, MACHINE, ST0, Leg, Sighting, Unreadable, named
from harness.verify.witnesses import Observation

ENOUGH = 2  # witnesses; with fewer nothing is accepted

# What tells a tunnel of each kind. Two ways to read one table are two witnesses of that table: of
# IPsec, two sightings of st0 units say nothing of the daemon that holds the tunnels.
TABLES: Mapping[Subject, tuple[Leg, ...]] = MappingProxyType(
    {
        Kind.IPSEC: (GATEWAY, ST0),
        Kind.GRE: (GR,),
        Kind.GRE_OVER_IPSEC: (GATEWAY, ST0, GR),
        VNF: (MACHINE, ALIVE),
    }
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a usable witness saw before anything was pushed, and how its replies looked."""

    baseline: Mapping[Leg, Sighting]
    replies: frozenset[str]  # digests, to call a repeated reply by its name


@dataclass(frozen=True, slots=True)
class Calibration:
    """Which witnesses count on one device for one kind, and why the others don't."""

    kind: Subject
    usable: Mapping[str, Reference]
    unusable: Mapping[str, str]

    @property
    def unwatched(self) -> tuple[Leg, ...]:
        """Return the tables of the kind that no usable witness reads."""
        watched = {leg for reference in self.usable.values() for leg in reference.baseline}
        return tuple(leg for leg in TABLES[self.kind] if leg not in watched)

    @property
    def enough(self) -> bool:
        """Say whether anything can be accepted: two witnesses, and every table among them."""
        return len(self.usable) >= ENOUGH and not self.unwatched

    def findings(self) -> tuple[Finding, ...]:
        """Return one line per witness for the record; none of them is a failure by itself."""
        lines = {**dict.fromkeys(self.usable, "usable"), **self.unusable}
        return tuple(
            Finding("calibration", "counts 2 for 2, misses the third", words, ok=True, source=name)
            for name, words in lines.items()
        )


def calibrate(
    pushed: Expectation,
    claimed: Expectation,
    before: Iterable[Observation],
    after: Iterable[Observation],
) -> Calibration:
    """Judge the witnesses themselves, on a device that holds ``pushed``.

    ``claimed`` is ``pushed`` and one tunnel more that was never sent: each witness must agree with
    the first and must name that one as missing in the second. ``before`` are the observations of
    the baseline, ``after`` those of the device with ``pushed``.
    """
    invented = claimed.tunnels[pushed.count :]
    if len(invented) != 1 or claimed.tunnels[: pushed.count] != pushed.tunnels:
        raise HarnessBug("a negative control claims exactly one tunnel more than was pushed")
    earlier = {observation.witness: observation for observation in before}
    usable: dict[str, Reference] = {}
    unusable: dict[str, str] = {}
    for observation in after:
        name = observation.witness
        base = _seen(earlier.get(name), "before")
        seen = _seen(observation, "after")
        if isinstance(base, str) or isinstance(seen, str):
            unusable[name] = "; ".join(words for words in (base, seen) if isinstance(words, str))
            continue
        objection = next(_objections(pushed, claimed, base, seen), None)
        if objection is not None:
            unusable[name] = objection
        else:
            replies = frozenset({earlier[name].digest, observation.digest})
            usable[name] = Reference(base, replies)
    return Calibration(pushed.kind, usable, unusable)


def taken_over(
    control: Calibration, expected: Expectation, before: Iterable[Observation]
) -> Calibration:
    """Return a negative control as it holds for another device of the same kind and release.

    Which witnesses can count and can fail was seen there; what each of them saw here ``before``
    the push becomes its reference, and one that showed what the baseline doesn't configure, or
    nothing that can be read, isn't heard. One that wasn't asked isn't either.
    """
    usable: dict[str, Reference] = {}
    unusable = dict(control.unusable)
    asked = {observation.witness: observation for observation in before}
    for name in control.usable:
        observation = asked.get(name)
        base = _seen(observation, "before")
        if isinstance(base, str) or observation is None:
            unusable[name] = str(base)
            continue
        stray = _not_in_baseline(expected, base)
        if stray:
            unusable[name] = (
                f"before the push it shows what the baseline doesn't configure: {stray}"
            )
        else:
            usable[name] = Reference(base, frozenset({observation.digest}))
    return Calibration(control.kind, usable, unusable)


def _seen(observation: Observation | None, when: str) -> Mapping[Leg, Sighting] | str:
    """Return what was seen, or why nothing was."""
    if observation is None:
        return f"{when} the push it wasn't asked"
    if isinstance(observation.seen, Unreadable):
        return f"{when} the push: {observation.seen.reason}"
    return observation.seen


def _objections(
    pushed: Expectation,
    claimed: Expectation,
    base: Mapping[Leg, Sighting],
    seen: Mapping[Leg, Sighting],
) -> Iterator[str]:
    """Yield why a witness isn't usable; the later ones make sense only without the earlier."""
    if base.keys() != seen.keys():
        yield "it saw other tables before the push than after it"
        return
    stray = _not_in_baseline(pushed, base)
    if stray:
        yield f"before the push it shows what the baseline doesn't configure: {stray}"
    wrong = [finding for finding in sightings(pushed, seen, base, "") if not finding.ok]
    if wrong:
        told = "; ".join(f"{f.what}: expected {f.expected}, seen {f.seen}" for f in wrong)
        yield f"it doesn't count {pushed.count} for {pushed.count}: {told}"
    if not _misses(claimed, pushed.count, seen, base):
        yield f"it can't fail: it agrees that there are {claimed.count}"


def _not_in_baseline(pushed: Expectation, base: Mapping[Leg, Sighting]) -> str:
    stray = [
        label
        for leg, sighting in base.items()
        for label in sorted(sighting.members - pushed.in_baseline(leg))
    ]
    contradictions = [c for sighting in base.values() for c in sighting.complaints]
    return "; ".join(filter(None, (named(stray), *contradictions)))


def _misses(
    claimed: Expectation,
    pushed: int,
    seen: Mapping[Leg, Sighting],
    base: Mapping[Leg, Sighting],
) -> bool:
    """Say whether every leg disagrees with the count and names the tunnel that isn't there."""
    (invented,) = claimed.tunnels[pushed:]
    findings = sightings(claimed, seen, base, "")
    named_legs = [
        leg
        for leg in seen
        if any(f.what == f"{leg} count" and not f.ok for f in findings)
        and any(f.what == f"{leg} members" and invented.labels[leg] in f.seen for f in findings)
    ]
    return len(named_legs) == len(seen) > 0
