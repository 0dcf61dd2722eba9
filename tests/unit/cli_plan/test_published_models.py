"""Juniper's published models accept what we push, and would say so if they didn't."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from harness.cli.yang import FAMILIES, reference_models, violations
from harness.plan.builder import build_plan
from harness.plan.log_stream import LogPlan, LogTarget
from harness.plan.model import Kind, Proposal, Site
from harness.plan.platforms import PLATFORMS
from harness.render.log_stream import render_log_stream
from harness.render.rendering import render

DATA = Path(os.environ.get("HARNESS_REFERENCE_DATA", Path(__file__).parents[4] / "shared" / "data"))
MODELS = DATA / "yang" / "junos-18.4R3.tar.xz"
FULL = {"nfx250": 600}  # all others 1500
MODERN = Proposal(
    dh_group="group14",
    ike_encryption="aes-256-gcm",
    esp_encryption="aes-128-cbc",
    pfs_group="group24",
)

pytestmark = [
    pytest.mark.skipif(not MODELS.exists(), reason=f"no reference models at {MODELS}"),
    pytest.mark.skipif(shutil.which("yanglint") is None, reason="yanglint isn't on the PATH"),
]


@pytest.fixture(scope="module")
def models() -> Iterator[Path]:
    """Unpack the models once."""
    with reference_models(MODELS) as unpacked:
        yield unpacked


@pytest.fixture(scope="module")
def configuration() -> Callable[..., str]:
    """Render a plan of a platform and kind."""

    def render_plan(platform: str, kind: Kind, count: int, **options) -> str:
        site = Site(
            device=platform,
            platform=platform,
            external_interface="ge-0/0/0.0",
            external_zone=None if platform == "vmx" else "untrust",
            local=IPv4Address("192.0.2.1"),
            peers=IPv4Network("198.18.0.0/15"),
            inner=IPv4Network("100.64.0.0/10"),
        )
        return render(build_plan(site, kind, count, run_key=bytes(32), **options)).xml()

    return render_plan


@pytest.mark.parametrize("family", ["junos-es", "junos"])
def test_every_platform_and_kind_is_accepted(family, models, configuration):
    """At 2 tunnels and at the full count, with every option that changes a statement."""
    everything = {"mpls": True, "establish_immediately": True, "proposal": MODERN}
    configurations = {}
    for platform, facts in PLATFORMS.items():
        if FAMILIES[platform] != family:
            continue
        full = FULL.get(platform, 1500)
        for kind in facts.kinds:
            configurations[f"{platform} {kind} 2"] = configuration(platform, kind, 2)
            configurations[f"{platform} {kind} 2 options"] = configuration(
                platform, kind, 2, **everything
            )
            configurations[f"{platform} {kind} {full}"] = configuration(platform, kind, full)
    assert len(configurations) == {"junos-es": 36, "junos": 3}[family]
    assert violations(models, family, configurations) == {}


def test_the_models_of_nfx_accept_its_configuration_too(models, configuration):
    """From 19.1 an NFX250 is one endpoint with models of its own."""
    configurations = {str(kind): configuration("nfx250", kind, 2, mpls=True) for kind in Kind}
    assert violations(models, "junos-nfx", configurations) == {}


@pytest.mark.parametrize("family", ["junos-es", "junos-nfx"])
def test_a_log_stream_is_accepted(family, models):
    """With all that may stand beside it; a format that there isn't is refused."""
    target = LogTarget(IPv4Address("192.0.2.9"), 3514, "tcp", "untrust")
    source = IPv4Address("192.0.2.1")
    plan = LogPlan("dut", target, mode=True, source=source, transport="tcp", tracking=True)
    good = render_log_stream(plan).xml()
    bad = good.replace("sd-syslog", "syslog-ng")
    assert list(violations(models, family, {"good": good, "bad": bad})) == ["bad"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("aes-256-gcm", "rot13"),
        ("<bind-interface>st0.0</bind-interface>", "<bind-interfaces>st0.0</bind-interfaces>"),
        ("hil-t00002", "hil-t00001"),
    ],
)
def test_the_models_notice_mistakes(right, wrong, models, configuration):
    """A wrong word, an unknown statement or a duplicate is refused, beside one that is accepted."""
    good = configuration("srx4100", Kind.IPSEC, 2)
    assert right in good
    found = violations(models, "junos-es", {"good": good, "bad": good.replace(right, wrong)})
    assert list(found) == ["bad"]


def test_vmx_has_no_statements_for_ipsec(models, configuration):
    """What the plan refuses for vMX, its models refuse as well."""
    found = violations(models, "junos", {"ipsec": configuration("srx4100", Kind.IPSEC, 1)})
    assert list(found) == ["ipsec"]
