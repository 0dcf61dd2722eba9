"""A process of many sessions isn't searched for garbage at every turn."""

import gc

import pytest

from harness.lab.garbage import collect_rarely


@pytest.fixture(autouse=True)
def as_before():
    """Leave the other tests their garbage collection."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_is_there_is_left_out_and_what_comes_is_looked_for_seldom():
    """Garbage is still found, by the thousands."""
    collect_rarely()
    assert gc.get_freeze_count() > 0
    assert 700 < gc.get_threshold()[0] < 1_000_000
    assert gc.isenabled()
