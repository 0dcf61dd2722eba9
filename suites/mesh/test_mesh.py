"""Full meshes, of one tenant or of many: every site, each tunnel's two ends."""

TOPOLOGY = "full-mesh"


def test_mesh(step, deployment, conclude):
    """Sites come in waves; both ends of each tunnel agree, in whichever waves they were."""
    conclude(deployment.run(step), deployment)
