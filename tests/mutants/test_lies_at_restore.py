"""Devices that don't come back as they were: the run says so and leaves them alone."""

from __future__ import annotations

import pytest

from harness.errors import DeviceBusy, LabError
from harness.outcome import Outcome
from harness.sim.config.tree import Mark, Node, get
from harness.sim.config.tree_edit import placed, removed
from harness.sim.faults.tunnel_faults import new_tunnels
from harness.sim.messages import error

CONTROL = 2  # tunnels of the negative control, to which a lie that is worth its name is honest
ROUTES = ("routing-options", "static", "route")


def returns(change):
    """Commit ``change(old, checked)`` from the return on."""
    return lambda dut: dut.returns(change)


def with_value(value, *path):
    """Put ``value`` at ``path``."""
    return returns(lambda old, new: placed(new, value, *path))


def reordered(*path):
    """Put the first entry of the list at ``path`` last."""

    def change(old, new):
        (first, body), *others = get(new, *path).items()
        return placed(new, Node({**dict(others), first: body}), *path)

    return returns(change)


def refuses(device):
    """Refuse every commit from the return of a whole rung on."""
    honest = device.store.check

    def check(tree):
        if len(new_tunnels(device.store.candidate, device.store.committed)) > CONTROL:
            return (error("commit failed: no space left on device [simulated]", "[edit]"),)
        return honest(tree)

    device.store.check = check


def other_slot(device):
    """Load the oldest slot in place of the one that's asked for, while a rung is on the device."""
    store, honest = device.store, device.store.rollback_tree

    def rollback_tree(index):
        first = honest(len(store.history) - 1)
        rung = len(new_tunnels(first, store.committed)) > CONTROL
        return placed(first, "old", "system", "host-name") if rung and index else honest(index)

    store.rollback_tree = rollback_tree


def deactivated(_old, new):
    """Deactivate the untrust zone."""
    path = ("security", "zones", "security-zone")
    zones = get(new, *path).copy()
    zones.marked("untrust", Mark(inactive=True))
    return placed(new, zones, *path)


row = dict  # the arguments of the fixture "expose"
BACK = "no way back to the baseline, from which it differs by "
LIES = {
    "leaves a statement": row(
        tell=lambda dut: dut.arm("rollback-leftover"),
        says=BACK + "1 too many: interfaces interface st0 unit 1 family inet address",
    ),
    "says ok and stays": row(
        tell=returns(lambda old, new: old),
        says=BACK + "86 too many: .*tried rollback 1: committed, but the device shows another",
    ),
    "changes the host name": row(
        tell=with_value("changed", "system", "host-name"),
        says=BACK + r"1 too many: system host-name changed; 1 missing: system host-name",
    ),
    "changes a password": row(
        tell=with_value("$6$x$y", "system", "root-authentication", "encrypted-password"),
        says=BACK
        + r"1 with another secret: system root-authentication encrypted-password <secret>",
    ),
    "reorders policies": row(
        tell=reordered("security", "policies", "policy"),
        says=BACK + "the same statements in another order",
    ),
    "loses a route": row(
        tell=returns(lambda old, new: removed(new, *ROUTES, "10.202.0.0/16")),
        says=BACK + "1 missing: routing-options static route 10.202.0.0/16 next-hop st0.0",
    ),
    "deactivates a zone": row(
        tell=returns(deactivated),
        says=BACK + "1 too many: security zones security-zone untrust <inactive>",
    ),
    "refuses the commit": row(
        tell=lambda dut: dut.spoil(refuses),
        says=BACK + "86 too many: .*rollback 1: .*commit failed: no space left on device",
    ),
}
SECTION = "It doesn't come back"


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_fails_the_restore_and_the_device_is_out(expose, dut, lie):
    """What is left is named, the journal stays open, and the device isn't touched again."""
    by = "fingerprint of another session"
    expose(SECTION, lie, ends="RestoreFailed", by=by, restored=False, **LIES[lie])
    with pytest.raises(LabError, match=f"is out for this run: {dut.bench.device.name}: no way"):
        dut.qualify()
    with pytest.raises(DeviceBusy, match=r"isn't proven \(the first cause: .*run 'harness restore"):
        dut.of_another_run().qualify()


def test_a_wrong_rollback_slot_is_seen_before_it_is_committed(dut):
    """What ``rollback 1`` loads is looked at; the saved baseline leads back."""
    before = dut.committed()
    dut.spoil(other_slot)
    assert dut.qualify().outcome is Outcome.PASS
    assert dut.committed() == before
    closed = [entry for entry in dut.bench.journal.read().entries if entry["event"] == "closed"]
    assert [entry["how"] for entry in closed] == ["rollback 1", "load update"]


def test_the_page_has_these_rows_and_no_others(documented):
    """docs/faults.md is held to what was seen."""
    assert set(documented[SECTION]) == set(LIES)
