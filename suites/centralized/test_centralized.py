"""VNFs in a centre: compute nodes list exactly theirs, each takes its tunnel and service."""

TOPOLOGY = "centralized"


def test_centralized(step, deployment, conclude):
    """Compute nodes run exactly their VNFs, and each of these takes its tunnel and service."""
    conclude(deployment.run(step), deployment)
