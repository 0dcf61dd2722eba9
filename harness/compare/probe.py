"""What is asked of a device to learn how it behaves: named lists of steps over named sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum


class Reach(IntEnum):
    """What a probe does to the device at the most."""

    READS = 0
    EDITS = 1  # changes the candidate and discards it; nothing is committed
    COMMITS = 2  # commits statements without effect; the baseline is put back and proven


class Judging(Enum):
    """How two answers to one step are held against each other."""

    WORDS = "words"  # every element and text in its order; names, times and numbers masked
    SHAPE = "shape"  # which elements and attributes there are, whatever they hold
    NEWEST = "newest"  # of a commit history: the words of its newest entry
    LABELS = "labels"  # of command output: what stands before a colon, and the lines of errors
    UNJUDGED = "unjudged"  # a step on the way; kept in the fixture


@dataclass(frozen=True, slots=True)
class Open:
    """Open the NETCONF session called ``session``; the answer is the device's hello."""

    session: str
    judging: Judging = Judging.UNJUDGED

    def __str__(self) -> str:
        """Name the step."""
        return f"{self.session}: hello"


@dataclass(frozen=True, slots=True)
class Ask:
    """Send one RPC, opening its session first where it isn't open."""

    rpc: str  # the operation element, or with ``whole`` the message
    judging: Judging = Judging.WORDS
    session: str = "a"
    whole: bool = False
    # Elements that are there or not by configuration, traffic or age of the device.
    optional: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name the step."""
        text = " ".join(self.rpc.split())
        return f"{self.session}: {text if len(text) <= 100 else text[:99] + '…'}"


@dataclass(frozen=True, slots=True)
class Command:
    """Run one command of the command line on a channel of its own."""

    text: str
    judging: Judging = Judging.LABELS
    optional: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name the step."""
        return f"cli: {self.text}"


@dataclass(frozen=True, slots=True)
class Leave:
    """End a session without a word, as a client that crashes."""

    session: str

    @property
    def judging(self) -> Judging:
        """Return that there is no answer to judge."""
        return Judging.UNJUDGED

    def __str__(self) -> str:
        """Name the step."""
        return f"{self.session}: leaves"


Step = Open | Ask | Command | Leave
ALL_FAMILIES = frozenset(("junos-es", "junos", "jdm"))
ROUTERS = frozenset(("junos-es", "junos"))
GATEWAYS = frozenset(("junos-es",))


@dataclass(frozen=True, slots=True)
class Probe:
    """One question, and where it can be asked."""

    name: str
    about: str  # what it finds out, one line
    reach: Reach
    steps: tuple[Step, ...]
    families: frozenset[str] = ROUTERS  # of configuration models that have its statements


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back to one step; ``lost`` says why nothing did."""

    step: str
    text: str = ""
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """The answers of one device to one probe, one for each step that was reached.

    ``user`` and ``host`` are who asked whom: names that are masked in the answers.
    """

    probe: str
    answers: tuple[Answer, ...]
    user: str
    host: str


def asking(
    name: str,
    about: str,
    rpc: str,
    *,
    judging: Judging = Judging.SHAPE,
    optional: tuple[str, ...] = (),
    families: frozenset[str] = ROUTERS,
) -> Probe:
    """Return a read-only probe of one RPC."""
    steps = (Ask(rpc, judging, optional=optional),)
    return Probe(name, about, Reach.READS, steps, families)


def running(
    name: str,
    about: str,
    command: str,
    *,
    judging: Judging = Judging.LABELS,
    optional: tuple[str, ...] = (),
    families: frozenset[str] = ROUTERS,
) -> Probe:
    """Return a read-only probe of one command."""
    return Probe(
        name, about, Reach.READS, (Command(command, judging, optional=optional),), families
    )


def within(probes: Sequence[Probe], reach: Reach, family: str) -> Iterator[Probe]:
    """Yield the probes that a device of ``family`` can be asked without going beyond ``reach``."""
    return (each for each in probes if each.reach <= reach and family in each.families)
