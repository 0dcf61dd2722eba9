"""Tunnels on demand: in waves they are created and deleted as sessions between sites ask for."""

TOPOLOGY = "dvpn"


def test_dvpn(step, deployment, conclude):
    """After each wave exactly the right tunnels are there; after the last nothing is left."""
    conclude(deployment.run(step), deployment)
