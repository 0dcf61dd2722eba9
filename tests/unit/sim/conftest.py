"""Datastores to try things on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.clock import ManualClock
from harness.sim.store.datastore import Datastore
from harness.sim.store.profiles import profile

StoreMaker = Callable[..., Datastore]


@pytest.fixture
def clock():
    """Return a clock that only the test moves."""
    return ManualClock()


@pytest.fixture
def make_store(clock) -> StoreMaker:
    """Make a datastore of a platform; keyword arguments as those of Datastore."""

    def make(platform: str = "srx4100", **options) -> Datastore:
        what = profile(platform)
        defaults = {"hostname": platform, "version": "18.4R3.3", "rules": what.rules}
        return Datastore(what.schema, what.base, clock, **(defaults | options))

    return make


@pytest.fixture
def store(make_store) -> Datastore:
    """Return an SRX4100 as it starts."""
    return make_store()


@pytest.fixture
def session(store):
    """Open a NETCONF session on that SRX4100."""
    return store.session("lab", "netconf", 4711)
