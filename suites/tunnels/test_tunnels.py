"""Tunnels of one kind on one device, up to the documented count and one above."""


def test_tunnels(rung, bench, conclude, lab_state):
    """The device takes ``rung.count`` tunnels, shows each of them, and is put back."""
    conclude(lab_state.try_rung(bench, rung), bench)
