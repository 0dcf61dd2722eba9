"""Devices that take something else than they were sent: each lie turns the run red, by name."""

from __future__ import annotations

import pytest

from harness.plan.model import Kind
from harness.sim.config.tree import Mark, Node, get
from harness.sim.config.tree_edit import placed, removed
from harness.sim.faults.tunnel_faults import new_tunnels
from harness.sim.tunnels import routes_into

ROUTES = ("routing-options", "static", "route")
CONTROL = 2  # tunnels of the negative control, to which a lie that is worth its name is honest


def commits(change):
    """Commit ``change(checked, new tunnels)``."""
    return lambda dut: dut.commits(change)


def shows_no_difference(device):
    """Let the device's diff of a whole rung be empty."""
    honest = device.store.compare
    device.store.compare = lambda old, new, **_: (
        "" if len(new_tunnels(old, new)) > CONTROL else honest(old, new)
    )


def arm(name, **options):
    """Arm a fault of the simulator, to which the negative control is too small."""
    return lambda dut: dut.arm(name, **{"from_count": CONTROL + 1, **options})


def without(*path):
    """Take away what is at ``path``; words in braces are those of the middle new tunnel."""
    return commits(lambda tree, new: removed(tree, *filled(path, new)))


def with_value(value, *path):
    """Put ``value`` at ``path``."""
    return commits(lambda tree, new: placed(tree, value, *filled(path, new)))


