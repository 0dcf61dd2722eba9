"""What the seeds of a campaign mean, without running them."""

from __future__ import annotations

from collections import defaultdict

from campaign.kinds import FOREIGN, Kind
from campaign.scenario import KINDS, SWITCHES, scenario

SEEDS = range(1, 201)


def test_a_seed_means_the_same_every_time():
    """Nothing but the number decides."""
    assert [scenario(seed) for seed in SEEDS] == [scenario(seed) for seed in SEEDS]
    assert len({str(scenario(seed)) for seed in SEEDS}) == len(SEEDS)


def test_two_hundred_seeds_try_everything():
    """Every kind of death, under both values of each switch."""
    tried = defaultdict(set)
    for seed in SEEDS:
        one = scenario(seed)
        tried[one.kind] |= set(one.switches.items())
    assert set(tried) == set(Kind)
    both = {(name, value) for name, values in SWITCHES.items() for value in values}
    assert {kind: both - values for kind, values in tried.items() if both - values} == {}


def test_the_first_seeds_are_one_of_each_kind():
    """A small campaign tries as much as it can."""
    assert tuple(scenario(seed).kind for seed in range(1, len(KINDS) + 1)) == KINDS


def test_somebody_else_meets_all_that_opens_the_way():
    """A second writer comes while we work, and after something of ours died."""
    before = defaultdict(set)
    for seed in SEEDS:
        one = scenario(seed)
        if one.kind in FOREIGN:
            before[one.kind].add(one.deaths[0].kind)
    assert set(before) == FOREIGN
    assert all(len(openings) > 1 for openings in before.values())
