"""Hold the answers of two devices against each other: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from itertools import islice

from harness.compare.probe import Answer, Ask, Command, Observation, Probe, Step
from harness.compare.shape import Lines, lines_of, own_words

_SHOWN = 12  # differences of one step; one wrong root makes every line differ


class Kind(Enum):
    """What sort of difference it is."""

    LACKS = "the simulated device lacks"
    INVENTS = "only the simulated device has"
    WORDS = "other words"
    OWN_WORDS = "words of the simulator's own"  # marked so: the real ones were not known
    LOST = "no answer"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which the simulated device isn't like the other."""

    probe: str
    step: str
    kind: Kind
    real: str
    simulated: str

    def __str__(self) -> str:
        """Write it on one line."""
        said = {
            Kind.LACKS: self.real,
            Kind.INVENTS: self.simulated,
        }.get(self.kind, f"{self.real or 'nothing'} | simulated: {self.simulated or 'nothing'}")
        return f"{self.probe}: {self.step}: {self.kind.value}: {said}"


def compare(probe: Probe, real: Observation, simulated: Observation) -> tuple[Difference, ...]:
    """Return how the answers of the simulated device to ``probe`` differ from the real ones."""
    missing = Answer("", lost="the step wasn't reached")
    found: list[Difference] = []
    for index, step in enumerate(probe.steps):
        its, ours = (
            each.answers[index] if index < len(each.answers) else missing
            for each in (real, simulated)
        )
        if its.lost and ours.lost:
            break
        if its.lost or ours.lost:
            words = (its.lost or "an answer", ours.lost or "an answer")
            found.append(Difference(probe.name, str(step), Kind.LOST, *words))
            break
        told = _step(
            step,
            lines_of(its.text, step.judging, user=real.user, host=real.host),
            lines_of(ours.text, step.judging, user=simulated.user, host=simulated.host),
        )
        found += (Difference(probe.name, str(step), *each) for each in islice(told, _SHOWN))
    return tuple(found)


def _step(step: Step, real: Lines, simulated: Lines) -> Iterator[tuple[Kind, str, str]]:
    optional = step.optional if isinstance(step, Ask | Command) else ()
    return (_in_order if real.ordered else _as_sets)(real, simulated, optional)


def _in_order(
    real: Lines, simulated: Lines, optional: Sequence[str]
) -> Iterator[tuple[Kind, str, str]]:
    its = [line for line in real.lines if not _is_optional(line, optional)]
    ours = [line for line in simulated.lines if not _is_optional(line, optional)]
    matcher = SequenceMatcher(None, its, ours, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        left, right = its[a:b], ours[c:d]
        for index in range(max(len(left), len(right))):
            one = left[index] if index < len(left) else ""
            other = right[index] if index < len(right) else ""
            yield _kind(one, other), one, other


def _kind(real: str, simulated: str) -> Kind:
    if not simulated:
        return Kind.LACKS
    if not real:
        return Kind.INVENTS
    return Kind.OWN_WORDS if own_words(simulated) else Kind.WORDS


def _as_sets(
    real: Lines, simulated: Lines, optional: Sequence[str]
) -> Iterator[tuple[Kind, str, str]]:
    """Compare what is there; what stands below something that one side lacks isn't told again."""
    its, ours = frozenset(real.lines), frozenset(simulated.lines)
    for line in real.lines:
        if line not in ours and _comparable(line, ours) and not _is_optional(line, optional):
            yield Kind.LACKS, line, ""
    for line in simulated.lines:
        if line not in its and _comparable(line, its) and not _is_optional(line, optional):
            yield Kind.INVENTS, "", line


def _comparable(line: str, others: frozenset[str]) -> bool:
    """Say whether the other side has what this line stands under."""
    above, sign, _ = line.rpartition("@")
    if not sign:
        above = line.rpartition("/")[0]
    return not above or above in others


def _is_optional(line: str, optional: Sequence[str]) -> bool:
    if not optional:
        return False
    steps = line.partition(" = ")[0].replace("@", "/@").split("/")
    return any(name in steps for name in optional) or line in optional
