"""Our replies against recorded ones: root, namespace, and which element stands in which."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

REFERENCE = Path(
    os.environ.get(
        "HARNESS_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"
    )
)
JUNOS = re.compile(r"http://xml\.juniper\.net/junos/[^/]+/")

Edge = tuple[str, str]  # tag of the outer element, tag of the inner one


@dataclass(frozen=True)
class Shape:
    """A question, its root element, and the recordings whose union ours must stay within."""

    request: str
    root: str
    recordings: tuple[str, ...]
    platform: str = "srx4100"
    cluster: bool = False
    # what these recordings lack and other sources have: outer > inner
    known: tuple[Edge, ...] = ()


PYEZ_CHASSIS = (
    "pyez/top_get-chassis-inventory.xml",
    "pyez/chassis_serialnumber_get-chassis-inventory.xml",
)
ENGINES = (
    "pyez/re_info_single_get-route-engine-information.xml",
    "pyez/vmhost_true_get-route-engine-information.xml",
    "junos_exporter/routingengine-TestParseOutputNoMultiRE-1.xml",
)
TERSE = (
    "pyez/current_re_get-interface-information.xml",
    "pyez/current_re_srx_primary_get-interface-information.xml",
)
SHAPES = (
    Shape(
        "<get-security-associations-information/>",
        "ipsec-security-associations-information",
        ("junos_exporter/ipsec-TestParseSRXOutput-1.xml",),
    ),
    Shape(
        "<get-security-associations-information/>",
        "multi-routing-engine-results",
        ("junos_exporter/ipsec-TestParseSRXOutputMultiRE-0.xml",),
        cluster=True,
    ),
    Shape(
        "<get-commit-information/>",
        "commit-information",
        ("junos_exporter/system-TestSystemCommit-0.xml",),
    ),
    Shape(
        "<get-system-alarm-information/>",
        "alarm-information",
        ("junos_exporter/alarm-TestParseOutputSingleRESystemAlarms-1.xml",),
    ),
    Shape(
        "<get-system-alarm-information/>",
        "multi-routing-engine-results",
        ("junos_exporter/alarm-TestParseOutputMultiRESystemAlarms-0.xml",),
        cluster=True,
    ),
    Shape(
        "<get-system-storage/>",
        "system-storage-information",
        ("junos_exporter/storage-TestParseNoMultiREOutput-1.xml",),
    ),
    Shape(
        "<get-chassis-cluster-status/>",
        "error",
        ("pyez/cluster_false_get-chassis-cluster-status.xml",),
    ),
    Shape(
        "<get-chassis-cluster-status/>",
        "chassis-cluster-status",
        ("pyez/cluster_true_get-chassis-cluster-status.xml",),
        cluster=True,
        known=(("device-stats", "monitor-failures"),),
    ),
    Shape("<get-chassis-inventory/>", "chassis-inventory", PYEZ_CHASSIS),
    Shape(
        "<get-route-engine-information/>",
        "route-engine-information",
        ENGINES,
    ),
    Shape(
        "<get-environment-information/>",
        "multi-routing-engine-results",
        ("junos_exporter/environment-TestParseMultiREOutputSRX-3.xml",),
        cluster=True,
        known=(
            ("environment-item", "temperature"),  # PyEZ's and NAPALM's published replies
            ("environment-item", "comment"),
        ),
    ),
    Shape(
        "<get-fpc-information><detail/></get-fpc-information>",
        "multi-routing-engine-results",
        ("junos_exporter/fpc-TestParseSRXOutput-3.xml",),
        cluster=True,
    ),
    Shape(
        "<get-pic-information/>",
        "multi-routing-engine-results",
        ("junos_exporter/fpc-TestParseSRXPicOutput-5.xml",),
        cluster=True,
    ),
    Shape(
        "<get-power-usage-information/>",
        "multi-routing-engine-results",
        ("junos_exporter/power-TestParseMultiREOutputSRX-0.xml",),
        cluster=True,
    ),
    Shape(
        "<get-zones-information/>",
        "zones-information",
        ("scrapli_netconf/rpc",),
        known=(("zones-security-interfaces", "zones-security-interface-name"),),  # PyEZ's table
    ),
    Shape(
        "<get-software-information/>",
        "software-information",
        ("pyez/sw_info_simple_get-software-information.xml",),
        known=(("software-information", "os-name"), ("software-information", "junos-version")),
    ),
    Shape(
        "<get-software-information/>",
        "software-information",
        ("pyez/sw_info_nfx_get-software-information.xml",),
        platform="nfx250-jdm",
    ),
    Shape(
        "<get-interface-information><terse/></get-interface-information>",
        "interface-information",
        TERSE,
        known=(
            ("physical-interface", "name"),  # left out where the recordings were shortened
            ("physical-interface", "admin-status"),
            ("physical-interface", "oper-status"),
            ("physical-interface", "description"),
            ("logical-interface", "description"),
        ),
    ),
    Shape(
        "<get-interface-information><extensive/></get-interface-information>",
        "interface-information",
        ("pyez/factory_get-interface-information.xml",),
        platform="vsrx",
        known=(
            ("physical-interface", "description"),
            ("physical-interface", "if-type"),  # of tunnels; published JSON of 17.4
            ("if-config-flags", "iff-point-to-point"),
            ("if-config-flags", "iff-hardware-down"),
            ("logical-interface", "description"),
            ("interface-address", "ifa-broadcast"),
            ("if-config-flags", "iff-up"),  # published JSON of 17.4
            ("allowed-host-inbound-traffic", "inbound-ike"),  # one for each service
            ("allowed-host-inbound-traffic", "inbound-ping"),
            ("allowed-host-inbound-traffic", "inbound-all"),
        ),
    ),
)


def edges(element: etree._Element) -> set[Edge]:
    """Return which tag stands directly in which."""
    found = set()
    for child in element.iterdescendants():
        if isinstance(child.tag, str):
            outer = etree.QName(child.getparent()).localname
            found.add((outer, re.sub(r"\d$", "", etree.QName(child).localname)))
    return found


def family(element: etree._Element) -> str:
    """Return the namespace without the release: "junos-chassis", or "" for NETCONF's or none."""
    namespace = etree.QName(element).namespace or ""
    return JUNOS.sub("", namespace) if JUNOS.match(namespace) else ""


def below(path: Path, root: str) -> etree._Element:
    return etree.parse(path, etree.XMLParser(recover=True)).getroot().find(f".//{{*}}{root}")


@pytest.mark.parametrize(
    "shape", SHAPES, ids=[f"{s.platform}-{s.request}-{s.root}" for s in SHAPES]
)
def test_shape_stays_within_the_recorded_one(bench_for, shape):
    """Every nesting of ours occurs in a reply of a real device; the namespaces are the same."""
    paths = [REFERENCE / "replies" / name for name in shape.recordings]
    if not all(path.exists() for path in paths):
        pytest.skip(f"no recorded replies at {REFERENCE}")
    bench = bench_for(shape.platform, cluster=shape.cluster, switches={"peers": "answering"})
    ours = bench.netconf().rpc(shape.request).find(f".//{{*}}{shape.root}")
    assert ours is not None
    real = [below(path, shape.root) for path in paths]
    recorded = set().union(*map(edges, real)) | set(shape.known)
    assert edges(ours) - recorded == set()
    assert {family(each) for each in ours.iter("{*}*")} <= {
        family(each) for one in real for each in one.iter("{*}*")
    }
