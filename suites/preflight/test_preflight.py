"""Each device before anything is pushed to it."""

from harness.lab.preflight import inspect_bench


def test_preflight(device, bench, conclude):
    """The device is reachable, is what the testbed says, and nobody else is at work on it."""
    conclude(inspect_bench(bench), bench)
