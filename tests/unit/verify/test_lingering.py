"""Deleted tunnels that a device still has: named by its tables, or by its configuration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.plan.model import Kind
from harness.render.readback import statements
from harness.verify.facts import Unreadable
from harness.verify.lingering import lingering, still_configured
from harness.verify.witnesses import witnesses


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_gone_is_not_told(paper, kind):
    """Tables as they were before the push, with the baseline's own tunnel, are as they should."""
    device = paper(kind, 3)
    before = device.observe_baseline()
    assert lingering(device.expected, before, device.observe_baseline()) == ()


@pytest.mark.parametrize("kind", list(Kind))
def test_a_tunnel_that_lingers_is_named(paper, kind):
    """By each witness of a table that shows it, whatever the table calls it."""
    device = paper(kind, 3)
    before = device.observe_baseline()
    second = device.expected.tunnels[1]
    for leg in device.lists:
        device.lists[leg] = [*device.base[leg], second.labels[leg]]
    assert lingering(device.expected, before, device.observe()) == tuple(
        f"{witness.name} still shows {second.name}" for witness in witnesses(kind)
    )


def test_what_nobody_planned_is_told_by_its_label(paper):
    """A tunnel that wasn't there before and isn't ours is told all the same."""
    device = paper(Kind.IPSEC, 1)
    before = device.observe_baseline()
    device.lists = {**device.base, "gateway": [*device.base["gateway"], "198.51.100.254"]}
    told = lingering(device.expected, before, device.observe())
    assert told == (
        "ipsec-tunnels still shows 198.51.100.254",
        "cli-ipsec-tunnels still shows 198.51.100.254",
    )


def test_an_answer_that_says_nothing_is_not_an_empty_table(paper):
    """A witness that was readable and isn't any more is told; one that never was isn't."""
    device = paper(Kind.IPSEC, 1)
    before = device.observe_baseline()
    after = [replace(one, seen=Unreadable("cut")) for one in before]
    assert lingering(device.expected, before, after)[0] == "ipsec-tunnels: cut"
    assert lingering(device.expected, after, device.observe()) == ()
    assert lingering(device.expected, (), device.observe()) == ()


def test_a_configuration_names_what_it_keeps(paper):
    """Whole or in part; a baseline keeps nothing."""
    device = paper(Kind.IPSEC, 3)
    assert still_configured(device.expected, statements(device.committed(0))) == ()
    names = [one.name for one in device.expected.tunnels]
    assert list(still_configured(device.expected, statements(device.committed()))) == names
    (route,) = [path for path in device.expected.planned.paths if "st0.2" in path][:1]
    one = replace(device.expected.baseline, paths=(*device.expected.baseline.paths, route))
    assert list(still_configured(device.expected, one)) == [device.expected.owner(route)]
