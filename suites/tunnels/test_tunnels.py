"""Tunnels of one kind on one device, up to the documented count and one above."""

from harness.lab.qualify import qualify, rehearsal


def test_tunnels(rung, bench, conclude, lab_state):
    """The device takes ``rung.count`` tunnels, shows each of them, and is put back."""
    act = rehearsal if lab_state.options.rehearse else qualify
    conclude(act(bench, rung), bench)
