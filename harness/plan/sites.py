"""What a plan takes from a testbed's device."""

from __future__ import annotations

from harness.errors import PlanError
from harness.plan.model import Proposal, Site
from harness.plan.proposal import proposal_of
from harness.testbed.model import Device, TunnelUnderlay


def site_of(device: Device) -> Site:
    """Return where tunnels leave ``device``; :class:`PlanError` when its entry doesn't say."""
    underlay = _underlay(device)
    return Site(
        device=device.name,
        platform=device.platform,
        external_interface=underlay.external_interface,
        external_zone=underlay.external_zone,
        local=underlay.local_address,
        peers=underlay.peers,
        inner=underlay.inner,
        max_tunnels=device.limits.tunnels,
    )


def device_proposal(device: Device) -> Proposal:
    """Return the proposal of the device's entry, defaults where it's silent."""
    try:
        return proposal_of(_underlay(device).proposal)
    except PlanError as exc:
        raise PlanError(f"device {device.name}: {exc}") from exc


def _underlay(device: Device) -> TunnelUnderlay:
    if device.role == "jdm":
        raise PlanError(f"device {device.name} is a JDM: it carries VNFs, not tunnels")
    if device.underlay is None:
        raise PlanError(
            f"device {device.name}: its testbed entry doesn't say where tunnels leave it"
        )
    return device.underlay
