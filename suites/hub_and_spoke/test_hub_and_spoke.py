"""Deployments of sites around hubs: every hub at its count, every site, each tunnel's two ends."""

TOPOLOGY = "hub-and-spoke"


def test_hub_and_spoke(step, deployment, conclude):
    """Hubs hold their tunnels while sites come in waves; both ends of each tunnel agree."""
    conclude(deployment.run(step), deployment)
