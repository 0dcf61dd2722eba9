"""Each device after everything was pushed to it."""

from harness.lab.restoring import at_baseline


def test_restored(device, bench, conclude):
    """The device's committed configuration is the one it had before this run."""
    conclude(at_baseline(bench), bench)
