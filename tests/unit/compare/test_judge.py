"""Two devices' answers held against each other."""

from __future__ import annotations

import pytest

from harness.compare.catalogue import PROBES
from harness.compare.judge import Kind, compare
from harness.compare.probe import Answer, Ask, Judging, Observation, Probe, Reach, Step


def _probe(judging: Judging, optional: tuple[str, ...] = ()) -> Probe:
    steps: tuple[Step, ...] = (Ask("<x/>", judging, optional=optional),)
    return Probe("p", "a probe", Reach.READS, steps)


def _kinds(probe: Probe, real: str, simulated: str) -> list[Kind]:
    found = compare(
        probe,
        Observation("p", (Answer("s", real),), "ann", "srx-a"),
        Observation("p", (Answer("s", simulated),), "lab", "stand-in"),
    )
    return [each.kind for each in found]


@pytest.mark.parametrize(
    ("real", "simulated", "kinds"),
    [
        ("<r><a/></r>", "<r><a/></r>", []),
        ("<r><a/></r>", "<r/>", [Kind.LACKS]),
        ("<r/>", "<r><a/></r>", [Kind.INVENTS]),
        ("<r><a>x</a></r>", "<r><a>y</a></r>", [Kind.WORDS]),
        ("<r><a>x</a></r>", "<r><a>y [simulated]</a></r>", [Kind.OWN_WORDS]),
        ("<r>ann at srx-a</r>", "<r>lab at stand-in</r>", []),
    ],
)
def test_kinds_of_differences(real: str, simulated: str, kinds: list[Kind]) -> None:
    """Missing, invented, reworded: each is told as what it is."""
    assert _kinds(_probe(Judging.WORDS), real, simulated) == kinds


def test_what_stands_below_a_lacking_element_is_not_told_again() -> None:
    """One lacking branch of a shape is one difference."""
    assert _kinds(_probe(Judging.SHAPE), "<r><a><b><c/></b></a></r>", "<r/>") == [Kind.LACKS]


def test_optional_elements_make_no_difference() -> None:
    """What depends on configuration or traffic is left out."""
    probe = _probe(Judging.SHAPE, ("b",))
    assert _kinds(probe, "<r><a/><b><c/></b></r>", "<r><a/></r>") == []


def test_an_answer_that_does_not_come_is_a_difference() -> None:
    """One side silent, the other not: told once, and the rest of the probe is left."""
    probe = Probe("p", "a probe", Reach.READS, (Ask("<x/>"), Ask("<y/>")))
    found = compare(
        probe,
        Observation("p", (Answer("s", lost="Unreachable"),), "a", "b"),
        Observation("p", (Answer("s", "<r/>"), Answer("s", "<r/>")), "a", "b"),
    )
    assert [each.kind for each in found] == [Kind.LOST]


def test_the_catalogue_is_about_a_hundred_probes_of_distinct_names() -> None:
    """Each probe can be named, and reading ones come first."""
    names = [probe.name for probe in PROBES]
    assert len(names) == len(set(names)) >= 100
    assert [probe.reach for probe in PROBES] == sorted(probe.reach for probe in PROBES)


@pytest.mark.parametrize(
    "probe", [each for each in PROBES if each.reach is Reach.READS], ids=lambda probe: probe.name
)
def test_reading_probes_send_nothing_that_changes(probe: Probe) -> None:
    """No word of loading, locking or committing is in a probe that says it only reads."""
    words = ("load-", "lock", "commit-configuration", "<commit", "validate", "edit-config", "open-",
             "copy-config", "delete-config", "discard", "request-")  # fmt: skip
    sent = " ".join(step.rpc for step in probe.steps if isinstance(step, Ask))
    assert not [word for word in words if word in sent]
