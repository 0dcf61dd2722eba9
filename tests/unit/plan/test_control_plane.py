"""Tenants kept apart: VRF, route targets, and a route reflector of each group."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

import pytest

from harness.errors import PlanError
from harness.plan.tenants import ControlPlane, Tenants


class TestControlPlane:
    """Tenants kept apart."""

    REFLECTORS = ((IPv4Address("10.9.0.1"), IPv4Address("10.9.0.2")), (IPv4Address("10.9.1.1"),))
    LOOPBACKS = IPv4Network("10.8.0.0/20")

    def plane(self, tenants: Tenants, **given) -> ControlPlane:
        """Return a control plane with reflectors in both groups."""
        return ControlPlane(
            tenants, **{"loopbacks": self.LOOPBACKS, "groups": self.REFLECTORS, **given}
        )

    def test_two_hundred_tenants_are_told_apart(self):
        """One route target for each tenant, one distinguisher for each site, one AS for all."""
        tenants = Tenants(200, 10)
        plane = self.plane(tenants)
        vrfs = [plane.vrf(site) for site in range(tenants.size)]
        assert len({vrf.route_target for vrf in vrfs}) == 200
        assert len({vrf.route_distinguisher for vrf in vrfs}) == 2000
        for one, other in combinations(range(0, tenants.size, 7), 2):
            same = tenants.tenant(one) == tenants.tenant(other)
            assert (vrfs[one].route_target == vrfs[other].route_target) == same
        last = tenants.index("t200-s10")
        assert plane.vrf(last).instance == "hil-t200"
        assert plane.vrf(last).route_target == "target:64512:200"
        assert plane.vrf(last).route_distinguisher == "10.8.7.207:200"

    def test_each_site_has_a_reflector_of_either_group(self):
        """Sites share out among the reflectors of a group; the two groups are both there."""
        plane = self.plane(Tenants(2, 3))
        assert [str(plane.bgp(site).reflectors[0]) for site in range(4)] == [
            "10.9.0.1",
            "10.9.0.2",
        ] * 2
        assert {str(plane.bgp(site).reflectors[1]) for site in range(6)} == {"10.9.1.1"}
        assert plane.bgp(5).local == plane.loopback(5) == IPv4Address("10.8.0.5")
        assert plane.bgp(5).autonomous_system == 64512

    @pytest.mark.parametrize(
        ("tenants", "given", "message"),
        [
            (
                Tenants(200, 10),
                {"loopbacks": IPv4Network("10.8.0.0/22")},
                "loopback pool 10.8.0.0/22 is too small: 2000 sites, 1024 addresses",
            ),
            (
                Tenants(2, 2),
                {"autonomous_system": 65_535},
                "autonomous system: 65535; allowed: 64512..65534",
            ),
            (Tenants(65_536, 2), {}, "tenants: 65536; allowed: 1..65535"),
            (
                Tenants(2, 2),
                {"groups": (REFLECTORS[0],)},
                "1 groups of route reflectors, or an empty one; needed: 2 with one reflector each, "
                "or more",
            ),
            (
                Tenants(2, 2),
                {"groups": (REFLECTORS[0], ())},
                "2 groups of route reflectors, or an empty one; needed: 2 with one reflector each, "
                "or more",
            ),
            (
                Tenants(2, 2),
                {"groups": (REFLECTORS[0], REFLECTORS[0])},
                "a route reflector is named twice",
            ),
            (
                Tenants(2, 2),
                {"groups": ((IPv4Address("10.8.0.3"),), REFLECTORS[1])},
                "route reflector 10.8.0.3 lies in the loopbacks 10.8.0.0/20",
            ),
        ],
    )
    def test_what_cannot_be_is_refused(self, tenants, given, message):
        """One line each."""
        with pytest.raises(PlanError) as refused:
            self.plane(tenants, **given)
        assert str(refused.value) == message
