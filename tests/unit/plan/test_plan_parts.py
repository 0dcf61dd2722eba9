"""Keys, ramps, proposals, and what a plan takes from a testbed."""

from __future__ import annotations

import base64
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import PlanError
from harness.plan.keys import KeyRing, run_key_of_seed
from harness.plan.model import Proposal
from harness.plan.proposal import proposal_of
from harness.plan.ramp import ramp
from harness.plan.sites import device_proposal, site_of
from harness.testbed.model import Device, Limits, TunnelUnderlay

RUN_KEY = bytes(range(32))


def test_a_key_is_hkdf_of_run_key_device_and_tunnel():
    """The derivation is RFC 5869 as a whole, not only its second half."""
    whole = HKDF(
        algorithm=SHA256(),
        length=24,
        salt=b"hil-harness pre-shared keys",
        info=b"srx-a\0hil-t00001",
    ).derive(RUN_KEY)
    key = KeyRing(RUN_KEY, "srx-a").key("hil-t00001")
    assert base64.urlsafe_b64decode(key.reveal()) == whole


def test_keys_differ_by_run_device_and_tunnel_and_repeat_for_the_same():
    """Each input matters, and nothing else does."""
    keys = [
        KeyRing(RUN_KEY, "srx-a").key("hil-t00001").reveal(),
        KeyRing(RUN_KEY, "srx-a").key("hil-t00002").reveal(),
        KeyRing(RUN_KEY, "srx-b").key("hil-t00001").reveal(),
        KeyRing(bytes(32), "srx-a").key("hil-t00001").reveal(),
    ]
    assert len(set(keys)) == 4
    assert KeyRing(RUN_KEY, "srx-a").key("hil-t00001").reveal() == keys[0]
    assert all(len(key) == 32 and key.isascii() and key.isprintable() for key in keys)


def test_a_key_shows_itself_only_when_asked():
    """Neither repr nor str of a key has the key in it."""
    key = KeyRing(RUN_KEY, "srx-a").key("hil-t00001")
    assert key.reveal() not in repr(key) + str(key) + f"{key}"


def test_a_short_run_key_is_refused():
    """Fewer than 32 bytes can't give 192-bit keys."""
    with pytest.raises(PlanError, match="the run key has 16 bytes; at least 32 are needed"):
        KeyRing(bytes(16), "srx-a")


def test_a_seed_always_gives_the_same_run_key():
    """Equal seeds, equal keys; other seeds, other keys."""
    assert run_key_of_seed(7) == run_key_of_seed(7) != run_key_of_seed(8)
    assert len(run_key_of_seed(-1)) == 32


@pytest.mark.parametrize(
    ("claimed", "rungs"),
    [
        (600, (60, 300, 600, 601)),
        (1500, (150, 750, 1500, 1501)),
        (1, (1, 2)),
        (2, (1, 2, 3)),
        (3, (1, 3, 4)),
        (10, (1, 5, 10, 11)),
    ],
)
def test_a_ramp_is_a_tenth_a_half_all_and_one_more(claimed, rungs):
    """Small claims have fewer rungs, not the same one twice."""
    assert ramp(claimed) == rungs


@given(st.integers(1, 100_000))
def test_a_ramp_ascends_from_at_least_one_to_one_above(claimed):
    """Distinct, ascending, and the claim itself is always a rung."""
    rungs = ramp(claimed)
    assert list(rungs) == sorted(set(rungs))
    assert rungs[0] >= 1
    assert rungs[-2:] == (claimed, claimed + 1)


@pytest.mark.parametrize("claimed", [0, -1])
def test_a_ramp_needs_a_claim(claimed):
    """Nothing can be ramped up to nothing."""
    with pytest.raises(PlanError, match=f"a claim of at least 1, not {claimed}"):
        ramp(claimed)


def test_a_proposal_takes_its_own_keys_in_either_spelling():
    """Dashes and underscores both do; the rest stays at its default."""
    made = proposal_of({"dh-group": "group14", "ike_lifetime": 3600})
    assert made == replace(Proposal(), dh_group="group14", ike_lifetime=3600)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dh": "group14"}, r"^unknown proposal key 'dh'; known: dh_group, dpd_interval"),
        ({"pfs_group": "group2"}, r"^proposal pfs_group is 'group2'; allowed: group14, group15"),
        ({"esp_encryption": "3des-cbc"}, r"allowed: aes-128-cbc"),
        ({"ike_authentication": "md5"}, r"allowed: sha-256, sha-384$"),
        ({"ike_lifetime": 179}, r"^proposal ike_lifetime is 179; allowed: 180..86400$"),
        ({"esp_lifetime": 86401}, r"^proposal esp_lifetime is 86401; allowed: 180..86400$"),
        ({"dpd_interval": "ten"}, r"^proposal dpd_interval is 'ten'; allowed: 2..60$"),
        ({"dpd_threshold": True}, r"^proposal dpd_threshold is True; allowed: 1..5$"),
    ],
)
def test_a_proposal_that_junos_refuses_is_refused_here(settings, message):
    """Unknown keys, weak or unknown algorithms, and times out of range."""
    with pytest.raises(PlanError, match=message):
        proposal_of(settings)


UNDERLAY = TunnelUnderlay(
    external_interface="ge-0/0/0.0",
    external_zone="untrust",
    local_address=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/20"),
    inner=IPv4Network("100.64.0.0/16"),
    proposal={"pfs_group": "group20"},
)
DEVICE = Device("nfx-a", "nfx250", underlay=UNDERLAY, limits=Limits(tunnels=600))


def test_a_site_is_what_the_testbed_says():
    """Every field comes from the entry, the limit included."""
    site = site_of(DEVICE)
    assert (site.device, site.platform, site.max_tunnels) == ("nfx-a", "nfx250", 600)
    assert (site.external_interface, site.external_zone) == ("ge-0/0/0.0", "untrust")
    assert (site.local, site.peers, site.inner) == (
        UNDERLAY.local_address,
        UNDERLAY.peers,
        UNDERLAY.inner,
    )
    assert device_proposal(DEVICE) == replace(Proposal(), pfs_group="group20")


@pytest.mark.parametrize(
    ("device", "message"),
    [
        (
            replace(DEVICE, role="jdm", underlay=None),
            "device nfx-a is a JDM: it carries VNFs, not tunnels",
        ),
        (
            replace(DEVICE, underlay=None),
            "device nfx-a: its testbed entry doesn't say where tunnels leave it",
        ),
    ],
)
def test_a_device_without_tunnels_has_no_site(device, message):
    """A JDM and an entry without underlay are refused by name."""
    with pytest.raises(PlanError, match=f"^{message}$"):
        site_of(device)


def test_a_wrong_proposal_of_a_testbed_names_the_device():
    """The message says whose entry is wrong."""
    wrong = replace(DEVICE, underlay=replace(UNDERLAY, proposal={"dh_group": "group1"}))
    with pytest.raises(PlanError, match=r"^device nfx-a: proposal dh_group is 'group1'"):
        device_proposal(wrong)
