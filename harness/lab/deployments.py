"""Which cases a deployment has, by its topology."""

from __future__ import annotations

from harness.claims.catalogue import Catalogue
from harness.lab.deployed import Deployed
from harness.lab.lab import Lab
from harness.lab.on_demand import DeployedOnDemand
from harness.lab.on_demand_cases import OnDemandCases
from harness.lab.rollout_cases import RolloutCases
from harness.lab.vnf_cases import CentralizedCases, DistributedCases
from harness.plan.deployments import demand_of, rollout_of
from harness.plan.vnf_sites import vnf_rollout
from harness.testbed.model import Deployment


def cases_of(lab: Lab, deployment: Deployment, catalogue: Catalogue) -> RolloutCases:
    """Return the cases of ``deployment`` in an open lab; nothing is pushed yet."""
    claim = catalogue.get(deployment.claim) if deployment.claim else None
    if deployment.machine is not None:
        return DistributedCases(lab, vnf_rollout(lab.testbed, deployment), claim, lab.folder)
    rollout = rollout_of(lab.testbed, deployment, run_key=lab.run.key)
    if deployment.nodes:
        return CentralizedCases(lab, rollout, claim, lab.folder)
    if deployment.on_demand is not None:
        demand = demand_of(lab.testbed, deployment)
        return OnDemandCases(DeployedOnDemand(lab, rollout, demand), claim, lab.folder)
    return RolloutCases(Deployed(lab, rollout), claim, lab.folder)
