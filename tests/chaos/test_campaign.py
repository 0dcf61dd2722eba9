"""A small campaign: something dies at a request, and no device is left dirty."""

from __future__ import annotations

import pytest
from campaign.kinds import Kind
from campaign.seed import run_seed

# One seed of each kind that the campaign must not lack; both values of each switch are among them.
SEEDS = {
    1: Kind.WORKER_KILLED,
    2: Kind.CONTROLLER_KILLED,
    3: Kind.ALL_KILLED,
    4: Kind.SIGTERM,
    5: Kind.CTRL_C,
    7: Kind.DROPPED_BEFORE,
    8: Kind.DROPPED_DURING,
    9: Kind.DROPPED_AFTER,
    11: Kind.REBOOT,
    12: Kind.NETWORK_MINUTES,
    14: Kind.DEVICE_DISK,
    17: Kind.OUR_CLOCK,
    18: Kind.THEY_COMMIT,
    138: Kind.NETWORK_GONE,  # between the lock and the first change
}


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{SEEDS[seed].name.lower()}")
def test_nothing_is_left_behind(seed):
    """The instant comes, every device ends as it was, and nothing passes that shouldn't."""
    result = run_seed(seed)
    assert (result.kind, result.happened) == (SEEDS[seed], True)
    assert not result.bad, result.output


def test_a_seed_ends_the_same_every_time():
    """Exit codes, cases, what happened when, and the devices' ends."""
    seed = 9
    assert run_seed(seed).signature == run_seed(seed).signature
