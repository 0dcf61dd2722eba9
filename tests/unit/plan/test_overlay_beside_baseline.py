"""An overlay's share on a device that has a configuration already."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.errors import PlanError
from harness.plan.hub_and_spoke import HubAndSpoke
from harness.plan.model import Kind, Site
from harness.plan.occupied import Occupied, occupied
from harness.plan.overlay import Overlay
from harness.plan.pools import Addresses, Pools

POOLS = Pools(outer=IPv4Network("198.18.0.0/15"), inner=IPv4Network("100.64.0.0/10"))
SITE = Site(
    device="dut",
    platform="srx4200",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=POOLS.outer,
    inner=POOLS.inner,
)


def overlay(
    topology: HubAndSpoke, kind: Kind = Kind.GRE_OVER_IPSEC, pools: Pools = POOLS, **addressing
) -> Overlay:
    """Make an overlay with the pools of these tests."""
    return Overlay.of(Addresses(topology, pools, **addressing), kind, run_key=bytes(32))


class TestBeside:
    """A baseline that is there already."""

    TOPOLOGY = HubAndSpoke(2, links=1, hubs=2, hubs_per_site=2)
    EXTERNAL = "set interfaces xe-0/0/0 unit 0 family inet address 198.18.0.3/15"

    def there(self, **used) -> Occupied:
        """Return a baseline in which the external interface is as it must be."""
        site = IPv4Address("198.18.0.3")
        found = {
            "interfaces": {"xe-0/0/0.0": self.EXTERNAL},
            "own": {"xe-0/0/0.0": frozenset({site})},
            "addresses": {site: self.EXTERNAL},
            "zone_of": {"xe-0/0/0.0": "untrust"},
            "zones": {"untrust": "set security zones security-zone untrust"},
        }
        return Occupied(**{**found, **used})

    def test_units_give_way(self):
        """The units of the baseline are left out; addresses and names stay."""
        made = overlay(self.TOPOLOGY, Kind.GRE_OVER_IPSEC)
        used = {0: "set interfaces st0 unit 0", 2: "set interfaces st0 unit 2"}
        plan = made.plan(2, SITE, occupied=self.there(st0_units=used, gr_units={0: "x"}))
        assert [tunnel.secure.st0_unit for tunnel in plan.tunnels] == [1, 3]
        assert [tunnel.gre.unit for tunnel in plan.tunnels] == [1, 2]
        free = made.plan(2, SITE)
        assert [tunnel.peer for tunnel in plan.tunnels] == [tunnel.peer for tunnel in free.tunnels]

    @pytest.mark.parametrize(
        ("used", "message"),
        [
            (
                {"gateways": {IPv4Address("198.18.0.1"): "set security ike gateway x address"}},
                "device dut: tunnel hil-site-1_0_hub-1_0 to 198.18.0.1 has addresses that its "
                "baseline uses: 'set security ike gateway x address'",
            ),
            (
                {
                    "routes": {
                        IPv4Network("100.64.0.0/29"): "set routing-options static route one",
                        IPv4Network("100.64.0.15/32"): "set routing-options static route two",
                    }
                },
                "device dut: tunnel hil-site-1_0_hub-1_0 to 198.18.0.1 has addresses that its "
                "baseline uses: 'set routing-options static route one'",
            ),
            (
                {"networks": {IPv4Network("100.64.0.15/32"): "set interfaces lo0 unit 9"}},
                "device dut: tunnel hil-site-1_0_hub-2_0 to 198.18.0.2 has addresses that its "
                "baseline uses: 'set interfaces lo0 unit 9'",
            ),
            (
                {"routes": {IPv4Network("100.64.0.0/10"): "set routing-options static route all"}},
                "device dut: tunnel hil-site-1_0_hub-1_0 to 198.18.0.1 has addresses that its "
                "baseline uses: 'set routing-options static route all'",
            ),
            (
                {"own": {"xe-0/0/0.0": frozenset({IPv4Address("198.18.0.9")})}},
                "device dut: local address 198.18.0.3 isn't on external interface xe-0/0/0.0; "
                "addresses there: 198.18.0.9 ('set interfaces xe-0/0/0 unit 0 family inet address "
                "198.18.0.3/15') (underlay.local_address)",
            ),
            (
                {"names": {"hil-t00001": "set security ike gateway hil-t00001"}},
                "device dut: names that start with 'hil-' are there already, left by an unrestored "
                "run or somebody else's: 'set security ike gateway hil-t00001'",
            ),
            (
                {"st0_units": dict.fromkeys(range(1, 16_000), "set interfaces st0 unit 1")},
                "device dut: 2 units of st0 needed, 1 free; its baseline has "
                "'set interfaces st0 unit 1' and 15998 more lines",
            ),
        ],
    )
    def test_what_cannot_give_way_is_refused_with_the_line(self, used, message):
        """The other end has been told these addresses: the baseline's owner must decide."""
        with pytest.raises(PlanError) as refused:
            overlay(self.TOPOLOGY).plan(2, SITE, occupied=self.there(**used))
        assert str(refused.value) == message

    def test_a_wide_network_is_seen_behind_a_narrow_one(self):
        """A route around the whole pool counts, whatever else begins after it."""
        routes = {
            IPv4Network("100.64.0.0/10"): "set routing-options static route wide",
            IPv4Network("100.64.0.3/32"): "set routing-options static route narrow",
        }
        played = {3: (IPv4Address("198.18.0.3"),)}
        topology = HubAndSpoke(2, links=1, hubs=2, site_prefix="s")
        made = overlay(
            topology, pools=Pools(IPv4Network("203.0.113.0/24"), POOLS.inner), played=played
        )
        with pytest.raises(PlanError, match="static route wide"):
            made.plan(3, SITE, occupied=self.there(routes=routes))

    def test_a_peer_may_be_the_next_hop(self):
        """In a lab the hub may be at the other end of the cable; an own address is no peer."""
        hub = IPv4Address("198.18.0.1")
        route = {hub: "set routing-options static route 0.0.0.0/0 next-hop 198.18.0.1"}
        there = self.there()
        beside = self.there(addresses={**there.addresses, **route})
        assert overlay(self.TOPOLOGY).plan(2, SITE, occupied=beside).count == 2
        own = self.there(
            own={**there.own, "lo0.0": frozenset({hub})},
            addresses={**there.addresses, hub: "set interfaces lo0 unit 0"},
        )
        with pytest.raises(PlanError, match="its baseline uses: 'set interfaces lo0 unit 0'"):
            overlay(self.TOPOLOGY).plan(2, SITE, occupied=own)

    def test_what_lies_elsewhere_is_nobodys_business(self):
        """Routes and networks beside the blocks of this device don't matter to it."""
        beside = {IPv4Network("100.64.0.16/28"): "set routing-options static route beside"}
        assert overlay(self.TOPOLOGY).plan(2, SITE, occupied=self.there(routes=beside)).count == 2

    def test_a_real_baseline_is_read(self, baseline, srx):
        """The share of a device whose configuration was read like any other's."""
        made = overlay(self.TOPOLOGY, Kind.IPSEC, played={2: (IPv4Address("192.0.2.1"),)})
        plan = made.plan(2, srx, occupied=occupied(baseline()))
        assert [str(tunnel.local) for tunnel in plan.tunnels] == ["192.0.2.1"] * 2
