"""VNFs at sites: two on each JDM, running and alive, and one more observed."""

TOPOLOGY = "distributed"


def test_distributed(step, deployment, conclude):
    """Each JDM takes its VNFs, shows them alive, and is put back; one more is observed."""
    conclude(deployment.run(step), deployment)
