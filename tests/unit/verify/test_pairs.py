"""Two ends of a tunnel, as two devices sent them back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.plan.deployments import Rollout, rollout_of
from harness.plan.model import Kind
from harness.plan.occupied import Occupied
from harness.render.readback import statements
from harness.render.rendering import render
from harness.testbed.load import load_testbed_text
from harness.verify.pairs import Ledger, ends_of

DIGEST = b"d" * 32
LAB = """\
testbed: {name: lab}
fleets:
  branch:
    count: 3
    platform: nfx250
    simulated: true
    underlay: {external_interface: ge-0/0/0.0, external_zone: untrust}
  hub:
    count: 1
    platform: srx4200
    simulated: true
    underlay: {external_interface: xe-0/0/0.0, external_zone: untrust}
deployments:
  one:
    topology: hub-and-spoke
    kind: KIND
    sites: 3
    links: 2
    hubs: 1
    outer: 10.0.0.0/16
    inner: 100.64.0.0/16
    played_by: [branch]
    hubs_played_by: [hub]
"""


def rollout(kind: Kind, key: bytes = b"k" * 32) -> Rollout:
    """Return three sites with two links each on one hub."""
    testbed = load_testbed_text(LAB.replace("KIND", kind), "lab.yaml")
    return rollout_of(testbed, testbed.deployments[0], run_key=key)


def ledger_of(kind: Kind, spoil: Callable[[int, str], str] = lambda _, xml: xml) -> Ledger:
    """Return the ledger of what four devices show; ``spoil`` changes what one of them does."""
    one, ledger = rollout(kind), Ledger()
    for place in (*one.hubs, *one.sites()):
        plan = one.plan(place, Occupied.none())
        xml = spoil(place.index, render(plan).xml())
        ledger.add(ends_of(plan, statements(xml), place.name, DIGEST))
    return ledger


@pytest.mark.parametrize("kind", list(Kind))
def test_ends_that_were_planned_together_agree(kind: Kind) -> None:
    """Six tunnels, twelve ends, nothing left over."""
    ledger = ledger_of(kind)
    assert (ledger.agreed, ledger.disagreements, ledger.alone()) == (6, [], ())


@pytest.mark.parametrize(
    ("kind", "old", "new", "why"),
    [
        (
            Kind.IPSEC,
            "<address>10.0.0.1</address>",
            "<address>10.0.0.99</address>",
            "hub-1 goes from 10.0.0.1 to 10.0.0.3, site-1 from 10.0.0.3 to 10.0.0.99",
        ),
        (
            Kind.GRE,
            "<source>10.0.0.3</source>",
            "<source>10.0.0.98</source>",
            "hub-1 goes from 10.0.0.1 to 10.0.0.3, site-1 from 10.0.0.98 to 10.0.0.1",
        ),
        (Kind.IPSEC, "<ascii-text>", "<ascii-text>x", "their keys differ"),
        (
            Kind.IPSEC,
            "<name>100.64.0.0/31</name>",
            "<name>100.64.0.2/31</name>",
            "100.64.0.1/31 at hub-1 and 100.64.0.2/31 at site-1 are no two ends of a link",
        ),
        (
            Kind.GRE_OVER_IPSEC,
            "<name>100.64.0.2/31</name>",
            "<name>100.64.0.4/31</name>",
            "100.64.0.3/31 at hub-1 and 100.64.0.4/31 at site-1 are no two ends of a link",
        ),
    ],
)
def test_one_end_that_differs_names_its_pair_alone(
    kind: Kind, old: str, new: str, why: str
) -> None:
    """A wrong value at one site: that tunnel, both ends, and what's wrong between them."""

    def spoil(index: int, xml: str) -> str:
        if index != 1:
            return xml
        assert old in xml
        return xml.replace(old, new, 1)

    ledger = ledger_of(kind, spoil)
    (found,) = ledger.disagreements
    assert (found.tunnel, found.ends, found.why) == (
        "hil-site-1_0_hub-1_0",
        ("hub-1", "site-1"),
        why,
    )
    assert ledger.agreed == 5


def test_a_tunnel_that_is_not_there_does_not_agree() -> None:
    """What a device doesn't show fits nothing, not even another end that shows nothing."""
    ledger = ledger_of(Kind.IPSEC, lambda _, __: "<configuration/>")
    assert ledger.agreed == 0
    assert len(ledger.disagreements) == 6


def test_an_end_without_its_other_one_is_told() -> None:
    """A device that was never read back leaves its partners alone."""
    one, ledger = rollout(Kind.IPSEC), Ledger()
    plan = one.plan(one.hubs[0], Occupied.none())
    ledger.add(ends_of(plan, statements(render(plan).xml()), "hub-1", DIGEST))
    assert len(ledger.alone()) == 6
    assert str(ledger.alone()[0]).endswith("(hub-1): its other end was never read back")


def test_a_hidden_key_is_not_compared() -> None:
    """$8$ can't be read without the device's master password: no agreement is claimed by it."""

    def spoil(index: int, xml: str) -> str:
        head, _, tail = xml.partition("<ascii-text>")
        return f"{head}<ascii-text>$8$hidden</ascii-text>{tail.partition('</ascii-text>')[2]}"

    ledger = ledger_of(Kind.IPSEC, spoil)
    assert ledger.disagreements == []
    assert ledger.keys_not_compared > 0


def test_no_key_is_shown() -> None:
    """What is kept of an end isn't the key, and isn't shown."""
    one = rollout(Kind.IPSEC)
    plan = one.plan(one.place(1), Occupied.none())
    secrets = [t.secure.psk.reveal() for t in plan.tunnels if t.secure]
    ends = list(ends_of(plan, statements(render(plan).xml()), "site-1", DIGEST))
    assert not any(secret in repr(ends) or secret in end.key for end in ends for secret in secrets)