def filled(path, new):
    """Fill the words in braces."""
    victim = new[len(new) // 2]
    device, _, unit = victim.interface.partition(".")
    words = {"name": victim.name, "interface": victim.interface, "device": device, "unit": unit}
    return [word.format(**words) for word in path]


def without_route(tree, new):
    """Forget the static route into the middle tunnel."""
    (prefix,) = routes_into(tree, new[2].interface)
    return removed(tree, "routing-options", "static", "route", prefix)


def routed_elsewhere(tree, new):
    """Route the middle tunnel's prefix into its neighbour."""
    (prefix,) = routes_into(tree, new[2].interface)
    path = ("routing-options", "static", "route", prefix, "next-hop")
    return placed(tree, (new[1].interface,), *path)


def without_gre_half(tree, new):
    """Forget the GRE unit on top of the middle tunnel, wherever it's named."""
    unit = [*get(tree, "interfaces", "interface", "gr-0/0/0", "unit")][2]
    (prefix,) = routes_into(tree, f"gr-0/0/0.{unit}")
    tree = removed(tree, "routing-options", "static", "route", prefix)
    zone = ("security", "zones", "security-zone", "hil-gre-over-ipsec", "interfaces")
    tree = removed(tree, *zone, f"gr-0/0/0.{unit}")
    return removed(tree, "interfaces", "interface", "gr-0/0/0", "unit", unit)


def without_vpn(tree):
    """Forget the middle tunnel's VPN."""
    return removed(tree, "security", "ipsec", "vpn", "hil-t00003")


def one_key_for_all(tree, new):
    """Give every tunnel the key of the first."""
    path = ("security", "ike", "policy")
    key = get(tree, *path, new[0].name, "pre-shared-key")
    for tunnel in new:
        tree = placed(tree, key, *path, tunnel.name, "pre-shared-key")
    return tree


def deactivated(tree, new):
    """Deactivate the middle tunnel's VPN."""
    path = ("security", "ipsec", "vpn")
    vpns = get(tree, *path).copy()
    vpns.marked(new[2].name, Mark(inactive=True))
    return placed(tree, vpns, *path)


def one_more(tree, new):
    """Configure a VPN that nobody sent."""
    path = ("security", "ipsec", "vpn")
    return placed(tree, get(tree, *path, new[0].name), *path, "hil-t09999")


def half(tree, new):
    """Forget the VPNs of all but the first two tunnels."""
    for tunnel in new[2:]:
        tree = removed(tree, "security", "ipsec", "vpn", tunnel.name)
    return tree


def zones_reordered(tree, new):
    """Put the first zone of the baseline last."""
    path = ("security", "zones", "security-zone")
    (first, body), *others = get(tree, *path).items()
    return placed(tree, Node({**dict(others), first: body}), *path)


def another_baseline_key(tree, new):
    """Give the lab's own tunnel the key of one of ours."""
    path = ("security", "ike", "policy")
    key = get(tree, *path, new[0].name, "pre-shared-key")
    return placed(tree, key, *path, "corp-ike", "pre-shared-key")


def takes_nothing(device):
    """Answer the commit of a whole rung with ok, and commit what was there."""
    honest = device.store._mangle
    device.store._mangle = lambda committed, checked: (
        committed if len(new_tunnels(committed, checked)) > CONTROL else honest(committed, checked)
    )


row = dict  # the arguments of the fixture "expose"
GATEWAY = ("security", "ike", "gateway", "{name}")
VPN = ("security", "ipsec", "vpn", "{name}")
UNIT = ("interfaces", "interface", "{device}", "unit", "{unit}")
ZONES = ("security", "zones", "security-zone")
GRE, BOTH = Kind.GRE, Kind.GRE_OVER_IPSEC

READBACK = "read-back"
BY_TABLES = f"{READBACK}, ipsec-tunnels, cli-ipsec-tunnels"
BY_UNITS = f"{READBACK}, st0-units, cli-st0-units"
BY_ALL = f"{READBACK}, ipsec-tunnels, st0-units, cli-ipsec-tunnels, cli-st0-units"
BY_GRE = f"{READBACK}, gr-units, cli-gr-units, cli-gr-configuration"
BY_BOTH = f"{READBACK}, overlay-tunnels, overlay-units, cli-overlay-tunnels, cli-overlay-units"
LACKS = r"1 tunnel\(s\) incomplete: hil-t00003; {} missing"

TAKES_LESS = {
    "drops the first tunnel": row(
        tell=arm("drop-tunnel", index=1), says=r"incomplete: hil-t00001; 15 missing", by=BY_ALL
    ),
    "drops a tunnel in the middle": row(
        tell=arm("drop-tunnel", index=3), says=LACKS.format(15), by=BY_ALL
    ),
    "drops the last tunnel": row(
        tell=arm("drop-tunnel", index=5), says=r"incomplete: hil-t00005; 15 missing", by=BY_ALL
    ),
    "drops a tunnel of the negative control": row(
        tell=arm("drop-tunnel", index=2, from_count=1),
        says=r"negative control: .*incomplete: hil-t00002; 15 missing",
        by=f"{READBACK}, calibration",
    ),
    "drops a GRE tunnel": row(
        tell=arm("drop-tunnel", index=3), kind=GRE, says=LACKS.format(5), by=BY_GRE
    ),
    "drops a GRE over IPsec tunnel": row(
        tell=arm("drop-tunnel", index=3), kind=BOTH, says=LACKS.format(19), by=BY_BOTH
    ),
    "drops the GRE half alone": row(
        tell=commits(without_gre_half), kind=BOTH, says=LACKS.format(5), by=BY_BOTH
    ),
    "drops an IKE gateway alone": row(
        tell=without(*GATEWAY),
        says=LACKS.format(7) + ": security ike gateway hil-t00003",
        by=BY_TABLES,
    ),
    "drops an IKE policy alone": row(
        tell=without("security", "ike", "policy", "{name}"),
        says=LACKS.format(2) + ": security ike policy hil-t00003 pre-shared-key",
        by=READBACK,
    ),
    "drops a VPN alone": row(
        tell=without(*VPN),
        says=LACKS.format(3) + ": security ipsec vpn hil-t00003 bind-interface st0.3",
        by=BY_TABLES,
    ),
    "drops an st0 unit alone": row(
        tell=without(*UNIT),
        says=LACKS.format(1) + ": interfaces interface st0 unit 3 family inet address",
        by=BY_UNITS,
    ),
    "drops a zone's interface alone": row(
        tell=without(*ZONES, "hil-ipsec", "interfaces", "{interface}"),
        says=LACKS.format(1) + ": security zones security-zone hil-ipsec interfaces st0.3",
        by=READBACK,
    ),
    "drops a static route alone": row(
        tell=commits(without_route),
        says=LACKS.format(1) + ": routing-options static route 100.64.0.20/32 next-hop st0.3",
        by=READBACK,
    ),
    "forgets dead peer detection": row(
        tell=without(*GATEWAY, "dead-peer-detection"),
        says=LACKS.format(2) + ": security ike gateway hil-t00003 dead-peer-detection interval 10",
        by=READBACK,
    ),
    "takes half of the tunnels": row(
        tell=commits(half),
        says=r"3 tunnel\(s\) incomplete: hil-t00003, hil-t00004, hil-t00005",
        by=BY_TABLES,
    ),
    "loads a tunnel too few": row(
        tell=lambda dut: dut.loads(
            lambda tree: removed(tree, "security", "ipsec", "vpn", "hil-t00003")
        ),
        says=LACKS.format(3) + ": security ipsec vpn hil-t00003",
        by=BY_TABLES,
    ),
    "says ok and commits nothing": row(
        tell=lambda dut: dut.spoil(takes_nothing),
        says=r"5 tunnel\(s\) incomplete: .*; 86 missing",
        by=BY_ALL,
    ),
    "shows no difference": row(
        tell=lambda dut: dut.spoil(shows_no_difference),
        ends="UnsafeChange",
        says="the device's own diff is empty: it didn't take what was loaded",
        by="allow-list",
    ),
}

TAKES_OTHER = {
    "deactivates a VPN": row(
        tell=commits(deactivated),
        says=r"statements not planned: 1 added: security ipsec vpn hil-t00003 <inactive>",
        by=BY_TABLES,
    ),
    "swaps two keys": row(
        tell=arm("swap-psk", index=3),
        says=r"keys: 2 different: hil-t00003, hil-t00004",
        by=READBACK,
    ),
    "gives all tunnels one key": row(
        tell=commits(one_key_for_all),
        says=r"keys: 4 different: hil-t00002, hil-t00003, hil-t00004, hil-t00005",
        by=READBACK,
    ),
    "moves a tunnel to another unit": row(
        tell=arm("wrong-unit", index=3),
        says=r"hil-t00003: security ipsec vpn hil-t00003 bind-interface st0.3 is st0.15999"
        r".*st0 members: missing hil-t00003 \(st0.3\); not configured st0.15999",
        by=BY_UNITS,
    ),
    "moves a GRE tunnel to another unit": row(
        tell=arm("wrong-unit", index=3),
        kind=GRE,
        says=r"gr members: missing hil-t00003 \(gr-0/0/0.2\); not configured gr-0/0/0.15999",
        by=BY_GRE,
    ),
    "binds a VPN to a neighbour's unit": row(
        tell=with_value("st0.2", *VPN, "bind-interface"),
        says=r"1 changed: hil-t00003: .* bind-interface st0.3 is st0.2",
        by=READBACK,
    ),
    "changes a peer's address": row(
        tell=with_value(("198.19.255.1",), *GATEWAY, "address"),
        says=r"1 changed: hil-t00003: .* address 198.18.0.3 is 198.19.255.1",
        by=BY_TABLES,
    ),
    "changes a GRE destination": row(
        tell=with_value("198.19.255.1", *UNIT, "tunnel", "destination"),
        kind=GRE,
        says=r"1 changed: hil-t00003: .* tunnel destination 198.18.0.3 is 198.19.255.1",
        by=READBACK,
    ),
    "routes into another tunnel": row(
        tell=commits(routed_elsewhere),
        says=r"1 changed: hil-t00003: .* next-hop st0.3 is st0.2",
        by=READBACK,
    ),
    "weakens a proposal": row(
        tell=with_value("group2", "security", "ike", "proposal", "hil-ike", "dh-group"),
        says=r"1 changed: security ike proposal hil-ike dh-group group19 is group2",
        by=READBACK,
    ),
    "configures a VPN more": row(
        tell=commits(one_more),
        says=r"3 added: security ipsec vpn hil-t09999 .*seen 7",
        by=BY_TABLES,
    ),
    "changes the host name": row(
        tell=with_value("changed", "system", "host-name"),
        says=r"1 changed: system host-name \S+ is changed",
        by=READBACK,
    ),
    "changes a key of the baseline": row(
        tell=commits(another_baseline_key),
        says=r"keys: 1 different: security ike policy corp-ike pre-shared-key",
        by=READBACK,
    ),
    "loses a statement of the baseline": row(
        tell=without("interfaces", "interface", "st0", "unit", "0", "description"),
        says=r"statements of the baseline: 1 lost: interfaces interface st0 unit 0 description",
        by=READBACK,
    ),
    "reorders the baseline": row(
        tell=commits(zones_reordered),
        says=r"order of the baseline: changed from 'security zones security-zone untrust' on",
        by=READBACK,
    ),
    "loads a foreign statement": row(
        tell=lambda dut: dut.loads(lambda tree: placed(tree, "changed", "system", "host-name")),
        ends="UnsafeChange",
        says=r"the device's own diff leaves what may change: .*\+ system host-name changed",
        by="allow-list",
    ),
    "loads and deletes a route of the baseline": row(
        tell=lambda dut: dut.loads(lambda tree: removed(tree, *ROUTES, "10.202.0.0/16")),
        ends="UnsafeChange",
        says=r"may change: - routing-options static route 10.202.0.0/16 next-hop st0.0",
        by="allow-list",
    ),
}

SECTIONS = {
    "It takes less than it was sent": TAKES_LESS,
    "It takes something else": TAKES_OTHER,
}


@pytest.mark.parametrize(
    ("section", "lie"),
    [pytest.param(section, lie, id=lie) for section in SECTIONS for lie in SECTIONS[section]],
)
def test_each_lie_ends_as_expected_and_is_named(expose, section, lie):
    """The run names tunnel, statement or the device's words, and the device is put back."""
    expose(section, lie, **SECTIONS[section][lie])


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_has_these_rows_and_no_others(documented, section):
    """docs/faults.md is held to what was seen."""
    assert set(documented[section]) == set(SECTIONS[section])
