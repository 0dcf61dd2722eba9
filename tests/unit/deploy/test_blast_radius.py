"""Only what a kind may change gets past, whatever else the device says it would change."""

import pytest

from harness.deploy.blast_radius import AllowList, check_addition
from harness.errors import UnsafeChange

ALLOWED = AllowList(
    [
        ("interfaces", "st0", "unit", "1"),
        ("security", "ike", "gateway", "hil-*"),
        ("routing-options", "static", "route", "100.64.0.0/31"),
    ]
)


def added(path: str) -> str:
    """Return a patch that adds one statement."""
    return f"[edit]\n+  {path};\n"


@pytest.mark.parametrize(
    "path",
    [
        "interfaces st0 unit 1 family inet",
        "security ike gateway hil-t00001 address 198.18.0.1",
        "routing-options static route 100.64.0.0/31 next-hop st0.1",
    ],
)
def test_ours_may_change(path):
    """A statement below an allowed hierarchy is counted and let through."""
    assert check_addition(added(path), ALLOWED) == 1


@pytest.mark.parametrize(
    "path",
    [
        "system host-name x",
        "interfaces st0 unit 12 family inet",
        "interfaces st0",
        "security ike gateway corp-hq address 198.18.0.1",
        "routing-options static route 0.0.0.0/0 next-hop 192.0.2.254",
        "chassis fpc 0 pic 0 tunnel-services",
        "security forwarding-options family mpls mode packet-based",
    ],
)
def test_anything_else_stops_the_push_and_is_named(path):
    """A statement outside the allow-list is quoted in the error."""
    with pytest.raises(UnsafeChange, match=path.split(maxsplit=1)[0]):
        check_addition(added(path), ALLOWED)


def test_a_removal_is_never_allowed():
    """Even of something that is ours: a push only adds."""
    with pytest.raises(UnsafeChange, match="- interfaces st0 unit 1"):
        check_addition("[edit]\n-  interfaces st0 unit 1 disable;\n", ALLOWED)


def test_an_empty_diff_is_not_a_push():
    """A device that shows no change didn't take what was loaded."""
    with pytest.raises(UnsafeChange, match="empty"):
        check_addition("", ALLOWED)


def test_many_offenders_are_counted():
    """The message stays one line."""
    patch = "[edit system]\n" + "".join(f"+  host-name h{n};\n" for n in range(8))
    with pytest.raises(UnsafeChange, match="and 3 more"):
        check_addition(patch, ALLOWED)
