"""A push may change what its plan has, and nothing else."""

from __future__ import annotations

import shlex
from fnmatch import fnmatchcase

import pytest

from harness.plan.model import Kind
from harness.render.allowlist import ALLOWANCES, allowed_hierarchies
from harness.render.rendering import render


def allows(hierarchies, path):
    """Say whether some hierarchy is the beginning of the path."""
    return any(
        len(words) <= len(path) and all(map(fnmatchcase, path, words)) for words in hierarchies
    )


@pytest.mark.parametrize(
    ("kind", "platform"),
    [
        (Kind.IPSEC, "srx4100"),
        (Kind.GRE, "srx4100"),
        (Kind.GRE_OVER_IPSEC, "srx4100"),
        (Kind.GRE, "vmx"),
    ],
)
def test_every_statement_of_a_plan_is_allowed(kind, platform, plan_of):
    """The list isn't too narrow for what we push ourselves."""
    plan = plan_of(kind, 12, platform, mpls=True)
    allowed = allowed_hierarchies(plan)
    for line in render(plan).set_lines():
        assert allows(allowed, tuple(shlex.split(line)[1:])), line


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "statement",
    [
        "system host-name other",
        "chassis fpc 0 pic 0 tunnel-services bandwidth 1g",
        "interfaces xe-0/0/0 unit 0 family inet address 192.0.2.9/24",
        "interfaces fxp0 unit 0 disable",
        "interfaces st0",
        "interfaces st0 unit 99 family inet",
        "interfaces gr-0/0/0 unit 99 family inet",
        "interfaces gr-0/0/0 disable",
        "routing-options static route 0.0.0.0/0 next-hop 192.0.2.254",
        "routing-options static route 100.64.0.0/10 next-hop st0.0",
        "routing-options static defaults discard",
        "security zones security-zone untrust interfaces st0.0",
        "security zones security-zone hil-other interfaces st0.0",
        "security policies default-policy permit-all",
        "security policies from-zone untrust to-zone hil-ipsec policy p match source-address any",
        "security ike gateway lab address 198.18.0.1",
        "security ike traceoptions flag all",
        "security ipsec vpn-monitor-options interval 10",
        "security forwarding-options family mpls mode packet-based",
        "forwarding-options sampling instance x",
        "routing-instances vr instance-type virtual-router",
        "groups hil-x system host-name other",
    ],
)
def test_everything_else_is_not(kind, statement, plan_of):
    """Neither system, management, forwarding nor what belongs to the lab may move."""
    assert not allows(allowed_hierarchies(plan_of(kind, 12)), tuple(statement.split()))


def test_gre_may_not_touch_ipsec(plan_of):
    """Each kind has its own list."""
    allowed = allowed_hierarchies(plan_of(Kind.GRE, 3))
    assert not [
        words for words in allowed if words[:2] in {("security", "ike"), ("interfaces", "st0")}
    ]
    allowed = allowed_hierarchies(plan_of(Kind.IPSEC, 3))
    assert not [words for words in allowed if words[:2] == ("interfaces", "gr-0/0/0")]


def test_mx_has_no_zone_to_change(plan_of):
    """Where the plan has no zone, no zone may change."""
    assert not [w for w in allowed_hierarchies(plan_of(Kind.GRE, 1, "vmx")) if w[0] == "security"]


def test_every_row_says_why():
    """No row without a reason, and each for at least one kind."""
    assert all(row.reason and row.kinds for row in ALLOWANCES)
