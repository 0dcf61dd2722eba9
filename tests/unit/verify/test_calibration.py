"""The negative control: a witness that can't fail, or doesn't count 2 for 2, isn't usable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import HarnessBug
from harness.plan.model import Kind
from harness.verify.calibration import calibrate, taken_over
from harness.verify.witnesses import witnesses


def run(device, before=None, after=None):
    return calibrate(
        device.expected,
        device.expect(device.count + 1),
        device.observe_baseline() if before is None else before,
        device.observe() if after is None else after,
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_every_witness_of_an_honest_device_is_usable(paper, kind):
    """All agree with two and name the third that was never pushed."""
    found = run(paper(kind, 2))
    assert not found.unusable
    assert list(found.usable) == [witness.name for witness in witnesses(kind)]
    assert found.enough
    assert all("usable" in str(finding) for finding in found.findings())


@pytest.mark.parametrize("kind", list(Kind))
def test_an_old_table_is_not_usable(paper, kind):
    """A witness that answers after the push as before it doesn't count two."""
    device = paper(kind, 2)
    found = run(device, after=device.observe_baseline())
    assert not found.usable
    assert not found.enough
    assert all("doesn't count 2 for 2" in reason for reason in found.unusable.values())


@pytest.mark.parametrize("kind", list(Kind))
def test_a_table_with_tunnels_of_last_night_is_not_usable(paper, kind):
    """Ours, shown before they were pushed, are not in the baseline's configuration."""
    device = paper(kind, 2)
    found = run(device, before=device.observe())
    assert not found.usable
    assert all("doesn't configure" in reason for reason in found.unusable.values())


def test_a_witness_that_always_answers_the_same_is_named_alone(paper):
    """One bad witness doesn't spoil the others."""
    device = paper(Kind.IPSEC, 2)
    bad = {o.witness: o for o in device.observe_baseline()}["st0-units"]
    after = [bad if o.witness == "st0-units" else o for o in device.observe()]
    found = run(device, after=after)
    assert list(found.unusable) == ["st0-units"]
    assert found.enough


def test_an_unreadable_or_silent_witness_is_not_usable(paper):
    """Both observations must be there and readable."""
    device = paper(Kind.GRE, 2)
    found = run(device, before=device.observe_baseline()[1:])
    assert found.unusable == {"gr-units": "before the push it wasn't asked"}
    found = run(device, after=device.observe(lambda _, text: text[:4]))
    assert all("after the push: " in reason for reason in found.unusable.values())
    assert len(found.unusable) == 3


def test_a_witness_that_can_not_tell_the_third_apart_is_not_usable(paper):
    """If the invented tunnel has the label of a pushed one, nothing can miss it."""
    device = paper(Kind.IPSEC, 2)
    claimed = device.expect(3)
    twin = replace(claimed.tunnels[2], labels=claimed.tunnels[1].labels)
    claimed = replace(claimed, tunnels=(*claimed.tunnels[:2], twin))
    found = calibrate(device.expected, claimed, device.observe_baseline(), device.observe())
    assert not found.usable
    assert set(found.unusable.values()) == {"it can't fail: it agrees that there are 3"}


def test_a_contradiction_before_the_push_is_not_usable(paper):
    """A table whose total is wrong from the start can't be trusted later."""
    device = paper(Kind.IPSEC, 2)
    device.lists = {"gateway": ["203.0.113.9"], "st0": ["st0.0"]}
    before = device.observe(lambda _, text: text.replace("tunnels>1<", "tunnels>7<"))
    found = run(paper(Kind.IPSEC, 2), before=before)
    assert "it says 7 inactive tunnels and lists 1" in found.unusable["ipsec-tunnels"]


def test_a_control_without_an_invented_tunnel_is_a_bug(paper):
    """Claiming what was pushed proves nothing."""
    device = paper(Kind.GRE, 2)
    with pytest.raises(HarnessBug, match="exactly one tunnel more"):
        calibrate(device.expected, device.expected, (), ())
    with pytest.raises(HarnessBug, match="exactly one tunnel more"):
        calibrate(device.expected, device.expect(4), (), ())


def test_a_witness_that_changes_its_tables_is_not_usable(paper):
    """It must show the same legs before and after."""
    device = paper(Kind.GRE, 2)
    first, *rest = device.observe()
    found = run(device, after=[replace(first, seen={"st0": first.seen["gr"]}), *rest])
    assert found.unusable == {"gr-units": "it saw other tables before the push than after it"}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_control_taken_over_counts_from_here(paper, kind):
    """What each witness saw on this device before the push is its reference, not the control's."""
    control, here = run(paper(kind, 2)), paper(kind, 3)
    before = here.observe_baseline()
    found = taken_over(control, here.expected, before)
    assert not found.unusable
    assert found.enough
    for observation in before:
        assert found.usable[observation.witness].baseline is observation.seen


def test_who_was_not_asked_here_is_not_heard(paper):
    """A witness outside of the sample isn't among those that agreed."""
    control, here = run(paper(Kind.IPSEC, 2)), paper(Kind.IPSEC, 3)
    asked = [o for o in here.observe_baseline() if not o.witness.startswith("cli-")]
    found = taken_over(control, here.expected, asked)
    assert sorted(found.usable) == ["ipsec-tunnels", "st0-units"]
    assert found.enough
    assert found.unusable["cli-st0-units"] == "before the push it wasn't asked"


def test_who_shows_tunnels_before_the_push_is_not_heard(paper):
    """Whatever it showed on the device of the control: with none left nothing is accepted."""
    control, here = run(paper(Kind.IPSEC, 2)), paper(Kind.IPSEC, 3)
    found = taken_over(control, here.expected, here.observe())
    assert not found.enough
    assert all("doesn't configure" in reason for reason in found.unusable.values())


def test_who_was_not_usable_there_is_not_heard_here(paper):
    """A witness that couldn't fail isn't asked again whether it can."""
    device = paper(Kind.IPSEC, 2)
    bad = {o.witness: o for o in device.observe_baseline()}["st0-units"]
    after = [bad if o.witness == "st0-units" else o for o in device.observe()]
    control, here = run(device, after=after), paper(Kind.IPSEC, 3)
    found = taken_over(control, here.expected, here.observe_baseline())
    assert "st0-units" not in found.usable
    assert "doesn't count 2 for 2" in found.unusable["st0-units"]
