"""Two planned ends of a tunnel, each committed to a simulated device, come to an agreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.clock import ManualClock
from harness.plan.full_mesh import FullMesh
from harness.plan.hub_and_spoke import HubAndSpoke
from harness.plan.model import Kind, Site
from harness.plan.occupied import occupied
from harness.plan.overlay import Overlay
from harness.plan.pools import Addresses, Pools
from harness.plan.tenants import Tenants
from harness.plan.topology import End
from harness.render.rendering import render
from harness.sim import negotiation
from harness.sim.device import SimulatedDevice
from harness.sim.fabric import Fabric
from harness.sim.spec import DeviceSpec

POOLS = Pools(outer=IPv4Network("198.18.0.0/16"), inner=IPv4Network("100.64.0.0/12"))
SITE = Site(
    device="",
    platform="srx4100",
    external_interface="xe-0/0/2.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=POOLS.outer,
    inner=POOLS.inner,
)


class Deployment:
    """Every site of an overlay as a simulated device, with the addresses it leaves by."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.topology = overlay.addresses.topology
        fabric, clock = Fabric(), ManualClock()
        self.devices = [
            SimulatedDevice(DeviceSpec(self.topology.name(site), "srx4100"), clock, fabric)
            for site in range(self.topology.size)
        ]
        self.baselines = []
        for site, device in enumerate(self.devices):
            self.commit(device, self.underlay(site))
            committed = device.store.render(device.store.committed, "xml")
            self.baselines.append(f'<rpc-reply xmlns:junos="urn:junos">{committed}</rpc-reply>')

    def underlay(self, site: int) -> list[str]:
        """Return what the owner of a device sets before anybody plans tunnels on it."""
        unit = "set interfaces xe-0/0/2 unit 0 family inet address"
        links = range(self.topology.addresses_per_site)
        return [
            *(f"{unit} {self.overlay.addresses.outer(End(site, link))}/16" for link in links),
            "set security zones security-zone untrust interfaces xe-0/0/2.0",
        ]

    def commit(self, device: SimulatedDevice, lines: Sequence[str]) -> None:
        """Load and commit."""
        login = device.login("lab", "netconf", lambda: None)
        complaints = login.config.load("\n".join(lines), "set", "set")
        assert not [each for each in complaints if each.severity == "error"]
        result = login.config.commit()
        assert result.committed, result.complaints
        login.close()

    def push(self, site: int, overlay: Overlay | None = None) -> None:
        """Commit a site's share."""
        overlay = overlay or self.overlay
        device = replace(SITE, device=self.topology.name(site))
        baseline = occupied(self.baselines[site])
        plan = overlay.plan(site, device, occupied=baseline, establish_immediately=True)
        self.commit(self.devices[site], render(plan).set_lines())

    def push_all(self) -> None:
        """Commit every site's share."""
        for site in range(self.topology.size):
            if self.topology.degree(site):
                self.push(site)

    def reasons(self, site: int) -> dict[str, str]:
        """Return why each IPsec tunnel of a site is down, "" for those that are up."""
        tunnels = self.devices[site].view().tunnels
        return {tunnel.name: tunnel.reason for tunnel in tunnels if "_" in tunnel.name}


def deployment(topology, kind=Kind.IPSEC) -> Deployment:
    """Make the devices of a topology, without its tunnels."""
    return Deployment(Overlay.of(Addresses(topology, POOLS), kind, run_key=bytes(32)))


@pytest.mark.parametrize("kind", [Kind.IPSEC, Kind.GRE_OVER_IPSEC])
@pytest.mark.parametrize(
    "topology",
    [
        HubAndSpoke(4, links=2, hubs=2, hubs_per_site=2, oam=True),
        FullMesh(4, tag_pairs=3),
        Tenants(2, 3, tag_pairs=2),
    ],
    ids=["hub and spoke", "mesh", "tenants"],
)
def test_every_tunnel_comes_up_at_both_ends(topology, kind):
    """Addresses, keys and proposals of the two ends are found to agree by the devices."""
    there = deployment(topology, kind)
    there.push_all()
    for site in range(topology.size):
        reasons = there.reasons(site)
        assert len(reasons) == topology.degree(site)
        assert set(reasons.values()) == {""}


def test_a_site_with_another_key_is_down_at_its_own_pairs_alone():
    """What disagrees is seen, at both ends of exactly those tunnels."""
    there = deployment(FullMesh(4))
    there.push_all()
    another = Overlay.of(there.overlay.addresses, Kind.IPSEC, run_key=bytes(31) + b"x")
    there.push(3, another)
    assert set(there.reasons(3).values()) == {negotiation.WRONG_KEY}
    for site in range(3):
        assert {name for name, reason in there.reasons(site).items() if reason} == {
            f"hil-site-{site + 1}_0_site-4_0"
        }
